import JSON
import Platform
import Testing
import TestSupport

extension OnboardTests {
    /// A step that fails: its documents are undone in reverse order, and the others are answered.
    @Suite struct FailingSteps {
        static let phone = "+15555010001"

        struct Way: CustomStringConvertible, Sendable {
            let description: String
            let body: String
            let code: Int32
            var arguments: [String] = []
            init(_ description: String, _ body: String, _ code: Int32, _ arguments: [String] = []) {
                self.description = description
                self.body = body
                self.code = code
                self.arguments = arguments
            }
        }

        static let ways: [Way] = [
            Way("says nothing", "cat > /dev/null; exit 70", 70),
            Way("says nothing and exits 0", "cat > /dev/null", 70),
            Way("has an exit code of no table", "exit 3", 70),
            Way("does its work and says nothing", "real \"$@\" > /dev/null; exit 70", 70),
            Way("does its work and dies", "real \"$@\" > /dev/null; kill -9 $$", 75),
            Way("does not read its input", "exec < /dev/null; exit 70", 70),
            Way("hangs", "touch \"$DIR/reached\"; exec sleep 100", 75, ["--timeout", "1s"]),
            Way("does its work and hangs", "touch \"$DIR/reached\"; real \"$@\" > /dev/null; exec sleep 100", 75, ["--timeout", "3s"]),
            Way("closes its outputs and hangs", "touch \"$DIR/reached\"; exec sleep 100 > /dev/null 2>&1", 75, ["--timeout", "1s"]),
            Way("answers garbage", "cat > /dev/null; echo garbage; echo '{\"requestId\":7}'; printf '\\377\\n[]\\n{}\\n'", 70),
            Way("answers for another", "cat > /dev/null; echo '{\"requestId\":\"j99\",\"phone\":\"\(phone)\"}'", 70),
            Way("answers without an id", "sed 's/\"requestId\":\"[^\"]*\"/\"x\":1/'", 70),
            Way("answers half a line", "head -c 20", 70),
            Way(
                "has a problem of no document",
                "cat > /dev/null; echo '{\"problem\":\"no-space\",\"exit\":74,\"command\":\"x\",\"detail\":\"no room\",\"hint\":\"clean\"}' >&2; exit 74", 74),
            Way(
                "has a problem of another document",
                "cat > /dev/null; echo '{\"problem\":\"config-invalid\",\"exit\":78,\"requestId\":\"j99\",\"detail\":\"d\",\"hint\":\"h\"}' >&2; exit 78", 78),
            Way(
                "has a problem of a newer name",
                "cat > /dev/null; echo '{\"problem\":\"from-the-future\",\"exit\":77,\"detail\":\"d\",\"hint\":\"h\"}' >&2; exit 77", 77),
            Way("floods its output", "exec yes", 70),
            Way("floods its errors", "exec yes >&2", 70),
        ]

        /// Every way in one step, and some in the others; all in all when there is time.
        static let cases: [(String, Way)] = ["bind", "create-agent", "claim", "validate"].flatMap { step in
            ways.enumerated().filter { step == "bind" || OnboardTests.isLong || $0.offset % 4 == 0 }.map { (step, $0.element) }
        }

        @Test(arguments: cases) func isUndone(_ step: String, _ way: Way) throws {
            let about = "\(step) \(way)"
            let log = Dictionary(
                uniqueKeysWithValues: ["bind --undo", "create-agent --undo", "release"].map { ($0, "echo '\($0)' >> \"$DIR/undone\"; real \"$@\"") })
            let bench = try Bench(log.merging([step: way.body]) { $1 })
            let result = try bench.run(way.arguments, document(Self.phone, id: "mine"))
            #expect(result.code == way.code, "\(about): \(result.code) \(result.err)")
            #expect(result.out.isEmpty, "\(about)")
            #expect(result.problems.count == 1 && result.problems.first?.text("requestId") == "mine", "\(about): \(result.err)")
            #expect(result.problems.first?["line"]?.intValue == 1, "\(about)")
            #expect(result.problems.first?["exit"]?.intValue == Int(way.code), "\(about)")
            try bench.expectValid(about)
            let undone = (try? bench.scratch.text(bench.scratch.folder + "/undone")) ?? ""
            // On a busy machine the time may be over before the step's turn comes.
            let isReached = way.arguments.isEmpty || Files.exists(bench.scratch.folder + "/reached")
            if step == "create-agent" || step == "bind", isReached {
                #expect(undone == "bind --undo\ncreate-agent --undo\nrelease\n", "\(about)")
                try bench.expectNobody(about)
            } else if isReached {
                #expect(undone.isEmpty, "\(about)")
            }
            // What is left, if anything, does not stand in the way.
            try bench.replace([:])
            #expect(try bench.run([], document(Self.phone)).code == 0, "\(about)")
            try bench.expectOne(Self.phone, about)
        }

        /// A commit that nobody heard of and that took place is a user; one that did not is undone.
        @Test func anUnclearCommit() throws {
            let once = "if [ -e \"$DIR/once\" ]; then real \"$@\"; exit; fi; touch \"$DIR/once\"\n"
            let twice = "if [ -e \"$DIR/twice\" ]; then real \"$@\"; exit; fi; if [ -e \"$DIR/once\" ]; then touch \"$DIR/twice\"; fi; touch \"$DIR/once\"\n"
            var bodies = [
                once + "real \"$@\" > /dev/null; kill -9 $$", once + "real \"$@\" > /dev/null; exit 70", once + "kill -9 $$", once + "exit 70",
                twice + "real \"$@\" > /dev/null; kill -9 $$",
            ]
            if OnboardTests.isLong { bodies.append(once + "real \"$@\" > /dev/null; exec sleep 100") }
            for body in bodies {
                let bench = try Bench(["commit": body])
                let result = try bench.run(["--timeout", "15s"], document(Self.phone, id: "mine"))
                #expect(result.code == 0, "\(body): \(result.err)")
                #expect(result.documents.count == 1 && result.document.text("outcome") == "created", "\(body)")
                #expect(result.document.text("requestId") == "mine" && result.document.text("status") == "new", "\(body)")
                #expect(result.problems.isEmpty, "\(body)")
                try bench.expectOne(Self.phone, body)
            }
            for body in ["cat > /dev/null; exit 70", "kill -9 $$"] {
                let bench = try Bench(["commit": body])
                let result = try bench.run([], document(Self.phone))
                #expect(result.code == (body.hasPrefix("cat") ? 70 : 75) && result.out.isEmpty, "\(body): \(result.err)")
                try bench.expectNobody(body)
            }
        }

        /// A removal whose commit nobody heard of is over as well.
        @Test func anUnclearCommitOfARemoval() throws {
            let bench = try Bench()
            #expect(try bench.run([], document(Self.phone)).code == 0)
            try bench.replace(["commit": "if [ -e \"$DIR/once\" ]; then real \"$@\"; exit; fi; touch \"$DIR/once\"; real \"$@\" > /dev/null; kill -9 $$"])
            let result = try bench.run(["--undo"], document(Self.phone))
            #expect(result.code == 0 && result.document.text("outcome") == "removed", "\(result.err)")
            try bench.expectNobody("unclear removal")
        }

        /// One document of a group fails in a step: it alone is undone.
        @Test(arguments: ["create-agent", "bind", "commit"]) func theOthersAreAnswered(_ step: String) throws {
            let bench = try Bench([step: "grep -v 15555020002 | real \"$@\"; exit 70"])
            let result = try bench.run([], document("+15555020001"), document("+15555020002"), document("+15555020003"))
            #expect(result.code == 70)
            #expect(result.documents.compactMap { $0.text("phone") }.sorted() == ["+15555020001", "+15555020003"])
            #expect(result.problems.count == 1 && result.problems.first?["line"]?.intValue == 2, "\(result.err)")
            try bench.expectOne("+15555020001", step)
            let agents = try bench.users().agents
            #expect(agents.count == 2)
            try bench.expectOne("+15555020003", step)
        }

        /// A step that both answers for a document and complains of it has answered: one answer, no problem.
        @Test(arguments: ["claim", "create-agent", "bind", "commit"]) func anAnswerOutweighsAComplaint(_ step: String) throws {
            let complain =
                "tee \"$DIR/in\" | real \"$@\"; id=$(sed 's/.*\"requestId\":\"\\([^\"]*\\)\".*/\\1/' \"$DIR/in\"); echo \"{\\\"problem\\\":\\\"busy\\\",\\\"exit\\\":75,\\\"requestId\\\":\\\"$id\\\",\\\"detail\\\":\\\"d\\\",\\\"hint\\\":\\\"h\\\"}\" >&2; exit 75"
            let bench = try Bench([step: complain])
            let result = try bench.run([], document(Self.phone))
            #expect(result.documents.count == 1 && result.code == 0, "\(step): \(result.out)\(result.err)")
            try bench.expectOne(Self.phone, step)
        }

        /// A missing step is said, and nothing is half done.
        @Test(arguments: Bench.steps) func aMissingStep(_ step: String) throws {
            let bench = try Bench()
            try Files.remove(Path.join(bench.commands, step))
            let result = try bench.run([], document(Self.phone))
            #expect(result.code == 69 && result.out.isEmpty, "\(step): \(result.code) \(result.err)")
            try bench.replace([:])
            #expect(try bench.run([], document(Self.phone)).code == 0)
            try bench.expectOne(Self.phone, step)
        }

        /// What nohup(1), and a shell of its background, have set to be ignored stays so: for the command and for its steps.
        @Test func signalsThatAreIgnored() throws {
            let bench = try Bench(["bind": "kill -HUP $PPID $$; kill -INT $PPID $$; real \"$@\""])
            let output = try bench.shell("trap '' HUP INT; echo '\(document("+15554010009"))' | dcb-onboard")
            #expect(output.code == 0 && output.document.text("outcome") == "created", "\(output.err)")
            #expect(try bench.shell("echo '\(document("+15554010010"))' | dcb-onboard").code == 129)
        }

        /// SIGTERM while a step runs, or directly after its work: 143, and done or undone.
        @Test(arguments: Killed.onboarding, ["before", "after"]) func terminated(_ step: String, _ when: String) throws {
            let about = "\(when) \(step)"
            let signal = "kill -TERM $PPID"
            let body = when == "before" ? "\(signal); exec '\(Scratch.commands)'/$(basename \"$0\") \"$@\"" : "real \"$@\"; \(signal)"
            let bench = try Bench([step: body])
            let result = try bench.run([], document(Self.phone))
            #expect(result.code == 143, "\(about): \(result.code) \(result.err)")
            if result.documents.isEmpty {
                #expect(result.problems.count == 1 && result.problem == "interrupted", "\(about): \(result.err)")
                #expect(step != "commit" || when == "before")
                try bench.replace([:])
                // A claim of which nothing was told may be left; the next call takes it over.
                if step != "claim" { try bench.expectNobody(about) }
                #expect(try bench.run([], document(Self.phone)).code == 0, "\(about)")
            }
            try bench.replace([:])
            try bench.expectOne(Self.phone, about)
        }

        @Test(arguments: Killed.offboarding, ["before", "after"]) func terminatedOnTheWayBack(_ step: String, _ when: String) throws {
            let about = "\(when) \(step)"
            let signal = "kill -TERM $PPID"
            let body = when == "before" ? "\(signal); exec '\(Scratch.commands)'/$(basename \"$0\") \"$@\"" : "real \"$@\"; \(signal)"
            let bench = try Bench()
            #expect(try bench.run([], document(Self.phone)).code == 0)
            try bench.replace([step: body])
            let result = try bench.run(["--undo"], document(Self.phone))
            #expect(result.code == 143, "\(about): \(result.code) \(result.err)")
            try bench.expectValid(about)
            try bench.replace([:])
            let again = try bench.run(["--undo"], document(Self.phone))
            #expect(again.code == 0, "\(about): \(again.err)")
            try bench.expectNobody(about)
        }

        /// Standard output that is gone after the commit: 74, and the user exists.
        @Test func standardOutputIsLost() throws {
            for redirection in ["> /dev/full", ">&-"] {
                let bench = try Bench()
                let result = try bench.shell("echo '\(document(Self.phone))' | dcb-onboard \(redirection); echo $? >&2")
                #expect(result.err.hasSuffix("74\n"), "\(redirection): \(result.err)")
                try bench.expectOne(Self.phone, redirection)
            }
        }

        /// … and what failed beside it is undone all the same.
        @Test func standardOutputIsLostBesideAFailure() throws {
            let bench = try Bench(["bind": "grep -v 15555030002 | real \"$@\"; exit 70"])
            let result = try bench.shell("printf '%s\\n' '\(document("+15555030001"))' '\(document("+15555030002"))' | dcb-onboard > /dev/full; echo $? >&2")
            #expect(result.err.hasSuffix("70\n") || result.err.hasSuffix("74\n"), "\(result.err)")
            #expect(result.problems.contains { $0["line"]?.intValue == 2 }, "\(result.err)")
            try bench.expectOne("+15555030001", "output lost")
            #expect(try bench.users().agents.count == 1)
        }

        /// Existing users whose answer cannot be written do not leave the new ones of their group half made.
        @Test func standardOutputIsLostBeforeTheWork() throws {
            let bench = try Bench()
            #expect(try bench.run([], document("+15555040001")).code == 0)
            let result = try bench.shell("printf '%s\\n' '\(document("+15555040001"))' '\(document("+15555040002"))' | dcb-onboard > /dev/full; echo $? >&2")
            #expect(result.err.hasSuffix("74\n"), "\(result.err)")
            try bench.expectValid("output lost early")
            let users = try bench.users()
            #expect(users.isWhole, "\(users)")
        }

        /// A pipe to a step that fails is the system's fault: run again, nothing to report.
        @Test(
            .enabled(if: Killed.canTrace, "needs strace"),
            arguments: ["poll:error=EIO:when=2", "write:error=ENOSPC:when=1", "write:error=EIO:when=3", "read:error=EACCES:when=4"])
        func aPipeFails(_ injection: String) throws {
            if Skip.sanitizer == "thread", injection.hasSuffix("when=1") { return Skip.say("\(injection): the first call is ThreadSanitizer's own") }
            let bench = try Bench()
            let call = injection.split(separator: ":")[0]
            let result = try bench.shell(
                "echo '\(document(Self.phone))' | strace -qq -o /dev/null -e trace=\(call) -e inject=\(injection) dcb-onboard; echo $? >&2")
            if result.err.contains("error while loading shared libraries") { return Skip.say("\(injection): in a dynamic command that read is the loader's") }
            #expect(result.err.hasSuffix("74\n") && result.out.isEmpty, "\(injection): \(result.err)")
            #expect(result.problem == "io", "\(injection): \(result.err)")
            try bench.expectNobody(injection)
        }

        /// Input that ends in the middle of a document, or whose writer goes away.
        @Test func inputEndsEarly() throws {
            let bench = try Bench()
            let half = try bench.scratch.run(bench.onboard, input: "\(document("+15555050001"))\n{\"phone\":\"+1555505")
            #expect(half.code == 65 && half.documents.count == 1 && half.problems.first?["line"]?.intValue == 2)
            #expect(try bench.scratch.run(bench.onboard, input: "").code == 0)
            let closed = try bench.shell("dcb-onboard <&-; echo $?")
            #expect(closed.out == "74\n", "\(closed.out)\(closed.err)")
            try bench.expectOne("+15555050001", "half a line")
        }
    }
}
