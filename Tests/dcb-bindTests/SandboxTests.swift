import JSON
import TestSupport
import Testing

/// Less strict than the policy in any way: no route. As strict or stricter: a route.
@Suite struct SandboxTests {
    struct Case: Sendable, CustomTestStringConvertible {
        /// What is put in the place of which text of the written entry.
        let old: String
        let new: String
        var defaults = "{ \"mode\": \"all\" }"
        var testDescription: String { "\(old) → \(new) \(defaults)" }

        init(_ old: String, _ new: String, defaults: String? = nil) {
            self.old = old
            self.new = new
            if let defaults { self.defaults = defaults }
        }
    }

    static let weaker: [Case] = [
        Case("\"mode\":\"all\"", "\"mode\":\"non-main\""), Case("\"mode\":\"all\"", "\"mode\":\"off\""),
        Case("\"mode\":\"all\",", "", defaults: "{ \"mode\": \"off\" }"), Case("\"mode\":\"all\",", "", defaults: "{ }"),
        Case("\"scope\":\"agent\"", "\"scope\":\"shared\""), Case("\"scope\":\"agent\",", "", defaults: "{ \"mode\": \"all\", \"scope\": \"shared\" }"),
        Case("\"network\":\"bridge\"", "\"network\":\"other\""), Case("\"network\":\"bridge\"", "\"network\":\"container:x\""),
        Case("\"memory\":\"512m\"", "\"memory\":\"513m\""), Case("\"memory\":\"512m\"", "\"memory\":\"1g\""),
        Case("\"memory\":\"512m\"", "\"memory\":536870913"),
        Case("\"memory\":\"512m\"", "\"memory\":\"0\""), Case("\"memory\":\"512m\",", ""), Case("\"cpus\":0.5", "\"cpus\":0.51"),
        Case("\"cpus\":0.5", "\"cpus\":0"),
        Case("\"cpus\":0.5,", ""), Case("\"pidsLimit\":100", "\"pidsLimit\":101"), Case("\"pidsLimit\":100,", ""),
        Case("\"capDrop\":[\"ALL\"]", "\"capDrop\":[\"NET_RAW\"]"), Case("\"capDrop\":[\"ALL\"]", "\"capDrop\":[]"),
        Case("\"capDrop\":[\"ALL\"]", "\"capDrop\":[\"ALL\"],\"binds\":[\"/home:/home\"]"),
        Case("\"scope\":\"agent\"", "\"scope\":\"agent\",\"browser\":{\"binds\":[\"/home:/home\"]}"),
        Case("\"capDrop\":[\"ALL\"]", "\"capDrop\":[\"ALL\"]", defaults: "{ \"docker\": { \"binds\": [\"/home:/home\"] } }"),
        Case("\"capDrop\":[\"ALL\"]", "\"capDrop\":[\"ALL\"],\"user\":\"0\""),
        Case("\"capDrop\":[\"ALL\"]", "\"capDrop\":[\"ALL\"],\"dangerouslyAllowReservedContainerTargets\":true"),
        Case("\"scope\":\"agent\"", "\"scope\":\"agent\",\"browser\":{\"network\":\"host\"}"),
        Case("\"name\":\"User Agent\"", "\"name\":\"User Agent\",\"tools\":{\"exec\":{\"host\":\"gateway\"}}"),
        Case("\"scope\":\"agent\"", "\"scope\":\"agent\"", defaults: "{ \"docker\": { \"dangerouslyAllowExternalBindSources\": true } }"),
    ]

    static let stricter: [Case] = [
        Case("\"scope\":\"agent\"", "\"scope\":\"session\""), Case("\"workspaceAccess\":\"rw\"", "\"workspaceAccess\":\"ro\""),
        Case("\"workspaceAccess\":\"rw\"", "\"workspaceAccess\":\"none\""), Case("\"network\":\"bridge\"", "\"network\":\"none\""),
        Case("\"network\":\"bridge\",", ""),
        Case("\"memory\":\"512m\"", "\"memory\":\"256m\""), Case("\"memory\":\"512m\"", "\"memory\":\"0.5g\""),
        Case("\"memory\":\"512m\"", "\"memory\":536870912"),
        Case("\"cpus\":0.5", "\"cpus\":0.25"), Case("\"pidsLimit\":100", "\"pidsLimit\":99"),
        Case("\"capDrop\":[\"ALL\"]", "\"capDrop\":[\"NET_RAW\",\"ALL\"]"),
        Case("\"mode\":\"all\"", "\"mode\":\"all\"", defaults: "{ \"mode\": \"off\", \"scope\": \"shared\" }"),
        Case("\"mode\":\"all\",", "", defaults: "{ \"mode\": \"all\" }"), Case("\"capDrop\":[\"ALL\"]", "\"capDrop\":[\"ALL\"],\"readOnlyRoot\":true"),
        Case("\"image\":\"openclaw-sandbox:bookworm-slim\"", "\"image\":\"own:1\""),
    ]

    /// A claimed, made agent whose entry was then changed by somebody.
    private func changed(_ one: Case) throws -> (Scratch, Object)? {
        let config =
            "{\"gateway\":{\"mode\":\"local\"},\"agents\":{\"defaults\":{\"sandbox\":\(one.defaults)},\"ownership\":\"explicit\",\"entries\":{\"main\":{}}},\"bindings\":[],\"channels\":{\"whatsapp\":{\"allowFrom\":[]}}}"
        let scratch = try Scratch(config: config)
        // A default that the policy itself does not bear is put in afterwards.
        try scratch.write(config.replacing(one.defaults, with: "{ \"mode\": \"all\" }"), to: scratch.config)
        let made = try scratch.made(Scratch.phone(1))
        let text = String(decoding: try scratch.configValue().compact(), as: UTF8.self)
        let compactDefaults = String(decoding: try Value(parsing: Array(one.defaults.utf8), dialect: .json).compact(), as: UTF8.self)
        let agentsPart = try #require(text.firstRange(of: "user_"))
        let head = text[..<agentsPart.lowerBound].replacing("\"sandbox\":{\"mode\":\"all\"}", with: "\"sandbox\":" + compactDefaults)
        let tail = text[agentsPart.lowerBound...]
        try #require(tail.contains(one.old), "\(one.old) is not in \(tail)")
        try scratch.write("\(head)\(tail.replacing(one.old, with: one.new))", to: scratch.config)
        return (scratch, made)
    }

    @Test(arguments: weaker)
    func weakerIsRefused(_ one: Case) throws {
        guard let (scratch, made) = try changed(one) else { return }
        let text = try scratch.configText()
        let output = try scratch.step("dcb-bind", [], [made])
        #expect(output.code == 78)
        // What OpenClaw itself refuses is said to be invalid.
        #expect(output.problem == "agent-not-sandboxed" || output.problem == "config-invalid", "\(output.err)\(output.out)")
        #expect(try scratch.configText() == text)
    }

    @Test(arguments: stricter)
    func stricterIsTaken(_ one: Case) throws {
        guard let (scratch, made) = try changed(one) else { return }
        let output = try scratch.step("dcb-bind", [], [made])
        #expect(output.code == 0, "\(output.err)")
        #expect(output.document["bound"] == true)
    }

    /// A policy that asks for more of an agent that is there: no new route until its entry is mended.
    @Test(arguments: [
        "{sandbox:{memory:'128m'}}", "{sandbox:{network:'none'}}", "{sandbox:{workspaceAccess:'ro'}}", "{sandbox:{pidsLimit:10}}", "{sandbox:{cpus:.1}}",
    ])
    func theFileIsMeasuredByThePolicyOfNow(_ settings: String) throws {
        let scratch = try Scratch()
        let made = try scratch.made(Scratch.phone(1))
        try scratch.write(settings, to: scratch.state + "/dcb.json")
        let output = try scratch.step("dcb-bind", [], [made])
        #expect(output.problem == "agent-not-sandboxed")
        #expect(output.code == 78)
    }
}
