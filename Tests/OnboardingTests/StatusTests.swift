import Onboarding
import Testing

@Suite struct StatusTests {
    /// The matrix of COMMANDS.md, written out; whatever is not here is illegal.
    static let moves: [(Status, Status, [Status.Cause])] = [
        (.new, .pendingWelcome, [.applied, .update]),
        (.new, .collectingInfo, [.signOfLife, .update]),
        (.new, .readyForHandover, [.update, .bothKnown]),
        (.new, .complete, [.handover]),
        (.new, .cancelled, [.update, .cancel, .stale, .removal]),
        (.pendingWelcome, .collectingInfo, [.signOfLife, .update]),
        (.pendingWelcome, .readyForHandover, [.update, .bothKnown]),
        (.pendingWelcome, .complete, [.handover]),
        (.pendingWelcome, .cancelled, [.update, .cancel, .stale, .removal]),
        (.collectingInfo, .readyForHandover, [.update, .bothKnown]),
        (.collectingInfo, .complete, [.handover]),
        (.collectingInfo, .cancelled, [.update, .cancel, .stale, .removal]),
        (.readyForHandover, .complete, [.handover, .update]),
        (.readyForHandover, .cancelled, [.update, .cancel, .removal]),
        (.complete, .active, [.token, .update]),
        (.complete, .cancelled, [.removal]),
        (.active, .cancelled, [.removal]),
    ]

    @Test(arguments: Status.allCases, Status.allCases) func allowsWhatTheMatrixAllows(_ from: Status, _ to: Status) {
        let causes = StatusTests.moves.first { $0.0 == from && $0.1 == to }?.2 ?? []
        for cause in Status.Cause.allCases {
            #expect(from.allows(to, by: cause) == causes.contains(cause), "\(from) to \(to) by \(cause)")
        }
    }

    @Test func names() {
        #expect(
            Status.allCases.map(\.rawValue) == ["new", "pending_welcome", "collecting_info", "ready_for_handover", "complete", "active", "cancelled"])
        #expect(Status(rawValue: "canceled") == nil)
    }

    @Test func onboardingEndsWithComplete() {
        #expect(Status.allCases.filter(\.isOnboarding) == [.new, .pendingWelcome, .collectingInfo, .readyForHandover])
    }

    @Test func targetsAreNearestFirst() {
        #expect(Status.new.targets(by: .update) == [.pendingWelcome, .collectingInfo, .readyForHandover, .cancelled])
        #expect(Status.cancelled.targets(by: .removal).isEmpty)
    }
}
