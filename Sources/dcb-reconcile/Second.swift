import CommandKit
import Onboarding
import OpenClaw
import Store

/// A second look at those of whom something was found: who moved between the two was being worked on, and nothing is said of it.
struct Second {
    private let facts: Facts

    init(_ facts: Facts) { self.facts = facts }

    func moved(_ suspects: Set<String>) throws(Problem) -> Set<String> {
        guard !suspects.isEmpty, facts.record != nil, let record = try facts.workplace.openRecordIfPresent() else { return [] }
        var moved: Set<String> = []
        let model = facts.configProblem == nil ? try? ConfigFile.read(facts.paths.config, policy: facts.policy, version: facts.workplace.version) : nil
        try record.snapshot { (r) throws(Problem) in
            for id in suspects {
                guard let user = facts.user(id) else { continue }
                let claim = try r.claim(agent: user.agentID)
                let row = try r.row(agent: user.agentID)
                if claim?.fence != user.claim?.fence || claim.map({ !r.mayTakeOver($0) }) ?? false {
                    moved.insert(id)
                } else if row?.status != user.row?.status, user.row != nil || row?.status != .cancelled {
                    moved.insert(id)
                } else if let model, (model.agent(id) == nil) != (user.entry == nil) || model.bindings(ofAgent: id).count != user.bindings.count {
                    moved.insert(id)
                }
            }
        }
        return moved
    }
}

extension Drifts {
    /// Everybody of whom something is said.
    var agents: Set<String> {
        Set((orphanedAgents + orphanedRecords + staleStates + unfinishedClaims + foreignAgents).map(\.agentID))
    }
}
