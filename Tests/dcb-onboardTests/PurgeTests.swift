import JSON
import Platform
import Testing
import TestSupport

extension OnboardTests {
    /// `--purge`: nothing of the person is left under the state folder.
    @Suite struct Purge {
        static let phone = "+15558010001"
        static let person = "{\"phone\":\"\(phone)\",\"name\":\"Grace Hopper\",\"email\":\"grace.h@example.com\"}"
        static let traces = ["5558010001", "Grace", "Hopper", "grace.h"]

        private func expectErased(_ bench: Bench, _ about: String, at place: SourceLocation = #_sourceLocation) throws {
            for word in Self.traces {
                let found = try bench.shell("cd \"$DIR/state\"; grep -rlaF -e '\(word)' .; find . -name '*\(word)*'").out
                #expect(found.isEmpty, "\(about): \(word) is in \(found)", sourceLocation: place)
            }
            try bench.expectValid(about, at: place)
        }

        @Test func leavesNothing() throws {
            let bench = try Bench()
            let other = "{\"phone\":\"+15558020002\",\"name\":\"Ada Lovelace\",\"email\":\"ada@example.com\"}"
            #expect(try bench.run([], other).code == 0)
            // Two former agents and one that lives; a note in each workspace.
            for round in 0..<3 {
                #expect(try bench.run([], Self.person).code == 0)
                try bench.shell("echo 'Grace Hopper \(Self.phone)' > $(ls -d \"$DIR\"/state/workspace-* | head -1)/note.\(round); true")
                try bench.shell("for w in \"$DIR\"/state/workspace-*; do grep -q 5558010001 \"$w/USER.md\" && echo 'Grace Hopper' > \"$w/note\"; done; true")
                try bench.scratch.run("dcb-state", ["update"], input: "{\"phone\":\"\(Self.phone)\",\"name\":\"Grace B. Hopper\"}\n")
                if round < 2 { #expect(try bench.run(["--undo"], document(Self.phone)).code == 0) }
            }
            // The note that may have landed beside the other person is not hers to lose.
            try bench.shell("for w in \"$DIR\"/state/workspace-*; do grep -q 5558010001 \"$w/USER.md\" || rm -f \"$w\"/note.*; done")
            #expect(try bench.users().trash.count == 2)
            let result = try bench.run(["--undo", "--purge"], document(Self.phone))
            #expect(result.code == 0 && result.document.text("outcome") == "removed", "\(result.err)")
            try expectErased(bench, "three agents")
            #expect(try bench.users().trash.isEmpty)
            let rows = try bench.users().rows
            #expect(rows.filter { $0.phone.hasPrefix("erased:") && $0.status == "cancelled" }.count == 3, "\(rows)")
            #expect(Set(rows.map(\.phone)).count == 2)
            let ledger = try bench.scratch.run("dcb-state", ["ledger"]).documents
            #expect(ledger.filter { $0.text("phone")?.hasPrefix("erased:") == true }.count == 9)
            try bench.expectOne("+15558020002", "the other")
            #expect(try bench.scratch.run("dcb-state", ["get", "+15558020002"]).document.text("name") == "Ada Lovelace")
            #expect(try bench.scratch.run("dcb-state", ["get", Self.phone]).code == 1)
            // Twice is once; and who comes back is new.
            let again = try bench.run(["--undo", "--purge"], document(Self.phone))
            #expect(again.code == 0 && again.document.text("outcome") == "absent")
            #expect(try bench.run([], Self.person).document.text("outcome") == "created")
        }

        @Test func worksOnWhoWasRemovedEarlier() throws {
            let bench = try Bench()
            #expect(try bench.run([], Self.person).code == 0)
            #expect(try bench.run(["--undo"], document(Self.phone)).code == 0)
            #expect(try bench.users().trash.count == 1)
            let result = try bench.run(["--undo", "--purge"], document(Self.phone))
            #expect(result.code == 0 && result.document.text("outcome") == "absent", "\(result.err)")
            try expectErased(bench, "earlier")
            #expect(try bench.users().trash.isEmpty)
        }

        @Test func reachesWhatAFailedOnboardingLeft() throws {
            let bench = try Bench(["bind": "real \"$@\" > /dev/null; exit 70"])
            #expect(try bench.run([], Self.person).code == 70)
            try bench.replace([:])
            #expect(try bench.run(["--undo", "--purge"], document(Self.phone)).code == 0)
            try expectErased(bench, "a failed onboarding")
        }

        private static let insideConfigSteps = Killed.insideOnboarding.filter { $0.step == "create-agent" || $0.step == "bind" }

        /// Killed in the middle of its work, a step leaves half-made files; purging finds them.
        @Test(.enabled(if: Killed.canTrace, "needs strace"), arguments: insideConfigSteps)
        func reachesWhatAKilledOnboardingLeft(_ place: Killed.Place) throws {
            let bench = try Bench([place.step: Killed.kill(at: place, Killed.killParent)])
            #expect(try bench.run([], Self.person).code == 137)
            try bench.replace([:])
            #expect(try bench.run(["--undo", "--purge"], document(Self.phone)).code == 0)
            try expectErased(bench, "\(place)")
            try bench.expectNobody("\(place)")
        }

        @Test(arguments: Killed.places(Killed.offboarding)) func killedItselfIsFinishedByTheNext(_ step: String, _ after: Bool) throws {
            let bench = try Bench()
            #expect(try bench.run([], Self.person).code == 0)
            try bench.replace([step: after ? Killed.killAfter : Killed.killParent])
            #expect(try bench.run(["--undo", "--purge"], document(Self.phone)).code == 137)
            try bench.expectValid("\(step) \(after)")
            try bench.replace([:])
            #expect(try bench.run(["--undo", "--purge"], document(Self.phone)).code == 0)
            try expectErased(bench, "\(step) \(after)")
            #expect(try bench.users().trash.isEmpty)
        }

        /// The key of the hashes is made under the record's lock, and what a killed dcb left of one goes.
        @Test func halfMadeKeysGo() throws {
            let bench = try Bench()
            #expect(try bench.run([], Self.person).code == 0)
            let folder = bench.scratch.state + "/.dcb"
            try bench.scratch.write("half", to: folder + "/.erasure.key.dcb-0123456789abcdef.tmp")
            #expect(try bench.run(["--undo", "--purge"], document(Self.phone)).code == 0)
            let keys = try Files.list(folder).filter { $0.contains("erasure") }
            #expect(keys == ["erasure.key"])
        }

        @Test func goesWithUndoOnly() throws {
            let bench = try Bench()
            #expect(try bench.run(["--purge"], document(Self.phone)).code == 64)
        }

        @Test func manyAtOnce() throws {
            let bench = try Bench()
            let people = (1...30).map { "{\"phone\":\"+155580300\(10 + $0)\",\"name\":\"Grace\",\"email\":\"grace.h@example.com\"}" }.joined(separator: "\n")
            #expect(try bench.scratch.run(bench.onboard, input: people).code == 0)
            let result = try bench.scratch.run(
                bench.onboard, ["--undo", "--purge"], input: (1...30).map { document("+155580300\(10 + $0)") }.joined(separator: "\n"))
            #expect(result.code == 0 && result.documents.count == 30, "\(result.err)")
            #expect(try bench.shell("cd \"$DIR/state\"; grep -rlaE 'Grace|grace|555803' .").out.isEmpty)
            try bench.expectNobody("thirty")
        }
    }
}
