import CommandKit
import JSON
import Onboarding
import Testing

@testable import OpenClaw

@Suite struct BindingEditTests {
    struct AllowCase: Sendable {
        let name: String
        let whatsapp: String?
        var account = "*"
        let outcome: ConfigEdit.AllowOutcome?
        /// Where the phone stands afterwards.
        var pointer: String?
    }

    static let allowCases: [AllowCase] = [
        AllowCase(name: "allowlist", whatsapp: "{dmPolicy:'allowlist',allowFrom:[]}", outcome: .added, pointer: "/channels/whatsapp/allowFrom/0"),
        AllowCase(name: "pairing", whatsapp: "{dmPolicy:'pairing',allowFrom:['+1999']}", outcome: .added, pointer: "/channels/whatsapp/allowFrom/1"),
        AllowCase(name: "no policy, no list", whatsapp: "{}", outcome: .added, pointer: "/channels/whatsapp/allowFrom/0"),
        AllowCase(name: "open", whatsapp: "{dmPolicy:'open',allowFrom:['*']}", outcome: .open),
        AllowCase(name: "star", whatsapp: "{dmPolicy:'allowlist',allowFrom:['+1999','*']}", outcome: .open),
        AllowCase(name: "disabled", whatsapp: "{dmPolicy:'disabled'}", outcome: nil),
        AllowCase(name: "no channel", whatsapp: nil, outcome: .noChannel),
        AllowCase(name: "present", whatsapp: "{allowFrom:['+15551000001']}", outcome: .present),
        AllowCase(name: "without plus", whatsapp: "{allowFrom:['15551000001']}", outcome: .present),
        AllowCase(name: "with spaces", whatsapp: "{allowFrom:['+1 555 100-0001']}", outcome: .present),
        AllowCase(name: "as a JID", whatsapp: "{allowFrom:['15551000001:3@s.whatsapp.net']}", outcome: .present),
        AllowCase(
            name: "account with a list", whatsapp: "{allowFrom:['*'],accounts:{work:{dmPolicy:'allowlist',allowFrom:[]}}}", account: "work", outcome: .added,
            pointer: "/channels/whatsapp/accounts/work/allowFrom/0"),
        AllowCase(
            name: "account without a list", whatsapp: "{allowFrom:[],accounts:{work:{}}}", account: "work", outcome: .added,
            pointer: "/channels/whatsapp/allowFrom/0"),
        AllowCase(name: "account that is disabled", whatsapp: "{accounts:{work:{dmPolicy:'disabled'}}}", account: "work", outcome: nil),
        AllowCase(
            name: "any account, one with a list", whatsapp: "{allowFrom:[],accounts:{work:{allowFrom:[]}}}", outcome: .added,
            pointer: "/channels/whatsapp/allowFrom/0"),
    ]

    @Test(arguments: allowCases.indices)
    func allowList(_ index: Int) throws {
        let item = Self.allowCases[index]
        var policy = Policy.builtIn
        policy.account = item.account
        let text = "{agents:{ownership:'explicit',entries:{main:{},ops:{}}},bindings:[]\(item.whatsapp.map { ",channels:{whatsapp:\($0)}" } ?? "")}"
        var edit = try Samples.edit(text, policy: policy)
        try edit.addAgent(Samples.spec(1))
        guard let outcome = item.outcome else {
            #expect(problem { _ = try edit.bind(Samples.phone(1), to: Samples.id(1)) } == .channelDisabled)
            return
        }
        #expect(try edit.bind(Samples.phone(1), to: Samples.id(1)).allow == outcome, "\(item.name)")
        #expect(try ConfigFile.objections(to: edit) == [:])
        let document = try JSON.Document(parsing: edit.apply(), dialect: .json5)
        if let pointer = item.pointer { #expect(document.node(at: pointer)?.equals("+15551000001") == true, "\(item.name)") }
        #expect(document.node(at: "/bindings/0/match/accountId")?.equals(item.account) == true)
        #expect((document.node(at: "/channels/whatsapp") == nil) == (item.whatsapp == nil))

        var undo = ConfigEdit(try ConfigModel(document, version: nil, policy: policy), membersMade: edit.newMembersMade)
        #expect(try undo.unbind(Samples.phone(1), from: Samples.id(1), removeAllowEntry: outcome == .added) == (true, outcome == .added))
        try undo.removeAgent(Samples.id(1))
        #expect(String(decoding: undo.apply(), as: UTF8.self) == text, "\(item.name)")
    }

    @Test func anOperatorsAllowEntryStays() throws {
        let grown = try Samples.grown("{agents:{ownership:'explicit',entries:{main:{},ops:{}}},channels:{whatsapp:{allowFrom:['1 555 1000001']}}}", by: 1)
        var undo = try Samples.edit(grown)
        #expect(try undo.unbind(Samples.phone(1), from: Samples.id(1), removeAllowEntry: true) == (true, false))
        #expect(String(decoding: undo.apply(), as: UTF8.self).contains("1 555 1000001"))
    }

    static func config(_ bindings: String, entry: String = "") -> String {
        """
        {agents:{ownership:'explicit',entries:{main:{},user_0000000000000001:{sandbox:{mode:'all',scope:'agent',workspaceAccess:'rw',docker:{image:\
        'openclaw-sandbox:bookworm-slim',network:'bridge',memory:'512m',cpus:0.5,pidsLimit:100,capDrop:['ALL']}}\(entry)},user_0000000000000002:{}}},bindings:[\(bindings)]}
        """
    }

    @Test func refusals() throws {
        let elsewhere = Self.config("{agentId:'ops2',match:{channel:'whatsapp',accountId:'work',peer:{kind:'direct',id:'+15551000001'}}}")
        var edit = try Samples.edit(elsewhere)
        #expect(problem { _ = try edit.bind(Samples.phone(1), to: Samples.id(1)) } == .phoneBoundElsewhere)
        #expect(problem { _ = try edit.bind(Samples.phone(2), to: Samples.id(7)) } == .noSuchAgent)
        #expect(problem { _ = try edit.bind(Samples.phone(2), to: Samples.id(2)) } == .agentNotSandboxed)
        #expect(edit.isEmpty)
        #expect(problem { _ = try edit.bind(Samples.phone(3), to: Samples.id(1)) } == nil)
        #expect(problem { _ = try edit.bind(Samples.phone(4), to: Samples.id(1)) } == .agentBelongsElsewhere)
        var shared = try Samples.edit(Self.config("{agentId:'user_0000000000000001',match:{channel:'whatsapp',peer:{kind:'direct',id:'+15551000009'}}}"))
        #expect(problem { _ = try shared.bind(Samples.phone(1), to: Samples.id(1)) } == .agentBelongsElsewhere)
    }

    @Test func aBindingThatIsThereIsNotAddedAgain() throws {
        let grown = try Samples.grown(Samples.entries, by: 1)
        var edit = try Samples.edit(grown)
        let outcome = try edit.bind(Samples.phone(1), to: Samples.id(1))
        #expect(!outcome.isNew && outcome.allow == .present)
        #expect(outcome.binding.objectValue?["agentId"]?.stringValue == "user_0000000000000001")
        #expect(edit.isEmpty)
    }

    @Test func otherBindingsOfThePhoneStay() throws {
        let others = """
            {agentId:'user_0000000000000001',match:{channel:'telegram',accountId:'*',peer:{kind:'direct',id:'+15551000001'}}},\
            {agentId:'user_0000000000000001',match:{channel:'whatsapp',accountId:'work',peer:{kind:'direct',id:'+15551000001'}}},\
            {agentId:'user_0000000000000001',match:{channel:'whatsapp',accountId:'*',peer:{kind:'group',id:'+15551000001'}}}
            """
        let ours = "{agentId:'user_0000000000000001',comment:'noted',match:{channel:'whatsapp',accountId:'*',peer:{kind:'direct',id:'+15551000001'}}}"
        var undo = try Samples.edit(Self.config(others + "," + ours))
        #expect(try undo.unbind(Samples.phone(1), from: Samples.id(1), removeAllowEntry: false).unbound)
        #expect(String(decoding: undo.apply(), as: UTF8.self) == Self.config(others))
        #expect(try undo.unbind(Samples.phone(2), from: Samples.id(1), removeAllowEntry: false) == (false, false))
    }

    @Test func theLastNetFindsWhatOneDocumentCannot() throws {
        // A user's agent that an operator made the default, or bound to everybody.
        var marked = try Samples.edit(
            Self.config("", entry: ",workspace:'/w1'").replacing("ownership:'explicit',", with: "").replacing("main:{}", with: "main:{default:true}"))
        try marked.bind(Samples.phone(1), to: Samples.id(1))
        #expect(try ConfigFile.objections(to: marked) == [:])
        var catchAll = try Samples.edit(Self.config("{agentId:'user_0000000000000001',match:{channel:'whatsapp'}}"))
        try catchAll.bind(Samples.phone(1), to: Samples.id(1))
        #expect(try ConfigFile.objections(to: catchAll)["user_0000000000000001"]?.kind == .configInvalid)
    }
}
