import JSON
import Platform
import TestSupport
import Testing

/// A config that cannot be judged is never touched, and nothing is begun on it.
@Suite struct RefusedConfigTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let problem: String
        let text: String
        var version: String?
        var testDescription: String { problem + ": " + text.prefix(90) }

        init(_ problem: String, _ text: String, version: String? = nil) {
            self.problem = problem
            self.text = text
            self.version = version
        }
    }

    private static func whole(_ agents: String, _ rest: String = "bindings:[],channels:{whatsapp:{allowFrom:[]}}") -> String {
        "{gateway:{mode:'local'},agents:\(agents),\(rest)}"
    }

    static let table: [Case] = [
        Case("config-invalid", ""), Case("config-invalid", " \n\t"), Case("config-invalid", "null"), Case("config-invalid", "[]"), Case("config-invalid", "7"),
        Case("config-invalid", String(Scratch.plainConfig.dropLast(4))), Case("config-invalid", String(Scratch.plainConfig.prefix(100))),
        Case("config-invalid", Scratch.plainConfig + "}"), Case("config-invalid", Scratch.plainConfig + Scratch.plainConfig),
        Case("config-invalid", "{\"gateway\": \u{0}}"),
        // Keys twice where it matters.
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{}}}", "bindings:[],bindings:[],channels:{whatsapp:{}}")),
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{}}},agents:{}")),
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{}},entries:{}}")), Case("config-invalid", whole("{list:[{id:'main'}],list:[]}")),
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{},main:{}}}")),
        Case("config-invalid", whole("{ownership:'explicit',ownership:'explicit',entries:{main:{}}}")),
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{}}}", "bindings:[],channels:{whatsapp:{},whatsapp:{}}")),
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{}}}", "bindings:[],channels:{whatsapp:{allowFrom:[],allowFrom:[]}}")),
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{}}}", "bindings:[],channels:{},channels:{}")),
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{},user_aa:{sandbox:{mode:'all',mode:'off'}}}}")),
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{},user_aa:{sandbox:{docker:{env:{A:'1',A:'2'}}}}}}")),
        Case("config-invalid", whole("{defaults:{sandbox:{mode:'all',mode:'off'}},ownership:'explicit',entries:{main:{}}}")),
        Case(
            "config-invalid",
            whole("{ownership:'explicit',entries:{main:{}}}", "bindings:[{agentId:'main',agentId:'x',match:{channel:'whatsapp'}}],channels:{whatsapp:{}}")),
        // Keys that differ only in escapes are the same key.
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{},'m\\u0061in':{}}}")),
        // Shapes.
        Case("config-shape", whole("{ownership:'explicit',entries:{main:{}},list:[]}")), Case("config-invalid", whole("[]")),
        Case("config-invalid", whole("{entries:[]}")),
        Case("config-invalid", whole("{list:{}}")), Case("config-invalid", whole("{entries:{main:[]}}")), Case("config-invalid", whole("{entries:7}")),
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{}}}", "bindings:{},channels:{whatsapp:{}}")),
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{}}}", "bindings:[7],channels:{whatsapp:{}}")),
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{}}}", "bindings:[],channels:{whatsapp:{allowFrom:{}}}")),
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{}}}", "bindings:[],channels:[]")),
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{}}}", "bindings:[],channels:{whatsapp:7}")),
        // Invalid for every version, or for the one that was told.
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{}}}", "bindings:[],dcb:{},channels:{whatsapp:{}}")),
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{},b:{default:true}}}")), Case("config-invalid", whole("{entries:{main:{},b:{}}}")),
        Case("config-invalid", whole("{ownership:'explicit',entries:{main:{},MAIN:{}}}")),
        Case("config-invalid", whole("{ownership:'explicit',entries:{'not a key':{}}}")),
        Case(
            "config-invalid", whole("{ownership:'explicit',entries:{main:{}}}", "meta:{lastTouchedAt:'x'},bindings:[],channels:{whatsapp:{}}"),
            version: "2026.9.6"),
        Case(
            "config-invalid", whole("{ownership:'explicit',entries:{main:{}}}", "bindings:[{agentId:'gone',match:{channel:'whatsapp'}}],channels:{whatsapp:{}}")
        ),
        // Another file's content on the way to what is edited.
        Case("config-include", "{$include:'x.json5'}"), Case("config-include", whole("{$include:'x.json5'}")),
        Case("config-include", whole("{entries:{$include:'x.json5'}}")),
        Case("config-include", whole("{list:{$include:'x.json5'}}")),
        Case("config-include", whole("{ownership:'explicit',entries:{main:{}}}", "bindings:{$include:'x.json5'},channels:{whatsapp:{}}")),
        Case("config-include", whole("{ownership:'explicit',entries:{main:{}}}", "bindings:[],channels:{$include:'x.json5'}")),
        Case("config-include", whole("{ownership:'explicit',entries:{main:{}}}", "bindings:[],channels:{whatsapp:{$include:'x.json5'}}")),
        Case("config-include", whole("{ownership:'explicit',entries:{main:{}}}", "bindings:[],channels:{whatsapp:{allowFrom:{$include:'x.json5'}}}")),
        Case("config-include", whole("{ownership:'explicit',entries:{main:{},user_aa:{sandbox:{$include:'x.json5'}}}}")),
        Case("config-include", whole("{defaults:{sandbox:{$include:'x.json5'}},ownership:'explicit',entries:{main:{}}}")),
    ]

    @Test(arguments: table)
    func refusedAndUntouched(_ one: Case) throws {
        let scratch = try Scratch(config: nil)
        try scratch.write("{entries:{}}", to: scratch.state + "/x.json5")
        let phone = Scratch.phone(1)
        let claimed = try scratch.claimed(phone)
        try scratch.write(one.text, to: scratch.config)
        let before = try things(scratch)
        let options = one.version.map { ["--openclaw-version", $0] } ?? []
        for command in ["dcb-create-agent", "dcb-bind"] {
            let output = try scratch.step(command, options, [claimed])
            #expect(output.code == 78, "\(command): \(output.out)\(output.err)")
            #expect(output.problem == one.problem, "\(command): \(output.err)")
            #expect(output.out.isEmpty)
        }
        #expect(try things(scratch) == before)
        #expect(try scratch.configText() == one.text)
        #expect(try scratch.run("dcb-state", ["claims"]).document["done"] == .array([]))
        #expect(try scratch.run("dcb-state", ["ledger"]).out.isEmpty)
    }

    private func things(_ scratch: Scratch) throws -> [String] {
        try scratch.tree(scratch.state).filter { !$0.contains("onboarding.db") && !$0.hasPrefix(".dcb") }
    }

    @Test func aMissingOneIsNotMade() throws {
        for dangling in [false, true] {
            let scratch = try Scratch(config: nil)
            let claimed = try scratch.claimed(Scratch.phone(1))
            if dangling { try scratch.run("/bin/ln", ["-s", scratch.folder + "/nowhere.json", scratch.config]) }
            let before = try scratch.tree(scratch.state).filter { !$0.contains("onboarding.db") && !$0.hasPrefix(".dcb") }
            for command in ["dcb-create-agent", "dcb-bind"] {
                let output = try scratch.step(command, [], [claimed])
                #expect(output.code == 78)
                #expect(output.problem == "config-missing", "\(command): \(output.err)")
            }
            #expect(try scratch.tree(scratch.state).filter { !$0.contains("onboarding.db") && !$0.hasPrefix(".dcb") } == before)
            #expect(try scratch.run("dcb-state", ["claims"]).document["done"] == .array([]))
            #expect(!Files.exists(scratch.folder + "/nowhere.json"))
        }
    }

    /// No file at all: neither hung upon nor replaced.
    @Test(arguments: ["mkfifo", "mkdir", "ln -s /dev/zero"])
    func noRegularFile(_ maker: String) throws {
        let scratch = try Scratch()
        let claimed = try scratch.claimed(Scratch.phone(1))
        try scratch.shell("rm $DIR/state/openclaw.json; \(maker) $DIR/state/openclaw.json")
        let before = try Files.status(scratch.config, followLinks: false)
        for command in ["dcb-create-agent", "dcb-bind"] {
            let output = try scratch.run(command, input: claimed.line, timeoutSeconds: 20)
            #expect(output.code == 78)
            #expect(output.problem == "config-invalid", "\(output.err)")
        }
        #expect(try Files.status(scratch.config, followLinks: false)?.inode == before?.inode)
    }

    /// What is not ours to read may be anywhere and anyhow.
    @Test(arguments: [
        "{gateway:{mode:'local'},session:{$include:'x.json5'},agents:{ownership:'explicit',entries:{main:{}}},bindings:[],channels:{whatsapp:{}}}",
        "{gateway:{$include:'x.json5'},agents:{ownership:'explicit',entries:{main:{}}},channels:{whatsapp:{}}}",
        "{gateway:{mode:'local',mode:'local'},agents:{ownership:'explicit',entries:{main:{}}},channels:{whatsapp:{}}}",
        "{gateway:{mode:'local'},agents:{ownership:'explicit',entries:{main:{tools:{$include:'x.json5'}}}},channels:{whatsapp:{}}}",
        "{gateway:{mode:'local'},agents:{ownership:'explicit',entries:{main:{}}},channels:{whatsapp:{},telegram:{$include:'x.json5'}}}",
    ])
    func toleratedElsewhere(_ text: String) throws {
        let scratch = try Scratch(config: text)
        try scratch.write("{}", to: scratch.state + "/x.json5")
        try scratch.onboarded(Scratch.phone(1))
        try scratch.only(try scratch.step("dcb-onboard", ["--undo"], [["phone": .string(Scratch.phone(1))]]))
        #expect(try scratch.configText() == text)
        #expect(try scratch.text(scratch.state + "/x.json5") == "{}")
    }
}
