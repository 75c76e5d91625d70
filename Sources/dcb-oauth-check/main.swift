import CommandKit
import Provisioning

let command = Command.begin(
    CommandSpec(
        "dcb-oauth-check", summary: "how each agent's Google authorisation stands",
        usage: ["[--agent ID]… [--max-age TIME] [--warn-age TIME] [--probe] [--require] [--record] [--job NAME] [--format text|json]"],
        options: [
            OptionSpec("agent", takes: .many("ID"), "only this agent; may be repeated"),
            OptionSpec("max-age", takes: .one("TIME"), "an older token is old [90d]"),
            OptionSpec("warn-age", takes: .one("TIME"), "an older token is expiring [a week less: 83d]"),
            OptionSpec("probe", "let gog use the token, in each agent's sandbox"),
            OptionSpec("require", "an agent without a token needs attention"),
            OptionSpec("record", "keep state and time in the record; complete with a token becomes active"),
            JobRun.option(),
            OptionSpec("format", takes: .one("FORMAT"), choices: ["text", "json"], "default: text on a terminal, else json"),
        ],
        schema: Schemas.check))

do throws(Problem) {
    let job = try JobRun(command, periodSeconds: 86_400)
    let workplace = try Workplace(command)
    do throws(Problem) { try OAuthCheck(command, workplace).run() } catch { command.console.report(error) }
    job.finish(workplace)
} catch { command.console.report(error) }
command.console.exit()
