/// How far one person's onboarding has come.
public enum Status: String, CaseIterable, Sendable, Hashable {
    /// Committed to the record; the gateway may not know yet.
    case new
    /// The running gateway has applied entry and binding.
    case pendingWelcome = "pending_welcome"
    /// The person has written: a session of the agent exists.
    case collectingInfo = "collecting_info"
    /// Name and e-mail are known.
    case readyForHandover = "ready_for_handover"
    /// Handed over: onboarding is done.
    case complete
    /// A Google token is present.
    case active
    /// No longer a user; the phone may onboard again, with another agent.
    case cancelled

    /// By bytes: Swift's `==` takes time in the square of a run of combining marks.
    public init?(rawValue: String) {
        guard let status = Status.allCases.first(where: { $0.rawValue.utf8.elementsEqual(rawValue.utf8) }) else { return nil }
        self = status
    }

    /// What moves a status.
    public enum Cause: Sendable, CaseIterable {
        /// The running gateway has applied it (`dcb-bind --ask`, reconcile).
        case applied
        /// A session of the agent exists (reconcile).
        case signOfLife
        /// Somebody says so (`dcb-state update`).
        case update
        /// Name and e-mail are both known now.
        case bothKnown
        /// `dcb-state handover`.
        case handover
        /// A Google token is there (`dcb-oauth-check --record`).
        case token
        /// `dcb-state cancel`.
        case cancel
        /// Too long without a sign of life (reconcile).
        case stale
        /// Offboarding.
        case removal
    }

    /// Whether `cause` may move a row from here to `to`: the matrix of dcb-state, only forward. To itself is no move, and not allowed here.
    public func allows(_ to: Status, by cause: Cause) -> Bool {
        guard rank < to.rank else { return false }
        return Status.causes(from: self, to: to).contains(cause)
    }

    /// The moves from here by `cause`, nearest first.
    public func targets(by cause: Cause) -> [Status] { Status.allCases.filter { allows($0, by: cause) } }

    /// Whether onboarding is still under way: only then a row has `expiresAt`, and can become stale.
    public var isOnboarding: Bool { rank < Status.complete.rank }

    private var rank: Int {
        switch self {
        case .new: return 0
        case .pendingWelcome: return 1
        case .collectingInfo: return 2
        case .readyForHandover: return 3
        case .complete: return 4
        case .active: return 5
        case .cancelled: return 6
        }
    }

    private static func causes(from: Status, to: Status) -> [Cause] {
        switch (from, to) {
        case (.new, .pendingWelcome), (.pendingWelcome, .pendingWelcome), (.collectingInfo, .pendingWelcome): return [.applied, .update]
        case (.new, .collectingInfo), (.pendingWelcome, .collectingInfo), (.collectingInfo, .collectingInfo): return [.signOfLife, .update]
        case (.new, .readyForHandover), (.pendingWelcome, .readyForHandover), (.collectingInfo, .readyForHandover): return [.update, .bothKnown]
        case (.new, .complete), (.pendingWelcome, .complete), (.collectingInfo, .complete): return [.handover]
        case (.new, .cancelled), (.pendingWelcome, .cancelled), (.collectingInfo, .cancelled): return [.update, .cancel, .stale, .removal]
        case (.readyForHandover, .complete): return [.handover, .update]
        case (.readyForHandover, .cancelled): return [.update, .cancel, .removal]
        case (.complete, .active): return [.token, .update]
        case (.complete, .cancelled), (.active, .cancelled): return [.removal]
        default: return []
        }
    }
}
