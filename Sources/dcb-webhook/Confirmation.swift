import CommandKit
import JSON
import Platform

/// Asks, in the background, whether the running gateway has what was made (`dcb-bind --ask`). What is not confirmed here reconcile confirms.
final class Confirmation {
    private static let waitingLimit = 4096
    private static let groupLimit = 256
    private static let waitMilliseconds = 60_000

    private unowned let server: Server
    private var waiting: [Object] = []
    private var run: ChildRun?

    init(_ server: Server) { self.server = server }

    func add(_ documents: [Object]) {
        waiting += documents.prefix(Confirmation.waitingLimit - waiting.count)
        start()
    }

    private func start() {
        if run != nil || waiting.isEmpty || server.isDraining { return }
        let documents = waiting.prefix(Confirmation.groupLimit)
        var input: [UInt8] = []
        for document in documents { input += Value.object(document).compact() + [10] }
        let commands = server.settings.commands
        let words = ["--ask", "--wait", "\(Confirmation.waitMilliseconds)ms"] + commands.words
        let process = ChildProcess(commands.bind, words, environment: commands.environment)
        do throws(SystemError) {
            let run = try ChildRun(
                server.loop, process, input: input, documents: documents.count, deadlineMilliseconds: Confirmation.waitMilliseconds + 30_000)
            var isTold = false
            run.onOutput = { [unowned self] line in
                guard !isTold, let answer = (try? Value(parsing: Array(line), dialect: .json, limits: .strict))?.objectValue, answer["applied"] == false else {
                    return
                }
                isTold = true
                server.log.say("warning", "the gateway has not applied all of a group: \(answer["hint"]?.stringValue ?? "dcb-bind --ask says why")")
            }
            run.onError = { [unowned self] line in
                guard let reported = ReportedProblem(line: line) else { return server.log.foreign(line, from: "confirmation") }
                server.log.problem(reported.problem, reporter: reported.command)
            }
            run.onEnd = { [unowned self] in
                server.children.remove(self.run)
                self.run = nil
                server.metrics.child("confirmation", $0.timedOut ? "timeout" : $0.status == .exited(0) ? "ok" : "failed")
                start()
                server.mayHaveDrained()
            }
            server.children.add(run)
            self.run = run
        } catch { server.log.say("warning", "cannot ask the gateway: \(error)") }
        waiting.removeFirst(documents.count)
    }

    /// It only asks: nothing is lost when it stops.
    func stop() {
        waiting = []
        run?.end()
    }
}
