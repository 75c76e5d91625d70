import CommandKit
import JSON
import Onboarding

/// The edited file, parsed again and checked before it replaces the old one: the last net.
struct Candidate {
    /// The file as it would be.
    let bytes: [UInt8]
    /// The OpenClaw for which it is good; nil when there are objections.
    let version: OpenClawVersion?
    /// What is wrong now and was not before, by the agent whose document brought it (nil: not to be told).
    let objections: [(agentID: String?, problem: Problem)]

    init(_ edit: ConfigEdit, _ verdict: Verdict) {
        let touched = Candidate.touched(edit)
        let model: ConfigModel
        do {
            model = try ConfigModel(edited: try edit.document(), of: edit.model, isIndexed: touched.count + edit.removed.count > Candidate.fewAgents)
        } catch {
            bytes = []
            version = nil
            objections = [(nil, Problem(.internalError, "the edited openclaw.json would be wrong: \(error)"))]
            return
        }
        bytes = model.document.bytes
        switch verdict.judge(model, of: edit) {
        case .bad(let finding):
            let agent = touched.first { finding.subject == $0 || finding.subject == "binding of \($0)" } ?? edit.removed.keys.first { finding.subject == $0 }
            version = nil
            objections = [(agent, Problem(.configInvalid, "the edited openclaw.json would not be valid: \(finding)"))]
        case .good(let good):
            objections = Check(edit: edit, model: model, touched: touched).objections()
            version = objections.isEmpty ? good : nil
        }
    }

    /// The first of each agent; an empty key: not to be told.
    var objectionsByAgent: [String: Problem] { Dictionary(objections.map { ($0.agentID ?? "", $0.problem) }, uniquingKeysWith: { first, _ in first }) }

    /// For so many the roster is searched faster than it is indexed.
    private static let fewAgents = 8

    private static func touched(_ edit: ConfigEdit) -> Set<String> {
        Set(edit.addedPositions.keys).union(edit.completed).union(edit.boundAgents.keys)
    }
}

/// What the agents that an edit touches must be in the edited file.
private struct Check {
    let edit: ConfigEdit
    let model: ConfigModel
    let touched: Set<String>

    func objections() -> [(agentID: String?, problem: Problem)] {
        var found: [(agentID: String?, problem: Problem)] = []
        check(&found)
        return found
    }

    private func check(_ found: inout [(agentID: String?, problem: Problem)]) {
        var seen: Set<String> = []
        var entries: [AgentEntry] = []
        for agent in model.agents where touched.contains(agent.id) {
            if seen.insert(agent.id).inserted {
                entries.append(agent)
            } else {
                found.append((agent.id, Problem(.configInvalid, "agent \(agent.id) is in openclaw.json twice")))
            }
        }
        for id in touched where !seen.contains(id) { found.append((id, Problem(.noSuchAgent, "agent \(id) is not in the edited openclaw.json"))) }
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
        shared(entries, &found)
    }

    // What two agents must not have in common (OpenClaw finds only the agentDir).
    private func shared(_ entries: [AgentEntry], _ found: inout [(agentID: String?, problem: Problem)]) {
        var occupied = Occupied(model, except: [])
        for agent in entries {
            let password = agent.keyringPassword?.revealForConfig()
            if let conflict = occupied.take(agent.id, workspace: agent.workspace, agentDir: agent.agentDir, password: password) {
                found.append((agent.id, Problem(.configInvalid, "agents \(agent.id) and \(conflict.other) would have the same \(conflict.what)")))
            }
        }
    }
}
