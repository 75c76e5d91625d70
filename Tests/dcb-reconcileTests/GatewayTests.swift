import JSON
import Platform
import TestSupport
import Testing

/// I21: the running gateway.
@Suite struct GatewayTests {
    @Test func aGoodOne() throws {
        let house = try House(2)
        let gateway = try GatewayStandin(house.scratch, isPolling: true)
        try until("a report without findings") { try house.check().findings.isEmpty }
        // What it has applied moves rows on.
        let repair = try house.repair()
        #expect(repair.output.code == 0 && repair.names == ["applied", "applied"])
        #expect(try house.scratch.run("dcb-state", ["get", house.phone(1)]).document.text("status") == "pending_welcome")
        #expect(try house.isWhole())
        #expect(try gateway.calls("config.apply") == 0)
    }

    @Test func withoutPolling() throws {
        let house = try House(1)
        let gateway = try GatewayStandin(house.scratch)
        try until("its only finding") { try house.check().says("I21").contains("polling") }
        #expect(try house.check().findings("I21").count == 1)
        _ = gateway.port
    }

    @Test func aBlindOne() throws {
        let house = try House(1)
        let gateway = try GatewayStandin(house.scratch, ["always blind"], isPolling: true)
        try house.scratch.onboarded(house.phone(2))
        try until("a config that a gateway would have seen") { try house.check().says("I21").contains("blind") }
        #expect(try house.repair().names.isEmpty)
        _ = gateway.port
    }

    @Test func oneThatDoesNotAnswer() throws {
        let house = try House(1)
        let gateway = try GatewayStandin(house.scratch)
        gateway.stop()
        let report = try house.check()
        #expect(report.output.code == 0 && report.says("I21").contains("gives no answer"))
        #expect(try !house.check(["--only", "I4"]).ids.contains("I21"))
    }

    @Test func aWrongToken() throws {
        let house = try House(1)
        let gateway = try GatewayStandin(house.scratch)
        try house.scratch.write("another-token-of-enough-bytes", to: house.scratch.folder + "/wrong.token")
        let report = try house.check(["--gateway-token-file", house.scratch.folder + "/wrong.token"])
        #expect(report.output.code == 0 && report.says("I21").contains("does not accept the token"))
        let missing = try house.check(["--gateway-token-file", house.scratch.folder + "/no.token"])
        #expect(missing.output.code == 0 && missing.ids.isSuperset(of: ["I9", "I21"]))
        #expect(try house.check(["--gateway", "http://localhost:1"]).output.code == 64)
        _ = gateway.port
    }

    @Test func tooManyAgents() throws {
        let house = try House(3)
        let gateway = try GatewayStandin(house.scratch, isPolling: true)
        try house.scratch.write("{agentCeiling: 4}", to: house.state + "/dcb.json")
        try until("a count of agents") { try house.check().says("I21").contains("agentCeiling is 4") }
        try house.scratch.write("{agentCeiling: 5}", to: house.state + "/dcb.json")
        #expect(try house.check().findings("I21").first?.text("severity") == "warning")
        _ = gateway.port
    }
}
