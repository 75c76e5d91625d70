import CommandKit

let command = Command.begin(Reconcile.spec)
do throws(Problem) {
    if command.arguments.has("list") { try Reconcile.list(command) } else { try Reconcile(command).run() }
} catch { command.console.report(error) }
command.console.exit()
