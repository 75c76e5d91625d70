// A stand-in for a running OpenClaw gateway: its admin RPC, its watch over openclaw.json and its reloads, as they were seen.
//
// --config FILE        the openclaw.json that it runs
// --token-file FILE    what it asks for
// --port N             0: a free one; the line "port N" on standard output says which
// --version V          2026.7.1 gives no hashes in config.get [2026.9.6]
// --speed X            how long a reload takes, as a part of what was measured [0.05]
// --control FILE       how it misbehaves (see Control); read again for every call
// --log FILE           gets a JSON object a line: calls, reloads, what the watcher missed
// CHOKIDAR_USEPOLLING=1 in the environment: it never goes blind
import Glibc
import JSON
import Platform

let context = ProcessContext.current()
var options: [String: String] = [:]
var words = context.arguments.dropFirst()
while let name = words.popFirst(), let value = words.popFirst() { options[name] = value }

do {
    Termination.ignoreBrokenPipe()
    guard let config = options["--config"] else { throw Refused("--config is missing") }
    let token = try options["--token-file"].map { String(decoding: try Files.read($0), as: UTF8.self).filter { !$0.isWhitespace } }
    let gateway = try Gateway(
        config: config, version: options["--version"] ?? "2026.9.6", speed: Double(options["--speed"] ?? "0.05") ?? 0.05,
        isPolling: context.environment["CHOKIDAR_USEPOLLING"] == "1", log: options["--log"])
    let control = Control(options["--control"])
    let calls = Calls(gateway, token: token, control: control)
    let server = try Server(port: UInt16(options["--port"] ?? "0") ?? 0)
    try Descriptor.standardOutput.writeAll(Array("port \(server.port)\n".utf8))
    if control.always("blind-at-first") != nil { gateway.watch.blind() }
    while Files.exists(Path.parent(config)) {
        if control.always("blind") != nil { gateway.watch.blind() }
        gateway.turn()
        guard try server.waitForCall(also: gateway.watch.descriptor, milliseconds: gateway.millisecondsToNextTurn) else { continue }
        if control.always("blind") != nil { gateway.watch.blind() }
        // What it has seen by now comes first; while it reloads, its event loop is busy and calls wait.
        gateway.turn()
        if !gateway.isReloading { try server.serve { request in try calls.answer(request, server) } }
    }
} catch {
    _ = try? Descriptor.standardError.writeAll(Array("openclaw-gateway-standin: \(error)\n".utf8))
    CurrentProcess.exit(1)
}

struct Refused: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
