import CommandKit
import JSON
import Onboarding
import Testing

@testable import OpenClaw

@Suite struct ConfigModelTests {
    @Test func versions() {
        #expect(OpenClawVersion("2026.9.6") == .newest)
        #expect(OpenClawVersion("v2026.9.6-1")?.description == "2026.9.6")
        #expect(OpenClawVersion("2026.1.30-beta.2")?.description == "2026.1.30")
        #expect(OpenClawVersion("2026.10") == OpenClawVersion("2026.10.0"))
        #expect(OpenClawVersion("") == nil && OpenClawVersion("newest") == nil && OpenClawVersion("9") == nil)
        #expect(OpenClawVersion.known == OpenClawVersion.known.sorted())
        #expect(OpenClawVersion("2026.8.3")?.observed.description == "2026.8.1")
        #expect(OpenClawVersion("2025.1.1")?.observed.description == "2026.1.30")
    }

    /// A file, the version that was told, what is written into it.
    static let shapes: [(text: String, version: String?, shape: RosterShape, kind: PeerKind)] = [
        ("{}", nil, .entries, .direct), ("{}", "2026.8.1", .entries, .direct), ("{}", "2026.7.1", .list, .direct), ("{}", "2026.1.30", .list, .dm),
        ("{agents:{entries:{}}}", "2026.1.30", .entries, .direct), ("{agents:{list:[]}}", nil, .list, .direct),
        ("{agents:{list:[]}}", "2026.1.30", .list, .dm), ("{agents:{list:[]}}", "2026.9.6", .list, .direct),
        ("{agents:{list:[]},meta:{lastTouchedVersion:'2026.1.30'}}", nil, .list, .dm),
        ("{agents:{list:[]},meta:{lastTouchedVersion:'2026.1.30'}}", "2026.9.6", .list, .direct),
        ("{agents:{list:[]},meta:{lastTouchedVersion:'2026.2.9'}}", nil, .list, .direct),
        ("{agents:{list:[]},meta:{lastTouchedVersion:'2026.9.6'}}", "2026.1.30", .list, .dm),
        ("{agents:{list:[]},meta:{lastTouchedVersion:'2026.1.30'}}", "2026.7.1", .list, .direct),
        ("{meta:{lastTouchedVersion:'2026.7.1'}}", nil, .list, .direct), ("{meta:{lastTouchedVersion:'2026.1.30'},agents:{}}", nil, .list, .dm),
        ("{meta:{lastTouchedVersion:'2026.7.1'}}", "2026.8.1", .entries, .direct), ("{meta:{lastTouchedVersion:'x'}}", nil, .entries, .direct),
        ("{agents:{list:[]},bindings:[{agentId:'a',match:{channel:'x',peer:{kind:'dm',id:'1'}}}]}", nil, .list, .dm),
        ("{agents:{list:[]},bindings:[{agentId:'a',match:{channel:'x',peer:{kind:'direct',id:'1'}}}]}", "2026.1.30", .list, .direct),
        ("{agents:{list:[]},bindings:[{agentId:'a',match:{channel:'x',peer:{kind:'group',id:'1'}}}]}", "2026.1.30", .list, .dm),
    ]

    @Test(arguments: shapes.indices)
    func shapeAndKind(_ index: Int) throws {
        let item = Self.shapes[index]
        let model = try Samples.model(item.text, version: item.version)
        #expect(model.shape == item.shape && model.peerKind == item.kind, "\(item.text) \(item.version ?? "")")
    }

    static let refused: [(text: String, kind: Problem.Kind)] = [
        ("", .configInvalid), (" \n", .configInvalid), ("{\"agents\":", .configInvalid), ("[]", .configInvalid), ("null", .configInvalid),
        ("// only\n", .configInvalid),
        ("{agents:{list:[],entries:{}}}", .configShape), ("{agents:[]}", .configInvalid), ("{agents:{entries:[]}}", .configInvalid),
        ("{agents:{list:{}}}", .configInvalid), ("{bindings:{}}", .configInvalid), ("{channels:{whatsapp:[]}}", .configInvalid),
        ("{channels:{whatsapp:{allowFrom:'*'}}}", .configInvalid),
        ("{agents:{},agents:{}}", .configInvalid), ("{agents:{entries:{},entries:{}}}", .configInvalid), ("{agents:{entries:{a:{},a:{}}}}", .configInvalid),
        ("{agents:{entries:{user_1:{name:'a',name:'b'}}}}", .configInvalid),
        ("{agents:{entries:{user_1:{sandbox:{docker:{env:{A:'1','\\u0041':'2'}}}}}}}", .configInvalid),
        ("{bindings:[{agentId:'a',agentId:'b',match:{channel:'x'}}]}", .configInvalid),
        ("{bindings:[{agentId:'a',match:{channel:'x',peer:{id:'1',id:'2'}}}]}", .configInvalid),
        ("{channels:{whatsapp:{allowFrom:[],allowFrom:[]}}}", .configInvalid), ("{channels:{whatsapp:{},whatsapp:{}}}", .configInvalid),
        ("{$include:'a.json5'}", .configInclude), ("{'\\u0024include':'a.json5'}", .configInclude), ("{agents:{$include:'a'}}", .configInclude),
        ("{agents:{entries:{$include:'a'}}}", .configInclude), ("{agents:{list:{$include:'a'}}}", .configInclude),
        ("{agents:{defaults:{sandbox:{$include:'a'}}}}", .configInclude), ("{agents:{entries:{user_1:{$include:'a'}}}}", .configInclude),
        ("{agents:{entries:{user_1:{sandbox:{$include:'a'}}}}}", .configInclude),
        ("{agents:{entries:{user_1:{sandbox:{browser:{$include:'a'}}}}}}", .configInclude),
        ("{agents:{defaults:{sandbox:{browser:{$include:'a'}}}}}", .configInclude),
        ("{agents:{list:[{id:'user_1',sandbox:{docker:{$include:'a'}}}]}}", .configInclude),
        ("{bindings:{$include:'a'}}", .configInclude), ("{bindings:[{$include:'a'}]}", .configInclude), ("{channels:{$include:'a'}}", .configInclude),
        ("{channels:{whatsapp:{$include:'a'}}}", .configInclude), ("{channels:{whatsapp:{allowFrom:{$include:'a'}}}}", .configInclude),
    ]

    @Test(arguments: refused.indices)
    func whatCannotBeEditedIsRefused(_ index: Int) {
        let item = Self.refused[index]
        #expect(problem { _ = try Samples.model(item.text) } == item.kind, "\(item.text)")
    }

    @Test(arguments: [
        "{models:{a:1,a:2},bindings:[]}", "{agents:{entries:{main:{name:'a',name:'b'}}}}", "{agents:{entries:{main:{$include:'a'}}}}",
        "{plugins:{$include:'a'}}", "{agents:{entries:{user_1:{tools:{$include:'a'}}}}}", "{channels:{telegram:{$include:'a'}}}",
        "{gateway:{auth:{token:'say \\\\ $include'}}}",
    ])
    func whatIsTheOperatorsIsLeftAlone(_ text: String) throws { _ = try Samples.model(text) }

    @Test func idsAreComparedAsOpenClawDoes() throws {
        let cases = [
            "main": "main", "User_X": "user_x", " a ": "a", "a.b": "a-b", "a- b": "a--b", "-ab-": "ab", "": "main", "!!": "main", "_x": "_x", "Ünï": "n",
            String(repeating: "a", count: 65): String(repeating: "a", count: 64),
        ]
        for (text, id) in cases { #expect(AgentKey.normalise(text) == id, "\(text)") }
        let model = try Samples.model(
            "{agents:{list:[null,{id:'Main'},{name:'none'},{id:'user_A'}]},bindings:[{agentId:'USER_a',match:{channel:'whatsapp',peer:{kind:'dm',id:'+1'}}}]}")
        #expect(model.agentIDs == ["main", "user_a"])
        #expect(model.agent("USER_A")?.position == 3 && model.agent("user_a")?.pointer == "/agents/list/3")
        #expect(model.agent("nobody") == nil)
        #expect(model.bindings(ofPhone: "+1").first?.agentID == "user_a" && model.bindings(ofAgent: "User_a").count == 1)
        #expect(model.bindings(ofPhone: "+2").isEmpty)
    }

    @Test func bindingsOfAPhoneComeInTheOrderOfTheFile() throws {
        let one = "{agentId:'a1',match:{channel:'whatsapp',peer:{kind:'direct',id:'+1'}}}"
        let model = try Samples.model("{bindings:[\(one),\(one.replacing("a1", with: "a2")),{agentId:'a3'},\(one.replacing("a1", with: "a4"))]}")
        #expect(model.bindings(ofPhone: "+1").map { $0.agentID } == ["a1", "a2", "a4"])
        #expect(model.bindings(ofPhone: "+1").map { $0.position } == [0, 1, 3])
    }

    @Test func secretsAreNotShown() throws {
        let secret = Secret("hidden-password")
        #expect("\(secret) \(String(reflecting: secret)) \(String(describing: [secret]))".contains("hidden") == false)
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("hidden"))
        #expect(secret.revealForConfig() == "hidden-password")
    }

    @Test func messagesShowNoPhone() {
        let kind = { (text: String) -> String in
            do {
                _ = try Samples.model(text)
                return ""
            } catch { return "\(error)" }
        }
        let message = kind("{agents:{entries:{'+15551234567':{},'+15551234567':{}}}}")
        #expect(message.contains("4567") && !message.contains("15551234567"))
    }
}
