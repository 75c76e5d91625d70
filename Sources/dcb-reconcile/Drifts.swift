import CommandKit
import Onboarding
import OpenClaw
import Platform
import Provisioning
import Store

/// Where record, config and files have come apart.
struct Drifts {
    /// Of ours, and no row has it.
    private(set) var orphanedAgents: [User] = []
    /// Its agent is not in the config.
    private(set) var orphanedRecords: [User] = []
    private(set) var invalidBindings: [(binding: Binding, why: String, isMendable: Bool)] = []
    /// Nobody ever came for it.
    private(set) var staleStates: [User] = []
    private(set) var unfinishedClaims: [User] = []
    /// Looks like a user's, and neither ledger nor record knows it.
    private(set) var foreignAgents: [User] = []

    init(_ facts: Facts) {
        guard facts.record != nil || facts.recordProblem == nil else { return }
        for user in facts.users where !user.isInProgress {
            if user.isUnfinished {
                unfinishedClaims.append(user)
            } else if let row = user.liveRow {
                if facts.model != nil, user.entry == nil {
                    orphanedRecords.append(user)
                } else if facts.isWaiting(row), facts.isOld(row), facts.life(user) == .none {
                    staleStates.append(user)
                }
            } else if user.isOurs {
                orphanedAgents.append(user)
            } else if user.isForeign {
                foreignAgents.append(user)
            }
        }
        bindings(facts)
    }

    private mutating func bindings(_ facts: Facts) {
        guard let model = facts.model else { return }
        for binding in model.allBindings {
            let owner = binding.isDirectPeer && binding.channel == model.policy.channel ? binding.peerID.flatMap { facts.user(ofPhone: $0) } : nil
            if facts.user(binding.agentID)?.isInProgress == true || owner?.isInProgress == true { continue }
            if model.agent(binding.agentID) == nil {
                invalidBindings.append((binding, "agent \(binding.agentID) is not in openclaw.json", Drifts.isMendable(binding, facts)))
            } else if let owner, binding.agentID != owner.entry?.id ?? owner.agentID.lowercased() {
                invalidBindings.append((binding, "the agent of this phone is \(owner.agentID)", Drifts.isMendable(binding, facts)))
            }
        }
    }

    mutating func leaveOut(_ moved: Set<String>) {
        func isOut(_ user: User) -> Bool { moved.contains(user.agentID) }
        orphanedAgents.removeAll(where: isOut)
        orphanedRecords.removeAll(where: isOut)
        staleStates.removeAll(where: isOut)
        unfinishedClaims.removeAll(where: isOut)
        foreignAgents.removeAll(where: isOut)
        let keys = Set(moved.map { $0.lowercased() })
        invalidBindings.removeAll { binding, _, _ in keys.contains(binding.agentID) }
    }

    /// Whether a wrong binding is ours to take out or to correct: our ledger has a binding of that phone, the form is ours, and it leads nowhere or to
    /// another person's agent, like all others of that phone that are not to its own. Where one leads to an agent of the operator's, the operator may have
    /// meant it.
    static func isMendable(_ binding: Binding, _ facts: Facts) -> Bool {
        guard let model = facts.model, let phone = binding.peerID, binding.isDirectPeer, binding.channel == model.policy.channel else { return false }
        if let user = facts.user(binding.agentID), user.ledger.contains(.binding), user.ledgerPhone == phone { return true }
        guard let owner = facts.user(ofPhone: phone), owner.ledger.contains(.binding), owner.entry != nil else { return false }
        // So many are nobody's slip.
        let all = model.bindings(ofPhone: phone, limit: 8)
        return all.count < 8
            && !all.contains { other in
                other.agentID != owner.entry?.id
                    && (other.accountID != model.policy.account || model.agent(other.agentID) != nil && facts.user(other.agentID)?.liveRow == nil)
            }
    }
}
