import CommandKit
import JSON
import Onboarding
import Platform
import Provisioning

/// Something that the repair does, or would do.
struct Action {
    /// What scripts rely on: `finish-removal`, `commit`, `undo`, `remove-agent`, `cancel`, `cancel-stale`, `complete`, `forget`, `advance`, `applied`, `empty-trash`,
    /// `remove-lock`, `remove-temporary`, `set-mode`, `adopt`.
    let name: String
    let agentID: String?
    let phone: String?
    /// A path, when it is about a file.
    let path: String?
    let detail: String
    let work: Work
    /// Why it was not done, when it was tried.
    var problem: Problem?
    var skipped: String?

    enum Work {
        case mend(Mend)
        /// What evidence says of a row: its new status, or a name and an address that its agent has written down.
        case advance(PhoneNumber, to: Status?, name: String?, email: String?)
        /// The running gateway has it.
        case applied
        case emptyTrash
        case removeLock
        case removeTemporary
        case setMode(UInt32)
        case adopt(Adoption)
    }

    init(_ name: String, agentID: String? = nil, phone: String? = nil, path: String? = nil, _ detail: String, _ work: Work) {
        self.name = name
        self.agentID = agentID
        self.phone = phone
        self.path = path
        self.detail = detail
        self.work = work
    }

    var isRemoval: Bool {
        if case .mend(let mend) = work { return mend.isRemoval }
        return false
    }

    var object: Object {
        var object: Object = ["action": .string(name)]
        if let agentID { object["agentId"] = .string(agentID) }
        if let phone { object["phone"] = .string(Redaction.phone(phone)) }
        if let path { object["path"] = .string(path) }
        object["detail"] = .string(detail)
        if let skipped { object["skipped"] = .string(skipped) }
        if let problem { object["problem"] = .string(problem.name) }
        return object
    }
}
