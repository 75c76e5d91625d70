import OpenClaw
import Platform
import TestSupport
import Testing

/// What `dcb-reconcile` can know of a gateway.
@Suite struct GatewayStateTests {
    private func look(_ scratch: Scratch, _ gateway: GatewayStandin) throws -> GatewayState {
        let rpc = try AdminRPC(GatewayAddress(gateway.url), tokenFile: scratch.environment["DCB_GATEWAY_TOKEN_FILE"])
        return GatewayState.look(rpc, config: scratch.config, channel: "whatsapp", deadline: Deadline(in: 60_000))
    }

    private func edit(_ scratch: Scratch) throws {
        let text = try scratch.configText().replacing("\"main\": {", with: "\"second\": {},\n      \"main\": {")
        try Files.replace(scratch.config, with: Array(text.utf8), mode: 0o600)
    }

    @Test(arguments: ["2026.9.6", "2026.7.1"]) func behindAndBlind(_ version: String) throws {
        let scratch = try Scratch()
        let gateway = try GatewayStandin(scratch, ["always blind"], version: version)
        let current = try look(scratch, gateway)
        #expect(current.failure == nil)
        #expect(current.isFileValid == true && current.isBehind == false && current.isBlind == false && current.agentCount == 1)
        try edit(scratch)
        let behind = try look(scratch, gateway)
        #expect(behind.isBehind == true && behind.agentCount == 1)
        // Too early to say, unless the machine is that slow.
        #expect(behind.isBlind == nil || behind.isBlind == true)
        try until("it to be blind") { try look(scratch, gateway).isBlind == true }
        try scratch.write("[", to: scratch.config)
        let broken = try look(scratch, gateway)
        #expect(broken.isFileValid == false && broken.isBlind == nil)
    }

    @Test func notToBeAsked() throws {
        let scratch = try Scratch()
        let gateway = try GatewayStandin(scratch, ["always unauthorised"])
        let locked = try look(scratch, gateway)
        #expect(locked.failure == .unauthorised && locked.isBehind == nil && locked.isBlind == nil && locked.agentCount == nil)
        gateway.stop()
        let absent = try look(scratch, gateway)
        #expect(absent.failure == .unreachable("Connection refused"))
        #expect(absent.usesPolling == nil)
    }

    /// The RPC does not tell; the process does, when it is ours.
    @Test(arguments: [true, false]) func polling(_ isPolling: Bool) throws {
        let scratch = try Scratch()
        let gateway = try GatewayStandin(scratch, isPolling: isPolling)
        #expect(try look(scratch, gateway).usesPolling == isPolling)
    }

    @Test func reloadsGrow() {
        // Seconds as measured, and what is taken for them.
        for (agents, measured) in [(10, 1.25), (100, 5.6), (300, 35.0)] {
            let expected = Double(ReloadTime.expectedMilliseconds(agents: agents)) / 1000
            #expect(abs(expected - measured) < measured / 5, "\(agents)")
        }
        #expect(ReloadTime.expectedMilliseconds(agents: .max) > 0)
    }
}
