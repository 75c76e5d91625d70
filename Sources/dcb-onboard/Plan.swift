import CommandKit
import Platform

/// What this run was asked to do.
struct Plan {
    let undo: Bool
    let purge: Bool
    let dryRun: Bool
    let timeoutMilliseconds: Int
    let confirmMilliseconds: Int
    /// A gateway is configured, so "applied" can become known.
    let knowsGateway: Bool

    /// What undoing may take beyond the work's deadline.
    let undoMilliseconds: Int
    /// Documents taken together: one with OpenClaw's own command, which takes one agent a call.
    let groupLimit: Int

    /// The deadline of OpenClaw's own command, and some seconds for the other steps; it replaces `--timeout`.
    private static let cliMilliseconds = 330_000

    init(_ command: Command) throws(Problem) {
        let arguments = command.arguments
        undo = arguments.has("undo")
        purge = arguments.has("purge")
        dryRun = arguments.has("dry-run")
        let isCLI = (command.setting("driver", environment: "DCB_DRIVER") ?? "file") == "cli"
        groupLimit = isCLI ? 1 : DocumentStream.groupLimit
        let given = try arguments.milliseconds("timeout", default: 60_000)
        timeoutMilliseconds = isCLI ? max(given, Plan.cliMilliseconds) : given
        undoMilliseconds = isCLI ? Plan.cliMilliseconds : 20_000
        confirmMilliseconds = try arguments.milliseconds("confirm", default: 0)
        knowsGateway = command.setting("gateway", environment: "DCB_GATEWAY_URL") != nil
        if purge, !undo { throw Problem(.usage, "option --purge goes with --undo") }
    }
}
