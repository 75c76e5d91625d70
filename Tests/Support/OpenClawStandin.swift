import JSON
import Platform

// The stand-in for OpenClaw's own command on the PATH of the commands under test.
extension Scratch {
    /// The versions that the stand-in replays.
    public static let openclawVersions = ["2026.1.30", "2026.2.9", "2026.7.1", "2026.8.1", "2026.9.6"]

    /// A config as that version has it: one main agent and another person's, with a comment and odd spacing, and that one's binding.
    public static func config(of version: String) -> String {
        let isOld = ["2026.1.30", "2026.2.9", "2026.7.1"].contains(version)
        let other = #""name": "Other", "workspace": "/srv/other", "agentDir": "/srv/other-agent", "sandbox": {"mode": "all", "scope": "agent"}"#
        let roster =
            isOld
            ? #""list": [{"id": "main", "default": true, "workspace": "/srv/main"}, {"id": "other", \#(other)}]"#
            : #""defaults": {"systemAgent": {"agentId": "main"}}, "ownership": "explicit", "entries": {"main": {"workspace": "/srv/main"}, "other": {\#(other)}}"#
        let kind = version == "2026.1.30" ? "dm" : "direct"
        return """
            {
              // ours
              "gateway": {"mode":   "local"},
              "agents": {\(roster)},
              "bindings": [{"agentId": "other", "match": {"channel": "whatsapp", "peer": {"kind": "\(kind)", "id": "+15559999999"}}}],
              "session": {"dmScope": "per-channel-peer"},
              "channels": {"whatsapp": {"dmPolicy": "allowlist", "allowFrom": ["+15559999999"]}}
            }

            """
    }

    /// A scratch in which every command uses the cli driver, and `openclaw` is the stand-in of that version.
    public static func withOpenClaw(_ version: String = "2026.9.6", config: String? = nil) throws -> Scratch {
        let scratch = try Scratch(config: config ?? Scratch.config(of: version))
        try Files.makeDirectories(scratch.folder + "/bin")
        let linked = try scratch.run("/bin/ln", ["-s", try standin("openclaw-standin"), scratch.folder + "/bin/openclaw"])
        guard linked.code == 0 else { throw TestFailure("cannot link the stand-in: \(linked.err)") }
        scratch.environment["PATH"] = scratch.folder + "/bin:/usr/bin:/bin"
        scratch.environment["DCB_DRIVER"] = "cli"
        scratch.environment["DCB_OPENCLAW_VERSION"] = version
        scratch.environment["OPENCLAW_STANDIN_VERSION"] = version
        scratch.environment["OPENCLAW_STANDIN_LOG"] = scratch.folder + "/openclaw.log"
        return scratch
    }

    /// How the stand-in is told to misbehave.
    public static func misbehaving(_ mode: String, _ verb: String? = nil, delayMilliseconds: Int? = nil) -> [String: String] {
        var environment = ["OPENCLAW_STANDIN_MODE": mode]
        environment["OPENCLAW_STANDIN_VERB"] = verb
        environment["OPENCLAW_STANDIN_DELAY_MS"] = delayMilliseconds.map { "\($0)" }
        return environment
    }

    /// The calls of `openclaw` so far: what each was given and what it met.
    public func openclawCalls() throws -> [Object] {
        Output.objects(String(decoding: try Files.readIfPresent(folder + "/openclaw.log") ?? [], as: UTF8.self))
    }

    /// Beside the commands under test, else beside the test bundle.
    static func standin(_ name: String) throws -> String {
        var folders = [Scratch.commands]
        for word in CommandLine.arguments + [CurrentProcess.executablePath ?? ""] where word.contains(".xctest") {
            let parts = word.split(separator: "/", omittingEmptySubsequences: false)
            if let bundle = parts.firstIndex(where: { $0.hasSuffix(".xctest") }) { folders.append(parts[..<bundle].joined(separator: "/")) }
        }
        for folder in folders where Files.isExecutable(folder + "/" + name) { return Path.absolute(folder + "/" + name) }
        throw TestFailure("\(name) is not beside the tests")
    }
}
