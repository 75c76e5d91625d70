import CommandKit
import JSON
import Onboarding
import Store

/// Finishes removals whose claims we hold: unbind, remove the agent, cancel the row.
public struct Removal {
    let workplace: Workplace
    let record: Record

    public init(_ workplace: Workplace, record: Record) {
        self.workplace = workplace
        self.record = record
    }

    /// - Returns: for each claim what kept it from being finished, if anything did.
    public func finish(_ claims: [Claim]) -> [PhoneNumber: Problem] {
        var failures: [PhoneNumber: Problem] = [:]
        var items: [StepItem] = []
        for claim in claims {
            do throws(Problem) {
                items.append(
                    try StepItem(
                        StreamDocument(
                            line: 1, members: ["phone": .string(claim.phone.e164), "agentId": .string(claim.agentID), "fence": .string(claim.fence)])))
            } catch { failures[claim.phone] = error }
        }
        do throws(Problem) {
            try BindingStep(workplace, record: record).undo(items)
            try AgentUndo(workplace, record: record).run(items)
            try record.write { (r) throws(Problem) in
                for item in items.live {
                    item.attempt { () throws(Problem) in
                        try r.savepoint { (r) throws(Problem) in _ = try r.commitRemoval(item.phone, item.agentID.text, fence: item.fence) }
                    }
                }
            }
        } catch { items.refuseLive(error) }
        for item in items { if let problem = item.problem { failures[item.phone] = problem } }
        return failures
    }
}
