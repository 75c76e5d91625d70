// A stand-in for OpenClaw's own command: says and does what five versions of it were seen to say and do for `agents add` and `agents delete`,
// and what was read of `pairing list` and `pairing approve`.
//
// OPENCLAW_STANDIN_VERSION  2026.1.30, 2026.2.9, 2026.7.1, 2026.8.1 or 2026.9.6 (default)
// OPENCLAW_STANDIN_MODE     how it misbehaves (see Mode)
// OPENCLAW_STANDIN_VERB     add or delete: only that one misbehaves
// OPENCLAW_STANDIN_DELAY_MS how long it thinks, after it has read the config [20]
// OPENCLAW_STANDIN_LOG      a file to which each call adds what it was given and what it saw, a JSON object a line
import Glibc
import JSON
import Platform

do {
    let context = ProcessContext.current()
    let version = Release(rawValue: context.environment["OPENCLAW_STANDIN_VERSION"] ?? "2026.9.6") ?? .v2026_9_6
    let cli = Talk(version: version, isJSON: context.arguments.contains("--json"))
    do {
        if context.arguments.dropFirst().first == "pairing" {
            switch context.environment["OPENCLAW_STANDIN_MODE"] {
            case "dies": CurrentProcess.die(by: SIGSEGV)
            case "noisy": try cli.out("Config warnings:\n- none of importance")
            case "hangs": Clock.sleep(milliseconds: 600_000)
            case "fails-after": throw Refused("Error: something went wrong")
            default: break
            }
            try Pairing(context.environment, cli).run(Array(context.arguments.dropFirst(2)))
        }
        let words = try Words(Array(context.arguments.dropFirst()))
        let wanted = context.environment["OPENCLAW_STANDIN_VERB"]
        let misbehaves = wanted == nil || wanted == words.verb
        guard let mode = Mode(rawValue: misbehaves ? context.environment["OPENCLAW_STANDIN_MODE"] ?? "normal" : "normal") else { throw Refused("no such mode") }
        let agents = Agents(context.environment, cli)
        try agents.log(words, context)
        switch words.verb {
        case "add": try agents.add(words, mode)
        case "delete": try agents.delete(words, mode)
        default: try cli.fail(version.unknown(words.verb), asJSON: false)
        }
    } catch let refused as Refused { try cli.fail(refused.message) }
} catch {
    _ = try? Descriptor.standardError.writeAll(Array("Error: \(error)\n".utf8))
    CurrentProcess.exit(1)
}

/// What can go wrong.
enum Mode: String {
    case normal
    /// Exits 0 having made nothing.
    case nothing
    /// Does it, and exits 1.
    case failsAfter = "fails-after"
    /// Never ends: before it has done anything, or after.
    case hangs, hangsAfter = "hangs-after"
    /// Goes on when a file of the log's name and `.go` is there.
    case waits
    /// Writes megabytes, and never ends.
    case floods
    /// Dies by SIGSEGV: before, or after.
    case dies, diesAfter = "dies-after"
    /// Says that the agent is there.
    case exists
    /// The config changed while it worked.
    case changed
    /// OpenClaw's lock is held by another.
    case locked
    /// Fails and says so in many words, with control characters and without a newline.
    case noisy
}

struct Refused: Error {
    let message: String
    init(_ message: String) { self.message = message }
}

struct Words {
    let verb: String
    let name: String
    let workspace: String?
    let agentDir: String?
    let isForced: Bool
    let asksNothing: Bool

    init(_ words: [String]) throws {
        guard words.count >= 3, words[0] == "agents" else { throw Refused("error: unknown command") }
        var found: [String: String] = [:]
        var flags: Set<String> = []
        var rest = words.dropFirst(3)
        while let word = rest.popFirst() {
            switch word {
            case "--workspace", "--agent-dir": found[word] = rest.popFirst()
            case "--force", "--json", "--non-interactive": flags.insert(word)
            default: throw Refused("error: unknown option '\(word)'")
            }
        }
        verb = words[1]
        name = words[2]
        workspace = found["--workspace"]
        agentDir = found["--agent-dir"]
        isForced = flags.contains("--force")
        asksNothing = flags.contains("--non-interactive")
    }
}
