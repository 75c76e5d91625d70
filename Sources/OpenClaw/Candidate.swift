import CommandKit
import JSON
import Onboarding

/// The edited file, parsed again and checked before it replaces the old one: the last net.
struct Candidate {
    let bytes: [UInt8]
    private let edit: ConfigEdit
    private let verdict: Verdict

    init(_ edit: ConfigEdit, _ verdict: Verdict) {
        self.edit = edit
        self.verdict = verdict
        bytes = edit.apply()
    }

    /// What is wrong now and was not before, by the agent whose document brought it (nil: not to be told).
    func objections() -> [(agentID: String?, problem: Problem)] {
        let model: ConfigModel
        do { model = try ConfigModel(edited: bytes, of: edit.model) } catch {
            return [(nil, Problem(.internalError, "the edited openclaw.json would be wrong: \(error.detail)"))]
        }
        if let finding = verdict.objection(edit, candidate: model.document) {
            let agent = touched.first { finding.subject == $0 || finding.subject == "binding of \($0)" } ?? edit.removed.keys.first { finding.subject == $0 }
            return [(agent, Problem(.configInvalid, "the edited openclaw.json would not be valid: \(finding)"))]
        }
        var found: [(agentID: String?, problem: Problem)] = []
        check(model, &found)
        return found
    }

    private var touched: Set<String> {
        Set(edit.addedPositions.keys).union(edit.completed).union(edit.boundAgents.keys)
    }

    private func check(_ model: ConfigModel, _ found: inout [(agentID: String?, problem: Problem)]) {
        let ids = touched
        var seen: Set<String> = []
        var entries: [AgentEntry] = []
        for agent in model.agents where ids.contains(agent.id) {
            if seen.insert(agent.id).inserted {
                entries.append(agent)
            } else {
                found.append((agent.id, Problem(.configInvalid, "agent \(agent.id) is in openclaw.json twice")))
            }
        }
        for id in ids where !seen.contains(id) { found.append((id, Problem(.noSuchAgent, "agent \(id) is not in the edited openclaw.json"))) }
        for agent in entries {
            let violations = model.sandboxViolations(of: agent, ownerUser: edit.ownerUser)
            if !violations.isEmpty {
                found.append(
                    (agent.id, Problem(.agentNotSandboxed, "agent \(agent.id) would not satisfy the sandbox policy: \(violations.joined(separator: "; "))")))
            }
            if agent.isDefault {
                found.append((agent.id, Problem(.configInvalid, "agent \(agent.id) is marked as the default agent: it would answer everybody")))
            }
            if model.bindings(ofAgent: agent.id).contains(where: { $0.peerKind == nil }) {
                found.append((agent.id, Problem(.configInvalid, "agent \(agent.id) is bound without a peer: it would answer everybody")))
            }
        }
        for (phone, agent) in edit.bound.compactMap({ $0 }) {
            let id = AgentKey.normalise(agent.text)
            let bindings = model.bindings(ofPhone: phone.e164)
            if bindings.isEmpty || bindings.contains(where: { $0.agentID != id }) {
                found.append((id, Problem(.phoneBoundElsewhere, "phone \(Redaction.phone(phone.e164)) would not be bound to agent \(id) alone")))
            }
        }
        for id in edit.removed.keys where edit.addedPositions[id] == nil && model.agent(id) != nil {
            found.append((id, Problem(.internalError, "agent \(id) would still be in openclaw.json")))
        }
        shared(model, ids, &found)
    }

    // What two agents must not have in common (OpenClaw finds only the agentDir).
    private func shared(_ model: ConfigModel, _ ids: Set<String>, _ found: inout [(agentID: String?, problem: Problem)]) {
        guard !ids.isEmpty else { return }
        var occupied = Occupied()
        for agent in model.agents where ids.contains(agent.id) {
            let password = agent.keyringPassword?.revealForConfig()
            if let conflict = occupied.take(agent.id, workspace: agent.workspace, agentDir: agent.agentDir, password: password) {
                found.append((agent.id, Problem(.configInvalid, "agents \(agent.id) and \(conflict.other) would have the same \(conflict.what)")))
            }
        }
        for agent in model.agents where !ids.contains(agent.id) {
            if let conflict = occupied.meets(agent) {
                found.append((conflict.other, Problem(.configInvalid, "agents \(conflict.other) and \(agent.id) would have the same \(conflict.what)")))
            }
        }
    }
}
