import Glibc
import JSON
import Platform
import TestSupport
import Testing

extension OnboardTests {
    /// Whole runs with `--driver cli`, the stand-in in the place of `openclaw`.
    @Suite struct CLIDriver {
        private static let phone = Scratch.phone(1)

        private func onboard(_ scratch: Scratch, _ arguments: [String] = [], _ phones: [String] = [phone], _ environment: [String: String] = [:]) throws
            -> Output
        {
            try scratch.step("dcb-onboard", arguments, phones.map { ["phone": .string($0)] }, environment: environment)
        }

        /// Ids of the roster, and the entries that have a sandbox of ours.
        private func roster(_ scratch: Scratch) throws -> (ids: [String], sandboxed: [String]) {
            let agents = try #require(try scratch.configValue().at("agents"))
            var all = (agents.at("entries")?.objectValue ?? [:]).map { ($0.key, $0.value) }
            all += (agents.at("list")?.arrayValue ?? []).map { ($0.at("id")?.stringValue ?? "", $0) }
            return (all.map(\.0).sorted(), all.filter { $0.1.at("sandbox", "docker", "env", "GOG_KEYRING_PASSWORD") != nil }.map(\.0).sorted())
        }

        /// Nothing of ours is left, and another person's things are as they were.
        private func expectNobody(_ scratch: Scratch, _ version: String = "2026.9.6", at place: SourceLocation = #_sourceLocation) throws {
            let before = try Value(parsing: Array(Scratch.config(of: version).utf8), dialect: .json5, limits: .standard)
            let now = try scratch.configValue()
            #expect(try roster(scratch).ids == ["main", "other"], sourceLocation: place)
            #expect(now.at("bindings") == before.at("bindings") && now.at("channels") == before.at("channels"), sourceLocation: place)
            #expect(try Files.list(scratch.state).allSatisfy { !$0.hasPrefix("workspace-") }, sourceLocation: place)
            #expect(try scratch.run("dcb-state", ["claims"]).out.isEmpty, sourceLocation: place)
            #expect(try scratch.run("dcb-state", ["check"]).code == 0, sourceLocation: place)
        }

        @Test(arguments: Scratch.openclawVersions) func thereAndBack(_ version: String) throws {
            let scratch = try Scratch.withOpenClaw(version)
            // As an option, for once.
            scratch.environment["DCB_DRIVER"] = nil
            let created = try scratch.only(try onboard(scratch, ["--driver", "cli"]))
            let agent = try #require(created.text("agentId"))
            #expect(created["outcome"] == "created" && created["agentCreated"] == true && created["bound"] == true && created["allowlisted"] == true)
            #expect(try roster(scratch).ids == ["main", "other", agent])
            #expect(try roster(scratch).sandboxed == [agent])
            #expect(try scratch.configValue().at("bindings")?.arrayValue?.count == 2)
            #expect(try scratch.only(try onboard(scratch, ["--driver", "cli"]))["outcome"] == "existing")
            #expect(try scratch.openclawCalls().compactMap { $0.text("verb") } == ["add"])
            let removed = try scratch.only(try onboard(scratch, ["--driver", "cli", "--undo"]))
            #expect(removed["outcome"] == "removed" && removed["agentRemoved"] == true)
            #expect(try scratch.openclawCalls().compactMap { $0.text("verb") } == ["add", "delete"])
            #expect(!Files.exists(scratch.folder + "/.Trash"))
            #expect(Files.exists((removed.text("trash") ?? "") + "/workspace/AGENTS.md"))
            try expectNobody(scratch, version)
            #expect(try scratch.only(try onboard(scratch, ["--driver", "cli", "--undo"]))["outcome"] == "absent")
        }

        /// Either driver takes back what the other has made.
        @Test(arguments: ["cli", "file"]) func mixed(_ first: String) throws {
            let scratch = try Scratch.withOpenClaw()
            let second = first == "cli" ? "file" : "cli"
            try scratch.only(try onboard(scratch, ["--driver", first]))
            try scratch.only(try onboard(scratch, ["--driver", second, "--undo"]))
            #expect(try scratch.openclawCalls().compactMap { $0.text("verb") } == [first == "cli" ? "add" : "delete"])
            try expectNobody(scratch)
        }

        /// A failure is undone, without a word on standard output; what OpenClaw did in spite of its exit code is done.
        @Test(arguments: [
            ("nothing", 69), ("dies", 69), ("floods", 69), ("exists", 69), ("changed", 75), ("locked", 75), ("fails-after", 0), ("dies-after", 0),
        ])
        func faults(_ mode: String, _ code: Int32) throws {
            let scratch = try Scratch.withOpenClaw()
            let output = try onboard(scratch, [], [Self.phone], Scratch.misbehaving(mode))
            #expect(output.code == code, "\(output.err)")
            #expect(output.out.isEmpty == (code != 0))
            if code != 0 { try expectNobody(scratch) }
            let again = try scratch.only(try onboard(scratch))
            #expect(again["outcome"] == (code == 0 ? "existing" : "created"))
        }

        /// A removal that OpenClaw refuses is kept, and the next one ends it.
        @Test(arguments: ["nothing", "dies", "changed", "locked"]) func faultsOfARemoval(_ mode: String) throws {
            let scratch = try Scratch.withOpenClaw()
            try scratch.only(try onboard(scratch))
            let output = try onboard(scratch, ["--undo"], [Self.phone], Scratch.misbehaving(mode))
            #expect(output.code == 75 && output.problem == "unfinished" && output.out.isEmpty, "\(output.err)")
            #expect(try scratch.only(try onboard(scratch, ["--undo"]))["outcome"] == "removed")
            try expectNobody(scratch)
            #expect(try Files.list(scratch.state + "/trash").count == 1)
        }

        /// The next provision of that phone finishes it first, by the same command, and makes a new agent.
        @Test func aProvisionAfterAnUnfinishedRemoval() throws {
            let scratch = try Scratch.withOpenClaw()
            let former = try scratch.only(try onboard(scratch)).text("agentId")
            #expect(try onboard(scratch, ["--undo"], [Self.phone], Scratch.misbehaving("nothing")).code == 75)
            let created = try scratch.only(try onboard(scratch))
            #expect(created["outcome"] == "created" && created.text("agentId") != former)
            #expect(try scratch.openclawCalls().compactMap { $0.text("verb") } == ["add", "delete", "delete", "add"])
            #expect(try roster(scratch).ids == ["main", "other", created.text("agentId") ?? ""])
        }

        @Test func missing() throws {
            let scratch = try Scratch.withOpenClaw()
            let output = try onboard(scratch, [], [Self.phone], ["PATH": "/usr/bin:/bin"])
            #expect(output.code == 69 && output.problem == "openclaw-missing" && output.out.isEmpty)
            #expect(output.problems.first?.text("hint")?.contains("npm install -g openclaw") == true)
            #expect(try scratch.configText() == Scratch.config(of: "2026.9.6"))
            try expectNobody(scratch)
        }

        /// A stream takes one phone at a time from claim to commit: a person's agent is bound before the next one's is begun.
        @Test func oneAtATime() throws {
            let scratch = try Scratch.withOpenClaw()
            let phones = (1...3).map { Scratch.phone($0) }
            let output = try onboard(scratch, [], phones)
            #expect(output.code == 0)
            #expect(output.documents.map { $0.text("phone") } == phones)
            let calls = try scratch.openclawCalls()
            #expect(calls.count == 3 && calls.allSatisfy { $0["unsandboxed"] == 0 })
            let removed = try onboard(scratch, ["--undo"], phones)
            #expect(removed.code == 0 && removed.documents.count == 3)
            try expectNobody(scratch)
        }

        /// Four callers for two phones at once: OpenClaw's own writes and ours do not lose each other's.
        @Test func together() throws {
            let scratch = try Scratch.withOpenClaw()
            let running = try (0..<4).map { try scratch.start("dcb-onboard", [], [["phone": .string(Scratch.phone($0 % 2))]]) }
            var failed = 0
            for one in running where try one.wait(seconds: 120).code != 0 { failed += 1 }
            // One that met the other's write says so (75), and is undone or finished by the next call.
            for n in 0..<2 where failed > 0 { try scratch.only(try onboard(scratch, [], [Scratch.phone(n)])) }
            let roster = try roster(scratch)
            #expect(roster.ids.count == 4 && roster.sandboxed.count == 2)
            #expect(try scratch.configValue().at("bindings")?.arrayValue?.count == 3)
            #expect(try scratch.run("dcb-state", ["list"]).documents.count == 2)
        }

        /// A signal ends the call of openclaw, undoes, and is the end of the run.
        @Test func aSignal() throws {
            let scratch = try Scratch.withOpenClaw()
            let running = try scratch.start("dcb-onboard", [], [["phone": .string(Self.phone)]], environment: Scratch.misbehaving("hangs"))
            try until(seconds: 60, "openclaw's call") { try scratch.openclawCalls().count == 1 }
            kill(try #require(running.pid), SIGTERM)
            let output = try running.wait()
            #expect(output.code == 143 && output.out.isEmpty && output.problem == "interrupted", "\(output.code) \(output.err)")
            try expectNobody(scratch)
        }

        /// kill -9 of the whole run while OpenClaw works: the next call ends with one of everything.
        @Test(arguments: ["hangs", "hangs-after"], [[], ["--undo"]]) func killed(_ mode: String, _ next: [String]) throws {
            let scratch = try Scratch.withOpenClaw()
            let running = try scratch.start("dcb-onboard", [], [["phone": .string(Self.phone)]], environment: Scratch.misbehaving(mode))
            try until(seconds: 60, "openclaw's call") { try scratch.openclawCalls().count == 1 }
            if mode == "hangs-after" { try until("the agent in the config") { try scratch.configText().contains("\"user_") } }
            let child = Int32(try scratch.openclawCalls().first?["pid"]?.intValue ?? -1)
            kill(try #require(running.pid), SIGKILL)
            #expect(try running.wait().code == 137)
            try until("the end of openclaw") { ProcessIdentity(pid: child) == nil }
            let answer = try scratch.only(try onboard(scratch, next))
            if next.isEmpty {
                #expect(answer["outcome"] == "created")
                #expect(try roster(scratch).sandboxed == [answer.text("agentId") ?? ""])
            } else {
                #expect(answer["outcome"] == "removed")
                try expectNobody(scratch)
            }
        }
    }
}
