import Glibc
import JSON
import Platform

/// The config and folders, as the command changes them.
struct Agents {
    private let cli: Talk
    private let state: String
    private let config: String
    private let home: String
    private let delayMilliseconds: Int
    private let logFile: String?

    private var version: Release { cli.version }

    init(_ environment: [String: String], _ cli: Talk) {
        self.cli = cli
        home = environment["HOME"] ?? "/"
        state = environment["OPENCLAW_STATE_DIR"] ?? home + "/.openclaw"
        config = environment["OPENCLAW_CONFIG_PATH"] ?? state + "/openclaw.json"
        delayMilliseconds = Int(environment["OPENCLAW_STANDIN_DELAY_MS"] ?? "") ?? 20
        logFile = environment["OPENCLAW_STANDIN_LOG"]
    }

    /// What the call was given and what it met.
    func log(_ words: Words, _ context: ProcessContext) throws {
        guard let path = logFile else { return }
        let id = words.name.lowercased()
        let root = try read().root
        let agents = root["agents"]?.objectValue ?? [:]
        let people = (agents["list"]?.arrayValue ?? []) + (agents["entries"]?.objectValue ?? [:]).map { $0.value }
        let line: Value = [
            "verb": .string(words.verb), "arguments": .array(context.arguments.dropFirst().map { .string($0) }),
            "environment": .object(Object(context.environment.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
            "pid": .number("\(CurrentProcess.pid)"), "uid": .number("\(CurrentProcess.effectiveUser)"),
            "workspace": .bool(Files.exists("\(state)/workspace-\(id)")), "agentFolder": .bool(Files.exists("\(state)/agents/\(id)")),
            "unsandboxed": .number("\(people.count { $0.objectValue?["agentDir"] != nil && $0.objectValue?["sandbox"] == nil })"),
        ]
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let bytes = line.compact() + [10]
        guard file >= 0, Glibc.write(file, bytes, bytes.count) == bytes.count else { throw Refused("cannot write \(path)") }
        Glibc.close(file)
    }

    func add(_ words: Words, _ mode: Mode) throws {
        guard let workspace = words.workspace else {
            if words.asksNothing { throw Refused(version.needsWorkspace) }
            try cli.wizard("\(state)/workspace-\(words.name)")
        }
        let id = try cli.normalised(words.name)
        let (bytes, root) = try read()
        var shape = Roster(root, version)
        if shape.has(id) || mode == .exists { throw Refused(version.exists(id)) }
        try misbehave(mode, workspace)
        let agentDir = words.agentDir ?? "\(state)/agents/\(id)/agent"
        shape.add(id, name: words.name, workspace: workspace, agentDir: agentDir, main: "\(state)/workspace")
        try write(shape.root, over: bytes, mode)
        try fill(workspace)
        try Files.makeDirectories("\(state)/agents/\(id)/sessions", mode: 0o755)
        try misbehave(after: mode)
        var bindings: Object = ["added": [], "skipped": [], "conflicts": []]
        if version >= .v2026_7_1 { bindings.insert(key: "updated", value: [], at: 1) }
        try cli.answer([
            "agentId": .string(id), "name": .string(words.name), "workspace": .string(workspace), "agentDir": .string(agentDir), "bindings": .object(bindings),
        ])
        CurrentProcess.exit(0)
    }

    func delete(_ words: Words, _ mode: Mode) throws {
        if !words.isForced { try cli.fail("Non-interactive session. Re-run with --force.", asJSON: false) }
        let id = try cli.normalised(words.name)
        let (bytes, root) = try read()
        var shape = Roster(root, version)
        guard let entry = shape.entry(id) else { throw Refused(version.notFound(id)) }
        try misbehave(mode, "")
        let removedBindings = shape.remove(id)
        try write(shape.root, over: bytes, mode)
        let workspace = entry["workspace"]?.stringValue ?? "\(state)/workspace-\(id)"
        let agentDir = entry["agentDir"]?.stringValue ?? "\(state)/agents/\(id)/agent"
        let sessions = "\(state)/agents/\(id)/sessions"
        var removed: [Value] = []
        for path in [workspace, agentDir, sessions] {
            removed.append(["path": .string(path), "method": .string(try trash(path) ? "trash" : "missing")])
        }
        try misbehave(after: mode)
        var answer: Object = [
            "agentId": .string(id), "workspace": .string(workspace), "agentDir": .string(agentDir), "sessionsDir": .string(sessions),
            "removedBindings": .number("\(removedBindings)"), "removedAllow": 0,
        ]
        if version >= .v2026_8_1 {
            answer["removed"] = .array(removed)
            answer["failed"] = []
            answer["cronCleanupSkipped"] = true
        }
        try cli.answer(.object(answer))
        if version >= .v2026_8_1 {
            try cli.err(
                "Warning: cron cleanup was skipped for deleted agent \"\(id)\" because the Gateway could not be authenticated; scheduled jobs may remain.")
        }
        CurrentProcess.exit(0)
    }

    /// Longer than any test waits; whom a failed test leaves behind ends by itself.
    private func hang() -> Never {
        Clock.sleep(milliseconds: 600_000)
        CurrentProcess.exit(1)
    }

    private func misbehave(_ mode: Mode, _ workspace: String) throws {
        switch mode {
        case .nothing:
            // Whatever the version: the older ones were seen to do it.
            try cli.out("┌  Add OpenClaw agent\n\u{1B}[?25l│\n◆  Workspace directory\n│  \(workspace)█\n└")
            CurrentProcess.exit(0)
        case .hangs: hang()
        case .waits:
            let deadline = Deadline(in: 600_000)
            while !Files.exists((logFile ?? "/") + ".go"), !deadline.hasPassed { Clock.sleep(milliseconds: 2) }
        case .floods:
            for _ in 0..<64 { try Descriptor.standardOutput.writeAll([UInt8](repeating: UInt8(ascii: "x"), count: 65536)) }
            hang()
        case .dies: CurrentProcess.die(by: SIGSEGV)
        case .noisy:
            try Descriptor.standardError.writeAll(Array("\u{1B}[31mError\u{7}: \(String(repeating: "no ", count: 300))".utf8))
            CurrentProcess.exit(3)
        default: break
        }
        Clock.sleep(milliseconds: delayMilliseconds)
    }

    private func misbehave(after mode: Mode) throws {
        switch mode {
        case .failsAfter: throw Refused("Error: something after the work went wrong")
        case .hangsAfter: hang()
        case .diesAfter: CurrentProcess.die(by: SIGSEGV)
        default: break
        }
    }

    private func read() throws -> (bytes: [UInt8], root: Object) {
        guard let bytes = try Files.readIfPresent(config) else { return ([], [:]) }
        guard let root = try Value(parsing: bytes, dialect: .json5, limits: .standard).objectValue else { throw Refused("Config invalid") }
        return (bytes, root)
    }

    /// Under its lock, after a comparison: comments go, a backup stays, and a symbolic link becomes a file.
    private func write(_ root: Object, over before: [UInt8], _ mode: Mode) throws {
        let lock = "\(state)/openclaw.json.lock"
        let lease: Value = ["pid": .number("\(CurrentProcess.pid)"), "createdAt": "2026-11-23T19:08:22.535Z", "starttime": 1]
        if mode == .locked { throw Refused("file lock timeout for \(config)") }
        let deadline = Deadline(in: 20_000)
        while true {
            do {
                try Files.create(lock, lease.compact(), mode: 0o600)
                break
            } catch {
                if deadline.hasPassed { throw Refused("file lock timeout for \(config)") }
                Clock.sleep(milliseconds: 10)
            }
        }
        let now = try Files.readIfPresent(config) ?? []
        if now != before || mode == .changed {
            try Files.remove(lock)
            throw Refused("config changed since last load")
        }
        if !before.isEmpty {
            try Files.remove(config + ".bak")
            try Files.create(config + ".bak", before, mode: 0o600)
        }
        try Files.create(config + ".tmp", Value.object(root).pretty() + [10], mode: 0o600)
        try Files.rename(config + ".tmp", to: config)
        try Files.remove(lock)
    }

    private func fill(_ workspace: String) throws {
        try Files.makeDirectories(workspace + "/.git", mode: 0o755)
        var names = ["AGENTS.md", "BOOTSTRAP.md", "IDENTITY.md", "SOUL.md", "USER.md"]
        if version < .v2026_8_1 { names += ["HEARTBEAT.md", "TOOLS.md"] }
        for name in names where !Files.exists("\(workspace)/\(name)") {
            try Files.create("\(workspace)/\(name)", Array("OpenClaw's own \(name)\n".utf8), mode: 0o644)
        }
    }

    private func trash(_ path: String) throws -> Bool {
        guard Files.exists(path) else { return false }
        try Files.makeDirectories(home + "/.Trash")
        try Files.rename(path, to: "\(home)/.Trash/\(Path.name(path))-\(try Random.hex(bytes: 4))")
        return true
    }
}
