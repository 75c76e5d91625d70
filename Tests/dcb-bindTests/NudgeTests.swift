import JSON
import Platform
import TestSupport
import Testing

/// `dcb-bind --ask` of a gateway that has gone blind.
@Suite struct NudgeTests {
    static let wait = ["--ask", "--wait", "60s"]

    private func bound(_ scratch: Scratch, _ number: Int) throws -> Object { try scratch.bound(Scratch.phone(number)) }

    @Test func everyOneIsAppliedAfterANudge() throws {
        let scratch = try Scratch()
        let gateway = try GatewayStandin(scratch, ["always blind"])
        for number in 1...3 {
            let bound = try bound(scratch, number)
            let answer = try scratch.only(try scratch.step("dcb-bind", Self.wait, [bound]))
            #expect(answer["applied"] == true, "\(number)")
            #expect(try gateway.calls("config.apply") == number)
            #expect(answer["routedTo"]?.at("gateway") == bound["agentId"])
        }
        // OpenClaw has written the file: all are in it, and dcb goes on with it.
        #expect(try scratch.configValue().at("meta", "lastTouchedVersion") == "2026.9.6")
        #expect(try scratch.configValue().at("bindings")?.arrayValue?.count == 3)
        #expect(try scratch.step("dcb-bind", [], [try scratch.claimedAndMade(Scratch.phone(4))]).code == 0)
        #expect(!Files.exists(scratch.config + ".lock"))
    }

    /// It goes blind by itself, from bursts; polling keeps it from that.
    @Test(arguments: [false, true]) func burstsMakeItBlind(_ isPolling: Bool) throws {
        let scratch = try Scratch()
        let gateway = try GatewayStandin(scratch, isPolling: isPolling)
        // However slow this machine is, they come to it in one moment.
        gateway.freeze()
        for number in 1...18 {
            let text = try scratch.configText().replacing(/workspace-main[0-9]*/, with: "workspace-main\(number)")
            try Files.replace(scratch.config, with: Array(text.utf8), mode: 0o600)
        }
        gateway.thaw()
        // A call is answered when it has looked at all of them.
        _ = try gateway.call("health")
        let bound = try bound(scratch, 1)
        let answer = try scratch.only(try scratch.step("dcb-bind", Self.wait, [bound]))
        #expect(answer["applied"] == true)
        #expect(try gateway.calls("config.apply") == (isPolling ? 0 : 1))
        #expect(try gateway.log().contains { $0.text("event") == "missed" } == !isPolling)
    }

    /// What OpenClaw's write would destroy keeps us from asking for one.
    @Test(arguments: ["comment", "include", "link", "json5", "large", "other", "same path"]) func whatMustNotBeRewritten(_ why: String) throws {
        var text = Scratch.plainConfig
        switch why {
        case "comment": text = text.replacing("\"bindings\"", with: "// mine\n  \"bindings\"")
        case "include": text = text.replacing("\"session\"", with: "\"tools\": {\"$include\": \"tools.json\"},\n  \"session\"")
        case "json5": text = text.replacing("\"bindings\"", with: "bindings")
        case "large":
            text = text.replacing("\"session\"", with: "\"messages\": {\"responsePrefix\": \"\(String(repeating: "x", count: 1_100_000))\"},\n  \"session\"")
        default: break
        }
        let scratch = try Scratch(config: text)
        try scratch.write("{}", to: scratch.state + "/tools.json")
        if why == "link" {
            try scratch.run(
                "/bin/sh", ["-c", "mkdir real && mv state/openclaw.json real/ && ln -s ../real/openclaw.json state/openclaw.json"].withFolder(scratch))
        }
        let gateway: GatewayStandin
        if why == "other" || why == "same path" {
            // Another operator's gateway at the address that we were given; in two containers a path may be the same.
            let other = try Scratch()
            let bystander = try other.bound(Scratch.phone(900))
            let before = try other.configText()
            gateway = try GatewayStandin(other, ["always blind"] + (why == "other" ? [] : ["always path \(scratch.config)"]))
            scratch.environment["DCB_GATEWAY_URL"] = gateway.url
            scratch.environment["DCB_GATEWAY_TOKEN_FILE"] = other.environment["DCB_GATEWAY_TOKEN_FILE"]
            try ask(scratch, gateway, why)
            #expect(try other.configText() == before && before.contains(bystander.text("agentId") ?? "none"))
            return
        }
        gateway = try GatewayStandin(scratch, ["always blind"])
        try ask(scratch, gateway, why)
    }

    private func ask(_ scratch: Scratch, _ gateway: GatewayStandin, _ why: String) throws {
        let bound = try bound(scratch, 1)
        let before = try scratch.configText()
        let hints = [
            "comment": "has comments", "include": "includes other files", "link": "symbolic link", "json5": "is JSON5", "large": "larger than",
            "other": "another openclaw.json", "same path": "another openclaw.json",
        ]
        let output = try scratch.step("dcb-bind", ["--ask", "--wait", "3s"], [bound])
        #expect(output.code == 0 && output.document["applied"] == false)
        let hint = output.document.text("hint") ?? ""
        #expect(hint.contains(hints[why] ?? "?"), "\(hint)")
        #expect(try gateway.calls("config.apply") == 0)
        #expect(try scratch.configText() == before)
        let required = try scratch.step("dcb-bind", ["--ask", "--wait", "3s", "--require-applied"], [bound])
        #expect(required.code == 75 && required.problem == "not-applied")
        // Nothing was undone.
        #expect(try scratch.configText() == before)
        #expect(try scratch.only(try scratch.step("dcb-state", ["commit"], [bound])).text("status") == "new")
    }

    /// Between any two of: config.get, our read of the file, config.apply, its check. The edit stays, and ours is applied.
    @Test(arguments: ["before config.get 2", "after config.get 2", "before config.apply 1", "after config.apply 1"])
    func anOperatorsEditIsNeverLost(_ moment: String) throws {
        let scratch = try Scratch()
        let edit = "sed 's/workspace-main/workspace-edited/' '\(scratch.config)' > '\(scratch.folder)/next' && mv '\(scratch.folder)/next' '\(scratch.config)'"
        let gateway = try GatewayStandin(scratch, ["always blind-at-first", "\(moment) run \(edit)"])
        let bound = try bound(scratch, 1)
        // When the file is as old as this, the first answer tells that the gateway is blind: the second is the nudge's own.
        let changed = try #require(try Files.status(scratch.config)).changedNanoseconds
        try until("the file to be old") { Clock.realNanoseconds - changed > 5_000_000_000 }
        let answer = try scratch.step("dcb-bind", Self.wait, [bound])
        #expect(answer.document["applied"] == true, "\(answer.out)")
        #expect(try gateway.log().filter { $0.text("event") == "misbehaves" }.count == 1)
        #expect(try scratch.configValue().at("agents", "entries", "main", "workspace") == "/srv/workspace-edited")
        // The hash of the first answer was stale then, and all began again.
        let isStale = moment == "before config.apply 1" || moment == "after config.get 2"
        #expect(try gateway.calls("config.apply", 400) == (isStale ? 1 : 0) && gateway.calls("config.apply") == 1)
        try expectWhole(scratch, 1)
    }

    /// Two at once, and a gateway that needs one nudge.
    @Test func severalAtOnceNudgeOnce() throws {
        let scratch = try Scratch()
        let gateway = try GatewayStandin(scratch)
        try gateway.misbehave(["always blind"])
        let documents = try (1...4).map { try bound(scratch, $0) }
        // The watcher sees again after a write by the RPC.
        let started = try documents.map { try scratch.start("dcb-bind", Self.wait, [$0]) }
        for one in started {
            let output = try one.wait(seconds: 120)
            #expect(output.code == 0 && output.document["applied"] == true, "\(output.out)\(output.err)")
        }
        #expect(try gateway.calls("config.apply") == 1)
        try expectWhole(scratch, 4)
    }

    /// 30 writes a minute, and a time to wait that fits, or does not.
    @Test func aLimitIsWaitedForWhenThereIsTime() throws {
        let scratch = try Scratch()
        let gateway = try GatewayStandin(scratch, ["always blind", "always limited 600000"])
        let bound = try bound(scratch, 1)
        let refused = try scratch.only(try scratch.step("dcb-bind", ["--ask", "--wait", "6s"], [bound]))
        #expect(refused["applied"] == false)
        #expect(refused.text("hint")?.contains("takes no more calls for 600 s") == true, "\(refused.text("hint") ?? "")")
        #expect(try gateway.calls("config.apply", 503) == 1)
        try gateway.misbehave(["always blind", "always limited 200"])
        let started = try scratch.start("dcb-bind", Self.wait, [bound])
        try until(seconds: 60, "the second refusal") { try gateway.calls("config.apply", 503) >= 2 }
        try gateway.misbehave(["always blind"])
        #expect(try started.wait(seconds: 120).document["applied"] == true)
    }
}

extension [String] {
    /// The same shell line, run inside the scratch's folder.
    func withFolder(_ scratch: Scratch) -> [String] { dropLast() + ["cd '\(scratch.folder)' && " + (last ?? "")] }
}

extension Scratch {
    func claimedAndMade(_ phone: String) throws -> Object { try made(phone) }
}

/// So many agents, each with one binding, and nothing twice.
func expectWhole(_ scratch: Scratch, _ count: Int, at place: SourceLocation = #_sourceLocation) throws {
    let config = try scratch.configValue()
    let agents = config.at("agents", "entries")?.objectValue?.map(\.key).filter { $0.hasPrefix("user_") } ?? []
    let bindings = config.at("bindings")?.arrayValue?.compactMap { $0.at("agentId")?.stringValue } ?? []
    #expect(agents.count == count && agents.sorted() == bindings.sorted(), sourceLocation: place)
}
