import JSON
import Platform

/// `openclaw pairing list` and `approve`: requests that wait, three at most, in a file beside the config.
///
/// The list's form was observed (empty), the element and what an approval does were read in OpenClaw's documentation and source.
struct Pairing {
    private let cli: Talk
    private let config: String
    private let file: String

    init(_ environment: [String: String], _ cli: Talk) {
        self.cli = cli
        let state = environment["OPENCLAW_STATE_DIR"] ?? (environment["HOME"] ?? "/") + "/.openclaw"
        config = environment["OPENCLAW_CONFIG_PATH"] ?? state + "/openclaw.json"
        file = state + "/standin-pairing.json"
    }

    func run(_ words: [String]) throws -> Never {
        let operands = words.filter { !$0.hasPrefix("--") }
        guard operands.count >= 2 else { throw Refused("No chat DM pairing channels are configured.") }
        switch operands[0] {
        case "list":
            try cli.answer(["channel": .string(operands[1]), "requests": .array(try waiting())])
        case "approve":
            guard operands.count == 3 else { throw Refused("error: missing required argument 'code'") }
            try approve(operands[1], operands[2])
        default: throw Refused("error: unknown command '\(operands[0])'")
        }
        CurrentProcess.exit(0)
    }

    private func waiting() throws -> [Value] {
        guard let bytes = try Files.readIfPresent(file) else { return [] }
        return try Value(parsing: bytes, dialect: .json, limits: .standard).arrayValue ?? []
    }

    private func approve(_ channel: String, _ code: String) throws {
        var requests = try waiting()
        guard let i = requests.firstIndex(where: { $0.objectValue?["code"]?.stringValue == code }) else {
            throw Refused("No pending pairing request found for code: \(code)")
        }
        let sender = requests[i].objectValue?["id"]?.stringValue ?? ""
        requests.remove(at: i)
        try Files.replace(file, with: Value.array(requests).compact(), mode: 0o600)
        try becomeOwner("\(channel):\(sender)")
        try cli.out("Approved \(channel) sender \(sender).")
    }

    /// Whoever is approved first owns the commands, when nobody does yet.
    private func becomeOwner(_ sender: String) throws {
        guard cli.version >= .v2026_2_9, var root = try Value(parsing: Files.read(config), dialect: .json5, limits: .standard).objectValue else { return }
        var commands = root["commands"]?.objectValue ?? [:]
        if commands["ownerAllowFrom"]?.arrayValue?.isEmpty == false { return }
        commands["ownerAllowFrom"] = [.string(sender)]
        root["commands"] = .object(commands)
        try Files.replace(config, with: Value.object(root).pretty() + [10], mode: 0o600)
    }
}
