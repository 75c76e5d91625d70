import CommandKit
import Onboarding
import Store

/// One thing that is to be put right about a user: what dcb-reconcile decides, and `Mending` does.
public struct Mend: Sendable {
    public enum Work: Sendable, Equatable {
        /// A removal that somebody began.
        case finishRemoval
        /// A provision that somebody began: committed when all is there, else undone.
        case settle
        /// Something of ours that no row has.
        case remove
        /// A row whose agent is not there.
        case cancel
        /// A row that nobody ever came for.
        case cancelStale
        /// A row whose agent is there: what it lacks is added, a sandbox that is too weak is set back, a binding that leads to one of `others` is corrected.
        case complete(others: Set<String>)
        /// A binding or allow-list entry of ours for an agent that the phone has no more.
        case forget(Set<EntryKind>)
    }

    public let work: Work
    public let phone: PhoneNumber
    public let agentID: AgentID

    public init(_ work: Work, _ phone: PhoneNumber, _ agentID: AgentID) {
        self.work = work
        self.phone = phone
        self.agentID = agentID
    }

    /// Whether a person's agent, row or route goes by a decision of reconcile, and not by one that somebody made before.
    public var isRemoval: Bool {
        switch work {
        case .remove, .cancel, .cancelStale, .forget: true
        case .finishRemoval, .settle, .complete: false
        }
    }

    public enum Outcome: Sendable {
        case done
        /// It was no more so when it was looked at under the locks.
        case skipped(String)
        case failed(Problem)
    }
}
