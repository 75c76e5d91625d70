import CommandKit
import Platform

let command = Command.begin(
    CommandSpec(
        "dcb-onboard", summary: "onboard users: from a phone to a sandboxed, bound, recorded agent",
        usage: ["[OPTIONS] < DOCUMENTS", "[OPTIONS] PHONE", "--undo [--purge] [PHONE]"],
        options: [
            OptionSpec("undo", "offboard: remove binding and agent, cancel the row"),
            OptionSpec("purge", "with --undo: erase the data as well"),
            OptionSpec("timeout", takes: .one("TIME"), "for the work; undoing has 20 s more [60s]"),
            OptionSpec("confirm", takes: .one("TIME"), "wait so long for the gateway to apply it [0s]"),
            OptionSpec.dryRun,
        ],
        operandLimit: 1, schema: Schemas.onboard))

let orchestrator: Orchestrator
do { orchestrator = try Orchestrator(command: command, plan: try Plan(command)) } catch { command.console.exit(with: error) }
command.runStream(phoneOperand: command.arguments.operands.first, groupLimit: orchestrator.plan.groupLimit) { documents throws(Problem) in
    orchestrator.plan.undo ? try orchestrator.offboard(documents) : try orchestrator.onboard(documents)
}
