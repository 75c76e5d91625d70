import CommandKit
import Provisioning
import Store

/// The step: there, back, only what would be, or the question whether it is applied.
struct Bind {
    private let command: Command
    private let workplace: Workplace
    private let undo: Bool
    private let ask: Bool
    private let requireApplied: Bool
    private let dryRun: Bool

    init(_ command: Command) throws(Problem) {
        self.command = command
        undo = command.arguments.has("undo")
        ask = command.arguments.has("ask")
        requireApplied = command.arguments.has("require-applied")
        dryRun = command.arguments.has("dry-run")
        _ = try command.arguments.milliseconds("wait", default: 60_000)
        if undo, ask { throw Problem(.usage, "options --undo and --ask do not go together") }
        if !ask, requireApplied || command.arguments.has("wait") { throw Problem(.usage, "options --wait and --require-applied go with --ask") }
        workplace = try Workplace(command)
    }

    func run(_ documents: [StreamDocument]) throws(Problem) {
        let step = BindingStep(workplace, record: try workplace.openRecord())
        command.runStep(documents, passesAbsent: !ask) { items throws(Problem) in
            if ask {
                try step.ask(items)
                if requireApplied {
                    for item in items where item.problem == nil {
                        item.problem = Problem(.notApplied, "no gateway is known that could have applied it", hint: "give --gateway and --gateway-token-file")
                    }
                }
            } else if undo {
                dryRun ? try step.planUndo(items) : try step.undo(items)
            } else {
                dryRun ? try step.plan(items) : try step.bind(items)
            }
        }
    }
}
