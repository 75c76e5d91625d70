import JSON
import Onboarding
import OpenClaw
import Platform
import Store

/// Agents and sandboxes first.
extension Invariant {
    static let sandboxes = [
        Invariant("I3", "the sandbox of every user's agent satisfies the policy, and the default is 'all'", .critical, sandboxed),
        Invariant("I12", "no sandbox sees what OpenClaw refuses, another agent's folder, or what is not there", .error, binds),
        Invariant("I22", "a new agent can reach a model", .warning, model),
    ]

    private static func sandboxed(_ facts: Facts, _ found: inout Findings) {
        guard let model = facts.model else { return }
        let mode = model.defaults?["sandbox"]?["mode"]?.stringValue
        if mode != "all" {
            found.add(
                "/agents/defaults/sandbox/mode", "agents.defaults.sandbox.mode is \(mode.map { "'\($0)'" } ?? "not set"), not 'all'",
                hint: "set it to all: an agent that says nothing runs on the host otherwise", severity: .error)
        }
        for agent in model.agents where agent.isOurs {
            let user = facts.user(agent.id)
            if user?.isInProgress == true { continue }
            let violations = model.sandboxViolations(of: agent, ownerUser: CurrentProcess.effectiveUser)
            if !violations.isEmpty {
                found.add(
                    agent.id, violations.joined(separator: "; "), hint: user?.liveRow != nil && user?.isOurs == true ? Hint.repair : Hint.byHand,
                    agent: user?.agentID)
            }
            for text in model.sandboxWarnings(of: agent) {
                found.add(agent.id, text, hint: "build that image, or set sandbox.image of dcb.json", agent: user?.agentID, severity: .warning)
            }
        }
    }

    // MARK: I12

    private static func binds(_ facts: Facts, _ found: inout Findings) {
        guard let model = facts.model else { return }
        var known: [String: String] = [:]
        for node in [model.defaults?["sandbox"]] {
            binds(node, "/agents/defaults/sandbox", own: [], facts, &known, &found)
        }
        for agent in model.agents {
            guard let sandbox = agent.node["sandbox"] else { continue }
            let own = [agent.workspace, agent.agentDir].compactMap { $0 }
            binds(sandbox, agent.id, own: own, facts, &known, &found)
        }
    }

    private static func binds(
        _ sandbox: JSON.Node?, _ subject: String, own: [String], _ facts: Facts, _ known: inout [String: String], _ found: inout Findings
    ) {
        for place in [sandbox?["docker"]?["binds"], sandbox?["browser"]?["binds"]] {
            guard let place else { continue }
            for element in place.elements {
                guard let text = element.stringValue else { continue }
                let reason = known[text] ?? fault(text, own: own, facts)
                // What is an agent's own depends on the agent.
                if own.isEmpty || !text.contains(facts.paths.stateDir) { known[text] = reason }
                if !reason.isEmpty {
                    found.add(subject, "the bind '\(text)' \(reason)", hint: "take it out of openclaw.json", agent: facts.user(subject)?.agentID)
                }
            }
        }
    }

    /// Empty: none.
    private static func fault(_ text: String, own: [String], _ facts: Facts) -> String {
        let bind: BindMount
        switch BindMount.parse(text) {
        case .failure(let fault): return fault.reason
        case .success(let parsed): bind = parsed
        }
        guard let resolved = bind.resolved else { return "has a source that is not there" }
        for one in [bind, resolved] {
            let isOwn = own.contains { Path.isInside(one.source, $0) }
            if let reason = one.refusal(home: facts.paths.home, privatePaths: isOwn ? [] : [facts.paths.stateDir, facts.paths.config, facts.paths.record]) {
                return reason
            }
        }
        return ""
    }

    // MARK: I22

    private static func model(_ facts: Facts, _ found: inout Findings) {
        // Before 2026.8 an agent without credentials of its own uses the main agent's.
        guard let model = facts.model, model.shape == .entries, model.defaults?["authInheritance"]?["agentId"]?.stringValue == nil else { return }
        var without = 0
        var first: String?
        for user in facts.users where user.entry != nil && user.liveRow != nil && !user.isInProgress && !user.files.hasAuthProfiles {
            if user.files.hasDatabase, hasOwnCredential(user, facts) { continue }
            without += 1
            first = first ?? user.agentID
        }
        guard let first else { return }
        found.add(
            "/agents/defaults/authInheritance",
            "it is not set, and \(without == 1 ? "agent \(first) has" : "\(without) agents have") no model credentials of \(without == 1 ? "its" : "their") own",
            hint: "set agents.defaults.authInheritance.agentId to the agent that has them, such as main")
    }
}

/// An agent's own database may not tell; then nothing is said.
private func hasOwnCredential(_ user: User, _ facts: Facts) -> Bool {
    guard let id = AgentID(user.agentID) else { return true }
    return AgentDatabase.hasAuthProfile(Path.join(facts.paths.agentDir(for: id), "openclaw-agent.sqlite")) ?? true
}
