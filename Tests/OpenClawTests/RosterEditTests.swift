import CommandKit
import JSON
import Onboarding
import Testing

@testable import OpenClaw

@Suite struct RosterEditTests {
    static let commented =
        "\u{FEFF}// head\r\n{\r\n\tagents: { // ours\r\n\t\townership: 'explicit', entries: {\r\n\t\t\tmain: {}, ops: {workspace: \"/w\",},\r\n\t\t\t// end\r\n\t\t},\r\n\t},\r\n\tbindings: [],\r\n\tchannels: {whatsapp: {allowFrom: [ /* nobody */ ],},},\r\n}\r\n"

    /// Configs in every state that dcb must be able to begin with; after adding and undoing they are the same bytes.
    static let beginnings: [String] = [
        Samples.entries, Samples.list, commented,
        "{}", "{ }", "{\n}\n", "{\"gateway\":{\"mode\":\"local\"}}", "{\n  \"gateway\": {\"mode\": \"local\"},\n}\n",
        "{\"agents\":{}}", "{\"agents\":{\"defaults\":{\"skipBootstrap\":true}}}", "{\n  \"agents\": {\n    \"entries\": {}\n  }\n}\n",
        "{\n  \"agents\": {\n    \"entries\": {\n      \"main\": {}\n    }\n  }\n}\n", "{\"agents\":{\"entries\":{\"main\":{\"default\":true}}}}",
        "{\"agents\":{\"list\":[]}}", "{\"agents\":{\"list\":[{\"id\":\"main\"}]}}", "{agents:{list:[{id:'main'},{id:'ops',default:true}]},bindings:[]}",
        "{\"channels\":{\"whatsapp\":{}}}", "{\"channels\":{\"whatsapp\":{\"dmPolicy\":\"open\",\"allowFrom\":[\"*\"]}}}",
    ]

    @Test(arguments: beginnings.indices)
    func addingAndUndoingIsNothing(_ index: Int) throws {
        let text = Self.beginnings[index]
        for version in [nil, "2026.9.6"] as [String?] where version == nil || !text.contains("list") || text.contains("default") {
            for count in 1...3 {
                var edit = try Samples.edit(text, version: version)
                for n in 1...count {
                    #expect(try edit.addAgent(Samples.spec(n)) == .added)
                    #expect(try edit.bind(Samples.phone(n), to: Samples.id(n)).isNew)
                }
                #expect(try ConfigFile.objections(to: edit) == [:])
                var made = Set(edit.newMembersMade)
                var now = String(decoding: edit.apply(), as: UTF8.self)
                let model = try Samples.model(now, version: version)
                #expect(model.agents.filter { $0.isOurs }.count == count)
                #expect(model.allBindings.count == count)
                // One after the other, not in the order in which they came.
                for n in [2, 1, 3] where n <= count {
                    var undo = try Samples.edit(now, made: Array(made), version: version)
                    #expect(try undo.unbind(Samples.phone(n), from: Samples.id(n), removeAllowEntry: true).unbound)
                    #expect(try undo.removeAgent(Samples.id(n)) != nil)
                    #expect(try ConfigFile.objections(to: undo) == [:])
                    made.formUnion(undo.newMembersMade)
                    made.subtract(undo.membersGone)
                    now = String(decoding: undo.apply(), as: UTF8.self)
                }
                #expect(now == text)
                #expect(made.isEmpty, "\(made)")
            }
        }
    }

    @Test func theImplicitMainAgentStaysTheDefault() throws {
        let entries = try Samples.model(Samples.grown("{}", by: 1))
        #expect(entries.agentIDs == ["main", "user_0000000000000001"])
        #expect(entries.places.ownership?.equals("explicit") == true)
        let list = try Samples.model(Samples.grown("{}", by: 1, version: "2026.1.30"), version: "2026.1.30")
        #expect(list.shape == .list)
        #expect(list.agent("main")?.isDefault == true)
        #expect(list.peerKind == .dm)
    }

    @Test func ownershipComesWithTheSecondAgentOnly() throws {
        let one = "{\"agents\":{\"entries\":{\"main\":{}}}}"
        #expect(try Samples.grown(one, by: 1).contains("\"ownership\":\"explicit\""))
        let marked = "{\"agents\":{\"entries\":{\"main\":{\"default\":true}}}}"
        #expect(try !Samples.grown(marked, by: 2).contains("ownership"))
    }

    @Test func theDefaultMarkerComesWhereAVersionNeedsIt() throws {
        let text = "{\"agents\":{\"list\":[{\"id\":\"main\"}]}}"
        // No version told: it may be read by one that needs it.
        #expect(try Samples.grown(text, by: 1).contains("{\"id\":\"main\",\"default\":true}"))
        #expect(try !Samples.grown(text, by: 1, version: "2026.7.1").contains("default"))
        #expect(try Samples.grown(text, by: 1, version: "2026.8.1").contains("{\"id\":\"main\",\"default\":true}"))
        let touched = "{\"agents\":{\"list\":[{\"id\":\"main\"}]},\"meta\":{\"lastTouchedVersion\":\"2026.9.6\"}}"
        #expect(try Samples.grown(touched, by: 1).contains("{\"id\":\"main\",\"default\":true}"))
    }

    @Test func anEntryIsCompletedAndNotChanged() throws {
        let grown = try Samples.grown(Samples.entries, by: 1)
        var same = try Samples.edit(grown)
        #expect(try same.addAgent(Samples.spec(1)) == .unchanged)
        #expect(same.isEmpty)
        let lacking = grown.replacing("\"memory\": \"512m\",", with: "").replacing("\"HOME\": \"/workspace\",", with: "").replacing(
            "\"User Agent\"", with: "\"Mine\"")
        #expect(lacking != grown)
        var edit = try Samples.edit(lacking)
        var other = try Samples.spec(1)
        other.keyringPassword = Secret("another-password-another-password-another-1")
        #expect(try edit.addAgent(other) == .completed)
        let completed = String(decoding: edit.apply(), as: UTF8.self)
        let entry = try #require(Samples.model(completed).agent("user_0000000000000001"))
        #expect(entry.name == "Mine")
        #expect(try entry.keyringPassword == Samples.spec(1).keyringPassword)
        #expect(completed.contains("512m") && completed.contains("\"HOME\": \"/workspace\""))
    }

    @Test func whatTwoAgentsMustNotShareIsRefused() throws {
        for change in [
            { (spec: inout AgentSpec, other: AgentSpec) in spec.workspace = other.workspace + "/" }, { $0.agentDir = $1.agentDir },
            { $0.keyringPassword = $1.keyringPassword },
        ] as [(inout AgentSpec, AgentSpec) -> Void] {
            let grown = try Samples.grown(Samples.entries, by: 1)
            var edit = try Samples.edit(grown)
            var spec = try Samples.spec(2)
            change(&spec, try Samples.spec(1))
            #expect(problem { _ = try edit.addAgent(spec) } == .configInvalid)
            #expect(edit.isEmpty)
            #expect(problem { _ = try edit.addAgent(Samples.spec(3)) } == nil)
        }
    }

    @Test func anAgentThatIsBoundIsNotRemoved() throws {
        var edit = try Samples.edit(Samples.grown(Samples.entries, by: 2))
        #expect(problem { _ = try edit.removeAgent(Samples.id(1)) } == .notReady)
        #expect(edit.isEmpty)
        #expect(try edit.removeAgent(Samples.id(9)) == nil)
    }

    @Test func comingAndGoingInOneEditIsNothing() throws {
        var edit = try Samples.edit(Samples.entries)
        try edit.addAgent(Samples.spec(1))
        try edit.bind(Samples.phone(1), to: Samples.id(1))
        try edit.unbind(Samples.phone(1), from: Samples.id(1), removeAllowEntry: true)
        try edit.removeAgent(Samples.id(1))
        #expect(edit.isEmpty)
        #expect(edit.apply() == Array(Samples.entries.utf8))
    }

    /// Seeded: any mixture of people added and removed ends as the file of those who stayed.
    @Test(arguments: 0..<6)
    func anyOrderGivesTheSameFile(_ seed: Int) throws {
        var state = UInt64(seed + 1) &* 0x9E37_79B9_7F4A_7C15
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let start = [Samples.entries, Samples.list, Self.commented][seed % 3]
        var text = start
        var made: Set<String> = []
        var present: [Int] = []
        for round in 0..<15 {
            var edit = try Samples.edit(text, made: Array(made))
            for _ in 0...random(3) {
                let n = random(12) + 1
                if let at = present.firstIndex(of: n) {
                    try edit.unbind(Samples.phone(n), from: Samples.id(n), removeAllowEntry: true)
                    try edit.removeAgent(Samples.id(n))
                    present.remove(at: at)
                } else {
                    try edit.addAgent(Samples.spec(n))
                    try edit.bind(Samples.phone(n), to: Samples.id(n))
                    present.append(n)
                }
            }
            #expect(try ConfigFile.objections(to: edit) == [:], "seed \(seed) round \(round)")
            made.formUnion(edit.newMembersMade)
            made.subtract(edit.membersGone)
            text = String(decoding: edit.apply(), as: UTF8.self)
            #expect(try Set(Samples.model(text).agents.filter { $0.isOurs }.map { $0.id }) == Set(present.map { try Samples.id($0).text }))
        }
        var edit = try Samples.edit(text, made: Array(made))
        for n in present {
            try edit.unbind(Samples.phone(n), from: Samples.id(n), removeAllowEntry: true)
            try edit.removeAgent(Samples.id(n))
        }
        #expect(String(decoding: edit.apply(), as: UTF8.self) == start, "seed \(seed)")
    }

    @Test func theRealConfigsGrowAndShrink() throws {
        guard let shared = Samples.shared else { return }
        for version in OpenClawVersion.known {
            let text = try Samples.text(shared + "/known-good/\(version).json")
            let grown = try Samples.grown(text, by: 3, from: 10, version: "\(version)")
            #expect(Validity.findings(parsing: Array(grown.utf8), version).isEmpty, "\(version)")
            var undo = try Samples.edit(grown, version: "\(version)")
            for n in 10..<13 {
                try undo.unbind(Samples.phone(n), from: Samples.id(n), removeAllowEntry: true)
                try undo.removeAgent(Samples.id(n))
            }
            #expect(String(decoding: undo.apply(), as: UTF8.self) == text)
        }
    }
}

extension String {
    /// The first occurrence replaced.
    func replacing(_ text: String, with other: String) -> String {
        guard let range = self.firstRange(of: text) else { return self }
        return String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }
}
