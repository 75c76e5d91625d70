import CommandKit
import JSON
import Onboarding

extension ConfigEdit {
    /// Binds a phone to an agent and puts it on the allow-list, as far as either is not so already.
    /// - Throws: `no-such-agent`, `agent-not-sandboxed`, `phone-bound-elsewhere`, `agent-belongs-elsewhere` (another phone is bound to the agent),
    ///   `channel-disabled`.
    @discardableResult
    public mutating func bind(_ phone: PhoneNumber, to agent: AgentID) throws(Problem) -> BindOutcome {
        let id = AgentKey.normalise(agent.text)
        guard hasAgent(id) else { throw Problem(.noSuchAgent, "agent \(agent.text) is not in openclaw.json", hint: "run dcb-create-agent first") }
        if addedPositions[id] == nil, !completed.contains(id), let entry = model.agent(id) {
            let violations = model.sandboxViolations(of: entry, ownerUser: ownerUser)
            if let first = violations.first {
                throw Problem(
                    .agentNotSandboxed,
                    "agent \(agent.text) does not satisfy the sandbox policy: \(violations.count > 1 ? violations.joined(separator: "; ") : first)")
            }
        }
        let present = model.bindings(ofPhone: phone.e164).filter { unboundNodes[$0.position] == nil }
        let pending = boundPositions[phone.e164].flatMap { bound[$0] }
        if let other = present.first(where: { $0.agentID != id })?.agentID
            ?? pending.map({ AgentKey.normalise($0.agent.text) }).flatMap({ $0 == id ? nil : $0 })
        {
            throw Problem(.phoneBoundElsewhere, "phone \(Redaction.phone(phone.e164)) is bound to agent \(other) in openclaw.json")
        }
        if let other = model.broadcast.agents(ofPhone: phone.e164, channel: model.policy.channel).first(where: { $0 != id }) {
            throw Problem(
                .phoneBoundElsewhere, "broadcast of openclaw.json gives the messages of \(Redaction.phone(phone.e164)) to agent \(other)",
                hint: "take that phone out of broadcast, or keep its agent \(agent.text) alone there")
        }
        let others = model.bindings(ofAgent: id).contains { binding in
            binding.isDirectPeer && binding.channel == model.policy.channel && binding.peerID != phone.e164 && unboundNodes[binding.position] == nil
        }
        if others || boundAgents[id].map({ $0 != phone }) ?? false {
            throw Problem(.agentBelongsElsewhere, "agent \(agent.text) answers another phone in openclaw.json")
        }
        let outcome = try allowOutcome(phone)

        let account = model.policy.account
        let own = present.first { !$0.isNarrower && ($0.accountID == "*" || ConfigEdit.isAccount($0.accountID, account)) }
        let value = own?.node.value(maxDepth: 64) ?? bindingValue(phone, agent)
        let isNew = own == nil && pending == nil
        if isNew {
            boundPositions[phone.e164] = bound.count
            bound.append((phone, agent))
            boundAgents[id] = phone
        }
        if outcome == .added { allow(phone) }
        return BindOutcome(binding: value, isNew: isNew, allow: outcome)
    }

    /// Takes out what `bind` wrote for this pair: the binding, and if wanted the allow-list entry of exactly this spelling.
    /// - Parameter removeAllowEntry: whether the entry is ours.
    @discardableResult
    public mutating func unbind(_ phone: PhoneNumber, from agent: AgentID, removeAllowEntry: Bool) throws(Problem) -> (unbound: Bool, disallowed: Bool) {
        let id = AgentKey.normalise(agent.text)
        var unbound = false
        let candidates = model.bindings(ofPhone: phone.e164).filter { $0.agentID == id && !$0.isNarrower && unboundNodes[$0.position] == nil }
        let ours = candidates.filter { ConfigEdit.isAccount($0.accountID, model.policy.account) }
        // The policy's account was another one when it was bound.
        for binding in ours.isEmpty ? candidates : ours {
            unboundNodes[binding.position] = binding.node
            unbound = true
        }
        if let at = boundPositions[phone.e164], let pending = bound[at], AgentKey.normalise(pending.agent.text) == id {
            bound[at] = nil
            boundPositions[phone.e164] = nil
            boundAgents[id] = nil
            unbound = true
        }
        return (unbound, removeAllowEntry && disallow(phone))
    }

    /// Takes out the bindings of a phone that have the form of ours and name another agent than its own.
    /// - Returns: the agents that they named.
    @discardableResult
    public mutating func unbindOthers(_ phone: PhoneNumber, than agent: AgentID, from others: Set<String>) -> [String] {
        let id = AgentKey.normalise(agent.text)
        var found: [String] = []
        for binding in model.bindings(ofPhone: phone.e164) where binding.agentID != id && others.contains(binding.agentID) && !binding.isNarrower {
            guard unboundNodes[binding.position] == nil, ConfigEdit.isAccount(binding.accountID, model.policy.account) else { continue }
            unboundNodes[binding.position] = binding.node
            found.append(binding.agentID)
        }
        return found
    }

    /// Whether this edit puts the phone on the allow-list.
    public func allows(_ phone: PhoneNumber) -> Bool { allowedPositions[phone.e164] != nil }

    /// The binding as dcb writes it.
    func bindingValue(_ phone: PhoneNumber, _ agent: AgentID) -> JSON.Value {
        var match: [(String, JSON.Value)] = [("channel", .string(model.policy.channel))]
        if !model.policy.account.isEmpty { match.append(("accountId", .string(model.policy.account))) }
        let peer: [(String, JSON.Value)] = [("kind", .string(model.peerKind.rawValue)), ("id", .string(phone.e164))]
        match.append(("peer", .object(JSON.Object(peer))))
        return .object(JSON.Object([("agentId", .string(agent.text)), ("match", .object(JSON.Object(match)))]))
    }

    private static func isAccount(_ account: String?, _ policy: String) -> Bool { account == policy || (policy.isEmpty && account == nil) }

    // MARK: - Allow-list

    private func allowOutcome(_ phone: PhoneNumber) throws(Problem) -> AllowOutcome {
        switch model.directMessages {
        case .none: return .noChannel
        case .disabled:
            throw Problem(
                .channelDisabled, "direct messages of \(model.policy.channel) are disabled in openclaw.json",
                hint: "set dmPolicy to allowlist or pairing, or do not onboard people on this gateway")
        case .open: return .open
        case .listed(_, let contains):
            if allowedPositions[phone.e164] != nil { return .present }
            if let gone = disallowed[phone.e164] {
                // Ours goes; somebody else's spelling of the same number may stay.
                let rest = model.allowList?.node?.elements.contains { element in
                    element != gone && element.stringValue.map { AllowList.digits(of: $0) } == String(phone.digits)
                }
                return rest == true ? .present : .added
            }
            return contains.contains(String(phone.digits)) ? .present : .added
        }
    }

    private mutating func allow(_ phone: PhoneNumber) {
        if disallowed.removeValue(forKey: phone.e164) != nil { return }
        allowedPositions[phone.e164] = allowed.count
        allowed.append(phone)
    }

    private mutating func disallow(_ phone: PhoneNumber) -> Bool {
        if let at = allowedPositions.removeValue(forKey: phone.e164) {
            allowed[at] = nil
            return true
        }
        guard disallowed[phone.e164] == nil, let node = model.allowList?.exact[phone.e164] else { return false }
        disallowed[phone.e164] = node
        return true
    }
}
