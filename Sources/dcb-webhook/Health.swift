import CommandKit
import JSON
import Platform

/// Whether the record can be read: `dcb-state check --quick`, every ten seconds.
final class Health {
    private static let periodMilliseconds = 10_000
    private static let deadlineMilliseconds = 10_000

    private unowned let server: Server
    private var run: ChildRun?
    private var document: Object = [:]
    private var problem: Problem?
    private(set) var isGood = false
    private var checkedAt: Int64?
    /// A record has been seen: when it is missing afterwards, that is a fault.
    private var hasSeenRecord = false
    private var detail = "the record was not checked yet"
    private var cached: (second: Int64, answer: Answer)?
    /// Called after the first check.
    var onFirst: () -> Void = {}

    init(_ server: Server) { self.server = server }

    func check() {
        if run != nil { return }
        let commands = server.settings.commands
        document = [:]
        problem = nil
        let process = ChildProcess(commands.state, ["check", "--quick"] + commands.words, environment: commands.environment)
        do throws(SystemError) {
            let run = try ChildRun(server.loop, process, input: [], documents: 1, deadlineMilliseconds: Health.deadlineMilliseconds)
            run.onOutput = { [unowned self] in
                if let object = (try? Value(parsing: Array($0), dialect: .json, limits: .strict))?.objectValue { document = object }
            }
            run.onError = { [unowned self] in problem = ReportedProblem(line: $0)?.problem ?? problem }
            run.onEnd = { [unowned self] in
                server.children.remove(self.run)
                self.run = nil
                judge($0)
            }
            server.children.add(run)
            self.run = run
        } catch { become(false, "the check cannot be started: \(error.code.message)") }
    }

    private func judge(_ end: ChildRun.End) {
        let isOK = document["ok"]?.boolValue == true && end.status == .exited(0)
        let findings = (document["findings"]?.arrayValue ?? []).compactMap { $0.objectValue?["id"]?.stringValue }
        if isOK {
            hasSeenRecord = true
            become(true, "")
        } else if findings == ["missing"], !hasSeenRecord {
            // Before the first user there is no record, and that is no fault.
            become(true, "")
        } else if end.timedOut {
            become(false, "the check did not end in time")
        } else {
            become(
                false, problem.map { "the check failed: \($0.name)" } ?? "the check found: \(findings.isEmpty ? "no answer" : findings.joined(separator: ", "))"
            )
        }
    }

    private func become(_ good: Bool, _ why: String) {
        if good != isGood || why != detail {
            if !good {
                server.log.say("error", "the record is not well: \(why)")
            } else if checkedAt != nil {
                server.log.say("info", "the record is well again")
            }
        }
        isGood = good
        detail = why
        cached = nil
        let isFirst = checkedAt == nil
        checkedAt = server.loop.now
        if isFirst { onFirst() }
        server.loop.after(Health.periodMilliseconds) { [unowned self] in check() }
    }

    var answer: Answer {
        let second = server.second
        if let cached, cached.second == second { return cached.answer }
        let age = checkedAt.map { max(0, (server.loop.now - $0) / 1000) }
        let facts: Object = [
            "timestamp": .string(Timestamp(milliseconds: second * 1000).description), "checkAgeSeconds": age.map { .number("\($0)") } ?? .null,
            "version": .string(CommandSpec.version),
        ]
        var answer: Answer
        if server.isDraining {
            answer = .refused(503, "draining", "the listener is ending", facts).with("Retry-After", "5")
        } else if isGood {
            var object: Object = ["status": "ok"]
            for (key, value) in facts { object[key] = value }
            answer = Answer(200, object)
        } else {
            answer = .refused(503, "unhealthy", detail, facts).with("Retry-After", "10")
        }
        cached = (second, answer)
        return answer
    }
}
