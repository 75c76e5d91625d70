import CommandKit
import Provisioning

let command = Command.begin(
    CommandSpec(
        "dcb-create-agent", summary: "make a sandboxed agent for each claimed phone",
        usage: ["[OPTIONS] < DOCUMENTS", "--undo [--purge] < DOCUMENTS"],
        options: [
            OptionSpec("undo", "take the agent back: its folders go to the trash"),
            OptionSpec("purge", "with --undo: delete instead, earlier trash of the phone too"),
            OptionSpec("new-keyring", "move a keyring whose password is lost aside and start a new one"),
            OptionSpec.dryRun,
        ],
        schema: Schemas.createAgent))

do throws(Problem) {
    let step = try CreateAgent(command)
    command.runStream(groupLimit: step.groupLimit) { documents throws(Problem) in try step.run(documents) }
} catch { command.console.exit(with: error) }
