import JSON
import Platform
import TestSupport
import Testing

/// Beside others at work.
@Suite struct CrowdTests {
    /// Fifty onboardings at once, and reconcile running all the while: nobody is disturbed, and nothing is found that is only on its way.
    @Test func besideFiftyOnboardings() throws {
        let house = try House(2)
        var started: [Started] = []
        for number in 1...50 {
            started.append(try house.scratch.start("dcb-onboard", ["--timeout", "300s"], [["phone": .string(Scratch.phone(1000 + number))]]))
        }
        var runs = 0
        while !started.allSatisfy({ $0.hasEnded }) {
            let report = try house.run([runs % 2 == 0 ? "--repair" : "--check"])
            #expect(report.output.code == 0 || report.output.problem == "record-locked" || report.output.problem == "config-locked", "\(report.output.err)")
            #expect(report.findings.isEmpty && report.actions.isEmpty, "\(report.output.out)")
            runs += 1
        }
        #expect(runs > 1)
        for one in started {
            let output = try one.wait(seconds: 300)
            #expect(output.code == 0 && output.document.text("outcome") == "created", "\(output.err)")
        }
        let report = try house.check()
        #expect(report.findings.isEmpty && report.summary("users") == 52)
    }

    /// What a generated config may hold: the cost is not in the square of one phone's bindings, wherever they lead.
    @Test(arguments: ["main", "user_nobody"]) func manyBindingsOfOnePhone(_ agent: String) throws {
        let house = try House(1)
        let binding = "{\"agentId\": \"\(agent)\", \"match\": {\"channel\": \"whatsapp\", \"peer\": {\"kind\": \"direct\", \"id\": \"\(house.phone(1))\"}}},"
        try house.change("\"bindings\": [", "\"bindings\": [" + String(repeating: binding, count: 20_000))
        let output = try house.scratch.shell("ulimit -t \(5 * Skip.patience); dcb-reconcile --check")
        #expect(output.code == 0 && output.document["findings"]?.arrayValue?.isEmpty == false, "\(output.code) \(output.err)")
    }

    /// Offboardings beside it: what goes is not taken for lost.
    @Test func besideOffboardings() throws {
        let house = try House(12)
        var started: [Started] = []
        for number in 3...12 {
            started.append(try house.scratch.start("dcb-onboard", ["--undo", "--timeout", "300s"], [["phone": .string(house.phone(number))]]))
        }
        while !started.allSatisfy({ $0.hasEnded }) {
            let report = try house.repair()
            #expect(report.findings.isEmpty && report.actions.isEmpty, "\(report.output.out)")
        }
        for one in started { #expect(try one.wait(seconds: 300).document.text("outcome") == "removed") }
        #expect(try house.check().summary("users") == 2)
        #expect(try house.isWhole())
    }

    /// Two repairs of the same thing at once: it is done once, and both end well.
    @Test func twoRepairsAtOnce() throws {
        let house = try House(3)
        try house.scratch.run("dcb-state", ["cancel", house.phone(1)])
        try house.forget(2)
        let started = try (0..<4).map { _ in try house.scratch.start("dcb-reconcile", ["--repair"], []) }
        for one in started { #expect(try one.wait().code == 0) }
        #expect(try Files.list(house.state + "/trash").count == 2)
        #expect(try house.isWhole())
    }
}
