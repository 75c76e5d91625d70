import JSON
import Platform
import TestSupport
import Testing

/// `dcb-bind --ask` of a gateway that is as it should be.
@Suite struct AskTests {
    static let wait = ["--ask", "--wait", "60s"]

    @Test func appliedMeansThatTheGatewayRoutesThePhone() throws {
        let scratch = try Scratch()
        let gateway = try GatewayStandin(scratch)
        let phone = Scratch.phone(1)
        let bound = try scratch.bound(phone)
        let agent = try #require(bound.text("agentId"))
        let committed = try scratch.only(try scratch.step("dcb-state", ["commit"], [bound]))
        let answer = try scratch.only(try scratch.step("dcb-bind", Self.wait, [committed.with(["extra": ["kept": .number("1.50")]])]))
        #expect(answer["applied"] == true)
        #expect(answer["routedTo"] == ["config": .string(agent), "gateway": .string(agent)])
        #expect(answer["hint"] == nil)
        #expect(answer["extra"] == ["kept": .number("1.50")])
        #expect(answer.text("status") == "pending_welcome")
        let row = try scratch.run("dcb-state", ["get", phone]).document
        #expect(row.text("status") == "pending_welcome" && row["applied"] == true)
        let history = try scratch.run("dcb-state", ["history", phone]).documents
        #expect(history.compactMap { $0.text("to") } == ["new", "pending_welcome"])
        // Once more moves nothing, and the gateway is never written to.
        #expect(try scratch.only(try scratch.step("dcb-bind", Self.wait + ["--require-applied"], [answer]))["applied"] == true)
        #expect(try scratch.run("dcb-state", ["history", phone]).documents.count == 2)
        #expect(try gateway.calls("config.apply") == 0)
    }

    /// Before the commit there is no row to move, and the answer is the same.
    @Test func anUncommittedPhoneMayBeAskedFor() throws {
        let scratch = try Scratch()
        let bound = try scratch.bound(Scratch.phone(2))
        let gateway = try GatewayStandin(scratch)
        let answer = try scratch.only(try scratch.step("dcb-bind", Self.wait, [bound]))
        #expect(answer["applied"] == true && answer["status"] == nil)
        #expect(try gateway.calls("config.get") == 1)
        #expect(try scratch.run("dcb-state", ["list"]).out.isEmpty)
    }

    @Test func oneAnswerServesTheWholeGroup() throws {
        let scratch = try Scratch()
        let documents: [Object] = (1...60).map { ["phone": .string(Scratch.phone($0))] }
        let created = try scratch.step("dcb-onboard", [], documents)
        #expect(created.documents.count == 60)
        // It starts with the file as it is, so the first answer is the last.
        let gateway = try GatewayStandin(scratch)
        let asked = try scratch.step("dcb-bind", Self.wait, created.documents)
        #expect(asked.code == 0 && asked.documents.allSatisfy { $0["applied"] == true } && asked.documents.count == 60)
        #expect(try gateway.calls("config.get") == 1)
        let statuses = try scratch.run("dcb-state", ["list"]).documents.compactMap { $0.text("status") }
        #expect(statuses == [String](repeating: "pending_welcome", count: 60))
    }

    @Test func zeroAsksOnceAndNudgesNobody() throws {
        let scratch = try Scratch()
        let gateway = try GatewayStandin(scratch, ["always blind"])
        let bound = try scratch.bound(Scratch.phone(3))
        let answer = try scratch.only(try scratch.step("dcb-bind", ["--ask", "--wait", "0s"], [bound]))
        #expect(answer["applied"] == false && answer["hint"] != nil)
        let agent = bound["agentId"] ?? .null
        #expect(answer["routedTo"] == ["config": agent, "gateway": nil])
        #expect(try gateway.calls("config.get") == 1 && gateway.calls("config.apply") == 0)
        let required = try scratch.step("dcb-bind", ["--ask", "--wait", "0s", "--require-applied"], [bound])
        #expect(required.code == 75 && required.problem == "not-applied" && required.out.isEmpty)
    }

    @Test func theSpaceBetweenQuestionsGrows() throws {
        let scratch = try Scratch(config: "// a comment keeps the gateway from being nudged\n" + Scratch.plainConfig)
        let gateway = try GatewayStandin(scratch, ["always blind"])
        let bound = try scratch.bound(Scratch.phone(4))
        let answer = try scratch.only(try scratch.step("dcb-bind", ["--ask", "--wait", "8s"], [bound]))
        #expect(answer["applied"] == false)
        // At 0, 0.5, 1.5, 3.5, 7.5 and 8 s, and once for the nudge that is not made.
        let asked = try gateway.calls("config.get")
        #expect((2...7).contains(asked), "asked \(asked) times")
    }

    @Test func aDryRunAsksAndChangesNothing() throws {
        let scratch = try Scratch()
        let phone = Scratch.phone(5)
        let created = try scratch.only(try scratch.step("dcb-onboard", [], [["phone": .string(phone)]]))
        let gateway = try GatewayStandin(scratch)
        let answer = try scratch.only(try scratch.step("dcb-bind", Self.wait + ["-n"], [created]))
        #expect(answer["applied"] == true)
        #expect(try scratch.run("dcb-state", ["get", phone]).document.text("status") == "new")
        try gateway.misbehave(["always blind"])
        let later = try scratch.only(try scratch.step("dcb-onboard", [], [["phone": .string(Scratch.phone(6))]]))
        #expect(try scratch.only(try scratch.step("dcb-bind", ["--ask", "--wait", "3s", "-n"], [later]))["applied"] == false)
        #expect(try gateway.calls("config.apply") == 0)
    }

    /// Before 2026.8 there are no hashes: the loaded agents are asked for.
    @Test func anOlderGatewayIsAskedForItsAgents() throws {
        let scratch = try Scratch()
        let gateway = try GatewayStandin(scratch, ["always blind"], version: "2026.7.1")
        let bound = try scratch.bound(Scratch.phone(7))
        let before = try scratch.only(try scratch.step("dcb-bind", ["--ask", "--wait", "0s"], [bound]))
        #expect(before["applied"] == false && before["routedTo"]?.at("gateway") == .null)
        #expect(try gateway.calls("agents.list") == 1)
        let after = try scratch.only(try scratch.step("dcb-bind", Self.wait, [bound]))
        #expect(after["applied"] == true && after["routedTo"]?.at("gateway") == bound["agentId"])
        #expect(try gateway.calls("config.apply") == 1)
    }

    /// A file that others replace all the time is ahead of the gateway, which runs an earlier one that holds ours.
    @Test func anEarlierRevisionThatHoldsItCounts() throws {
        let scratch = try Scratch()
        let other = "sed -i 's/workspace-main/workspace-other/' '\(scratch.config)'"
        let gateway = try GatewayStandin(scratch, ["always blind", "before config.get 2 load", "before config.get 2 run \(other)"])
        let bound = try scratch.bound(Scratch.phone(8))
        let answer = try scratch.only(try scratch.step("dcb-bind", Self.wait, [bound]))
        #expect(answer["applied"] == true && answer["routedTo"]?.at("gateway") == bound["agentId"])
        #expect(try gateway.calls("config.get") == 2 && gateway.calls("config.apply") == 0)
    }

    @Test func aPhoneThatTheConfigDoesNotRouteIsNotWaitedFor() throws {
        let scratch = try Scratch()
        let gateway = try GatewayStandin(scratch)
        let made = try scratch.made(Scratch.phone(9))
        let answer = try scratch.only(try scratch.step("dcb-bind", Self.wait, [made]))
        #expect(answer["applied"] == false && answer["routedTo"] == ["config": nil, "gateway": nil])
        #expect(answer.text("hint")?.contains("dcb-bind") == true)
        #expect(try gateway.calls("config.get") == 0)
        #expect(try scratch.step("dcb-bind", Self.wait + ["--require-applied"], [made]).problem == "not-applied")
    }

    @Test func withoutAGatewayNobodyIsCalled() throws {
        let scratch = try Scratch()
        let bound = try scratch.bound(Scratch.phone(10))
        let answer = try scratch.step("dcb-bind", Self.wait, [bound])
        let agent = bound["agentId"] ?? .null
        #expect(answer.document == bound.with(["applied": "unknown", "routedTo": ["config": agent, "gateway": nil]]))
        #expect(try scratch.step("dcb-bind", Self.wait + ["--require-applied"], [bound]).code == 75)
        let traced = try scratch.run("/bin/sh", ["-c", "command -v strace"])
        if traced.code != 0 { return Skip.say("that no socket is made needs strace") }
        let log = scratch.folder + "/calls"
        for words in [["dcb-bind", "--ask"], ["dcb-onboard", Scratch.phone(11), "--confirm", "1s"]] {
            let command = Path.join(Scratch.commands, words[0])
            let output = try scratch.run("/usr/bin/strace", ["-f", "-qq", "-e", "trace=network", "-o", log, command] + words.dropFirst(), input: bound.line)
            #expect(output.code == 0)
            #expect(try scratch.text(log).contains("socket(") == false)
        }
    }
}
