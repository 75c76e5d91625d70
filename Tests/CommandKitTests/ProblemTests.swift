import CommandKit
import Platform
import Testing

@Suite struct ProblemTests {
    /// The call that failed and how, and what it is to the caller.
    static let errors: [(String, Errno, Problem.Kind)] = [
        ("write", .noSpace, .noSpace), ("sync", .quota, .noSpace), ("write", .tooBig, .noSpace), ("create", .noSpace, .noSpace), ("rename", .noSpace, .noSpace),
        ("create folder", .quota, .noSpace), ("create", .denied, .cannotCreate), ("create", .notFound, .cannotCreate),
        ("create folder", .readOnly, .cannotCreate),
        ("create", .exists, .cannotCreate), ("rename", .denied, .cannotReplace), ("rename", .busy, .cannotReplace), ("rename", .crossDevice, .cannotReplace),
        ("run", .notFound, .helperMissing), ("run", .denied, .helperMissing), ("run", .wouldBlock, .io), ("open", .denied, .notPermitted),
        ("open", .notPermitted, .notPermitted),
        ("open", .notFound, .io), ("read", .inputOutput, .io), ("read", .isDirectory, .io), ("open", .loop, .io), ("lock", .denied, .notPermitted),
        ("remove", .denied, .notPermitted), ("remove", .notEmpty, .io), ("sync", .inputOutput, .io), ("switch to uid 5", .notPermitted, .notPermitted),
        // A limit of ours, not of the disk: nothing was written.
        ("read", .tooBig, .io),
    ]

    @Test(arguments: errors) func ofASystemError(_ operation: String, _ code: Errno, _ kind: Problem.Kind) {
        let problem = Problem(SystemError(operation, "/x", code))
        #expect(problem.kind == kind)
        #expect(problem.detail == "cannot \(operation) '/x': \(code.message)")
        #expect(!problem.hint.isEmpty)
    }

    /// The table of COMMANDS.md and dcb(7).
    static let table: [(Int32, String)] = [
        (64, "usage"),
        (
            65,
            "not-json too-large unknown-member missing-member invalid-member invalid-phone invalid-name invalid-email invalid-time invalid-status invalid-language"
        ),
        (65, "illegal-transition agent-belongs-elsewhere phone-bound-elsewhere cancelled not-ready archive-damaged"),
        (69, "openclaw-missing openclaw-failed gog-missing docker-missing gateway-unreachable helper-missing"), (70, "internal"),
        (73, "cannot-create cannot-replace"),
        (74, "io output-lost record-damaged no-space"),
        (75, "busy config-locked record-locked claim-lost committed changed-meanwhile timeout interrupted unfinished not-applied"),
        (77, "not-owner not-permitted"),
        (78, "config-missing config-invalid config-shape config-include settings-invalid no-such-agent agent-not-sandboxed channel-disabled template-missing"),
        (78, "keyring-password-lost mass-removal record-older record-empty record-unreadable weak-token network-filesystem"),
    ]

    @Test func exitCodesOfAllNames() {
        var known: Set<String> = []
        for (code, names) in ProblemTests.table {
            for name in names.split(separator: " ").map(String.init) {
                #expect(Problem.Kind(rawValue: name)?.exit.rawValue == code, "\(name)")
                known.insert(name)
            }
        }
        #expect(Set(Problem.Kind.allCases.map(\.rawValue)) == known)
    }

    /// One sentence: no capital, no full stop, one line.
    @Test(arguments: Problem.Kind.allCases) func hints(_ kind: Problem.Kind) {
        let hint = Problem(kind, "x").hint
        #expect(hint.first?.isUppercase == false && !hint.hasSuffix(".") && !hint.contains("\n") && !hint.isEmpty)
    }

    /// 70 78 77 73 74 69 75 65 1 0, and 64 where nothing graver is: the same whichever comes first.
    @Test func theGravestCodeWins() {
        let order: [ExitCode] = [.software, .config, .noPermission, .cannotCreate, .io, .unavailable, .tempFail, .usage, .data, .negative, .ok]
        #expect(Set(order) == Set(ExitCode.allCases))
        for (i, a) in order.enumerated() {
            for (j, b) in order.enumerated() { #expect(a.joined(with: b) == order[min(i, j)]) }
        }
    }
}
