import JSON

/// How bad it is that something is not as it should be.
enum Severity: String, Comparable, CaseIterable {
    /// Privacy or data is at stake now.
    case critical
    /// Somebody is not served, or soon will not be.
    case error
    /// Should be looked at.
    case warning

    private var rank: Int { Severity.allCases.firstIndex(of: self) ?? 0 }
    static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
}

/// Something that is not as it should be.
struct Finding {
    let invariant: String
    let severity: Severity
    /// An agent's id, a path, a place in openclaw.json, a job; never a whole phone number.
    let subject: String
    let detail: String
    let hint: String
    /// Whose it is, when it is one agent's: then it is looked at again before it is told.
    let agentID: String?

    var object: Object {
        [
            "invariant": .string(invariant), "severity": .string(severity.rawValue), "subject": .string(subject), "detail": .string(detail),
            "hint": .string(hint),
        ]
    }

    var identity: String { "\(invariant)\u{0}\(subject)\u{0}\(detail)" }
}

/// What the invariants find, one after the other.
struct Findings {
    private(set) var all: [Finding] = []
    private let invariant: Invariant

    init(_ invariant: Invariant) { self.invariant = invariant }

    mutating func add(_ subject: String, _ detail: String, hint: String, agent: String? = nil, severity: Severity? = nil) {
        all.append(
            Finding(invariant: invariant.id, severity: severity ?? invariant.severity, subject: subject, detail: detail, hint: hint, agentID: agent))
    }

    mutating func add(_ user: User, _ detail: String, hint: String, severity: Severity? = nil) {
        add(user.agentID, detail, hint: hint, agent: user.agentID, severity: severity)
    }
}

/// What a hint most often names.
enum Hint {
    static let repair = "dcb-reconcile --repair mends it"
    static let byHand = "mend it in openclaw.json by hand"
    static let adopt = "dcb-reconcile --adopt takes it over; or remove it by hand"
}
