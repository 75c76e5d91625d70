import CommandKit
import Platform
import Provisioning

let words = ProcessContext.current().arguments
if words.dropFirst().first == ForeignDatabase.word { ForeignDatabase.serve(words) }
let command = Command.begin(
    CommandSpec(
        "dcb-backup", summary: "consistent, verified archives of the state folder, and back",
        usage: ["create [--to DIR] [--keep N] [--job NAME]", "verify ARCHIVE", "list DIR", "restore ARCHIVE --into DIR [--check]"],
        options: [
            OptionSpec("to", takes: .one("DIR"), verbs: ["create"], "where the archives are [backupDir of the policy]"),
            OptionSpec("keep", takes: .one("N"), verbs: ["create"], "how many stay [7]"),
            JobRun.option(verbs: ["create"]),
            OptionSpec("into", takes: .one("DIR"), verbs: ["restore"], "an empty or absent folder: the state folder to be"),
            OptionSpec("check", verbs: ["restore"], "end with dcb-reconcile --check of the restored folder"),
            OptionSpec("max-size", takes: .one("GIB"), verbs: ["verify", "restore"], "what all files may have together [64, or 100 times the archive]"),
            OptionSpec("dry-run", short: "n", verbs: ["create", "restore"], "change nothing; answer what would be"),
        ],
        verbs: ["create", "verify", "list", "restore"], operandLimit: 1, schema: Schemas.backup))

do throws(Problem) {
    let verb = command.arguments.verb ?? ""
    if command.arguments.operands.count != (verb == "create" ? 0 : 1) {
        throw Problem(.usage, verb == "create" ? "create takes no operand" : "\(verb) needs \(verb == "list" ? "a folder" : "an archive")")
    }
    switch verb {
    case "create":
        let job = try JobRun(command, periodSeconds: 86_400)
        let workplace = try Workplace(command)
        do throws(Problem) { try CreateVerb(command, workplace).run() } catch { command.console.report(error) }
        job.finish(workplace)
    case "verify": try VerifyVerb(command: command).run()
    case "list": try ListVerb(command: command).run()
    default: try RestoreVerb(command: command).run()
    }
} catch { command.console.report(error) }
command.console.exit()
