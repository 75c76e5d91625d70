import CommandKit

let command = Command.begin(StateCommand.spec)
do throws(Problem) {
    let state = try StateCommand(command)
    switch command.arguments.verb ?? "" {
    case "init": try state.initialise()
    case "claim": try state.stream(ClaimVerb(state).run)
    case "commit": try state.stream(CommitVerb(state).run)
    case "release": try state.stream(ReleaseVerb(state).run)
    case "get": try state.get()
    case "update", "handover", "cancel": try state.stream(MoveVerb(state).run)
    case "history": try state.stream(HistoryVerb(state).run)
    case "list": try state.list()
    case "claims": try state.claims()
    case "ledger": try state.ledger()
    case "check": try state.check()
    case "jobs": try state.jobs()
    case "audit": try state.audit()
    default: throw Problem(.usage, "a verb is missing")
    }
} catch { command.console.report(error) }
command.console.exit()
