import CommandKit
import JSON
import Onboarding
import Platform
import Testing

@testable import OpenClaw

/// Small configs, and what the tests do with them again and again.
enum Samples {
    /// One person's agent as OpenClaw 2026.9.6 accepts it, its own agent beside it.
    static let entries = """
        {
          "gateway": { "mode": "local", "port": 18789 },
          "agents": {
            "defaults": { "sandbox": { "mode": "all" } },
            "ownership": "explicit",
            "entries": {
              "main": { "workspace": "/state/workspace-main" },
              "ops": { "workspace": "/state/workspace-ops" }
            }
          },
          "bindings": [],
          "channels": {
            "whatsapp": { "dmPolicy": "allowlist", "allowFrom": [] }
          }
        }

        """

    static let list = """
        {
          gateway: {mode: 'local'}, // local
          agents: {
            list: [
              {id: 'main', default: true, workspace: '/state/workspace-main'},
            ],
          },
          bindings: [
            // nobody yet
          ],
          channels: {whatsapp: {dmPolicy: 'pairing', allowFrom: ['+15550000001']}},
        }

        """

    static func model(_ text: String, version: String? = nil, policy: Policy = .builtIn) throws -> ConfigModel {
        try ConfigModel(parsing: Array(text.utf8), version: version.flatMap { OpenClawVersion($0) }, policy: policy)
    }

    static func id(_ number: Int) throws -> AgentID {
        let hex = String(number, radix: 16)
        return try #require(AgentID("user_" + String(repeating: "0", count: 16 - hex.count) + hex))
    }

    static func phone(_ number: Int) throws -> PhoneNumber { try #require(PhoneNumber(e164: "+1555\(1_000_000 + number)")) }

    static func spec(_ number: Int, policy: Policy = .builtIn) throws -> AgentSpec {
        let id = try id(number)
        return AgentSpec(
            id: id, name: "User Agent", workspace: "/state/workspace-\(id.text)", agentDir: "/state/agents/\(id.text)/agent", sandbox: policy.sandbox,
            keyringPassword: Secret("password-\(number)-0123456789abcdef0123456789"),
            user: "\(CurrentProcess.effectiveUser):\(CurrentProcess.effectiveGroup)")
    }

    /// A config with `count` people, as dcb itself would have made it.
    static func grown(_ text: String, by count: Int, from first: Int = 1, version: String? = nil) throws -> String {
        var edit = ConfigEdit(try model(text, version: version), membersMade: [])
        for number in first..<(first + count) {
            try edit.addAgent(spec(number))
            try edit.bind(phone(number), to: id(number))
        }
        return String(decoding: edit.apply(), as: UTF8.self)
    }

    static func edit(_ text: String, made: [String] = [], version: String? = nil, policy: Policy = .builtIn) throws -> ConfigEdit {
        ConfigEdit(try model(text, version: version, policy: policy), membersMade: made)
    }

    /// The folder of the real configs and verdicts; nil, with a line, when it is not here.
    static var shared: String? {
        let context = ProcessContext.current()
        let candidates = [context.environment["DCB_SHARED"], "../shared"].compactMap { $0 }
        for folder in candidates where Files.exists(folder + "/openclaw/verdicts.jsonl") { return folder + "/openclaw" }
        print("skipped: no verdicts.jsonl in DCB_SHARED or ../shared")
        return nil
    }
}

/// A folder that goes with its owner.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/dcb-openclaw-\(try Random.hex(bytes: 6))"
        try Files.makeDirectory(path)
    }

    deinit { try? Files.removeTree(path) }

    var config: String { path + "/openclaw.json" }
    var ownLock: String { path + "/.dcb/config.lock" }

    func write(_ text: String, mode: UInt32 = 0o600) throws { try Files.replace(config, with: Array(text.utf8), mode: mode) }
    func read() throws -> String { String(decoding: try Files.read(config), as: UTF8.self) }

    /// One transaction with nothing around it.
    @discardableResult
    func update(
        version: String? = nil, policy: Policy = .builtIn, waitMilliseconds: Int = 5000, made: [String] = [],
        durable: () throws(Problem) -> Void = {}, _ change: (inout ConfigEdit) throws(Problem) -> Void
    ) throws(Problem) -> (made: [String], changed: Bool) {
        let result = try ConfigFile.update(
            path: config, ownLock: ownLock, policy: policy, version: version.flatMap { OpenClawVersion($0) }, waitMilliseconds: waitMilliseconds
        ) { (model) throws(Problem) -> (ConfigEdit, [String]) in
            var edit = ConfigEdit(model, membersMade: made)
            try change(&edit)
            return (edit, edit.newMembersMade)
        } durable: { (_, _) throws(Problem) in
            try durable()
        } replacing: { (_, _, replace) throws(Problem) in
            try replace()
        }
        return (result.value, result.changed)
    }
}

/// What kind of problem it throws; nil: none.
func problem(_ body: () throws -> Void) -> Problem.Kind? {
    do {
        try body()
        return nil
    } catch { return (error as? Problem)?.kind ?? .internalError }
}

extension Samples {
    static func text(_ path: String) throws -> String { String(decoding: try Files.read(path), as: UTF8.self) }
}
