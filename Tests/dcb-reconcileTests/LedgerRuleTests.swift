import JSON
import Platform
import TestSupport
import Testing

/// Only what our own ledger has is ever removed; and what asks for too much, or for nothing that can be relied on, removes nothing.
@Suite struct LedgerRuleTests {
    @Test func aForeignAgentStays() throws {
        let house = try House()
        try house.change("\"support\": {", "\"user_foreign\": {\"workspace\": \"/srv/foreign\", \"sandbox\": {\"mode\": \"off\"}},\n      \"support\": {")
        let before = try house.scratch.configText()
        let check = try house.check()
        #expect(check.agents("foreignAgents") == ["user_foreign"])
        #expect(check.says("I3").contains("user_foreign") && check.says("I1").contains("user_foreign"))
        let repair = try house.repair(["--max-removals", "100", "--max-fraction", "1"])
        #expect(repair.output.code == 0 && repair.actions.isEmpty)
        #expect(try house.scratch.configText() == before)
    }

    /// The phone of a user, routed to an agent of the operator's: that may be meant.
    @Test func aForeignBindingStays() throws {
        let house = try House()
        try house.change("\"agentId\": \"\(house.agents[2])\"", "\"agentId\": \"support\"")
        let before = try house.scratch.configText()
        let check = try house.check()
        #expect(check.agents("invalidBindings") == ["support"])
        #expect(check.object["invalidBindings"]?.arrayValue?.first?.at("ours")?.boolValue == false)
        #expect(try house.repair().actions.isEmpty)
        #expect(try house.scratch.configText() == before)
    }

    /// A second binding of a phone before ours wins silently: said, and not touched.
    @Test func aSecondBindingStays() throws {
        let house = try House()
        try house.change(
            "\"bindings\": [",
            "\"bindings\": [\n    {\"agentId\": \"\(house.agents[1])\", \"match\": {\"channel\": \"whatsapp\", \"peer\": {\"kind\": \"direct\", \"id\": \"\(house.phone(2))\"}}},"
        )
        let before = try house.scratch.configText()
        let check = try house.check()
        #expect(check.says("I4").contains("2 bindings") && check.says("I4").contains("is routed to agent"))
        #expect(try house.repair().actions.isEmpty)
        #expect(try house.scratch.configText() == before)
    }

    /// An operator's binding to an agent of ours that must go: ours goes, the rest waits.
    @Test func aRemovalThatSomebodyElseNeeds() throws {
        let house = try House()
        try house.change(
            "\"bindings\": [",
            "\"bindings\": [\n    {\"agentId\": \"\(house.agents[2])\", \"match\": {\"channel\": \"telegram\", \"peer\": {\"kind\": \"direct\", \"id\": \"7\"}}},"
        )
        try house.scratch.run("dcb-state", ["cancel", house.phone(2)])
        let repair = try house.repair()
        #expect(repair.output.code == 65 && repair.output.problem == "not-ready")
        #expect(try !house.scratch.configText().contains(house.phone(2)))
        #expect(try house.scratch.configText().contains("telegram"))
        try house.cut("{\"agentId\": \"\(house.agents[2])\", \"match\": {\"channel\": \"telegram\", \"peer\": {\"kind\": \"direct\", \"id\": \"7\"}}}")
        #expect(try house.repair().output.code == 0)
        #expect(try house.isWhole())
    }

    // MARK: a record that cannot be relied on

    @Test func anEmptyRecord() throws {
        let house = try House()
        for name in ["", "-wal", "-shm"] { try Files.remove(house.record + name) }
        try Files.removeTree(house.state + "/.dcb")
        let before = try house.scratch.picture()
        let check = try house.check()
        #expect(check.output.code == 0 && check.ids.contains("I14"))
        let repair = try house.repair(["--max-removals", "100", "--max-fraction", "1"])
        #expect(repair.output.code == 78 && repair.output.problem == "record-empty")
        #expect(repair.output.err.contains("--adopt"))
        #expect(try house.scratch.picture() == before)
        try house.scratch.run("dcb-state", ["init"])
        #expect(try house.repair().output.problem == "record-empty")
        #expect(try house.scratch.configText().contains(house.agents[1]))
    }

    @Test func aRecordThatCannotBeRead() throws {
        let house = try House()
        for name in ["-wal", "-shm"] { try Files.remove(house.record + name) }
        try house.scratch.write(String(repeating: "no database ", count: 1000), to: house.record)
        let before = try house.scratch.configText()
        let check = try house.check()
        #expect(check.output.code == 0 && check.ids.contains("I14"))
        let repair = try house.repair()
        #expect(repair.output.code == 78 && repair.output.problem == "record-unreadable" && repair.actions.isEmpty)
        #expect(try house.scratch.configText() == before)
    }

    @Test func anOlderRecord() throws {
        let house = try House()
        try house.scratch.shell("cd $DIR/state && for f in onboarding.db*; do cp $f ../old-$f; done")
        let fourth = try house.scratch.onboarded(house.phone(4))
        try house.scratch.shell("cd $DIR/state && rm onboarding.db-wal onboarding.db-shm && for f in ../old-*; do cp $f ${f#../old-}; done")
        let before = try house.scratch.configText()
        #expect(try house.check().says("I14").contains("older"))
        let repair = try house.repair(["--max-removals", "100", "--max-fraction", "1"])
        #expect(repair.output.code == 78 && repair.output.problem == "record-older" && repair.actions.isEmpty)
        #expect(try house.scratch.configText() == before)
        let shown = try house.run(["--adopt", "--dry-run"])
        #expect(shown.names == ["adopt"] && shown.actions.first?.text("agentId") == fourth)
        #expect(try house.repair().output.problem == "record-older")
        let adopted = try house.run(["--adopt"])
        #expect(adopted.output.code == 0 && adopted.actions == shown.actions)
        #expect(adopted.output.err.contains("adopting agent \(fourth)"))
        #expect(try house.scratch.configText() == before)
        #expect(try house.isWhole())
    }

    // MARK: adopt

    /// An older openclaw.json is put back: who was removed since is in it again, and stays removed.
    @Test func whoWasRemovedIsNotAdopted() throws {
        let house = try House()
        let before = try house.scratch.configText()
        try house.scratch.step("dcb-onboard", ["--undo"], [["phone": .string(house.phone(2))]])
        try house.scratch.write(before, to: house.scratch.config)
        #expect(try house.check().says("I1").contains("agent \(house.agents[2]) was removed"))
        for words in [["--adopt", "-n"], ["--adopt"]] {
            let adopted = try house.run(words)
            #expect(adopted.output.code == 0 && adopted.actions.isEmpty, "\(adopted.output.err)")
        }
    }

    @Test func whatLooksLikeOursIsAdopted() throws {
        let house = try House()
        for name in ["", "-wal", "-shm"] { try Files.remove(house.record + name) }
        try house.change("\"support\": {", "\"user_foreign\": {\"workspace\": \"/srv/foreign\"},\n      \"support\": {")
        let adopted = try house.run(["--adopt"])
        #expect(adopted.output.code == 0 && Set(adopted.actions.compactMap { $0.text("agentId") }) == Set(house.agents.dropFirst()))
        let ledger = try house.scratch.run("dcb-state", ["ledger"]).documents
        #expect(ledger.count == 9 && ledger.allSatisfy { $0.text("how") == "adopted" })
        #expect(try house.check().agents("foreignAgents") == ["user_foreign"])
        #expect(try house.run(["--adopt"]).actions.isEmpty)
    }

    // MARK: the brake

    @Test func tooManyRemovals() throws {
        let house = try House(5)
        for number in 1...2 { try house.forget(number) }
        let before = try house.scratch.picture()
        for words in [[], ["--max-removals", "1", "--max-fraction", "1"], ["--max-removals", "10", "--max-fraction", "0.3"], ["--max-fraction", "0"]] {
            let repair = try house.repair(words)
            #expect(repair.output.code == 78 && repair.output.problem == "mass-removal")
            #expect(repair.names == ["remove-agent", "remove-agent"])
            #expect(try house.scratch.picture() == before)
        }
        #expect(try house.repair(["--dry-run"]).output.code == 78)
        #expect(try house.repair(["--max-removals", "2", "--max-fraction", "0.4"]).output.code == 0)
        #expect(try house.isWhole())
    }

    @Test func theBrakeOfThePolicy() throws {
        let house = try House(2)
        try house.forget(1)
        try house.scratch.write("{reconcile: {maxRemovals: 0}}", to: house.state + "/dcb.json")
        #expect(try house.repair().output.problem == "mass-removal")
        #expect(try house.repair(["--max-removals", "1"]).output.code == 0)
    }

    /// A config that was put back from before everybody came: all rows would go.
    @Test func aConfigOfLongAgo() throws {
        let house = try House(6)
        try house.scratch.write(House.config, to: house.scratch.config)
        let repair = try house.repair()
        #expect(repair.output.code == 78 && repair.output.problem == "mass-removal")
        #expect(repair.names.filter { $0 == "cancel" }.count == 6)
        #expect(try house.scratch.run("dcb-state", ["list"]).documents.allSatisfy { $0.text("status") == "new" })
    }

    /// Something of ours for an agent that the phone has no more.
    @Test func aLeftoverBesideANewAgent() throws {
        let house = try House(2)
        try house.sql(
            "INSERT INTO ledger (kind, agent_id, phone_number, made_at, how) VALUES ('binding', 'user_before', '\(house.phone(1))', '2026-01-01T00:00:00Z', 'made')"
        )
        try house.change(
            "\"bindings\": [",
            "\"bindings\": [\n    {\"agentId\": \"user_before\", \"match\": {\"channel\": \"whatsapp\", \"accountId\": \"*\", \"peer\": {\"kind\": \"direct\", \"id\": \"\(house.phone(1))\"}}},"
        )
        let repair = try house.repair()
        #expect(repair.output.code == 0 && repair.names == ["forget"])
        #expect(try !house.scratch.configText().contains("user_before"))
        #expect(try house.binding(1).contains(house.phone(1)))
        #expect(try house.isWhole())
    }
}
