import CommandKit
import Onboarding
import OpenClaw
import Platform
import Provisioning
import Store

/// Carries a plan out.
struct Repair {
    private let facts: Facts
    private let record: Record?
    private var workplace: Workplace { facts.workplace }

    init(_ facts: Facts, record: Record?) {
        self.facts = facts
        self.record = record
    }

    /// Each action by itself, save the mends of config and record: these are one.
    func run(_ actions: inout [Action]) {
        var mends: [(at: Int, mend: Mend)] = []
        for at in actions.indices { if case .mend(let mend) = actions[at].work { mends.append((at, mend)) } }
        // A lock that nobody would ever give back stands in the way of all the rest.
        for at in actions.indices { if case .removeLock = actions[at].work { attempt(&actions[at], removeLock) } }
        if !mends.isEmpty, let record { run(mends, &actions, record) }
        if let record { advance(&actions, record) }
        for at in actions.indices {
            switch actions[at].work {
            case .mend, .removeLock, .adopt, .advance, .applied: continue
            default: attempt(&actions[at], other)
            }
        }
        audit(actions)
        do throws(Problem) { try record?.checkpoint() } catch { workplace.command.console.warn("cannot checkpoint the record: \(error.detail)") }
    }

    private func attempt(_ action: inout Action, _ body: (inout Action) throws(Problem) -> Void) {
        do throws(Problem) { try body(&action) } catch { action.problem = error }
    }

    private func run(_ mends: [(at: Int, mend: Mend)], _ actions: inout [Action], _ record: Record) {
        let facts = self.facts
        let mending = Mending(workplace, record: record) { row in
            guard facts.isWaiting(row), facts.isOld(row), let user = facts.user(row.agentID) else { return false }
            // Somebody may have written to it since the folders were walked.
            return facts.lifeNow(user) == .none
        }
        do throws(Problem) {
            for (outcome, place) in zip(try mending.run(mends.map(\.mend)), mends.map(\.at)) {
                switch outcome {
                case .done: break
                case .skipped(let why): actions[place].skipped = why
                case .failed(let problem): actions[place].problem = problem
                }
            }
        } catch { for (at, _) in mends { actions[at].problem = error } }
    }

    private func removeLock(_ action: inout Action) throws(Problem) {
        switch try OpenClawLock.state(config: workplace.paths.config) {
        case .empty:
            if try !OpenClawLock.removeEmpty(config: workplace.paths.config) { action.skipped = "it is another one now" }
        case .left:
            // Taken over as OpenClaw would, and given back: that is what removes it. Our own lock keeps others of us out.
            try ConfigFile.withOwnLock(workplace.paths.config, ownLock: workplace.paths.configLock) { journal throws(Problem) in
                try OpenClawLock.acquire(config: workplace.paths.config, journal: journal, deadline: Deadline(in: 2000)).release()
            }
        default: action.skipped = "it is another one now"
        }
    }

    private func other(_ action: inout Action) throws(Problem) {
        if case .removeTemporary = action.work, let path = action.path, facts.abandoned.contains(path) {
            return try ConfigFile.removeAbandoned(beside: workplace.paths.config, ownLock: workplace.paths.configLock)
        }
        do throws(SystemError) {
            switch action.work {
            case .emptyTrash: if let path = action.path { try Files.removeTree(path) }
            case .setMode(let mode):
                // Never through a link, whenever somebody put it there: that is an error, and the next run looks again.
                if let path = action.path { try Files.setMode(path, mode, followLinks: false) }
            case .removeTemporary: if let path = action.path { try Files.removeTree(path) }
            default: break
            }
        } catch { throw Problem(error) }
    }

    /// All in one transaction: a commit is a sync.
    private func advance(_ actions: inout [Action], _ record: Record) {
        var changed = actions
        let places = changed.indices.filter { at in
            switch changed[at].work {
            case .advance, .applied: true
            default: false
            }
        }
        if places.isEmpty { return }
        do throws(Problem) {
            try record.write { (r) throws(Problem) in
                for at in places {
                    do throws(Problem) { try r.savepoint { (r) throws(Problem) in try advance(&changed[at], r) } } catch {
                        if [.illegalTransition, .changedMeanwhile, .cancelled].contains(error.kind) {
                            changed[at].skipped = error.detail
                        } else {
                            changed[at].problem = error
                        }
                    }
                }
            }
        } catch { for at in places { changed[at].problem = error } }
        actions = changed
    }

    private func advance(_ action: inout Action, _ r: Record) throws(Problem) {
        guard let agentID = action.agentID else { return }
        if case .applied = action.work {
            _ = try r.markApplied(agent: agentID)
            return
        }
        guard case .advance(let phone, let status, let name, let email) = action.work else { return }
        guard let row = try r.liveRow(for: phone), row.agentID == agentID, try r.claim(for: phone) == nil else {
            action.skipped = "it is no more so"
            return
        }
        if let status { _ = try r.advance(phone, to: status, by: .signOfLife, expect: row.status == .new ? nil : row.status) }
        // Only what is not known yet: an agent does not overwrite what somebody said.
        _ = try r.update(phone, name: row.name == nil ? name : nil, email: row.email == nil ? email : nil)
    }

    private func audit(_ actions: [Action]) {
        var trail = AuditTrail(folder: workplace.paths.audit, command: workplace.command.console.command, clock: workplace.clock)
        for action in actions where action.problem == nil && action.skipped == nil {
            trail.note(
                action.name, agentID: action.agentID, phone: action.phone,
                action.path.map { ["path": .string($0), "detail": .string(action.detail)] } ?? ["detail": .string(action.detail)])
        }
        do throws(Problem) { try trail.write() } catch { workplace.command.console.warn("cannot write the audit trail: \(error.detail)") }
    }
}
