import CommandKit
import Onboarding
import Store

extension Record {
    /// Whether the ledger still holds this of the item's phone and agent.
    func isOpen(_ kind: EntryKind, _ item: StepItem) throws(Problem) -> Bool {
        try openLedger(item.phone, agent: item.agentID.text).contains { $0.kind == kind }
    }
}

extension Authority {
    /// The claim, when it is one.
    var claim: Claim? {
        if case .claim(let claim) = self { return claim }
        return nil
    }
}
