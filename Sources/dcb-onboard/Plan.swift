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
    static let undoMilliseconds = 20_000

    init(_ command: Command) throws(Problem) {
        let arguments = command.arguments
        undo = arguments.has("undo")
        purge = arguments.has("purge")
        dryRun = arguments.has("dry-run")
        timeoutMilliseconds = try arguments.milliseconds("timeout", default: 60_000)
        confirmMilliseconds = try arguments.milliseconds("confirm", default: 0)
        knowsGateway = command.setting("gateway", environment: "DCB_GATEWAY_URL") != nil
        if purge, !undo { throw Problem(.usage, "option --purge goes with --undo") }
    }
}
