import CommandKit
import Provisioning

/// The step: there, back, only what would be, or the question whether it is applied.
struct Bind {
    private let command: Command
    private let workplace: Workplace
    private let undo: Bool
    private let ask: Bool
    private let requireApplied: Bool
    private let dryRun: Bool
    private let waitMilliseconds: Int

    init(_ command: Command) throws(Problem) {
        self.command = command
        undo = command.arguments.has("undo")
        ask = command.arguments.has("ask")
        requireApplied = command.arguments.has("require-applied")
        dryRun = command.arguments.has("dry-run")
        waitMilliseconds = try command.arguments.milliseconds("wait", default: 60_000)
        if undo, ask { throw Problem(.usage, "options --undo and --ask do not go together") }
        if !ask, requireApplied || command.arguments.has("wait") { throw Problem(.usage, "options --wait and --require-applied go with --ask") }
        workplace = try Workplace(command)
    }

    func run(_ documents: [StreamDocument]) throws(Problem) {
        if ask { return command.runStep(documents, passesAbsent: true, asked) }
        if dryRun {
            let dry = try DryRun(workplace)
            return command.runStep(documents, passesAbsent: true) { items throws(Problem) in undo ? try dry.unbind(items) : try dry.bind(items) }
        }
        let step = BindingStep(workplace, record: try workplace.openRecord())
        command.runStep(documents, passesAbsent: true) { items throws(Problem) in undo ? try step.undo(items) : try step.bind(items) }
    }

    private func asked(_ items: [StepItem]) throws(Problem) {
        let whyNot = try Routing(workplace).ask(items, waitMilliseconds: waitMilliseconds, changes: !dryRun)
        if !requireApplied { return }
        for item in items { item.problem = item.problem ?? whyNot(item) }
    }
}
