import OpenClaw

/// The running gateway, when one is known.
extension Invariant {
    static let gateways = [Invariant("I21", "the gateway answers, has applied the config, and can serve so many", .error, gateway)]

    private static func gateway(_ facts: Facts, _ found: inout Findings) {
        if let problem = facts.gatewayProblem { found.add("gateway", problem.detail, hint: problem.hint) }
        guard let state = facts.gateway else { return }
        if let failure = state.failure {
            found.add("gateway", failure.detail, hint: failure.hint)
        }
        if state.isFileValid == false { found.add("gateway", "it cannot load openclaw.json as it stands", hint: "see I8; it goes on with the config before") }
        if state.isBlind == true {
            found.add(
                "gateway", "it is blind: the config on disk is another one than what runs, and it does not see it",
                hint: "run dcb-bind --ask --wait 60s, or restart it")
        } else if state.isBehind == true {
            found.add("gateway", "it has not applied the config on disk yet", hint: "wait for its reload", severity: .warning)
        }
        if state.usesPolling == false {
            found.add(
                "gateway", "it does not watch by polling, and may lose sight of the config", hint: "start it with CHOKIDAR_USEPOLLING=1", severity: .warning)
        }
        guard let count = state.agentCount else { return }
        let ceiling = facts.policy.agentCeiling
        if count > ceiling {
            found.add("gateway", "it has \(count) agents, and agentCeiling is \(ceiling): each change stalls it", hint: "use another gateway for more users")
        } else if count >= min(100, ceiling) {
            found.add("gateway", "it has \(count) agents: each change stalls it for seconds", hint: "plan another gateway", severity: .warning)
        }
    }
}
