import Glibc
import JSON
import Platform

/// The versions that were observed.
enum Release: String, CaseIterable, Comparable {
    case v2026_1_30 = "2026.1.30"
    case v2026_2_9 = "2026.2.9"
    case v2026_7_1 = "2026.7.1"
    case v2026_8_1 = "2026.8.1"
    case v2026_9_6 = "2026.9.6"

    static func < (a: Release, b: Release) -> Bool { (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0) }

    var hasEntries: Bool { self >= .v2026_8_1 }

    func exists(_ id: String) -> String {
        "Agent \"\(id)\" already exists." + (self == .v2026_7_1 ? " Run openclaw agents list to inspect configured agents." : "")
    }

    func notFound(_ id: String) -> String {
        "Agent \"\(id)\" not found." + (self >= .v2026_7_1 ? " Run openclaw agents list to see configured agents." : "")
    }

    var needsWorkspace: String {
        self < .v2026_7_1
            ? "Non-interactive mode requires --workspace. Re-run without flags to use the wizard."
            : "Non-interactive agent creation requires --workspace. Re-run openclaw agents add <id> --workspace <path> or omit flags to use the wizard."
    }

    func unknown(_ verb: String) -> String {
        self < .v2026_7_1 ? "error: too many arguments for 'agents'. Expected 0 arguments but got 2." : "OpenClaw agents has no command \"\(verb)\"."
    }
}

/// What it says, and where.
struct Talk {
    let version: Release
    let isJSON: Bool

    func out(_ text: String) throws { try Descriptor.standardOutput.writeAll(Array((text + "\n").utf8)) }
    func err(_ text: String) throws { try Descriptor.standardError.writeAll(Array((text + "\n").utf8)) }
    func answer(_ value: Value) throws { try out(String(decoding: value.pretty(), as: UTF8.self)) }

    func fail(_ message: String, asJSON: Bool = true) throws -> Never {
        let speaksJSON = asJSON && isJSON && version >= .v2026_8_1
        if speaksJSON { try answer(["ok": false, "error": ["type": "cli_error", "message": .string(message)]]) }
        // "not found" was seen on standard output alone there.
        if !speaksJSON || !message.contains("not found") { try err(message) }
        CurrentProcess.exit(1)
    }

    /// Without a terminal the wizard of the older ones ends without a word of failure.
    func wizard(_ workspace: String) throws -> Never {
        if version >= .v2026_8_1 {
            try fail("Agent creation needs an interactive TTY. Use `openclaw agents add <id> --non-interactive --workspace <dir>` for automation.")
        }
        try out("┌  Add OpenClaw agent\n\u{1B}[?25l│\n◆  Workspace directory\n│  \(workspace)█\n└")
        if version < .v2026_7_1 { CurrentProcess.exit(0) }
        try err("Warning: Detected unsettled top-level await at file:///opt/node_modules/openclaw/openclaw.mjs:784")
        CurrentProcess.exit(13)
    }

    func normalised(_ name: String) throws -> String {
        let id = String(name.lowercased().map { ($0.isASCII && ($0.isLetter || $0.isNumber)) || $0 == "_" || $0 == "-" ? $0 : "-" })
        if id != name {
            let text = "Normalized agent id to \"\(id)\"."
            if version < .v2026_7_1 { try out(text) } else if version < .v2026_9_6 { try err(text) }
        }
        return id
    }
}
