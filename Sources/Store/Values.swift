import CommandKit
import Onboarding
import Platform

/// How far one effect of a claim has come.
public enum Progress: Int, Sendable, Comparable {
    case none = 0
    /// Recorded before the effect: it may have happened.
    case intended = 1
    case made = 2

    public static func < (a: Progress, b: Progress) -> Bool { a.rawValue < b.rawValue }
}

/// What may be recorded as made in openclaw.json and on disk.
public enum EntryKind: String, Sendable, CaseIterable { case agent, binding, allow }

/// Work in progress on a phone, at most one per phone.
public struct Claim: Sendable, Equatable {
    public enum Kind: String, Sendable { case provision, removal }

    public let phone: PhoneNumber
    /// Text, not `AgentID`: a removal may be of an agent whose id is older than that rule.
    public let agentID: String
    public let kind: Kind
    /// 64 random bits, 16 lower-case hexadecimal digits.
    public let fence: String
    public let agent: Progress
    public let binding: Progress
    public let allow: Progress
    public let leaseEndBootMilliseconds: Int64
    public let leaseMilliseconds: Int64
    public let bootID: String
    public let owner: ProcessIdentity?
    public let createdAt: Timestamp

    /// What is recorded as intended or made, in the order in which it is made.
    public var done: [EntryKind] {
        [(EntryKind.agent, agent), (.binding, binding), (.allow, allow)].filter { $0.1 > .none }.map(\.0)
    }

    /// - Parameter fence: as a document brought it: anything.
    public func isHeld(with fence: String?) -> Bool { fence?.utf8.elementsEqual(self.fence.utf8) ?? false }

    /// Seconds until the lease ends, negative once it has; 0 for a claim of an earlier boot.
    public func leaseSeconds(bootMilliseconds: Int64 = Clock.bootMilliseconds, bootID now: String = Clock.bootID()) -> Int {
        now == bootID ? Int((Double(leaseEndBootMilliseconds - bootMilliseconds) / 1000).rounded(.down)) : 0
    }
}

/// A user of the record.
public struct Row: Sendable, Equatable {
    public let id: Int64
    /// E.164, or `erased:<keyed hash>` after a purge.
    public let phone: String
    public let agentID: String
    public let status: Status
    public let name: String?
    public let email: String?
    public let language: String?
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
    public let expiresAt: Timestamp?
    /// When the running gateway was first seen to have it.
    public let appliedAt: Timestamp?
    public let oauthState: String?
    public let oauthCheckedAt: Timestamp?

    /// Whether the steps can be told of its agent: an older record may name any.
    public var isNameable: Bool { AgentID(agentID) != nil }
}

/// A step of a row's status; the texts are as stored, since an older record may know other names.
public struct TransitionEntry: Sendable, Equatable {
    public let id: Int64
    public let at: Timestamp
    public let from: String?
    public let to: String
    public let agentID: String
}

/// One thing that this toolkit made or adopted.
public struct LedgerEntry: Sendable, Equatable {
    public enum How: String, Sendable { case made, adopted }

    public let id: Int64
    public let kind: EntryKind
    public let agentID: String
    /// E.164, or `erased:<keyed hash>`.
    public let phone: String
    public let madeAt: Timestamp
    public let removedAt: Timestamp?
    public let how: How
}

/// When a job last ran, and how it ended.
public struct Heartbeat: Sendable, Equatable {
    public let job: String
    public let lastRun: Timestamp
    public let exitCode: Int32
    /// How often it is meant to run; nil when nobody said.
    public let periodSeconds: Int?

    public func ageSeconds(at now: Timestamp) -> Int { Int((now.milliseconds - lastRun.milliseconds) / 1000) }
    /// More than two periods have passed: one run at least was missed.
    public func isLate(at now: Timestamp) -> Bool { (periodSeconds ?? Heartbeat.usualPeriods[job]).map { ageSeconds(at: now) > 2 * $0 } ?? false }
    /// Ended with what is no failure: 1 is a clean "no", such as findings that the run itself has reported.
    public var endedWell: Bool { exitCode == 0 || exitCode == 1 }

    /// Of the jobs in cron/, by name: what holds when nobody said a period.
    static let usualPeriods = ["reconcile": 3600, "oauth-check": 86400, "backup": 86400]
}

/// Something `check` found.
public struct Finding: Sendable, Equatable {
    public let id: String
    public let detail: String
}

/// What `takeClaim` came to.
public enum ClaimOutcome: Sendable, Equatable {
    /// A provision that nobody had begun.
    case new(Claim)
    /// A provision taken over: same agent, same progress, new fence.
    case resumed(Claim)
    /// The user is committed; nothing is claimed.
    case existing(Row)
    /// A removal, begun or taken over.
    case removal(Claim)
    /// Nothing of that phone is left to remove.
    case absent
    /// Somebody else's claim that cannot be taken over yet.
    case busy(Claim)
    /// A provision was asked for and a removal is not finished: it was taken over and must be finished first.
    case unfinishedRemoval(Claim)
}

/// What lets a step act on a phone and an agent.
public enum Authority: Sendable, Equatable {
    /// The claim whose fence was shown.
    case claim(Claim)
    /// No claim, and the committed row of that very pair.
    case row(Row)
    /// Undo only: there is neither claim nor row nor anything in the ledger.
    case nothing
}
