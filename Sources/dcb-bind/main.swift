import CommandKit
import Provisioning

let command = Command.begin(
    CommandSpec(
        "dcb-bind", summary: "route each phone to its agent and put it on the allow-list",
        usage: ["[OPTIONS] < DOCUMENTS", "--undo < DOCUMENTS", "--ask [--wait TIME] [--require-applied] < DOCUMENTS"],
        options: [
            OptionSpec("undo", "remove the binding, and the allow-list entry if we put it there"),
            OptionSpec("ask", "change nothing; say whether the running gateway has it"),
            OptionSpec("wait", takes: .one("TIME"), "with --ask: how long the gateway may take [60s]"),
            OptionSpec("require-applied", "with --ask: 75 unless the gateway has it"),
            OptionSpec.dryRun,
        ],
        schema: Schemas.bind))

do throws(Problem) {
    let step = try Bind(command)
    command.runStream { documents throws(Problem) in try step.run(documents) }
} catch { command.console.exit(with: error) }
