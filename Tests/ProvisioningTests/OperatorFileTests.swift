import JSON
import Platform
import TestSupport
import Testing

/// An operator's file that was edited for users and edited back is the operator's file.
@Suite struct OperatorFileTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        var version: [String] = []
        var testDescription: String { name }
    }

    static let entries = """
        // Ours. Do not touch!
        {
          gateway: { mode: 'local', port: 0x4965, /* hex */ },
          "agents": {   // people
              defaults: { sandbox: { mode: "all", docker: { cpus: .50, pidsLimit: +1e2 } } },
              'ownership': 'explicit',
              entries: {
                  main: { workspace: "/srv/m\\u0061in", tools: { profile: "minimal", }, },   // the boss
              },
          },
          /* routes */ "bindings" : [
              { agentId: "main", match: { channel: "telegram" } },  // everything else
          ],
          channels: { whatsapp: { dmPolicy: "allowlist", allowFrom: ["+15559990000", /* me */ '+1 555 999 0001',] } },
          session: { dmScope: "per-channel-peer", },
        }
        // the end

        """
    static let list = """
        {
        \t"gateway" : {"mode":"local"},
        \t"agents" : { "list" : [
        \t\t{ "id" : "main", "default" : true, "workspace" : "/srv/main" }, // first
        \t\t{ "id" : "second", "workspace" : "/srv/second" }
        \t] },
        \t"bindings" : [],
        \t"channels" : { "whatsapp" : { "dmPolicy" : "pairing", "allowFrom" : [ /* nobody yet */ ] } }
        }
        """
    static let oneLine =
        #"{"gateway":{"mode":"local"},"agents":{"ownership":"explicit","entries":{"main":{}}},"bindings":[],"channels":{"whatsapp":{"allowFrom":[]}}}"#
    static let withoutContainers = "{\n  // a young gateway\n  gateway: { mode: 'local' },\n  channels: { whatsapp: { dmPolicy: 'pairing' } },\n}\n"
    static let withoutOwnership =
        "{\n    gateway: { mode: 'local' },\n    agents: { entries: { main: { workspace: '/srv/main' } } },\n    channels: { whatsapp: { } }\n}"
    static let oldList = "{gateway:{mode:'local'},agents:{list:[{id:'main'}],},channels:{whatsapp:{accounts:{}}}}"

    static let cases: [Case] = {
        let old = ["--openclaw-version", "2026.1.30"]
        var all = [
            Case(name: "entries, comments", text: entries), Case(name: "list, tabs", text: list), Case(name: "list of 2026.1.30", text: list, version: old),
            Case(name: "one line", text: oneLine), Case(name: "no containers", text: withoutContainers),
            Case(name: "no containers, 2026.1.30", text: withoutContainers, version: old), Case(name: "no ownership", text: withoutOwnership),
            Case(name: "old list", text: oldList, version: old),
            Case(name: "a list that 2026.9.6 reads", text: oldList, version: ["--openclaw-version", "2026.9.6"]),
            Case(name: "nothing but the gateway", text: "{\"gateway\":{\"mode\":\"local\"}}"),
        ]
        for one in all {
            all.append(
                Case(
                    name: one.name + ", CRLF", text: one.text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n"),
                    version: one.version))
        }
        all.append(Case(name: "byte order mark", text: "\u{FEFF}" + entries))
        return all
    }()

    @Test(arguments: cases)
    func theBytesComeBack(_ one: Case) throws {
        let scratch = try Scratch(config: one.text)
        let phones = (1...3).map { Value.string(Scratch.phone($0)) }
        // One by one, removed in another order; then all at once.
        for (adds, removals) in [([[0], [1], [2]], [[1], [2], [0]]), ([[0, 1, 2]], [[2], [0, 1]]), ([[0]], [[0]])] {
            for group in adds {
                let output = try scratch.step("dcb-onboard", one.version, group.map { ["phone": phones[$0]] })
                #expect(output.code == 0, "\(output.err)")
            }
            let text = try scratch.configText()
            #expect(text != one.text)
            #expect(text.contains(Scratch.phone(1)))
            for group in removals {
                let output = try scratch.step("dcb-onboard", ["--undo"] + one.version, group.map { ["phone": phones[$0]] })
                #expect(output.code == 0, "\(output.err)")
            }
            #expect(try Array(scratch.configText().utf8) == Array(one.text.utf8))
        }
    }

    /// What an operator writes meanwhile stays.
    @Test func editsMeanwhileStay() throws {
        let scratch = try Scratch(config: OperatorFileTests.withoutContainers)
        try scratch.onboarded(Scratch.phone(1))
        let mine = try scratch.configText().replacing("// a young gateway", with: "// grown up\n  session: { dmScope: 'per-channel-peer' },")
        try scratch.write(mine, to: scratch.config)
        try scratch.only(try scratch.step("dcb-onboard", ["--undo"], [["phone": .string(Scratch.phone(1))]]))
        #expect(
            try scratch.configText()
                == OperatorFileTests.withoutContainers.replacing("// a young gateway", with: "// grown up\n  session: { dmScope: 'per-channel-peer' },"))
    }

    /// The bindings of another person inside a container that we made keep the container.
    @Test func aContainerWithSomethingOfOthersStays() throws {
        let scratch = try Scratch(config: OperatorFileTests.withoutContainers)
        try scratch.onboarded(Scratch.phone(1))
        let text = try scratch.configText()
        let more = text.replacing("\"+15550000001\"]", with: "\"+15550000001\", \"+15559990000\"]").replacing(
            "'+15550000001']", with: "'+15550000001', '+15559990000']")
        try #require(more != text)
        try scratch.write(more, to: scratch.config)
        try scratch.only(try scratch.step("dcb-onboard", ["--undo"], [["phone": .string(Scratch.phone(1))]]))
        let list = try scratch.configValue().at("channels", "whatsapp", "allowFrom")?.arrayValue?.compactMap(\.stringValue)
        #expect(list == ["+15559990000"])
    }

    /// An operator's own allow-list entry of the phone stays, however it is spelled.
    @Test(arguments: ["+15550000001", "+1 555 000-0001", "15550000001"])
    func anOperatorsAllowEntryStays(_ spelling: String) throws {
        let text = Scratch.plainConfig.replacing("\"allowFrom\": []", with: "\"allowFrom\": [\"\(spelling)\"]")
        let scratch = try Scratch(config: text)
        try scratch.onboarded(Scratch.phone(1))
        try scratch.only(try scratch.step("dcb-onboard", ["--undo"], [["phone": .string(Scratch.phone(1))]]))
        #expect(try scratch.configText() == text)
    }

    /// The policy's account may change between onboarding and offboarding: what we wrote goes all the same.
    @Test func anotherAccountInThePolicyLeavesNothingBehind() throws {
        let scratch = try Scratch()
        try scratch.onboarded(Scratch.phone(1))
        try scratch.write("{account:'business'}", to: scratch.state + "/dcb.json")
        let output = try scratch.step("dcb-onboard", ["--undo"], [["phone": .string(Scratch.phone(1))]])
        #expect(output.code == 0, "\(output.err)")
        #expect(try scratch.configText() == Scratch.plainConfig)
    }
}
