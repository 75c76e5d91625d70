import CommandKit
import JSON
import Platform

/// Takes groups of phones through the steps, and back again where a step fails.
struct Orchestrator {
    let command: Command
    let plan: Plan
    private let runner: StepRunner
    private let run = Run()

    /// - Throws: `helper-missing`.
    init(command: Command, plan: Plan) throws(Problem) {
        self.command = command
        self.plan = plan
        runner = StepRunner(command: command, folder: Path.parent(CurrentProcess.executablePath ?? "/usr/bin/dcb-onboard"))
        try runner.checkSteps()
    }

    private final class Run {
        /// Numbers the jobs.
        var jobs = 0
        /// Standard output is gone: what was begun is finished or undone, then this is said.
        var lost: Problem?
        /// Users that exist, and whose answers wait for the gateway.
        var unconfirmed: [(job: Job, outcome: String)] = []
    }

    // MARK: - There

    func onboard(_ documents: [StreamDocument]) throws(Problem) {
        let deadline = Deadline(in: plan.timeoutMilliseconds)
        let jobs = validate(documents, deadline)
        try inRounds(jobs, deadline) { provision($0, waits: $1, deadline) }
        confirm()
    }

    /// - Parameter waits: for busy phones, as long as the deadline allows.
    /// - Returns: those that stayed busy; everything else is answered or reported.
    private func provision(_ jobs: [Job], waits: Bool, _ deadline: Deadline) -> [Job] {
        let dry = plan.dryRun ? ["--dry-run"] : []
        let create = StepRunner.Call(.createAgent, dry)
        let bind = StepRunner.Call(.bind, dry)
        let commit = StepRunner.Call(.state, ["commit"] + dry)
        // Nothing is started behind the claim: most phones are there already.
        let (claimed, busy) = claim(jobs, waits: waits, deadline)
        for job in claimed where job.claim == "existing" { exists(job, "existing") }
        flush()
        let new = claimed.filter { $0.claim != "existing" }
        let made = runner.run(create, new, deadline: deadline, next: bind)
        let bound = runner.run(bind, made, deadline: deadline, next: commit)
        var done = runner.run(commit, bound, deadline: deadline)
        done += clear(bound, ["commit"])
        for job in done { job.failure = nil }
        for job in done { exists(job, "created") }
        flush()
        let failed = new.filter { $0.failure != nil }
        if plan.dryRun { for job in failed { report(job) } } else { undo(failed) }
        flush()
        return busy
    }

    /// Takes back what failed documents have left, in reverse order. Never after the commit.
    private func undo(_ jobs: [Job]) {
        if jobs.isEmpty { return }
        let causes = Dictionary(uniqueKeysWithValues: jobs.map { ($0.privateID, $0.failure) })
        let deadline = Deadline(in: plan.undoMilliseconds)
        let remove = StepRunner.Call(.createAgent, ["--undo"])
        let release = StepRunner.Call(.state, ["release"])
        let unbound = runner.run(StepRunner.Call(.bind, ["--undo"]), jobs, deadline: deadline, heedsSignals: false, next: remove)
        let removed = runner.run(remove, unbound, deadline: deadline, heedsSignals: false, next: release)
        let released = runner.run(release, removed, deadline: deadline, heedsSignals: false)
        for job in released {
            job.failure = causes[job.privateID] ?? nil
            report(job)
        }
        let rest = jobs.filter { job in !released.contains { $0 === job } }
        let committed = rest.filter { $0.failure?.problem.kind == .committed }
        let created = runner.run(StepRunner.Call(.state, ["commit"]), committed, deadline: deadline, heedsSignals: false)
        for job in created { exists(job, "created") }
        for job in rest where !created.contains(where: { $0 === job }) {
            let cause = causes[job.privateID] ?? nil
            if job.failure?.problem.kind == .claimLost {
                // Another call owns the phone now and answers for it.
                report(job)
            } else {
                job.failure = (unfinished(cause?.problem ?? job.failure?.problem), cause?.reporter)
                report(job)
            }
        }
    }

    /// The user exists: answered at once, or when the gateway has been asked.
    private func exists(_ job: Job, _ outcome: String) {
        // With no gateway there is nothing to wait for, and a user that was there before has no news.
        let waits = plan.confirmMilliseconds > 0 && !plan.dryRun && (plan.knowsGateway || outcome == "created")
        if waits { run.unconfirmed.append((job, outcome)) } else { answer(job, outcome) }
    }

    /// Asks once for all whose answers wait. The users exist, whatever the gateway says.
    private func confirm() {
        if run.unconfirmed.isEmpty { return }
        let wait = plan.confirmMilliseconds
        let ask = StepRunner.Call(.bind, ["--ask", "--wait", "\(wait)ms"])
        _ = runner.run(ask, run.unconfirmed.map(\.job), deadline: Deadline(in: wait + 10_000))
        runner.settle()
        for (job, outcome) in run.unconfirmed {
            if let failure = job.failure { job.note("hint", .string("not confirmed: \(failure.problem.detail): \(failure.problem.hint)")) }
            job.failure = nil
            answer(job, outcome)
        }
        run.unconfirmed = []
        flush()
    }

    // MARK: - And back

    func offboard(_ documents: [StreamDocument]) throws(Problem) {
        let deadline = Deadline(in: plan.timeoutMilliseconds)
        let jobs = validate(documents, deadline)
        try inRounds(jobs, deadline) { remove($0, waits: $1, deadline) }
    }

    private func remove(_ jobs: [Job], waits: Bool, _ deadline: Deadline) -> [Job] {
        let dry = plan.dryRun ? ["--dry-run"] : []
        let purge = plan.purge ? ["--purge"] : []
        let unbind = StepRunner.Call(.bind, ["--undo"] + dry)
        let remove = StepRunner.Call(.createAgent, ["--undo"] + purge + dry)
        let commit = StepRunner.Call(.state, ["commit"] + purge + dry)
        let (claimed, busy) = claim(jobs, waits: waits, deadline, next: unbind)
        let absent = claimed.filter { $0.claim == "absent" }
        // An absent phone may still have trash and rows of earlier agents to erase.
        let work = plan.purge ? claimed : claimed.filter { $0.claim != "absent" }
        let unbound = runner.run(unbind, work, deadline: deadline, next: remove)
        let removed = runner.run(remove, unbound, deadline: deadline, next: commit)
        var done = runner.run(commit, removed, deadline: deadline)
        done += clear(removed, ["commit"] + purge)
        if !plan.purge { for job in absent { answer(job, "absent") } }
        for job in done { answer(job, job.claim == "absent" ? "absent" : "removed") }
        for job in work where job.failure != nil {
            // A removal only goes forward: its claim stays until the next call ends it.
            if let failure = job.failure, !plan.dryRun { job.failure = (unfinished(failure.problem), failure.reporter) }
            report(job)
        }
        flush()
        return busy
    }

    // MARK: - Both ways

    /// One phone may wait in its claim. Of several the busy ones are tried again, each round for those that have become free:
    /// two streams that held some phones while they waited for others would stop each other.
    private func inRounds(_ jobs: [Job], _ deadline: Deadline, _ round: (_ jobs: [Job], _ waits: Bool) -> [Job]) throws(Problem) {
        var busy = round(jobs, jobs.count == 1)
        var pause = 50
        while jobs.count > 1, !busy.isEmpty, run.lost == nil, Termination.pending == nil, deadline.remainingMilliseconds > 1000 {
            Clock.sleep(milliseconds: min(pause, deadline.remainingMilliseconds - 1000))
            pause = min(pause * 3 / 2, 1000)
            busy = round(busy, false)
        }
        runner.settle()
        for job in busy { report(job) }
        if let lost = run.lost { throw lost }
    }

    /// Whether a commit that said nothing took place is known only to the record: it commits again, since twice is once.
    private func clear(_ jobs: [Job], _ words: [String]) -> [Job] {
        if plan.dryRun { return [] }
        let unclear = jobs.filter { $0.failure?.reporter != nil }
        return runner.run(StepRunner.Call(.state, words), unclear, deadline: Deadline(in: plan.undoMilliseconds), heedsSignals: false)
    }

    private func flush() {
        do { try command.console.flush() } catch { run.lost = run.lost ?? error }
    }

    /// Validates, reports what is refused, and folds the same phone into one job.
    private func validate(_ documents: [StreamDocument], _ deadline: Deadline) -> [Job] {
        let jobs = documents.map { document in
            run.jobs += 1
            return Job(document, number: run.jobs)
        }
        let valid = runner.run(StepRunner.Call(.validate), jobs, deadline: deadline, next: claimCall(waits: documents.count == 1, deadline))
        for job in jobs where job.failure != nil { report(job) }
        var first: [String: Job] = [:]
        var leaders: [Job] = []
        for job in valid {
            guard let phone = job.phone else { continue }
            if let leader = first[phone] {
                leader.followers.append(job)
            } else {
                first[phone] = job
                leaders.append(job)
            }
        }
        return leaders
    }

    private func claimCall(waits: Bool, _ deadline: Deadline) -> StepRunner.Call {
        // Up to a second and a half less than the deadline, so that "busy" is an answer of its own and not a killed child's; in whole half seconds,
        // so that what was started with it is what is wanted. A deadline of whole seconds is no border of them: it begins to run at once.
        let wait = waits ? max(0, (deadline.remainingMilliseconds - 1001) / 500 * 500) : 0
        let words = ["claim", "--owner-pid", "\(CurrentProcess.pid)", "--wait", "\(wait)ms"]
        return StepRunner.Call(.state, words + (plan.undo ? ["--removal"] : []) + (plan.dryRun ? ["--dry-run"] : []))
    }

    /// Claims; reports who is refused for another reason than being busy.
    private func claim(_ jobs: [Job], waits: Bool, _ deadline: Deadline, next: StepRunner.Call? = nil) -> (claimed: [Job], busy: [Job]) {
        let claimed = runner.run(claimCall(waits: waits, deadline), jobs, deadline: deadline, next: next)
        let refused = jobs.filter { $0.failure != nil }
        for job in refused where job.failure?.problem.kind != .busy { report(job) }
        return (claimed, refused.filter { $0.failure?.problem.kind == .busy })
    }

    private func unfinished(_ cause: Problem?) -> Problem {
        Problem(
            .unfinished, "not finished, kept for the next call: \(cause?.detail ?? "a step gave no answer")",
            hint: cause.map { "\($0.hint); then run dcb-onboard \(plan.undo ? "--undo " : "")again for this phone" })
    }

    private func answer(_ job: Job, _ outcome: String) {
        var additions: Object = ["outcome": .string(outcome)]
        if !plan.undo, job.members["applied"] == nil { additions["applied"] = .string(plan.knowsGateway ? "pending" : "unknown") }
        command.console.answer(job.answer(additions))
        for follower in job.followers {
            var shared = additions
            shared["outcome"] = .string(outcome == "created" ? "existing" : outcome)
            for name in ["agentId", "status"] { shared[name] = job.members[name] }
            if outcome == "created" { shared["claim"] = "existing" }
            if job.members["applied"] != nil {
                for name in ["applied", "routedTo", "hint"] { shared[name] = job.members[name] }
            }
            command.console.answer(follower.answer(shared))
        }
    }

    private func report(_ job: Job) {
        guard let failure = job.failure else { return }
        for one in [job] + job.followers {
            command.console.report(
                failure.problem, line: one.document.line, phone: one.document.phoneText, requestID: one.document.requestID, reporter: failure.reporter)
        }
    }
}
