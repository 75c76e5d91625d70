import CommandKit
import JSON
import Onboarding
import Platform
import Provisioning
import Store

/// The verbs that only ask.
extension StateCommand {
    func initialise() throws(Problem) {
        let paths = workplace.paths
        do throws(SystemError) { try Files.makeDirectories(paths.ownFolder) } catch { throw Problem(error) }
        let existed = Files.exists(paths.record)
        _ = try workplace.openRecord()
        console.answer(["ok": true, "stateDir": .string(paths.stateDir), "db": .string(paths.record), "created": .bool(!existed)])
    }

    func get() throws(Problem) {
        guard let text = command.arguments.value("agent") else { return try stream(GetVerb(self).run) }
        if !command.arguments.operands.isEmpty { throw Problem(.usage, "give a phone or --agent, not both") }
        guard let row = try workplace.openRecordIfPresent()?.row(agent: text) else {
            console.note(.negative)
            return console.answer(["found": false, "agentId": .string(text)])
        }
        console.answer(RowAnswer.object(row))
    }

    func list() throws(Problem) {
        var filter = RowFilter()
        for text in command.arguments.all("status") {
            guard let status = Status(rawValue: text) else {
                throw Problem(.usage, "option --status takes \(Status.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            filter.statuses.insert(status)
        }
        let now = workplace.clock.now
        if command.arguments.has("stale") { filter.staleBefore = now.adding(milliseconds: -Int64(workplace.policy.reconcile.staleAfterHours) * 3_600_000) }
        if command.arguments.has("expired") { filter.expiredAt = now }
        filter.limit = try command.arguments.integer("limit", in: 1...Int.max)
        filter.after = command.arguments.value("after")
        try workplace.openRecordIfPresent()?.list(filter) { (row) throws(Problem) in
            console.answer(RowAnswer.object(row))
            try keepFlushing()
        }
    }

    func claims() throws(Problem) {
        try workplace.openRecordIfPresent()?.claims { (claim) throws(Problem) in
            var owner: Value = .null
            if let who = claim.owner {
                owner = ["pid": .number("\(who.pid)"), "startTicks": .number("\(who.startTicks)"), "pidNamespace": .string(who.namespace)]
            }
            console.answer([
                "phone": .string(claim.phone.e164), "agentId": .string(claim.agentID), "kind": .string(claim.kind.rawValue),
                "done": .array(claim.done.map { .string($0.rawValue) }), "leaseSeconds": .number("\(claim.leaseSeconds())"), "owner": owner,
            ])
            try keepFlushing()
        }
    }

    func ledger() throws(Problem) {
        try workplace.openRecordIfPresent()?.ledger { (entry) throws(Problem) in
            console.answer([
                "kind": .string(entry.kind.rawValue), "agentId": .string(entry.agentID), "phone": .string(entry.phone),
                "madeAt": .string(entry.madeAt.description), "removedAt": RowAnswer.time(entry.removedAt), "how": .string(entry.how.rawValue),
            ])
            try keepFlushing()
        }
    }

    func check() throws(Problem) {
        guard let record = try workplace.openRecordIfPresent() else {
            console.note(.negative)
            return console.answer(["ok": false, "findings": [["id": "missing", "detail": "there is no record; dcb-state init makes one"]]])
        }
        let findings = try record.check(quick: command.arguments.has("quick"))
        if !findings.isEmpty { console.note(.negative) }
        console.answer([
            "ok": .bool(findings.isEmpty), "findings": .array(findings.map { ["id": .string($0.id), "detail": .string($0.detail)] }),
        ])
    }

    func jobs() throws(Problem) {
        let now = workplace.clock.now
        for beat in try workplace.openRecordIfPresent()?.heartbeats() ?? [] {
            if beat.isLate(at: now) { console.note(.negative) }
            console.answer([
                "job": .string(beat.job), "lastRun": .string(beat.lastRun.description), "exit": .number("\(beat.exitCode)"),
                "ageSeconds": .number("\(beat.ageSeconds(at: now))"), "late": .bool(beat.isLate(at: now)),
            ])
        }
    }

    func audit() throws(Problem) {
        var since: Timestamp?
        if let text = command.arguments.value("since") {
            since = Timestamp(rfc3339: text)
            if since == nil { throw Problem(.usage, "option --since takes an RFC 3339 time") }
        }
        let agent = command.arguments.value("agent")
        try AuditTrail.read(folder: workplace.paths.audit) { (entry) throws(Problem) in
            if let agent, entry["agentId"] != .string(agent) { return }
            if let since, let at = entry["at"]?.stringValue.flatMap(Timestamp.init(rfc3339:)), at < since { return }
            console.answer(entry)
            try keepFlushing()
        }
    }
}

/// `get`: the row of each phone.
struct GetVerb {
    private let state: StateCommand

    init(_ state: StateCommand) { self.state = state }

    func run(_ documents: [StreamDocument]) throws(Problem) {
        let record = try state.workplace.openRecordIfPresent()
        state.each(documents) { (document) throws(Problem) in
            let phone = try StepItem.phone(of: document)
            guard let row = try record?.row(for: phone) else { return state.console.answer(state.notFound(document)) }
            var answer = RowAnswer.object(row)
            answer["requestId"] = document.members["requestId"]
            state.console.answer(answer)
        }
    }
}

/// `history`: the transitions of each phone.
struct HistoryVerb {
    private let state: StateCommand

    init(_ state: StateCommand) { self.state = state }

    func run(_ documents: [StreamDocument]) throws(Problem) {
        let record = try state.workplace.openRecordIfPresent()
        state.each(documents) { (document) throws(Problem) in
            let phone = try StepItem.phone(of: document)
            let found = try record?.history(phone) { (entry) throws(Problem) in
                state.console.answer([
                    "at": .string(entry.at.description), "from": RowAnswer.text(entry.from), "to": .string(entry.to), "agentId": .string(entry.agentID),
                ])
                try state.keepFlushing()
            }
            if found != true { state.console.answer(state.notFound(document)) }
        }
    }
}
