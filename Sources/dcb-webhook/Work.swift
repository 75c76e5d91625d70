import CommandKit
import JSON

/// Which command a document goes to. Each has its own queue and its own groups.
enum Lane: Int, CaseIterable {
    case onboarding, get, update, handover

    var name: String {
        switch self {
        case .onboarding: "onboarding"
        case .get: "get"
        case .update: "update"
        case .handover: "handover"
        }
    }
}

/// One document and all who wait for what becomes of it.
final class Work {
    let lane: Lane
    let phone: String
    let members: Object
    /// Unique in this process: what a child's answers and problems are matched by.
    let id: String
    /// The row is asked for in place of an onboarding, which could make one agent too many (`--max-new`).
    let standsForOnboarding: Bool
    private var callers: [Exchange]
    private(set) var isDone = false

    init(_ lane: Lane, phone: String, members: Object, id: String, standsForOnboarding: Bool = false, caller: Exchange) {
        self.lane = lane
        self.phone = phone
        self.members = members
        self.id = id
        self.standsForOnboarding = standsForOnboarding
        callers = [caller]
    }

    func join(_ caller: Exchange) { callers.append(caller) }

    var line: [UInt8] {
        var document = members
        document["requestId"] = .string(id)
        return Value.object(document).compact() + [10]
    }

    /// Gives everyone the answer, once.
    /// - Parameter others: what all but the first are told; nil: the same.
    func finish(_ answer: Answer, others: Answer? = nil, _ tell: (Exchange, Answer) -> Void) {
        if isDone { return }
        isDone = true
        let all = callers
        callers = []
        for (i, caller) in all.enumerated() { tell(caller, i == 0 ? answer : others ?? answer) }
    }
}

/// What a command's answer to a document means for the caller.
enum Reply {
    /// - Returns: the answer, and what others who asked for the same are told; nil when it is no answer of that command.
    static func of(_ lane: Lane, _ row: Object, standsForOnboarding: Bool, whenFull: @autoclosure () -> Answer) -> (Answer, Answer?)? {
        if lane != .onboarding, row["found"]?.boolValue == false {
            if standsForOnboarding { return (whenFull(), nil) }
            return (.refused(404, "not-found", "this phone has no user"), nil)
        }
        guard let agent = row["agentId"], agent.stringValue != nil, let phone = row["phone"] else { return nil }
        switch lane {
        case .onboarding:
            guard let outcome = row["outcome"]?.stringValue, outcome == "created" || outcome == "existing" else { return nil }
            let existing = known(agent, phone)
            return outcome == "existing" ? (existing, nil) : (Answer(201, ["status": "created", "agentId": agent, "phone": phone]), existing)
        case .get:
            if standsForOnboarding { return row["status"] == "cancelled" ? (whenFull(), nil) : (known(agent, phone), nil) }
            return (
                Answer(
                    200,
                    [
                        "id": row["id"] ?? .null, "phone_number": phone, "agent_id": agent, "status": row["status"] ?? .null, "name": row["name"] ?? .null,
                        "email": row["email"] ?? .null, "created_at": row["createdAt"] ?? .null, "updated_at": row["updatedAt"] ?? .null,
                        "expires_at": row["expiresAt"] ?? .null,
                    ]), nil
            )
        case .update: return (Answer(200, ["success": true]), nil)
        case .handover: return (Answer(200, ["status": "handed_over", "agentId": agent]), nil)
        }
    }

    private static func known(_ agent: Value, _ phone: Value) -> Answer { Answer(200, ["status": "existing", "agentId": agent, "phone": phone]) }
}
