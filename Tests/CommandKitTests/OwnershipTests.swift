import JSON
import Platform
import TestSupport
import Testing

/// Everything runs as the owner of the state folder. Only root can try both.
@Suite struct OwnershipTests {
    /// The commands where another user can reach them, and a state folder in a place that everybody may enter.
    private let asOther =
        "mkdir \"$DIR/bin\"; cp $(for c in validate state create-agent bind onboard; do command -v dcb-$c; done) \"$DIR/bin\"; chmod -R a+rX \"$DIR\"; PATH=$DIR/bin:$PATH; "
    private let other = "setpriv --reuid 65534 --regid 65534 --clear-groups "

    @Test func rootBecomesTheOwner() throws {
        guard isRoot(for: "changing the user") else { return }
        let scratch = try Scratch()
        try scratch.shell("chown -R 65534:65534 \"$DIR/state\"; chmod 755 \"$DIR\"")
        let output = try scratch.run("dcb-onboard", ["+15551230001"])
        #expect(output.code == 0)
        let foreign = try scratch.shell("find \"$DIR/state\" ! -user 65534")
        #expect(foreign.out.isEmpty)
    }

    @Test func anotherUserIsRefused() throws {
        guard isRoot(for: "changing the user") else { return }
        let scratch = try Scratch()
        for line in ["dcb-state list", "dcb-state claim", "dcb-create-agent", "dcb-bind", "dcb-onboard"] {
            let output = try scratch.shell(
                "\(line == "dcb-state list" ? asOther : "PATH=$DIR/bin:$PATH; ")echo '{\"phone\":\"+15551230001\"}' | \(other)\(line)")
            #expect(output.code == 77 && output.out.isEmpty, "\(line): \(output.err)")
            #expect(output.problem == "not-owner")
        }
        #expect(try Files.list(scratch.state) == ["openclaw.json"])
    }

    @Test func filesArePrivateWhateverTheMask() throws {
        let scratch = try Scratch()
        let output = try scratch.shell("umask 0; dcb-onboard +15551230001 && find \"$DIR/state\" -perm /077")
        #expect(output.code == 0)
        #expect(output.out.split(separator: "\n").dropFirst().filter { $0 != scratch.state && !$0.hasSuffix("/openclaw.json") }.isEmpty, "\(output.out)")
    }

    @Test func unreadableSettings() throws {
        guard isRoot(for: "changing the user") else { return }
        let scratch = try Scratch()
        try scratch.write("{}", to: scratch.state + "/dcb.json")
        let output = try scratch.shell(
            "\(asOther)chown -R 65534:65534 \"$DIR/state\"; chown 0 \"$DIR/state/dcb.json\"; chmod 600 \"$DIR/state/dcb.json\"; \(other)dcb-state list")
        #expect(output.code == 78 || output.code == 77)
        #expect(output.problem == "settings-invalid" || output.problem == "not-permitted")
    }
}
