import CommandKit
import JSON
import Platform

/// Runs one step executable on a group of jobs: no shell, a clean environment, a deadline.
///
/// While one step works, the process of the next one is started already and waits for its documents.
final class StepRunner {
    enum Step: String, CaseIterable {
        case validate = "dcb-validate"
        case createAgent = "dcb-create-agent"
        case bind = "dcb-bind"
        case state = "dcb-state"
    }

    /// What a step may add to a document, problems included.
    private static let growthBytes = 65536

    private let folder: String
    private let settings: [String]
    private let environment: [String: String]
    private let console: Console
    private let interrupt: Descriptor?
    private var prepared: (call: Call, child: RunningChild)?
    /// Steps that have said all they had to say.
    private var ending: [RunningChild] = []

    /// A step with the words that follow its name.
    struct Call: Equatable {
        let step: Step
        var words: [String] = []

        init(_ step: Step, _ words: [String] = []) {
            self.step = step
            self.words = words
        }
    }

    /// - Parameter folder: where the steps' executables are.
    init(command: Command, folder: String) {
        self.folder = folder
        var passed: [String] = ["--log", "json"]
        for option in OptionSpec.settings {
            if let value = command.arguments.value(option.name) { passed += ["--\(option.name)", value] }
        }
        settings = passed
        environment = ChildEnvironment.allowed(from: command.context.environment)
        console = command.console
        interrupt = try? Termination.descriptor()
    }

    /// That every step is there, before the first one has begun what a missing one could not take back.
    func checkSteps() throws(Problem) {
        for step in Step.allCases where !Files.exists(Path.join(folder, step.rawValue)) {
            throw Problem(.helperMissing, "there is no \(step.rawValue) beside dcb-onboard")
        }
    }

    /// Ends a step that was started and is not needed, and waits for those that are ending.
    func settle() {
        prepared = nil
        for child in ending { _ = child.status() }
        ending = []
    }

    private func child(_ call: Call) -> ChildProcess {
        ChildProcess(Path.join(folder, call.step.rawValue), call.words + settings, environment: environment)
    }

    private func start(_ call: Call) throws(SystemError) -> RunningChild {
        defer { prepared = nil }
        if let prepared, prepared.call == call { return prepared.child }
        return try child(call).start()
    }

    /// Feeds the jobs to the step. Every job gets either its answer or a failure.
    /// - Parameters:
    ///   - heedsSignals: a termination signal ends the step early; undoing does not heed them.
    ///   - next: what will most likely run next.
    /// - Returns: the jobs that were answered.
    func run(_ call: Call, _ jobs: [Job], deadline: Deadline, heedsSignals: Bool = true, next: Call? = nil) -> [Job] {
        let step = call.step
        if jobs.isEmpty { return [] }
        for job in jobs { job.failure = nil }
        if heedsSignals, Termination.pending != nil { return fail(jobs, Problem(.interrupted, "a signal asked to stop")) }
        if deadline.hasPassed { return fail(jobs, Problem(.timeout, "the time for the work is over")) }
        var input: [UInt8] = []
        for job in jobs { input += Value.object(job.members).compact() + [10] }
        let running: RunningChild
        do { running = try start(call) } catch { return fail(jobs, Problem(error)) }
        let result = running.gather(
            input: input, deadline: deadline, outputLimitBytes: (1 << 20) + 2 * input.count + jobs.count * StepRunner.growthBytes,
            interrupt: heedsSignals ? interrupt : nil,
            meanwhile: {
                // That it cannot be started will be said when it is needed.
                if let next, let child = try? child(next).start() { prepared = (next, child) }
            })
        if result.overflowed { return fail(jobs, Problem(.internalError, "\(step.rawValue) wrote far more than an answer for each document"), step.rawValue) }
        let byID = Dictionary(uniqueKeysWithValues: jobs.map { ($0.privateID, $0) })
        var answered: Set<String> = []
        for line in result.output.split(separator: 10) {
            guard let object = (try? Value(parsing: Array(line), dialect: .json, limits: .strict))?.objectValue,
                let id = object["requestId"]?.stringValue, let job = byID[id]
            else { continue }
            job.take(object)
            answered.insert(id)
        }
        var general: Problem?
        for line in result.errors.split(separator: 10) {
            guard let reported = ReportedProblem(line: line) else { continue }
            if let id = reported.requestID, let job = byID[id] {
                // Only a document without its answer has failed.
                if !answered.contains(id) { job.failure = (reported.problem, reported.command) }
            } else {
                general = reported.problem
            }
        }
        let unknown = jobs.filter { !answered.contains($0.privateID) && $0.failure == nil }
        // How it ended matters only for those of whom it said nothing: the next step need not wait for the end of one that has said all.
        if !unknown.isEmpty {
            let reason = general ?? silence(step, result, running.status())
            for job in unknown { job.failure = (reason, step.rawValue) }
        }
        ending.append(running)
        console.trace("\(step.rawValue) \(call.words.first ?? "") for \(jobs.count): \(answered.count) answered")
        return jobs.filter { answered.contains($0.privateID) }
    }

    private func fail(_ jobs: [Job], _ problem: Problem, _ reporter: String? = nil) -> [Job] {
        for job in jobs { job.failure = (problem, reporter) }
        return []
    }

    /// Why a step said nothing of a document.
    private func silence(_ step: Step, _ result: ChildProcess.Gathered, _ status: ExitStatus) -> Problem {
        if result.interrupted { return Problem(.interrupted, "a signal asked to stop while \(step.rawValue) ran") }
        if result.timedOut { return Problem(.timeout, "\(step.rawValue) did not end in time") }
        if let failure = result.failure { return Problem(.io, "\(failure)") }
        switch status {
        case .signalled(let signal): return Problem(.interrupted, "\(step.rawValue) was ended by signal \(signal)")
        case .exited(let code): return Problem(.internalError, "\(step.rawValue) gave no answer (exit \(code))")
        }
    }
}
