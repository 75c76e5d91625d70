import CommandKit
import JSON
import Onboarding

extension ConfigEdit {
    /// Completes the entry of an agent that is there, and sets back what makes its sandbox weaker than the policy. What is stricter, or says nothing of
    /// the policy, stays.
    /// - Returns: what was broken, as `sandboxViolations` says it; empty when only something was missing, or nothing.
    /// - Throws: as `addAgent`; `no-such-agent`.
    @discardableResult
    public mutating func mendAgent(_ spec: AgentSpec) throws(Problem) -> [String] {
        let id = AgentKey.normalise(spec.id.text)
        guard let entry = model.agent(id), removed[id] == nil, addedPositions[id] == nil else {
            throw Problem(.noSuchAgent, "agent \(spec.id.text) is not in openclaw.json", hint: "run dcb-create-agent first")
        }
        if replacements.contains(where: { $0.id == id }) { return [] }
        try addAgent(spec)
        let own = entry.node["sandbox"]
        if let own, own.kind != .object {
            replacements.append((id, own, spec.sandboxValue))
            completed.insert(id)
            return ["sandbox is no object"]
        }
        if let docker = own?["docker"], docker.kind != .object {
            replacements.append((id, docker, spec.dockerValue))
            completed.insert(id)
            return ["sandbox.docker is no object"]
        }
        let faults = model.sandboxRules(entry).faults(ownerUser: ownerUser)
        var changed: Set<Int> = []
        for fault in faults {
            let owner: JSON.Node? =
                switch fault.place {
                case .sandbox: own
                case .docker: own?["docker"]
                case .browser: own?["browser"]
                case .exec: entry.node["tools"]?["exec"]
                }
            // What the entry does not say itself was added above.
            guard let node = owner?[fault.key], changed.insert(node.range.lowerBound).inserted else { continue }
            switch fault.mend {
            case .none: continue
            case .set(let value): replacements.append((id, node, value))
            case .remove: replacements.append((id, node, nil))
            }
            completed.insert(id)
        }
        return faults.map(\.text)
    }

    /// Takes the mark of the default agent from one person's agent: it would answer everybody.
    /// - Returns: whether it had one.
    @discardableResult
    public mutating func unmarkDefault(_ agent: AgentID) -> Bool {
        let id = AgentKey.normalise(agent.text)
        guard let entry = model.agent(id), removed[id] == nil, entry.isDefault, let mark = entry.node["default"] else { return false }
        // Without any mark a roster of several needs ownership; then somebody else has to say who answers.
        guard model.shape == .entries, model.places.ownership != nil || model.agents.contains(where: { $0.isDefault && $0.id != id }) else { return false }
        replacements.append((id, mark, nil))
        completed.insert(id)
        return true
    }
}
