import CommandKit
import JSON
import Platform

/// Runs one step executable on a group of jobs: no shell, a clean environment, a deadline.
struct StepRunner {
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

    /// Feeds the jobs to the step. Every job gets either its answer or a failure.
    /// - Parameter heedsSignals: a termination signal ends the step early; undoing does not heed them.
    /// - Returns: the jobs that were answered.
    func run(_ step: Step, _ words: [String], _ jobs: [Job], deadline: Deadline, heedsSignals: Bool = true) -> [Job] {
        if jobs.isEmpty { return [] }
        for job in jobs { job.failure = nil }
        if heedsSignals, Termination.pending != nil { return fail(jobs, Problem(.interrupted, "a signal asked to stop")) }
        if deadline.hasPassed { return fail(jobs, Problem(.timeout, "the time for the work is over")) }
        var input: [UInt8] = []
        for job in jobs { input += Value.object(job.members).compact() + [10] }
        var child = ChildProcess(Path.join(folder, step.rawValue), words + settings, environment: environment)
        child.workingOutputLimitBytes = (1 << 20) + 2 * input.count + jobs.count * StepRunner.growthBytes
        let result: ChildProcess.Result
        do { result = try child.run(input: input, deadline: deadline, interrupt: heedsSignals ? interrupt : nil) } catch {
            return fail(jobs, Problem(error))
        }
        console.trace("\(step.rawValue) \(words.first ?? "") for \(jobs.count): \(result.status)")
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
        for job in jobs where !answered.contains(job.privateID) && job.failure == nil {
            job.failure = (general ?? silence(step, result), step.rawValue)
        }
        return jobs.filter { answered.contains($0.privateID) }
    }

    private func fail(_ jobs: [Job], _ problem: Problem, _ reporter: String? = nil) -> [Job] {
        for job in jobs { job.failure = (problem, reporter) }
        return []
    }

    /// Why a step said nothing of a document.
    private func silence(_ step: Step, _ result: ChildProcess.Result) -> Problem {
        if result.interrupted { return Problem(.interrupted, "a signal asked to stop while \(step.rawValue) ran") }
        if result.timedOut { return Problem(.timeout, "\(step.rawValue) did not end in time") }
        if let failure = result.failure { return Problem(.io, "\(failure)") }
        switch result.status {
        case .signalled(let signal): return Problem(.interrupted, "\(step.rawValue) was ended by signal \(signal)")
        case .exited(let code): return Problem(.internalError, "\(step.rawValue) gave no answer (exit \(code))")
        }
    }
}
