import CommandKit
import JSON
import Onboarding
import OpenClaw
import Platform
import Store

/// One group's change of openclaw.json together with what the record says of it: effect and fence are one.
struct ConfigTransaction {
    let workplace: Workplace
    let record: Record
    /// The audit event of a change; nil: the caller writes its own.
    var event: String?
    /// Takes a config that OpenClaw refuses too, when the edit leaves one that it accepts.
    var mends = false
    /// Gives the items under both locks, for who can only there know what is to be done; may be asked several times.
    var joining: ((ConfigModel) throws(Problem) -> [StepItem])?

    typealias Authority = (StepItem, Record) throws(Problem) -> Claim?

    /// What a step's right to act is judged by.
    static func authority(undo: Bool) -> Authority {
        { (item, r) throws(Problem) in try r.authorise(item.phone, item.agentID.text, fence: item.fence, undo: undo).claim }
    }

    /// Edits for all live items, makes intents durable, then replaces the file inside the record's transaction.
    /// - Parameters:
    ///   - authority: gives the item's claim, if it has one, or refuses; asked in both transactions.
    ///   - known: the config as it was read before, when it was.
    ///   - opening: of all items before `edit` of any: what must be out before something comes in.
    ///   - edit: the item's part of the edit; may run several times, when the file changed meanwhile.
    ///   - intended: in the first transaction, before anything is replaced.
    ///   - replacing: in the second one, before the file is replaced: from here on it may be, whatever fails.
    ///   - recorded: in the second one, after the file was replaced and before it commits.
    func run(
        _ given: [StepItem], authority: Authority, known: ConfigReading? = nil,
        opening: ((StepItem, inout ConfigEdit) throws(Problem) -> Void)? = nil,
        edit: (StepItem, inout ConfigEdit) throws(Problem) -> Void,
        intended: ((StepItem, Claim?, Record) throws(Problem) -> Void)? = nil, replacing: (([StepItem]) -> Void)? = nil,
        recorded: (StepItem, Claim?, Record) throws(Problem) -> Void
    ) throws(Problem) {
        // A claim that is lost between two steps takes its document out, and the edit is made anew without it.
        // And when the edited file does not pass its check, the documents that cause it go and the others go on.
        var items = given
        while joining != nil || !items.live.isEmpty {
            var lost = false
            var objections: [String: Problem] = [:]
            var sizeBefore = 0
            do throws(Problem) {
                let result = try ConfigFile.update(
                    path: workplace.paths.config, ownLock: workplace.paths.configLock, policy: workplace.policy, version: workplace.version,
                    known: known, mends: mends, waitMilliseconds: 30_000,
                    prepare: { (model) throws(Problem) -> (ConfigEdit, Void) in
                        sizeBefore = model.document.bytes.count
                        let empty = ConfigEdit(model, membersMade: try record.configMembersMade(), ownerUser: CurrentProcess.effectiveUser)
                        if let joining { items = try joining(model) }
                        let whole = items.edit(empty) { (live, whole) in
                            if let opening { for item in live { item.attempt { () throws(Problem) in try opening(item, &whole) } } }
                            for item in live { item.attempt { () throws(Problem) in try edit(item, &whole) } }
                        }
                        return (whole, ())
                    },
                    objecting: { objections = $0 },
                    durable: { (whole, _) throws(Problem) in
                        let made = whole.newMembersMade
                        if intended == nil, made.isEmpty { return }
                        try record.write { (r) throws(Problem) in
                            for pointer in made { try r.noteConfigMember(pointer) }
                            guard let intended else { return }
                            for item in items.live {
                                item.attempt { () throws(Problem) in
                                    try r.savepoint { (r) throws(Problem) in
                                        try intended(item, try authority(item, r), r)
                                    }
                                }
                                if item.problem != nil { lost = true }
                            }
                        }
                        if lost { throw Problem(.claimLost, "a claim of the group was lost") }
                    },
                    replacing: { (whole, _, replace) throws(Problem) in
                        try record.write { (r) throws(Problem) in
                            var claims: [(StepItem, Claim?)] = []
                            for item in items.live {
                                item.attempt { () throws(Problem) in claims.append((item, try authority(item, r))) }
                                if item.problem != nil { lost = true }
                            }
                            if lost { throw Problem(.claimLost, "a claim of the group was lost") }
                            replacing?(items.live)
                            try replace()
                            for (item, claim) in claims { try recorded(item, claim, r) }
                            for pointer in whole.membersGone { try r.forgetConfigMember(pointer) }
                        }
                    })
                if result.changed { audit(items.live, path: result.path, sizeBefore: sizeBefore) }
                for item in items.live { item.additions["config"] = ["path": .string(result.path), "changed": .bool(result.changed)] }
                return
            } catch {
                if lost { continue }
                let concerned = items.live.filter { objections[$0.agentID.normalised] != nil }
                // What names nobody concerns the file, not the documents.
                if concerned.isEmpty { throw error }
                for item in concerned { item.problem = objections[item.agentID.normalised] }
            }
        }
    }

    private func audit(_ items: [StepItem], path: String, sizeBefore: Int) {
        guard let event else { return }
        let after = ((try? Files.status(path)) ?? nil)?.sizeBytes ?? 0
        var trail = AuditTrail(folder: workplace.paths.audit, command: workplace.command.console.command, clock: workplace.clock)
        for item in items {
            trail.note(
                event, agentID: item.agentID.text, phone: item.phone.e164, requestID: item.document.requestID,
                [
                    "config": [
                        "members": .array(item.membersChanged.map { .string($0) }), "sizeBefore": .number("\(sizeBefore)"), "sizeAfter": .number("\(after)"),
                    ]
                ])
        }
        // What was done is done; a full disk must not turn it into a failure.
        do throws(Problem) { try trail.write() } catch { workplace.command.console.warn("cannot write the audit trail: \(error.detail)") }
    }

    /// Where an agent stands in the file; an element of the list is named by its id.
    static func rosterMember(_ id: AgentID, _ model: ConfigModel) -> String { "/agents/\(model.shape == .entries ? "entries" : "list")/\(id.text)" }
}
