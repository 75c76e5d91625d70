import JSON
import Platform
import TestSupport
import Testing

/// The four classic drifts, unfinished claims, and what the repair makes of them.
@Suite struct DriftTests {
    @Test func allIsWell() throws {
        let house = try House()
        let report = try house.check()
        #expect(report.output.code == 0 && report.output.err.isEmpty)
        #expect(report.findings.isEmpty && report.summary("users") == 3)
        #expect(try house.isWhole())
    }

    @Test func anAgentOfOursWithoutARow() throws {
        let house = try House()
        try house.forget(2)
        let check = try house.check()
        #expect(check.agents("orphanedAgents") == [house.agents[2]])
        #expect(check.findings("I1").contains { $0.text("subject") == house.agents[2] })
        let repair = try house.repair()
        #expect(repair.output.code == 0 && repair.names == ["remove-agent"])
        #expect(try house.scratch.configValue().at("agents", "entries", house.agents[2]) == nil)
        #expect(try !house.scratch.configText().contains(house.phone(2)))
        #expect(!Files.exists(house.state + "/workspace-" + house.agents[2]))
        #expect(try Files.list(house.state + "/trash").count == 1)
        #expect(try house.isWhole())
    }

    @Test func aRowWithoutItsAgent() throws {
        let house = try House()
        try house.cut(try house.entry(2))
        let check = try house.check()
        #expect(check.agents("orphanedRecords") == [house.agents[2]])
        // Its binding leads nowhere now: OpenClaw refuses the file, and the repair makes it one that it accepts.
        #expect(check.agents("invalidBindings") == [house.agents[2]])
        #expect(check.ids.contains("I8") && check.ids.contains("I4"))
        let repair = try house.repair()
        #expect(repair.output.code == 0 && repair.names == ["cancel"])
        #expect(repair.summary("mended") == repair.findings.count)
        #expect(try house.scratch.run("dcb-state", ["get", "--agent", house.agents[2]]).document.text("status") == "cancelled")
        #expect(try !house.scratch.configText().contains(house.phone(2)))
        #expect(try house.isWhole())
    }

    /// One whose mend would not pass the check of the edited file stays as it is; the others are mended.
    @Test func aMendThatIsRefused() throws {
        let house = try House()
        try house.scratch.run("dcb-state", ["cancel", house.phone(2)])
        try house.scratch.weaken(house.agents[1])
        try house.change("\"workspaceAccess\": \"rw\"}", "\"workspaceAccess\": \"rw\", \"browser\": {\"allowHostControl\": true}}")
        let repair = try house.repair()
        #expect(repair.output.code == 78 && repair.names.first == "finish-removal")
        // Nobody's sandbox satisfies the policy any more.
        #expect(repair.actions.map { $0.text("problem") } == [nil, "agent-not-sandboxed", "agent-not-sandboxed"], "\(repair.output.err)")
        #expect(try !house.scratch.configText().contains(house.phone(2)))
        #expect(try house.scratch.run("dcb-state", ["claims"]).out.isEmpty)
        #expect(repair.findings.filter { $0.text("subject") == house.agents[1] }.allSatisfy { $0["mended"] == false })
    }

    /// A repair that OpenClaw's rules refuse has decided nothing: when the file is put back, nobody is removed by it.
    @Test func aRepairOfARefusedFile() throws {
        let house = try House()
        let good = try house.scratch.configText()
        try house.cut(try house.entry(1))
        let telegram = "{\"agentId\": \"\(house.agents[1])\", \"match\": {\"channel\": \"telegram\", \"peer\": {\"kind\": \"direct\", \"id\": \"77\"}}},"
        try house.change("\"bindings\": [", "\"bindings\": [" + telegram)
        let broken = try house.scratch.configText()
        let repair = try house.repair()
        #expect(repair.output.code == 78 && repair.output.problem == "config-invalid" && repair.names == ["cancel"], "\(repair.output.err)")
        #expect(try house.scratch.configText() == broken)
        #expect(try house.scratch.run("dcb-state", ["claims"]).out.isEmpty)
        try house.scratch.write(good, to: house.scratch.config)
        #expect(try house.isWhole())
    }

    /// One that is refused half-way leaves nothing of its part in the file, and keeps nobody else.
    @Test func oneThatIsRefusedHalfWay() throws {
        let house = try House()
        try house.scratch.weaken(house.agents[1])
        let peerless = "{\"agentId\": \"\(house.agents[1])\", \"match\": {\"channel\": \"whatsapp\", \"accountId\": \"work\"}},"
        let others = try house.binding(1).replacing(house.phone(1), with: "+15550009999") + ","
        try house.cut(try house.binding(2))
        try house.change("\"bindings\": [", "\"bindings\": [" + peerless + others)
        let repair = try house.repair()
        #expect(repair.output.code == 65 && repair.names == ["complete", "complete"], "\(repair.output.err)")
        #expect(Set(repair.actions.map { $0.text("problem") }) == [nil, "agent-belongs-elsewhere"])
        #expect(try house.binding(2).contains(house.phone(2)))
        #expect(try house.entry(1).contains("\"off\""))
    }

    /// What cannot go to the trash stays where it is, with its keyring password.
    @Test func aTrashThatCannotBeMade() throws {
        let house = try House()
        let before = try house.scratch.configText()
        try house.scratch.write("", to: house.state + "/trash")
        let week = [
            "--now", Timestamp(milliseconds: Clock.realNanoseconds / 1_000_000 + 7 * 86_400_000).description, "--max-removals", "9", "--max-fraction", "1",
        ]
        let repair = try house.repair(week)
        #expect(repair.output.code == 74 && repair.names == ["cancel-stale", "cancel-stale", "cancel-stale"], "\(repair.output.err)")
        #expect(try house.scratch.configText() == before)
        #expect(try house.scratch.run("dcb-state", ["claims"]).out.isEmpty)
        try Files.remove(house.state + "/trash")
        #expect(try house.isWhole())
    }

    /// Each sync of a repair fails in turn, also the one after the config was replaced: who is in the config has their row and no claim; of who is not,
    /// the row is cancelled, or a claim stays that ends it.
    @Test func aDiskThatFailsInARepair() throws {
        guard Files.isExecutable("/usr/bin/strace") else { return Skip.say("a sync that fails needs strace") }
        let week = Timestamp(milliseconds: Clock.realNanoseconds / 1_000_000 + 7 * 86_400_000).description
        var gone = 0
        for number in 1...8 {
            let house = try House(1)
            let repair = try house.scratch.run(
                "/usr/bin/strace",
                ["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=\(number)", Scratch.commands + "/dcb-reconcile"]
                    + ["--repair", "--now", week, "--max-removals", "9", "--max-fraction", "1"])
            if repair.code == 1, repair.out.isEmpty { return Skip.say("a sync that fails: strace may not trace here") }
            let isThere = try house.scratch.configValue().at("agents", "entries", house.agents[1]) != nil
            let status = try house.scratch.run("dcb-state", ["get", house.phone(1)]).document.text("status")
            let claims = try house.scratch.run("dcb-state", ["claims"]).documents.map { $0.text("kind") }
            if isThere {
                #expect(status == "new" && claims.isEmpty, "\(number): \(repair.err)")
            } else {
                gone += claims.isEmpty ? 0 : 1
                #expect(status == "cancelled" ? claims.isEmpty : claims == ["removal"], "\(number): \(repair.err)")
            }
            #expect(try house.scratch.step("dcb-onboard", [], [["phone": .string(house.phone(1))]]).code == 0)
            // The cancelled row is of next week.
            #expect(try house.check().ids.isSubset(of: ["I18"]), "\(number)")
        }
        #expect(gone > 0, "none failed after the replacement")
    }

    /// The first of a phone's bindings wins: one to another user, or to nowhere, goes, its own stays.
    @Test(arguments: [false, true]) func aBindingBeforeItsOwn(_ leadsNowhere: Bool) throws {
        let house = try House()
        let other = leadsNowhere ? "user_ffffffffffffffff" : house.agents[2]
        try house.change("\"bindings\": [", "\"bindings\": [" + (try house.binding(1).replacing(house.agents[1], with: other)) + ",")
        #expect(try house.check().findings("I4").contains { $0.text("severity") == "critical" })
        let repair = try house.repair()
        #expect(repair.output.code == 0 && repair.names == ["complete"], "\(repair.output.err)")
        #expect(try house.isWhole())
    }

    @Test func whatBroadcastGivesToOthers() throws {
        let house = try House()
        try house.change("\"session\": {", "\"broadcast\": {\"\(house.phone(1))\": [\"\(house.agents[2])\"]},\n\"session\": {")
        let found = try house.check().findings("I4")
        #expect(found.count == 1 && found.first?.text("severity") == "critical" && found.first?.text("subject") == "/broadcast")
        #expect(try house.repair().actions.isEmpty)
    }

    /// What failed is not called mended, and its claim is anyone's.
    @Test func aRemovalThatCannotBeFinished() throws {
        let house = try House()
        try house.forget(2)
        try house.change(
            "\"bindings\": [",
            "\"bindings\": [\n    {\"agentId\": \"\(house.agents[2])\", \"match\": {\"channel\": \"telegram\", \"peer\": {\"kind\": \"direct\", \"id\": \"1\"}}},"
        )
        let repair = try house.repair()
        #expect(repair.actions.map { $0.text("problem") } == ["not-ready"])
        #expect(repair.summary("mended") == 0 && repair.findings.allSatisfy { $0["mended"] == false }, "\(repair.output.out)")
        let claims = try house.scratch.run("dcb-state", ["claims"]).documents
        #expect(claims.count == 1 && claims.first?["owner"] == .null)
    }

    @Test func aBindingToNowhere() throws {
        let house = try House()
        try house.change("\"agentId\": \"\(house.agents[2])\"", "\"agentId\": \"user_nobody\"")
        let check = try house.check()
        #expect(check.agents("invalidBindings") == ["user_nobody"])
        let repair = try house.repair()
        #expect(repair.output.code == 0 && repair.names == ["complete"])
        #expect(try house.binding(2).contains(house.phone(2)))
        #expect(try house.isWhole())
    }

    @Test func bindingsThatAreSwapped() throws {
        let house = try House()
        let text = try house.scratch.configText()
        let swapped = text.replacing(all: "\"agentId\": \"\(house.agents[1])\"", with: "\"agentId\": \"X\"")
            .replacing(all: "\"agentId\": \"\(house.agents[2])\"", with: "\"agentId\": \"\(house.agents[1])\"")
            .replacing(all: "\"agentId\": \"X\"", with: "\"agentId\": \"\(house.agents[2])\"")
        try house.scratch.write(swapped, to: house.scratch.config)
        let check = try house.check()
        #expect(Set(check.agents("invalidBindings")) == [house.agents[1], house.agents[2]])
        #expect(check.findings("I4").contains { $0.text("severity") == "critical" })
        let repair = try house.repair()
        #expect(repair.output.code == 0 && repair.names == ["complete", "complete"])
        #expect(try house.binding(1).contains(house.phone(1)) && house.binding(2).contains(house.phone(2)))
        #expect(try house.isWhole())
    }

    @Test func aBindingThatIsGone() throws {
        let house = try House()
        try house.cut(try house.binding(2))
        try house.cut("\"\(house.phone(2))\"")
        let check = try house.check()
        #expect(check.says("I1").contains("not bound") && check.ids.contains("I6"))
        #expect(try house.repair().names == ["complete"])
        #expect(try house.isWhole())
    }

    @Test func aWorkspaceThatIsGone() throws {
        let house = try House()
        try Files.removeTree(house.state + "/workspace-" + house.agents[2])
        try Files.removeTree(house.state + "/agents/" + house.agents[2])
        #expect(try house.check().ids == ["I1"])
        #expect(try house.repair().names == ["complete"])
        #expect(try Files.list(house.state + "/workspace-" + house.agents[2]).count == 4)
        #expect(try house.isWhole())
    }

    // MARK: stale

    @Test func aStaleRow() throws {
        let house = try House()
        let later = ["--now", "2100-01-01T00:00:00Z", "--max-fraction", "1"]
        try house.sql("UPDATE onboarding_states SET status = 'complete' WHERE agent_id = '\(house.agents[1])'")
        try house.sql("UPDATE state_transitions SET to_status = 'complete' WHERE state_id = 1")
        try Files.makeDirectories(house.state + "/agents/" + house.agents[3] + "/sessions")
        try house.scratch.write("{}\n", to: house.state + "/agents/" + house.agents[3] + "/sessions/one.jsonl")
        let check = try house.check(later)
        #expect(check.agents("staleStates") == [house.agents[2]])
        #expect(try house.check(later + ["--stale-after", "36500d"]).agents("staleStates").isEmpty)
        let repair = try house.repair(later)
        #expect(repair.output.code == 0 && repair.names.contains("cancel-stale"))
        let row = try house.scratch.run("dcb-state", ["get", "--agent", house.agents[2]]).document
        #expect(row.text("status") == "cancelled")
        #expect(try house.scratch.configValue().at("agents", "entries", house.agents[2]) == nil)
        #expect(try house.scratch.configValue().at("agents", "entries", house.agents[1]) != nil)
    }

    /// What cannot be read is no proof that nobody came.
    @Test(arguments: ["none", "empty", "sessions", "other", "junk"]) func theAgentsOwnDatabase(_ kind: String) throws {
        let house = try House(1)
        let path = house.state + "/agents/" + house.agents[1] + "/agent/openclaw-agent.sqlite"
        switch kind {
        case "empty": try SQL.run(path, "CREATE TABLE session_nodes (session_key TEXT PRIMARY KEY, entry_json TEXT)")
        case "sessions":
            try SQL.run(
                path, "CREATE TABLE session_nodes (session_key TEXT PRIMARY KEY, entry_json TEXT); INSERT INTO session_nodes VALUES ('agent:x:main', '{}')")
        case "other": try SQL.run(path, "CREATE TABLE something (x)")
        case "junk": try house.scratch.write("this is no database at all, only text of some length", to: path)
        default: break
        }
        let before = kind == "none" ? [] : try Files.read(path)
        let names = try Files.list(Path.parent(path))
        let report = try house.check(["--now", "2100-01-01T00:00:00Z"])
        #expect(report.agents("staleStates") == (kind == "none" || kind == "empty" ? [house.agents[1]] : []))
        #expect(try Files.list(Path.parent(path)) == names)
        if kind != "none" { #expect(try Files.read(path) == before) }
    }

    // MARK: claims

    @Test func anOnboardingThatWasNotFinished() throws {
        let house = try House()
        let before = try house.scratch.configText()
        let document = try house.scratch.bound(house.phone(4))
        try house.sql("UPDATE claims SET binding_progress = 1, lease_end_boot_ms = 0")
        let check = try house.check()
        #expect(check.agents("unfinishedClaims") == [document.text("agentId") ?? ""])
        let repair = try house.repair()
        #expect(repair.output.code == 0 && repair.names == ["undo"])
        #expect(try house.scratch.configText() == before)
        #expect(try house.isWhole())
    }

    @Test func anOnboardingThatLacksOnlyItsCommit() throws {
        let house = try House()
        let document = try house.scratch.bound(house.phone(4))
        #expect(try house.check().agents("unfinishedClaims").isEmpty)
        try house.sql("UPDATE claims SET lease_end_boot_ms = 0")
        let before = try house.scratch.configText()
        #expect(try house.repair().names == ["commit"])
        #expect(try house.scratch.configText() == before)
        #expect(try house.scratch.run("dcb-state", ["get", house.phone(4)]).document.text("agentId") == document.text("agentId"))
        #expect(try house.isWhole())
    }

    @Test func aRemovalThatWasNotFinished() throws {
        let house = try House()
        try house.scratch.run("dcb-state", ["cancel", house.phone(2)])
        #expect(try house.check().agents("unfinishedClaims") == [house.agents[2]])
        let repair = try house.repair()
        #expect(repair.output.code == 0 && repair.names == ["finish-removal"])
        #expect(try house.scratch.configValue().at("agents", "entries", house.agents[2]) == nil)
        #expect(try house.isWhole())
    }

    @Test func aClaimThatIsHeldIsLeftAlone() throws {
        let house = try House()
        _ = try house.scratch.bound(house.phone(4))
        _ = try house.scratch.claimed(house.phone(5))
        let before = try house.scratch.picture()
        let repair = try house.repair()
        #expect(repair.findings.isEmpty && repair.actions.isEmpty)
        #expect(try house.scratch.picture() == before)
    }

    @Test func allAtOnceIsOneReplacement() throws {
        let house = try House(8)
        try house.scratch.run("dcb-state", ["cancel", house.phone(5)])
        _ = try house.scratch.bound(house.phone(9))
        try house.sql("UPDATE claims SET lease_end_boot_ms = 0; UPDATE claims SET binding_progress = 1 WHERE kind = 'provision'")
        try house.forget(1)
        try house.cut(try house.entry(2))
        try house.cut(try house.binding(3))
        try house.change(try house.entry(4), try house.entry(4).replacing(all: "\"mode\": \"all\"", with: "\"mode\": \"off\""))
        let watch = try RenameWatch(folder: house.state, name: "openclaw.json")
        let repair = try house.repair(["--max-fraction", "1"])
        #expect(repair.output.code == 0)
        #expect(Set(repair.names) == ["remove-agent", "cancel", "complete", "finish-removal", "undo"])
        #expect(try watch.count() == 1)
        #expect(try house.isWhole())
    }

    @Test func aDryRunSaysWhatTheRepairDoes() throws {
        let house = try House()
        try house.forget(1)
        try house.cut(try house.binding(3))
        try house.scratch.run("dcb-state", ["cancel", house.phone(2)])
        let before = try house.scratch.picture()
        let dry = try house.repair(["--dry-run"])
        #expect(try house.scratch.picture() == before)
        let real = try house.repair()
        #expect(dry.actions == real.actions && dry.actions.count == 3)
        #expect(try house.scratch.run("dcb-state", ["audit"]).documents.filter { $0.text("command") == "dcb-reconcile" }.count == 3)
    }
}
