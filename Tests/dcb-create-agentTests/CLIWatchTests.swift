import Glibc
import JSON
import Platform
import TestSupport
import Testing

/// While OpenClaw's own command runs: the claim lives, signals are heard, and a killed step leaves nothing behind that the next call cannot finish.
@Suite struct CLIWatchTests {
    private static let waits = Scratch.misbehaving("waits")

    private func untilCalled(_ scratch: Scratch, _ count: Int = 1) throws -> Int32 {
        try until(seconds: 60, "openclaw's call") { try scratch.openclawCalls().count == count }
        return Int32(try scratch.openclawCalls().last?["pid"]?.intValue ?? -1)
    }

    private func letGo(_ scratch: Scratch) throws { try scratch.write("", to: scratch.folder + "/openclaw.log.go") }

    /// The lease ends several times while the child runs: it is renewed, so that nobody else gets the phone.
    @Test(arguments: [false, true]) func theClaimIsKeptAlive(_ isUndo: Bool) throws {
        let scratch = try Scratch.withOpenClaw()
        let phone = Scratch.phone(1)
        var document = try scratch.only(try scratch.step("dcb-state", ["claim", "--lease", "4s"], [["phone": .string(phone)]]))
        if isUndo { document = try scratch.only(try scratch.step("dcb-create-agent", [], [document])) }
        let running = try scratch.start("dcb-create-agent", isUndo ? ["--undo"] : [], [document], environment: CLIWatchTests.waits)
        _ = try untilCalled(scratch, isUndo ? 2 : 1)
        let another = try scratch.step("dcb-state", ["claim", "--wait", "6s"], [["phone": .string(phone)]])
        #expect(another.code == 75 && another.problem == "busy", "\(another.out)\(another.err)")
        #expect(!running.hasEnded)
        try letGo(scratch)
        let output = try running.wait()
        #expect(output.code == 0, "\(output.err)")
        #expect(output.document[isUndo ? "agentRemoved" : "agentCreated"] == true)
    }

    /// Who lost its claim meanwhile says so, and the agent that OpenClaw made is the new holder's.
    @Test func aClaimThatIsLost() throws {
        let scratch = try Scratch.withOpenClaw()
        let phone = Scratch.phone(1)
        let document = try scratch.claimed(phone)
        let running = try scratch.start("dcb-create-agent", [], [document], environment: CLIWatchTests.waits)
        _ = try untilCalled(scratch)
        // By hand in the record: nobody gets it as long as the step lives.
        try SQL.run(scratch.state + "/onboarding.db", "UPDATE claims SET fence = '0123456789abcdef'")
        try letGo(scratch)
        let output = try running.wait()
        #expect(output.code == 75 && output.problem == "claim-lost" && output.out.isEmpty)
        let taken = document.with(["fence": "0123456789abcdef"])
        let made = try scratch.only(try scratch.step("dcb-create-agent", [], [taken]))
        #expect(made["agentCreated"] == false)
        #expect(try scratch.openclawCalls().count == 1)
    }

    /// A signal ends the child, and the step says why it stopped; the claim is kept.
    @Test(arguments: [SIGTERM, SIGINT]) func aSignal(_ signal: Int32) throws {
        let scratch = try Scratch.withOpenClaw()
        let document = try scratch.claimed(Scratch.phone(1))
        let running = try scratch.start("dcb-create-agent", [], [document], environment: Scratch.misbehaving("hangs"))
        let child = try untilCalled(scratch)
        kill(try #require(running.pid), signal)
        let output = try running.wait()
        #expect(output.code == 128 + signal && output.problem == "interrupted" && output.out.isEmpty, "\(output.code) \(output.err)")
        try until("the end of openclaw") { ProcessIdentity(pid: child) == nil }
        #expect(try scratch.configText() == Scratch.config(of: "2026.9.6"))
        try scratch.only(try scratch.step("dcb-create-agent", ["--undo"], [document]))
        try scratch.only(try scratch.step("dcb-state", ["release"], [document]))
    }

    /// kill -9 takes the child along, and the next call finishes: OpenClaw is asked again only when the config has no agent yet.
    @Test(arguments: ["hangs", "hangs-after"]) func killed(_ mode: String) throws {
        let scratch = try Scratch.withOpenClaw()
        let document = try scratch.claimed(Scratch.phone(1))
        let agent = document.text("agentId") ?? ""
        let running = try scratch.start("dcb-create-agent", [], [document], environment: Scratch.misbehaving(mode))
        let child = try untilCalled(scratch)
        if mode == "hangs-after" { try until("the agent in the config") { try scratch.configText().contains(agent) } }
        kill(try #require(running.pid), SIGKILL)
        #expect(try running.wait().code == 137)
        try until("the end of openclaw") { ProcessIdentity(pid: child) == nil }
        let made = try scratch.only(try scratch.step("dcb-create-agent", [], [document]))
        #expect(made["agentCreated"] == .bool(mode == "hangs"))
        #expect(try scratch.openclawCalls().count == (mode == "hangs" ? 2 : 1))
        #expect(try scratch.configValue().at("agents", "entries", agent, "sandbox", "mode") == "all")
        try scratch.only(try scratch.step("dcb-bind", [], [made]))
        try scratch.only(try scratch.step("dcb-state", ["commit"], [made]))
    }

    @Test(arguments: ["hangs", "hangs-after"]) func killedWhileUndoing(_ mode: String) throws {
        let scratch = try Scratch.withOpenClaw()
        let made = try scratch.made(Scratch.phone(1))
        let agent = made.text("agentId") ?? ""
        let running = try scratch.start("dcb-create-agent", ["--undo"], [made], environment: Scratch.misbehaving(mode, "delete"))
        let child = try untilCalled(scratch, 2)
        if mode == "hangs-after" { try until("the agent out of the config") { try !scratch.configText().contains(agent) } }
        kill(try #require(running.pid), SIGKILL)
        #expect(try running.wait().code == 137)
        try until("the end of openclaw") { ProcessIdentity(pid: child) == nil }
        try scratch.only(try scratch.step("dcb-create-agent", ["--undo"], [made]))
        #expect(try scratch.openclawCalls().count == (mode == "hangs" ? 3 : 2))
        #expect(try !scratch.configText().contains(agent))
        let places = try Files.list(scratch.state + "/trash")
        #expect(places.count == 1)
        #expect(try Files.list("\(scratch.state)/trash/\(places.first ?? "")").sorted() == ["agent", "entry.json", "workspace"])
        try scratch.only(try scratch.step("dcb-state", ["release"], [made]))
    }

    /// Root has become the owner of the state folder: so has the child, and root's home is not named to it.
    @Test func theOwnersHome() throws {
        guard isRoot(for: "the cli driver as another user") else { return }
        let scratch = try Scratch.withOpenClaw()
        let linked = try Files.readLink(scratch.folder + "/bin/openclaw")
        try Files.remove(scratch.folder + "/bin/openclaw")
        try scratch.run("/bin/cp", [linked, scratch.folder + "/bin/openclaw"])
        try scratch.give(to: 65534)
        if try scratch.run("/usr/bin/setpriv", ["--reuid", "65534", "--clear-groups", scratch.folder + "/bin/openclaw", "agents", "none", "x"]).code == 127 {
            return Skip.say("the cli driver as another user: the stand-in cannot run as one")
        }
        try Files.remove(scratch.folder + "/openclaw.log")
        let document = try scratch.claimed(Scratch.phone(1))
        let output = try scratch.step("dcb-create-agent", [], [document], environment: ["HOME": try #require(Account.find(user: 0)?.home)])
        #expect(output.code == 0, "\(output.err)")
        let call = try #require(try scratch.openclawCalls().first)
        #expect(call["uid"] == 65534)
        #expect(call["environment"]?.at("HOME")?.stringValue == Account.find(user: 65534)?.home)
    }
}
