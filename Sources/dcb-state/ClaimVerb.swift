import CommandKit
import JSON
import Onboarding
import OpenClaw
import Platform
import Provisioning
import Store

/// `claim`: who may work on a phone now, and on which agent.
struct ClaimVerb {
    private let state: StateCommand
    private let kind: Claim.Kind
    private let leaseMilliseconds: Int64
    private let waitMilliseconds: Int
    private let owner: ProcessIdentity?

    init(_ state: StateCommand) throws(Problem) {
        self.state = state
        let arguments = state.command.arguments
        kind = arguments.has("removal") ? .removal : .provision
        let lease = try arguments.milliseconds("lease", default: 60_000)
        guard (1000...86_400_000).contains(lease) else { throw Problem(.usage, "option --lease takes 1s to 24h") }
        leaseMilliseconds = Int64(lease)
        waitMilliseconds = try arguments.milliseconds("wait", default: 10_000)
        if let pid = try arguments.integer("owner-pid", in: 1...Int(Int32.max)) {
            guard let identity = ProcessIdentity(pid: Int32(pid)) else { throw Problem(.usage, "option --owner-pid names no running process") }
            owner = identity
        } else {
            owner = nil
        }
    }

    func run(_ documents: [StreamDocument]) throws(Problem) {
        guard let record = state.isDry ? try state.workplace.openRecordIfPresent() : try state.workplace.openRecord() else { return plan(documents) }
        let deadline = Deadline(in: waitMilliseconds)
        var waiting = take(documents, record)
        try state.console.flush()
        // Waiters read only; they write when the phone looks free.
        var pause = 10
        while !waiting.isEmpty, !deadline.hasPassed {
            Clock.sleep(milliseconds: min(pause, deadline.remainingMilliseconds))
            pause = min(pause * 3 / 2, 200)
            let free = waiting.filter { (try? record.looksFree($0.document.members["phone"]?.stringValue)) ?? true }
            if free.isEmpty { continue }
            let stillBusy = take(free.map(\.document), record)
            waiting = waiting.filter { w in !free.contains { $0.document.line == w.document.line } } + stillBusy
            try state.console.flush()
            if Termination.pending != nil { break }
        }
        for (document, problem) in waiting { state.command.refuse(document, problem) }
    }

    /// One round for all: claims what is free, finishes removals that stand in the way, and claims those phones afresh.
    /// - Returns: the busy ones.
    private func take(_ documents: [StreamDocument], _ record: Record) -> [(document: StreamDocument, problem: Problem)] {
        var outcomes: [(StreamDocument, ClaimOutcome)] = []
        var mine: [PhoneNumber: ClaimOutcome] = [:]
        var config: ConfigModel?
        let isCommitted = state.write(documents, record: record) { (document, r) throws(Problem) in
            let phone = try StepItem.phone(of: document)
            // The same phone twice in a group is one piece of work.
            if let outcome = mine[phone] {
                outcomes.append((document, outcome))
                return nil
            }
            if kind == .removal { try cancelGone(phone, r, &config) }
            let fresh: AgentID
            do throws(SystemError) { fresh = try AgentID.random() } catch { throw Problem(error) }
            let outcome = try r.takeClaim(phone, kind, agentID: fresh, leaseMilliseconds: leaseMilliseconds, owner: owner)
            switch outcome {
            case .new(let claim), .resumed(let claim): mine[phone] = .resumed(claim)
            case .removal, .unfinishedRemoval: mine[phone] = outcome
            case .existing, .absent, .busy: break
            }
            outcomes.append((document, outcome))
            return nil
        }
        if !isCommitted { return [] }
        var busy: [(document: StreamDocument, problem: Problem)] = []
        var blocked: [(StreamDocument, Claim)] = []
        for (document, outcome) in outcomes {
            switch outcome {
            case .new(let claim): answer(document, claim, "new")
            case .resumed(let claim): answer(document, claim, "resumed")
            case .removal(let claim): answer(document, claim, "removal")
            case .existing(let row): answer(document, row)
            case .absent:
                var members = document.members
                members["claim"] = "absent"
                state.console.answer(members)
            case .busy(let claim): busy.append((document, problem(claim)))
            case .unfinishedRemoval(let claim): blocked.append((document, claim))
            }
        }
        return busy + finish(blocked, record)
    }

    /// The row of an agent that no step can be told to remove, when somebody has taken it out by hand.
    private func cancelGone(_ phone: PhoneNumber, _ r: Record, _ config: inout ConfigModel?) throws(Problem) {
        guard let row = try r.liveRow(for: phone), !row.isNameable, try r.claim(for: phone) == nil else { return }
        let workplace = state.workplace
        if config == nil { config = try ConfigFile.read(workplace.paths.config, policy: workplace.policy, version: workplace.version) }
        if let model = config, model.agent(row.agentID) == nil, model.bindings(ofAgent: row.agentID).isEmpty { try r.cancelUnnameable(row, phone) }
    }

    private func finish(_ blocked: [(document: StreamDocument, claim: Claim)], _ record: Record) -> [(document: StreamDocument, problem: Problem)] {
        if blocked.isEmpty { return [] }
        if state.isDry {
            // The removal would be finished first, and the claim be a new one.
            planNew(blocked.map(\.document))
            return []
        }
        let claims = Dictionary(blocked.map { ($0.claim.phone, $0.claim) }, uniquingKeysWith: { first, _ in first })
        let failures = Removal(state.workplace, record: record).finish(Array(claims.values))
        var free: [StreamDocument] = []
        for (document, claim) in blocked {
            if let cause = failures[claim.phone] {
                state.command.refuse(document, Problem(.unfinished, "an earlier removal of this phone cannot be finished: \(cause.detail)", hint: cause.hint))
            } else {
                free.append(document)
            }
        }
        return free.isEmpty ? [] : take(free, record)
    }

    /// Without a record everyone is new, and nobody is there to be removed.
    private func plan(_ documents: [StreamDocument]) {
        if kind == .provision { return planNew(documents) }
        state.each(documents) { (document) throws(Problem) in
            _ = try StepItem.phone(of: document)
            var members = document.members
            members["claim"] = "absent"
            state.console.answer(members)
        }
    }

    private func planNew(_ documents: [StreamDocument]) {
        var planned: [PhoneNumber: (agentID: String, fence: String)] = [:]
        state.each(documents) { (document) throws(Problem) in
            let phone = try StepItem.phone(of: document)
            var members = document.members
            members["claim"] = planned[phone] == nil ? "new" : "resumed"
            if planned[phone] == nil {
                do throws(SystemError) { planned[phone] = (try AgentID.random().text, try Random.hex(bytes: 8)) } catch { throw Problem(error) }
            }
            members["agentId"] = planned[phone].map { .string($0.agentID) }
            members["fence"] = planned[phone].map { .string($0.fence) }
            state.console.answer(members)
        }
    }

    private func problem(_ claim: Claim) -> Problem {
        let owner = claim.owner.map { " (pid \($0.pid))" } ?? ""
        return Problem(.busy, "another call\(owner) works on \(Redaction.phone(claim.phone.e164))")
    }

    private func answer(_ document: StreamDocument, _ claim: Claim, _ how: String) {
        var members = document.members
        members["agentId"] = .string(claim.agentID)
        members["claim"] = .string(how)
        members["fence"] = .string(claim.fence)
        state.console.answer(members)
    }

    private func answer(_ document: StreamDocument, _ row: Row) {
        var members = document.members
        members["agentId"] = .string(row.agentID)
        members["claim"] = "existing"
        members["status"] = .string(row.status.rawValue)
        state.console.answer(members)
    }
}

extension Record {
    /// Whether a claim of this phone is gone or may be taken over.
    fileprivate func looksFree(_ phone: String?) throws(Problem) -> Bool {
        guard let phone, let number = PhoneNumber(e164: phone), let claim = try claim(for: number) else { return true }
        return mayTakeOver(claim)
    }
}
