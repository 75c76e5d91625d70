import JSON
import Platform
import TestSupport
import Testing

/// `dcb-bind --ask` of a gateway that is absent, slow, dying, or not one at all.
@Suite struct GatewayTroubleTests {
    @Test func absent() throws {
        let scratch = try Scratch()
        let bound = try scratch.bound(Scratch.phone(1))
        let gateway = try GatewayStandin(scratch)
        gateway.stop()
        let output = try scratch.step("dcb-bind", ["--ask", "--wait", "1s"], [bound])
        #expect(output.code == 0 && output.document["applied"] == false)
        #expect(output.document.text("hint")?.contains("no answer: Connection refused") == true)
        #expect(try scratch.step("dcb-bind", ["--ask", "--wait", "1s", "--require-applied"], [bound]).code == 75)
        // It reads the file when it starts: who waits hears of that.
        let started = try scratch.start("dcb-bind", ["--ask", "--wait", "60s"], [bound])
        try until("the process") { started.pid != nil }
        try gateway.startAgain()
        #expect(try started.wait(seconds: 120).document["applied"] == true)
    }

    @Test func unauthorised() throws {
        let scratch = try Scratch()
        let bound = try scratch.bound(Scratch.phone(2))
        let gateway = try GatewayStandin(scratch, ["always unauthorised"])
        // It would wait a minute for another answer; there is none to hope for.
        let output = try scratch.step("dcb-bind", ["--ask", "--wait", "1h"], [bound])
        #expect(output.code == 0 && output.document["applied"] == false)
        #expect(output.document.text("hint")?.contains("does not accept the token") == true)
        #expect(try gateway.log().filter { $0["status"]?.intValue == 401 }.count == 1)
    }

    @Test func slow() throws {
        let scratch = try Scratch()
        let bound = try scratch.bound(Scratch.phone(3))
        let gateway = try GatewayStandin(scratch, ["always slow 1500"])
        #expect(try scratch.only(try scratch.step("dcb-bind", ["--ask", "--wait", "60s"], [bound]))["applied"] == true)
        // One that hangs is waited for no longer than the wait and its grace.
        gateway.freeze()
        let hung = try scratch.step("dcb-bind", ["--ask", "--wait", "0s"], [bound])
        #expect(hung.code == 0 && hung.document["applied"] == false)
        #expect(hung.document.text("hint")?.contains("timed out") == true, "\(hung.out)")
        gateway.thaw()
    }

    /// One that is silent in the middle of a nudge, as each is that reloads many agents: others write meanwhile.
    @Test func itKeepsNobodyFromWriting() throws {
        let scratch = try Scratch()
        let marked = scratch.folder + "/applying"
        let gateway = try GatewayStandin(scratch, ["always blind", "before config.apply 1 run touch '\(marked)'; sleep 45"])
        let bound = try scratch.bound(Scratch.phone(1))
        // The first answer tells of a file as old as this that the gateway is blind.
        let changed = try #require(try Files.status(scratch.config)).changedNanoseconds
        try until("the file to be old") { Clock.realNanoseconds - changed > 5_000_000_000 }
        let started = try scratch.start("dcb-bind", ["--ask", "--wait", "60s"], [bound])
        try until(seconds: 60, "the nudge") { Files.exists(marked) }
        let environment = ["DCB_GATEWAY_URL": "", "DCB_GATEWAY_TOKEN_FILE": ""]
        let output = try scratch.step("dcb-onboard", [], [["phone": .string(Scratch.phone(2))]], environment: environment)
        #expect(output.code == 0 && output.document.text("outcome") == "created", "\(output.err)")
        #expect(try started.wait(seconds: 120).code == 0)
        gateway.stop()
        try expectWhole(scratch, 2)
    }

    /// Between any two calls, and in the middle of one. Whoever asks again hears that it is applied.
    @Test(arguments: ["config.get", "config.apply"], ["before", "after"]) func restarts(_ method: String, _ when: String) throws {
        let scratch = try Scratch()
        let gateway = try GatewayStandin(scratch, ["always blind"] + (1...4).map { "\(when) \(method) \($0) restart 300" })
        let bound = try scratch.bound(Scratch.phone(4))
        let answer = try scratch.only(try scratch.step("dcb-bind", ["--ask", "--wait", "60s"], [bound]))
        #expect(answer["applied"] == true)
        #expect(try gateway.log().contains { $0.text("event") == "started" })
        try expectWhole(scratch, 1)
    }

    @Test(arguments: ["config.get 1", "config.get 2", "config.apply 1"], ["before", "after"]) func dies(_ call: String, _ when: String) throws {
        let scratch = try Scratch()
        let gateway = try GatewayStandin(scratch, ["always blind", "\(when) \(call) die"])
        let bound = try scratch.bound(Scratch.phone(5))
        let committed = try scratch.only(try scratch.step("dcb-state", ["commit"], [bound]))
        let output = try scratch.step("dcb-bind", ["--ask", "--wait", "7s"], [committed])
        #expect(output.code == 0 && output.document["applied"] == false, "\(output.err)")
        #expect(output.problems.isEmpty)
        try expectWhole(scratch, 1)
        try gateway.misbehave([])
        try gateway.startAgain()
        let again = try scratch.only(try scratch.step("dcb-bind", ["--ask", "--wait", "60s"], [output.document]))
        #expect(again["applied"] == true && again.text("status") == "pending_welcome")
        try expectWhole(scratch, 1)
        #expect(try scratch.run("dcb-state", ["check"]).code == 0)
    }

    @Test(arguments: ["html", "not-http", "cut-off", "nothing", "no-payload", "wrong-types", "huge", "endless-head", "bad-chunks", "two-lengths"])
    func rubbish(_ kind: String) throws {
        let scratch = try Scratch()
        let bound = try scratch.bound(Scratch.phone(6))
        _ = try scratch.configText()
        let gateway = try GatewayStandin(scratch, ["always rubbish \(kind)"])
        let output = try scratch.step("dcb-bind", ["--ask", "--wait", "1s"], [bound])
        #expect(output.code == 0 && output.document["applied"] == false && output.document.text("hint") != nil, "\(output.out)\(output.err)")
        #expect(try gateway.log().contains { $0.text("status") == "rubbish" })
    }

    /// Two more ways of saying how long an answer is.
    @Test(arguments: ["chunked", "until-closed"]) func otherFraming(_ kind: String) throws {
        let scratch = try Scratch()
        let bound = try scratch.bound(Scratch.phone(7))
        let gateway = try GatewayStandin(scratch, ["always rubbish \(kind)"])
        #expect(try scratch.only(try scratch.step("dcb-bind", ["--ask", "--wait", "60s"], [bound]))["applied"] == true)
        #expect(try gateway.calls("config.get") == 1)
    }

    @Test func aFileThatItCannotLoadIsSaid() throws {
        let scratch = try Scratch()
        let bound = try scratch.bound(Scratch.phone(8))
        // What we can read and it cannot: the stand-in takes a file that is no object for that.
        let break_ = "cp '\(scratch.config)' '\(scratch.folder)/kept'; echo '[' > '\(scratch.config)'"
        let gateway = try GatewayStandin(scratch, ["always blind", "before config.get 1 run \(break_)"])
        let output = try scratch.step("dcb-bind", ["--ask", "--wait", "4s"], [bound])
        #expect(output.code == 0 && output.document["applied"] == false)
        #expect(output.document.text("hint")?.contains("cannot load openclaw.json") == true, "\(output.out)")
        #expect(try gateway.calls("config.apply") == 0)
    }

    /// A signal ends the wait, not the answer.
    @Test func aSignalEndsTheWait() throws {
        let scratch = try Scratch()
        let bound = try scratch.bound(Scratch.phone(9))
        let gateway = try GatewayStandin(scratch)
        gateway.freeze()
        let started = try scratch.start("dcb-bind", ["--ask", "--wait", "1h"], [bound])
        try until("the process") { started.pid != nil }
        try until("the call") { try scratch.run("/bin/sh", ["-c", "grep -c ^State:.S /proc/\(started.pid ?? 0)/status"]).code == 0 }
        try scratch.run("/bin/sh", ["-c", "kill -TERM \(started.pid ?? 0)"])
        let output = try started.wait(seconds: 60)
        #expect(output.code == 143)
        gateway.thaw()
    }
}
