import CommandKit
import JSON
import Testing

@testable import OpenClaw

@Suite struct VerdictTests {
    /// A file, the version that was told, whether a transaction may begin.
    static let cases: [(text: String, version: String?, isGood: Bool)] = [
        ("{}", nil, true), ("{dcb:1}", nil, false), ("{dcb:1}", "2026.10.1", true), ("{agents:{entries:{main:{dcb:1}}}}", "2026.11.0", true),
        ("{dcb:1,meta:{lastTouchedVersion:'2026.12.1'}}", nil, true),
        // Good for the older ones that read a list.
        ("{agents:{list:[{id:'a'},{id:'b'}]}}", nil, true), ("{agents:{list:[{id:'a'},{id:'b'}]}}", "2026.9.6", false),
        ("{agents:{list:[{id:'a'},{id:'b'}]}}", "2026.7.1", true), ("{agents:{list:[{id:'a',dcb:1}]}}", nil, false),
        // A version that cannot read the shape says nothing.
        ("{agents:{entries:{main:{}}}}", "2026.1.30", true), ("{agents:{entries:{a:{},b:{}}}}", nil, false),
        ("{agents:{ownership:'explicit',entries:{a:{default:true},b:{}}}}", nil, false), ("{agents:{entries:{a:{default:true},b:{}}}}", nil, true),
        ("{meta:{lastTouchedAt:'2026-01-01T00:00:00Z'},agents:{list:[]}}", nil, true), ("{meta:{lastTouchedAt:'x'},agents:{entries:{main:{}}}}", nil, false),
        ("{bindings:[{agentId:'nobody',match:{channel:'whatsapp'}}]}", nil, false),
        ("{agents:{list:[]},bindings:[{agentId:'nobody',match:{channel:'whatsapp'}}]}", nil, true),
    ]

    @Test(arguments: cases.indices)
    func begins(_ index: Int) throws {
        let item = Self.cases[index]
        let model = try Samples.model(item.text, version: item.version)
        #expect(problem { _ = try Verdict(model) } == (item.isGood ? nil : .configInvalid), "\(item.text) \(item.version ?? "")")
    }

    @Test func anEditThatOpenClawWouldRefuseIsFound() throws {
        // A second agent in a list that a told version reads only with one default; its first is a person's, so none is marked.
        var edit = try Samples.edit("{agents:{list:[{id:'user_a'}]}}", version: "2026.9.6")
        try edit.addAgent(Samples.spec(1))
        #expect(try ConfigFile.objections(to: edit).values.first?.kind == .configInvalid)
    }

    @Test func aFindingKeepsItsIdentityWhenOthersGo() throws {
        let text = "{agents:{entries:{main:{}}},bindings:[{agentId:'main',match:{channel:'a'}},{agentId:'nobody',match:{channel:'b'}}]}"
        let before = Validity.findings(parsing: Array(text.utf8), .newest)
        let after = Validity.findings(parsing: Array(text.replacing("{agentId:'main',match:{channel:'a'}},", with: "").utf8), .newest)
        #expect(before.map { $0.pointer } == ["/bindings/1/agentId"] && after.map { $0.pointer } == ["/bindings/0/agentId"])
        #expect(before.map { $0.identity } == after.map { $0.identity })
    }

    @Test func whatIsUnchangedIsNotJudgedTwice() throws {
        // The shortcut and the whole judgement agree.
        for text in [Samples.entries, Samples.list] {
            var edit = try Samples.edit(Samples.grown(text, by: 5))
            try edit.unbind(Samples.phone(2), from: Samples.id(2), removeAllowEntry: true)
            try edit.removeAgent(Samples.id(2))
            try edit.addAgent(Samples.spec(9))
            for isIndexed in [true, false] {
                let candidate = try ConfigModel(edited: edit.document(), of: edit.model, isIndexed: isIndexed)
                for version in OpenClawVersion.known {
                    let whole = Validity.findings(candidate.document, version)
                    let short = Validity.findings(candidate.document, version, limit: .max, baseline: Baseline(edit, candidate: candidate))
                    if Validity.findings(edit.model.document, version).isEmpty { #expect(whole == short, "\(version)") }
                }
            }
        }
    }

    @Test func anAgentThatGoesIsMissedByABindingThatStays() throws {
        var edit = try Samples.edit(Samples.grown(Samples.entries, by: 3))
        // removeAgent refuses this; the judgement must see it all the same.
        edit.removed[try Samples.id(2).text] = edit.model.agent(try Samples.id(2).text)
        let candidate = try ConfigModel(edited: edit.document(), of: edit.model, isIndexed: false)
        let findings = Validity.findings(candidate.document, .newest, limit: .max, baseline: Baseline(edit, candidate: candidate))
        #expect(findings.map { $0.pointer } == ["/bindings/1/agentId"])
    }
}
