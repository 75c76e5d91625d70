import JSON
import Platform
import TestSupport
import Testing

@Suite struct BindTests {
    @Test func bindingAndAllowListGoInTogether() throws {
        let scratch = try Scratch()
        let phone = Scratch.phone(1)
        let made = try scratch.made(phone)
        let agent = try #require(made.text("agentId"))
        let output = try scratch.step("dcb-bind", [], [made.with(["extra": ["kept": .number("1.50")]])])
        let answer = try scratch.only(output)
        let wanted: Value = ["agentId": .string(agent), "match": ["channel": "whatsapp", "accountId": "*", "peer": ["kind": "direct", "id": .string(phone)]]]
        #expect(answer["binding"] == wanted)
        #expect(answer["bound"] == true)
        #expect(answer["allowlisted"] == true)
        #expect(answer["config"] == ["path": .string(scratch.config), "changed": true])
        #expect(output.out.contains("\"extra\":{\"kept\":1.50}"))
        #expect(try scratch.configValue().at("bindings") == .array([wanted]))
        #expect(try scratch.configValue().at("channels", "whatsapp", "allowFrom") == .array([.string(phone)]))
        // Twice is once.
        let text = try scratch.configText()
        let again = try scratch.only(try scratch.step("dcb-bind", [], [made]))
        #expect(again["binding"] == wanted)
        #expect(again["config"] == ["path": .string(scratch.config), "changed": false])
        #expect(try scratch.configText() == text)
    }

    struct AllowCase: Sendable, CustomTestStringConvertible {
        let channel: String
        var settings: String?
        /// nil: refused with this problem.
        let allowlisted: Value?
        var problem = ""
        /// JSON of `channels` afterwards, JSON5; nil: as before.
        var after: String?
        var testDescription: String { channel }
    }

    static let allowTable: [AllowCase] = [
        AllowCase(
            channel: "{whatsapp:{dmPolicy:'allowlist',allowFrom:[]}}", allowlisted: true, after: "{whatsapp:{dmPolicy:'allowlist',allowFrom:['+15550000001']}}"),
        AllowCase(
            channel: "{whatsapp:{dmPolicy:'pairing',allowFrom:['+15559']}}", allowlisted: true,
            after: "{whatsapp:{dmPolicy:'pairing',allowFrom:['+15559','+15550000001']}}"),
        AllowCase(channel: "{whatsapp:{}}", allowlisted: true, after: "{whatsapp:{allowFrom:['+15550000001']}}"),
        AllowCase(channel: "{whatsapp:{allowFrom:['1 555 000 0001']}}", allowlisted: true),
        AllowCase(channel: "{whatsapp:{allowFrom:['15550000001@s.whatsapp.net']}}", allowlisted: true),
        AllowCase(channel: "{whatsapp:{dmPolicy:'open',allowFrom:['*']}}", allowlisted: "open"),
        AllowCase(channel: "{whatsapp:{dmPolicy:'pairing',allowFrom:['+15559','*']}}", allowlisted: "open"),
        AllowCase(channel: "{whatsapp:{dmPolicy:'disabled'}}", allowlisted: nil, problem: "channel-disabled"),
        AllowCase(channel: "{}", allowlisted: false),
        AllowCase(channel: "{telegram:{}}", allowlisted: false),
        // An account's own list, only when the policy names that account and it has one.
        AllowCase(
            channel: "{whatsapp:{allowFrom:[],accounts:{biz:{allowFrom:[]},other:{allowFrom:[]}}}}", settings: "{account:'biz'}", allowlisted: true,
            after: "{whatsapp:{allowFrom:[],accounts:{biz:{allowFrom:['+15550000001']},other:{allowFrom:[]}}}}"),
        AllowCase(
            channel: "{whatsapp:{allowFrom:[],accounts:{biz:{}}}}", settings: "{account:'biz'}", allowlisted: true,
            after: "{whatsapp:{allowFrom:['+15550000001'],accounts:{biz:{}}}}"),
        AllowCase(
            channel: "{whatsapp:{allowFrom:[],accounts:{biz:{allowFrom:[]}}}}", allowlisted: true,
            after: "{whatsapp:{allowFrom:['+15550000001'],accounts:{biz:{allowFrom:[]}}}}"),
        AllowCase(
            channel: "{whatsapp:{dmPolicy:'pairing',accounts:{biz:{dmPolicy:'disabled'}}}}", settings: "{account:'biz'}", allowlisted: nil,
            problem: "channel-disabled"),
        AllowCase(
            channel: "{whatsapp:{dmPolicy:'disabled',accounts:{biz:{dmPolicy:'allowlist',allowFrom:[]}}}}", settings: "{account:'biz'}", allowlisted: true,
            after: "{whatsapp:{dmPolicy:'disabled',accounts:{biz:{dmPolicy:'allowlist',allowFrom:['+15550000001']}}}}"),
    ]

    @Test(arguments: allowTable)
    func theAllowList(_ one: AllowCase) throws {
        let config = "{gateway:{mode:'local'},agents:{ownership:'explicit',entries:{main:{}}},bindings:[],channels:\(one.channel)}"
        let scratch = try Scratch(config: config)
        if let settings = one.settings { try scratch.write(settings, to: scratch.state + "/dcb.json") }
        let made = try scratch.made(Scratch.phone(1))
        let before = try scratch.picture()
        let output = try scratch.step("dcb-bind", [], [made])
        guard let allowlisted = one.allowlisted else {
            #expect(output.problem == one.problem)
            #expect(output.code == 78)
            #expect(output.out.isEmpty)
            #expect(try scratch.picture() == before)
            return
        }
        #expect(output.code == 0, "\(output.err)")
        #expect(output.document["allowlisted"] == allowlisted)
        #expect((output.document["hint"] != nil) == (allowlisted == false))
        let after = try Value(parsing: Array((one.after ?? one.channel).utf8), dialect: .json5)
        #expect(try scratch.configValue().at("channels") == after)
        // And back: only what we put there.
        try scratch.only(try scratch.step("dcb-bind", ["--undo"], [made]))
        #expect(try scratch.configValue().at("channels") == Value(parsing: Array(one.channel.utf8), dialect: .json5))
    }

    @Test func anAgentThatIsNotThere() throws {
        let scratch = try Scratch()
        let claimed = try scratch.claimed(Scratch.phone(1))
        let before = try scratch.picture()
        for document in [claimed, claimed.with(["agentCreated": true])] {
            let output = try scratch.step("dcb-bind", [], [document])
            #expect(output.problem == "no-such-agent")
            #expect(output.code == 78)
        }
        #expect(try scratch.picture() == before)
    }

    /// Routed elsewhere already: by whatever account, kind and agent, and in whatever spelling OpenClaw takes for the same.
    @Test(arguments: [
        ("main", "channel:'whatsapp',accountId:'*',", "+15550000001"), ("main", "channel:'whatsapp',", "+15550000001"),
        ("main", "channel:'whatsapp',accountId:'other',", "+15550000001"), ("user_0000000000000001", "channel:'whatsapp',accountId:'*',", "+15550000001"),
        ("main", "channel:'WhatsApp',accountId:'*',", "+15550000001"), ("main", "channel:' whatsapp\\n',accountId:'*',", "+15550000001"),
        ("main", "channel:'whatsapp',", "\\t+15550000001 "),
    ])
    func aPhoneThatIsBoundElsewhere(_ agent: String, _ match: String, _ peer: String) throws {
        let binding = "{agentId:'\(agent)',match:{\(match)peer:{kind:'direct',id:'\(peer)'}}}"
        let scratch = try Scratch(
            config:
                "{gateway:{mode:'local'},agents:{ownership:'explicit',entries:{main:{},user_0000000000000001:{}}},bindings:[\(binding)],channels:{whatsapp:{}}}"
        )
        let made = try scratch.made(Scratch.phone(1))
        let before = try scratch.picture()
        let output = try scratch.step("dcb-bind", [], [made])
        #expect(output.problem == "phone-bound-elsewhere", "\(output.err)")
        #expect(output.code == 65)
        #expect(try scratch.picture() == before)
    }

    /// OpenClaw asks `broadcast` before any binding.
    @Test(arguments: [
        "'+15550000001':['main']", "'whatsapp:+15550000001':{agents:['Main'],mentionGating:false}", "strategy:'parallel','+15550000001':['AGENT','main']",
    ])
    func aPhoneThatIsBroadcastElsewhere(_ broadcast: String) throws {
        let scratch = try Scratch()
        let made = try scratch.made(Scratch.phone(1))
        let before = try scratch.configText()
        let agent = made.text("agentId") ?? ""
        func write(_ broadcast: String) throws {
            let text = broadcast.replacing("AGENT", with: agent.uppercased().replacing("USER_", with: "user_"))
            try scratch.write(before.replacing("\"session\": {", with: "broadcast:{\(text)},\"session\": {"), to: scratch.config)
        }
        try write(broadcast)
        let picture = try scratch.picture()
        let output = try scratch.step("dcb-bind", [], [made])
        #expect(output.code == 65 && output.problem == "phone-bound-elsewhere", "\(output.err)")
        #expect(try scratch.picture() == picture)
        // To its own agent alone it may go; and that agent is not removed while it is named there.
        try write("'+15550000001':['AGENT'],'+15550000002':['main']")
        let bound = try scratch.only(try scratch.step("dcb-bind", [], [made]))
        try scratch.only(try scratch.step("dcb-bind", ["--undo"], [bound]))
        let kept = try scratch.step("dcb-create-agent", ["--undo"], [bound])
        #expect(kept.code == 65 && kept.problem == "not-ready" && kept.problems.first?.text("detail")?.contains("broadcast") == true, "\(kept.err)")
        try write("'+15550000002':['main']")
        try scratch.only(try scratch.step("dcb-create-agent", ["--undo"], [bound]))
    }

    /// An agent that answers another phone in the file, whatever the record says.
    @Test func anAgentThatAnswersAnother() throws {
        let scratch = try Scratch()
        let made = try scratch.made(Scratch.phone(1))
        let agent = made.text("agentId") ?? ""
        let text = try scratch.configText().replacing(
            "\"bindings\": []",
            with:
                "\"bindings\": [{\"agentId\": \"\(agent)\", \"match\": {\"channel\": \"whatsapp\", \"peer\": {\"kind\": \"direct\", \"id\": \"+15550000002\"}}}]"
        )
        try scratch.write(text, to: scratch.config)
        let output = try scratch.step("dcb-bind", [], [made])
        #expect(output.problem == "agent-belongs-elsewhere")
        #expect(try scratch.configText() == text)
    }

    /// Two agents in one folder read each other's files: no route to such a one.
    @Test(arguments: ["/srv/workspace-main", "/srv/workspace-main/", "/srv/./workspace-main", "/srv//workspace-main", "/srv/x/../workspace-main"])
    func anAgentInAnothersWorkspace(_ workspace: String) throws {
        let scratch = try Scratch()
        let made = try scratch.made(Scratch.phone(1))
        let text = try scratch.configText().replacing("\"\(made.text("workspace") ?? "-")\"", with: "\"\(workspace)\"")
        try scratch.write(text, to: scratch.config)
        let output = try scratch.step("dcb-bind", [], [made])
        #expect(output.code == 78, "\(output.out)")
        #expect(try scratch.configText() == text)
    }

    /// A catch-all before ours does not stop us, and our agent never gets one.
    @Test func catchAlls() throws {
        let scratch = try Scratch(
            config:
                "{gateway:{mode:'local'},agents:{ownership:'explicit',entries:{main:{}}},bindings:[{agentId:'main',match:{channel:'whatsapp',accountId:'*'}}],channels:{whatsapp:{}}}"
        )
        let bound = try scratch.bound(Scratch.phone(1))
        #expect(bound["bound"] == true)
        let other = try Scratch()
        let made = try other.made(Scratch.phone(1))
        let text = try other.configText().replacing(
            "\"bindings\": []", with: "\"bindings\": [{\"agentId\": \"\(made.text("agentId") ?? "")\", \"match\": {\"channel\": \"whatsapp\"}}]")
        try other.write(text, to: other.config)
        let output = try other.step("dcb-bind", [], [made])
        #expect(output.code == 78)
        #expect(output.problem == "config-invalid")
        #expect(try other.configText() == text)
    }

    @Test func undoTwiceIsOnce() throws {
        let scratch = try Scratch()
        let made = try scratch.made(Scratch.phone(1))
        let text = try scratch.configText()
        let never = try scratch.only(try scratch.step("dcb-bind", ["--undo"], [made]))
        #expect(never["unbound"] == false)
        #expect(never["bound"] == false)
        #expect(try scratch.configText() == text)
        try scratch.only(try scratch.step("dcb-bind", [], [made]))
        #expect(try scratch.only(try scratch.step("dcb-bind", ["--undo"], [made]))["unbound"] == true)
        #expect(try scratch.configText() == text)
        #expect(try scratch.only(try scratch.step("dcb-bind", ["--undo"], [made]))["unbound"] == false)
        // And there again.
        #expect(try scratch.only(try scratch.step("dcb-bind", [], [made]))["bound"] == true)
        try scratch.only(try scratch.step("dcb-state", ["commit"], [made]))
    }

    /// A committed user whose route was lost is mended, and only what is missing.
    @Test func aCommittedUserIsMended() throws {
        let scratch = try Scratch()
        let phone = Scratch.phone(1)
        let agent = try scratch.onboarded(phone)
        let whole = try scratch.configText()
        let document: Object = ["phone": .string(phone), "agentId": .string(agent)]
        #expect(try scratch.only(try scratch.step("dcb-bind", [], [document]))["config"] == ["path": .string(scratch.config), "changed": false])
        try scratch.write(whole.replacing("\"\(phone)\"\n      ]", with: "]"), to: scratch.config)
        try scratch.step("dcb-bind", [], [document])
        #expect(try scratch.configValue().at("channels", "whatsapp", "allowFrom") == .array([.string(phone)]))
    }
}
