import CommandKit
import Onboarding
import OpenClaw
import Platform
import Provisioning
import Store

/// An agent in the config that looks like ours and is not in the ledger: what would be written there.
struct Adoption {
    let phone: PhoneNumber
    let agentID: AgentID
    let kinds: [EntryKind]

    /// Looks like ours: an id and folders as we give them, and exactly one binding of one phone that has no other.
    static func find(_ facts: Facts) -> [Adoption] {
        guard let model = facts.model else { return [] }
        var found: [Adoption] = []
        for user in facts.users where user.claim == nil && !user.isDoubled && !user.isInProgress && !user.isCancelled {
            guard let entry = user.entry, let id = AgentID(user.agentID), entry.workspace == facts.paths.workspace(for: id),
                entry.agentDir == nil || entry.agentDir == facts.paths.agentDir(for: id)
            else { continue }
            let own = model.bindings(ofAgent: entry.id)
            guard own.count == 1, let binding = own.first, binding.isDirectPeer, binding.channel == model.policy.channel,
                let phone = binding.peerID.flatMap({ PhoneNumber(e164: $0) }), model.bindings(ofPhone: phone.e164).count == 1
            else { continue }
            if let row = user.liveRow, row.phone != phone.e164 { continue }
            if let other = facts.user(ofPhone: phone.e164), other.agentID != user.agentID { continue }
            var kinds: [EntryKind] = [.agent, .binding]
            if model.isListedExactly(phone.e164) { kinds.append(.allow) }
            kinds.removeAll { user.ledger.contains($0) }
            if kinds.isEmpty, user.liveRow != nil { continue }
            // A row with agent and binding in the ledger is whole: an allow-list entry beside it is the operator's.
            if kinds == [.allow], user.liveRow != nil { continue }
            found.append(Adoption(phone: phone, agentID: id, kinds: kinds))
        }
        return found
    }

    var action: Action {
        Action(
            "adopt", agentID: agentID.text, phone: phone.e164, "into the ledger: \(kinds.map(\.rawValue).joined(separator: ", "))", .adopt(self))
    }

    /// Writes them, one savepoint each; an older record counts as the newest from then on.
    /// - Parameter rehearses: all of it is taken back.
    static func write(_ adoptions: inout [Action], record: Record, isOlder: Bool, rehearses: Bool) throws(Problem) {
        var actions = adoptions
        func all(_ r: Record) throws(Problem) {
            if isOlder { try r.acceptAsNewest() }
            for at in actions.indices {
                guard case .adopt(let adoption) = actions[at].work else { continue }
                do throws(Problem) {
                    try r.savepoint { (r) throws(Problem) in _ = try r.adopt(adoption.phone, agent: adoption.agentID, kinds: adoption.kinds) }
                } catch { actions[at].problem = error }
            }
        }
        rehearses ? try record.rehearse(all) : try record.write(all)
        adoptions = actions
    }
}
