import CommandKit
import JSON
import Onboarding
import OpenClaw
import Platform
import Store

/// Puts right what has drifted, by the same means as the steps, and all of it with one replacement of openclaw.json.
///
/// Nothing is believed that was seen before: each mend is looked at again under both locks, and there its claim is opened or taken over. What goes out of
/// the config goes before anything comes in, so that no moment routes a phone to an agent that is not its own.
public final class Mending {
    private let workplace: Workplace
    private let record: Record
    private let agents: AgentStep
    private let removal: AgentUndo
    /// Whether a row that nobody came for is still such a one.
    private let isStale: (Row) -> Bool
    private var tasks: [Task] = []
    private var templates: [String: AgentTemplates] = [:]
    private var passwords: [AgentID: Secret] = [:]

    /// - Parameter isStale: asked again under the locks.
    public init(_ workplace: Workplace, record: Record, isStale: @escaping (Row) -> Bool) {
        self.workplace = workplace
        self.record = record
        self.isStale = isStale
        agents = AgentStep(workplace, record: record)
        removal = AgentUndo(workplace, record: record)
    }

    /// One mend on its way.
    private final class Task {
        let mend: Mend
        var item: StepItem?
        var claim: Claim?
        /// The claim is a removal that was opened here.
        var isFresh = false
        /// The config may have been replaced by an edit that it had a part in.
        var isTouched = false
        /// Of a provision: nothing is missing.
        var isWhole = false
        var skipped: String?
        /// Why the agent must stay for now, although its route goes.
        var kept: Problem?
        /// Why it is not done, or not all of it.
        var failure: Problem? { item?.problem ?? kept }
        var place: String?
        var joinsList = false
        var bindsNew = false

        init(_ mend: Mend) { self.mend = mend }

        var isOut: Bool {
            switch mend.work {
            case .finishRemoval, .remove, .cancel, .cancelStale: true
            case .settle: !isWhole
            case .complete, .forget: false
            }
        }
    }

    /// - Returns: what became of each, in order.
    /// - Throws: what concerns all: the config cannot be locked, read or replaced.
    public func run(_ mends: [Mend]) throws(Problem) -> [Mend.Outcome] {
        // Out first: what comes in afterwards finds the place free.
        tasks = mends.map(Task.init)
        do throws(Problem) { try mend() } catch {
            giveBack(tasks)
            throw error
        }
        giveBack(tasks.filter { $0.failure != nil })
        return tasks.map { task in
            if let problem = task.failure { return .failed(problem) }
            return task.skipped.map { .skipped($0) } ?? .done
        }
    }

    private func mend() throws(Problem) {
        var transaction = ConfigTransaction(workplace: workplace, record: record)
        transaction.mends = true
        transaction.joining = join
        var byAgent: [AgentID: Task] { Dictionary(tasks.map { ($0.item?.agentID ?? $0.mend.agentID, $0) }, uniquingKeysWith: { first, _ in first }) }
        var known: [AgentID: Task] = [:]
        func task(_ item: StepItem) throws(Problem) -> Task {
            if known.isEmpty { known = byAgent }
            guard let task = known[item.agentID] else { throw Problem(.internalError, "a mend without its task") }
            return task
        }
        try transaction.run(
            [], authority: { (item, r) throws(Problem) in try self.authority(try task(item), r) },
            opening: { (item, edit) throws(Problem) in self.takeOut(try task(item), item, &edit) },
            edit: { (item, edit) throws(Problem) in
                let task = try task(item)
                if task.isOut { try self.remove(task, item, &edit) } else { try self.complete(task, item, &edit) }
            },
            intended: { (item, _, r) throws(Problem) in
                let task = try task(item)
                if task.bindsNew { try r.enterLedger(.binding, agent: item.agentID.text, phone: item.phone) }
                if task.joinsList { try r.enterLedger(.allow, agent: item.agentID.text, phone: item.phone) }
            },
            replacing: { items in
                let agents = Set(items.map(\.agentID))
                for task in self.tasks { task.isTouched = task.item.map { agents.contains($0.agentID) } ?? false }
            },
            recorded: { (item, claim, r) throws(Problem) in try self.record(try task(item), item, claim, r) })
    }

    /// Of what failed: a removal that was opened here and has touched nothing was never begun; it is decided anew by the next run. Any other claim is
    /// anyone's at once, and not for as long as this process lives.
    private func giveBack(_ failed: [Task]) {
        let held = failed.filter { $0.claim != nil }
        if held.isEmpty { return }
        do throws(Problem) {
            try record.write { (r) throws(Problem) in
                for task in held {
                    guard let claim = task.claim, try r.claim(for: claim.phone)?.isHeld(with: claim.fence) == true else { continue }
                    if task.isFresh, !task.isTouched {
                        try r.withdrawRemoval(claim.phone, fence: claim.fence)
                    } else {
                        try r.abandon(claim.phone, fence: claim.fence)
                    }
                }
            }
        } catch { workplace.command.console.warn("claims of what failed stay: \(error.detail)") }
    }

    // MARK: under both locks

    /// Looks at each again, opens or takes over its claim, and makes the folders that are missing.
    private func join(_ model: ConfigModel) throws(Problem) -> [StepItem] {
        // An attempt before this one has replaced nothing.
        for task in tasks { task.isTouched = false }
        try record.write { (r) throws(Problem) in
            for task in tasks where task.item?.problem == nil {
                do throws(Problem) { try r.savepoint { (r) throws(Problem) in try look(task, model, r) } } catch {
                    guard let item = task.item ?? (try? self.item(task, fence: nil)) else { throw error }
                    task.item = item
                    item.problem = error
                }
            }
        }
        for task in tasks {
            guard case .complete = task.mend.work, task.skipped == nil, let item = task.item else { continue }
            // Nobody can remove it meanwhile: that needs the lock that is held here.
            item.attempt { () throws(Problem) in try agents.makeFolders(item, &templates) }
        }
        return tasks.filter { $0.skipped == nil && $0.isOut }.compactMap(\.item) + tasks.filter { $0.skipped == nil && !$0.isOut }.compactMap(\.item)
    }

    private func look(_ task: Task, _ model: ConfigModel, _ r: Record) throws(Problem) {
        let mend = task.mend
        let present = try r.claim(for: mend.phone)
        if let claim = task.claim {
            // Taken in an earlier attempt at this very file.
            if let present, present.fence == claim.fence {
                if case .cancel = mend.work, model.agent(mend.agentID.text) != nil { try giveBack(task, claim, r) }
                return
            }
            task.skipped = "somebody else took its claim over"
            return
        }
        let row = try r.liveRow(for: mend.phone)
        task.isFresh = present == nil
        switch mend.work {
        case .finishRemoval, .settle:
            guard let present, r.mayTakeOver(present), present.kind == (mend.work == .settle ? .provision : .removal) else {
                return task.skipped = present == nil ? "somebody finished it meanwhile" : "somebody works on it"
            }
            try take(task, present.kind, r)
            task.isWhole = isWhole(task.claim, model)
        case .remove:
            if present != nil { return task.skipped = "somebody works on it" }
            let left = try r.openLedger(mend.phone)
            if row != nil || left.isEmpty { return task.skipped = "it is no more without a row" }
            try take(task, .removal, r)
        case .cancel:
            if present != nil { return task.skipped = "somebody works on it" }
            guard let row, row.agentID == mend.agentID.text, model.agent(row.agentID) == nil else { return task.skipped = "its agent is there again" }
            try take(task, .removal, r)
        case .cancelStale:
            if present != nil { return task.skipped = "somebody works on it" }
            guard let row, row.agentID == mend.agentID.text, isStale(row) else { return task.skipped = "it is no more stale" }
            try take(task, .removal, r)
        case .complete:
            if present != nil { return task.skipped = "somebody works on it" }
            guard let row, row.agentID == mend.agentID.text, model.agent(row.agentID) != nil else { return task.skipped = "it is no more so" }
            if task.item == nil { task.item = try item(task, fence: nil) }
        case .forget(let kinds):
            if present != nil { return task.skipped = "somebody works on it" }
            let open = try r.openLedger(mend.phone, agent: mend.agentID.text).map(\.kind)
            if row?.agentID == mend.agentID.text || kinds.isDisjoint(with: open) { return task.skipped = "it is no more so" }
            if task.item == nil { task.item = try item(task, fence: nil) }
        }
    }

    private func take(_ task: Task, _ kind: Claim.Kind, _ r: Record) throws(Problem) {
        let fresh: AgentID
        do throws(SystemError) { fresh = try AgentID.random() } catch { throw Problem(error) }
        // The owner is this process: should it die, the next run need not wait for the lease.
        let outcome = try r.takeClaim(task.mend.phone, kind, agentID: fresh, leaseMilliseconds: 60_000, owner: .current)
        switch outcome {
        case .resumed(let claim), .removal(let claim):
            task.claim = claim
            task.item = try item(task, fence: claim.fence, agentID: claim.agentID)
        default: throw Problem(.internalError, "a claim that was to be taken was not there")
        }
    }

    /// The agent came back between two attempts: nothing of it has been touched.
    private func giveBack(_ task: Task, _ claim: Claim, _ r: Record) throws(Problem) {
        try r.withdrawRemoval(claim.phone, fence: claim.fence)
        task.skipped = "its agent is there again"
    }

    private func isWhole(_ claim: Claim?, _ model: ConfigModel) -> Bool {
        guard let claim, claim.kind == .provision else { return false }
        return Mending.isWhole(claim, model)
    }

    /// Whether nothing of a provision is missing but its commit.
    public static func isWhole(_ claim: Claim, _ model: ConfigModel) -> Bool {
        guard claim.agent == .made, claim.binding == .made, let agent = model.agent(claim.agentID) else { return false }
        let bindings = model.bindings(ofPhone: claim.phone.e164)
        return !bindings.isEmpty && bindings.allSatisfy { $0.agentID == agent.id }
            && model.sandboxViolations(of: agent, ownerUser: CurrentProcess.effectiveUser).isEmpty
    }

    private func item(_ task: Task, fence: String?, agentID: String? = nil) throws(Problem) -> StepItem {
        var members: Object = ["phone": .string(task.mend.phone.e164), "agentId": .string(agentID ?? task.mend.agentID.text)]
        if let fence { members["fence"] = .string(fence) }
        return try StepItem(StreamDocument(line: 1, members: members))
    }

    private func authority(_ task: Task, _ r: Record) throws(Problem) -> Claim? {
        guard let item = task.item else { return nil }
        switch task.mend.work {
        case .complete: return try r.authorise(item.phone, item.agentID.text, fence: nil, undo: false).claim
        case .forget:
            if let claim = try r.claim(for: item.phone) { throw Problem(.busy, "a \(claim.kind.rawValue) of \(Redaction.phone(item.phone.e164)) is under way") }
            return nil
        default: return try r.authorise(item.phone, item.agentID.text, fence: item.fence, undo: task.isOut).claim
        }
    }

    // MARK: the edit

    private func takeOut(_ task: Task, _ item: StepItem, _ edit: inout ConfigEdit) {
        item.attempt { () throws(Problem) in
            switch task.mend.work {
            case .complete(let others): edit.unbindOthers(item.phone, than: item.agentID, from: others)
            case .forget(let kinds):
                // The list entry stays for as long as the phone has another agent.
                let isAlone = try record.liveRow(for: item.phone) == nil
                try edit.unbind(item.phone, from: item.agentID, removeAllowEntry: kinds.contains(.allow) && isAlone)
            default:
                guard task.isOut, let claim = task.claim else { return }
                // A provision takes back what it recorded; a removal everything that the ledger holds.
                let open = claim.kind == .removal ? try record.openLedger(item.phone, agent: item.agentID.text).map(\.kind) : []
                let allow = claim.allow != .none || open.contains(.allow)
                guard allow || claim.binding != .none || open.contains(.binding) else { return }
                try edit.unbind(item.phone, from: item.agentID, removeAllowEntry: allow)
            }
        }
    }

    private func remove(_ task: Task, _ item: StepItem, _ edit: inout ConfigEdit) throws(Problem) {
        guard let claim = task.claim else { return }
        let open = try record.openLedger(item.phone, agent: item.agentID.text).map(\.kind)
        guard claim.agent != .none || (claim.kind == .removal && open.contains(.agent)) else { return }
        let entry: JSON.Value?
        do throws(Problem) { entry = try edit.removeAgent(item.agentID) } catch {
            // An operator's own binding names it. Ours goes all the same, and the claim stays for the next run.
            guard error.kind == .notReady else { throw error }
            task.kept = error
            return
        }
        task.kept = nil
        do throws(SystemError) {
            task.place = try Trash(workplace.paths).place(
                for: item.agentID, entry: entry, at: workplace.clock.now, folders: removal.folders(item.agentID))
        } catch { throw Problem(error) }
    }

    private func complete(_ task: Task, _ item: StepItem, _ edit: inout ConfigEdit) throws(Problem) {
        guard case .complete = task.mend.work else { return }
        try edit.mendAgent(try agents.specification(item, model: edit.model, &passwords))
        edit.unmarkDefault(item.agentID)
        task.bindsNew = try edit.bind(item.phone, to: item.agentID).isNew
        task.joinsList = edit.allows(item.phone)
    }

    // MARK: the record

    private func record(_ task: Task, _ item: StepItem, _ claim: Claim?, _ r: Record) throws(Problem) {
        if case .forget(let kinds) = task.mend.work {
            for kind in kinds { try r.closeLedger(kind, agent: item.agentID.text, phone: item.phone) }
            return
        }
        guard let claim else { return }
        if task.mend.work == .settle, task.isWhole {
            _ = try r.commitProvision(item.phone, item.agentID.text, fence: item.fence, name: nil, email: nil, language: nil)
            return
        }
        for kind in [EntryKind.binding, .allow] { try r.closeLedger(kind, agent: item.agentID.text, phone: item.phone) }
        try r.setProgress(item.phone, binding: Progress.none, allow: Progress.none)
        if task.kept != nil { return }
        do throws(SystemError) {
            try Staging(item.agentID, workplace.paths).discard()
            if let place = task.place { try Trash(workplace.paths).take(removal.folders(item.agentID), into: place) }
        } catch { throw Problem(error) }
        try r.closeLedger(.agent, agent: item.agentID.text, phone: item.phone)
        try r.setProgress(item.phone, agent: Progress.none)
        if claim.kind == .removal {
            _ = try r.commitRemoval(item.phone, item.agentID.text, fence: item.fence)
        } else {
            try r.release(item.phone, item.agentID.text, fence: item.fence)
        }
    }
}
