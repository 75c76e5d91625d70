import CommandKit
import JSON
import Platform

/// Documents that go to one child together.
final class Group {
    let lane: Lane
    let began: Int64
    let count: Int
    private let dispatcher: Dispatcher
    private let server: Server
    private var open: [String: Work]
    private var failures: [String: Problem] = [:]
    /// A problem of the whole run, with no document's id.
    private var general: Problem?
    private var timedOut = false
    /// What `dcb-onboard` made: for the confirmation.
    private(set) var created: [Object] = []
    private var run: ChildRun?

    /// - Throws: when the child cannot be started.
    init(_ dispatcher: Dispatcher, _ server: Server, _ lane: Lane, _ works: [Work]) throws(SystemError) {
        self.dispatcher = dispatcher
        self.server = server
        self.lane = lane
        began = server.loop.now
        count = works.count
        open = Dictionary(uniqueKeysWithValues: works.map { ($0.id, $0) })
        let commands = server.settings.commands
        let verb = lane == .onboarding ? ["--timeout", "\(Group.workMilliseconds(server.settings.childTimeout))ms"] : [lane.name]
        let process = ChildProcess(lane == .onboarding ? commands.onboard : commands.state, verb + commands.words, environment: commands.environment)
        var input: [UInt8] = []
        for work in works { input += work.line }
        let run = try ChildRun(server.loop, process, input: input, documents: works.count, deadlineMilliseconds: server.settings.childTimeout)
        self.run = run
        run.onOutput = { [unowned self] in take($0) }
        run.onError = { [unowned self] in takeProblem($0) }
        run.onDeadline = { [unowned self] in
            timedOut = true
            for work in open.values { dispatcher.finish(work, .late) }
            open.removeAll()
        }
        run.onEnd = { [self] in end($0) }
        server.children.add(run)
        server.metrics.group(lane.name, documents: works.count)
    }

    /// dcb-onboard has 20 s more for undoing, and its own time should be over before ours is.
    private static func workMilliseconds(_ childTimeout: Int) -> Int { min(60_000, max(1000, childTimeout - 25_000)) }

    /// Every document has its answer; only the child's end is missing.
    var isAnswered: Bool { open.isEmpty && failures.isEmpty }
    /// And the child has closed its outputs, which is the last thing it does.
    var isOver: Bool { isAnswered && !timedOut && run?.isSilent ?? true }

    private func take(_ line: ArraySlice<UInt8>) {
        guard let object = (try? Value(parsing: Array(line), dialect: .json, limits: .strict))?.objectValue, let id = object["requestId"]?.stringValue,
            let work = open[id], let (answer, others) = dispatcher.reply(work, object)
        else { return }
        open[id] = nil
        failures[id] = nil
        if lane == .onboarding, object["outcome"] == "created" {
            created.append(object)
            dispatcher.madeOne(in: self)
        }
        dispatcher.finish(work, answer, others: others)
        if isAnswered { dispatcher.answered(self) }
    }

    private func takeProblem(_ line: ArraySlice<UInt8>) {
        guard let reported = ReportedProblem(line: line) else { return server.log.foreign(line, from: lane.name) }
        if let id = reported.requestID, open[id] != nil {
            failures[id] = reported.problem
        } else if reported.requestID == nil {
            general = reported.problem
        }
        // A caller's own mistake is the caller's to know; the rest is the operator's.
        if reported.problem.kind.exit != .data { server.log.problem(reported.problem, reporter: reported.command) }
    }

    /// Only a document without its answer has failed.
    private func end(_ end: ChildRun.End) {
        server.children.remove(run)
        let isClean: Bool =
            switch end.status {
            case .exited(let code): !end.timedOut && !end.overflowed && (0..<128).contains(code)
            case .signalled: false
            }
        server.metrics.child(lane.name, end.timedOut ? "timeout" : isClean ? "ok" : "failed")
        if !open.isEmpty, failures.count < open.count, !timedOut {
            let why = end.overflowed ? "wrote far more than an answer for each document" : "gave no answer for some documents"
            server.log.say("error", "the child for \(lane.name) \(why) (\(end.status))")
        }
        for (id, work) in open {
            let answer: Answer
            if let problem = failures[id] {
                answer = .of(problem)
            } else if end.timedOut {
                answer = .late
            } else if let general, isClean, !end.overflowed {
                answer = .of(general: general)
            } else {
                answer = .failed
            }
            dispatcher.finish(work, answer)
        }
        if !open.isEmpty { dispatcher.answered(self) }
        open.removeAll()
        run = nil
        dispatcher.ended(self)
    }
}

extension Answer {
    /// A problem of a whole run: nothing of it is this caller's to know but whether to come again.
    static func of(general problem: Problem) -> Answer {
        problem.kind.exit == .tempFail ? unavailable(problem.name, "the work cannot be done now; try again") : failed
    }
}

/// The children that run: who ends is found among them.
struct Children {
    private var all: [ChildRun] = []
    var count: Int { all.count }

    mutating func add(_ run: ChildRun) { all.append(run) }
    mutating func remove(_ run: ChildRun?) { all.removeAll { $0 === run } }
    func lookForEnds() { for run in all { run.lookForEnd() } }
    func end() { for run in all { run.end() } }
    func terminate() { for run in all { run.terminate() } }
}
