import Glibc
import JSON
import Platform

/// An empty state folder with a config, and the built commands to run in it, as a user would.
public final class Scratch: @unchecked Sendable {
    public let folder: String
    public var state: String { folder + "/state" }
    public var config: String { state + "/openclaw.json" }
    public var environment: [String: String]

    /// - Parameter config: the text of openclaw.json; nil: none.
    public init(config text: String? = Scratch.plainConfig) throws {
        // A command may end before it has read its input.
        Termination.ignoreBrokenPipe()
        // A shell that runs the tests in its background has them ignored, and commands would keep to that.
        for s in [SIGINT, SIGHUP] { signal(s, SIG_DFL) }
        folder = "/tmp/dcb-test-\(getpid())-\(try Random.hex(bytes: 6))"
        try Files.makeDirectories(folder + "/state")
        environment = ["PATH": "/usr/bin:/bin", "HOME": folder, "OPENCLAW_STATE_DIR": folder + "/state", "LANG": "C"]
        if let text { try write(text, to: config) }
    }

    deinit { try? Files.removeTree(folder) }

    /// Where the built commands are: `DCB_BIN`, else beside the test bundle.
    public static let commands: String = {
        if let given = ProcessContext.current().environment["DCB_BIN"], !given.isEmpty { return given }
        return Path.parent(CommandLine.arguments.first { $0.hasSuffix(".xctest") || $0.contains(".build/") } ?? "/usr/bin/x")
    }()

    /// The commands under test are a debug build: several times slower.
    public static let isDebugBuild = Path.name(commands) == "debug"

    /// A small config of the newest shape: one main agent, WhatsApp on pairing.
    public static let plainConfig = """
        {
          "gateway": {
            "mode": "local"
          },
          "agents": {
            "defaults": {
              "sandbox": {
                "mode": "all"
              },
              "systemAgent": {
                "agentId": "main"
              }
            },
            "ownership": "explicit",
            "entries": {
              "main": {
                "workspace": "/srv/workspace-main"
              }
            }
          },
          "bindings": [],
          "session": {
            "dmScope": "per-channel-peer"
          },
          "channels": {
            "whatsapp": {
              "dmPolicy": "pairing",
              "allowFrom": []
            }
          }
        }

        """

    public func write(_ text: String, to path: String) throws {
        try Files.remove(path)
        try Files.create(path, Array(text.utf8), mode: 0o600)
    }

    public func text(_ path: String) throws -> String { String(decoding: try Files.read(path), as: UTF8.self) }
    public func configText() throws -> String { try text(config) }
    public func configValue() throws -> Value { try Value(parsing: try Files.read(config), dialect: .json5, limits: .standard) }

    /// Runs one command to its end.
    @discardableResult
    public func run(_ command: String, _ arguments: [String] = [], input: String = "", environment more: [String: String] = [:], timeoutSeconds: Int = 120)
        throws -> Output
    {
        let path = command.contains("/") ? command : Path.join(Scratch.commands, command)
        let child = ChildProcess(path, arguments, environment: environment.merging(more) { $1 })
        let timeoutSeconds = timeoutSeconds * Skip.patience
        let result = try child.run(input: Array(input.utf8), deadline: Deadline(in: timeoutSeconds * 1000))
        if result.timedOut { throw TestFailure("\(command) did not end in \(timeoutSeconds) s") }
        return Output(result)
    }

    /// Runs a line of shell with the commands on PATH.
    @discardableResult
    public func shell(_ line: String, timeoutSeconds: Int = 120) throws -> Output {
        try run("/bin/sh", ["-c", line], environment: ["PATH": Scratch.commands + ":/usr/bin:/bin", "DIR": folder], timeoutSeconds: timeoutSeconds)
    }
}

/// What a command said.
public struct Output: Sendable {
    public let status: ExitStatus
    public let out: String
    public let err: String

    init(_ result: ChildProcess.Result) {
        status = result.status
        out = String(decoding: result.output, as: UTF8.self)
        err = String(decoding: result.errors, as: UTF8.self)
    }

    init(code: Int32, out: String, err: String) {
        status = .exited(code)
        self.out = out
        self.err = err
    }

    /// The exit code; 128+n for a signal, as a shell says it.
    public var code: Int32 {
        switch status {
        case .exited(let code): code
        case .signalled(let signal): 128 + signal
        }
    }

    /// Standard output as JSON Lines.
    public var documents: [Object] { Output.objects(out) }
    /// The first document; empty when there is none.
    public var document: Object { documents.first ?? [:] }
    /// The problem lines of standard error.
    public var problems: [Object] { Output.objects(err).filter { $0["problem"] != nil } }
    /// The name of the first problem.
    public var problem: String? { problems.first?["problem"]?.stringValue }

    public static func objects(_ text: String) -> [Object] {
        text.utf8.split(separator: 10).compactMap { (try? Value(parsing: Array($0), dialect: .json, limits: .standard))?.objectValue }
    }
}

public struct TestFailure: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

extension Object {
    public func text(_ key: String) -> String? { self[key]?.stringValue }
}

extension Value {
    /// Members on the way down; nil when one is missing.
    public func at(_ keys: String...) -> Value? {
        var here: Value? = self
        for key in keys { here = here?.objectValue?[key] }
        return here
    }
}
