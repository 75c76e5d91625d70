import CommandKit
import JSON
import Onboarding
import Platform

/// The real `openclaw` command, run as a child. Slow (seconds to minutes a call): only the `cli` driver uses it.
///
/// What it says and how it exits decides nothing: OpenClaw 2026.1.30 and 2026.2.9 were seen to exit 0 having made nothing. The caller looks into the
/// config afterwards.
public struct OpenClawCommand {
    private let executable: String
    private let environment: [String: String]

    /// How long one call may take.
    public static let deadlineMilliseconds = 300_000
    /// More output than any call was seen to give.
    private static let outputLimitBytes = 1 << 20

    /// Finds `openclaw` on the PATH.
    /// - Parameters:
    ///   - environment: of this process; children get the allowed part, and the state folder and config that we work on.
    /// - Throws: `openclaw-missing`.
    public init(environment: [String: String], stateDir: String, config: String) throws(Problem) {
        let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").map(String.init)
        let found = folders.lazy.filter { $0.hasPrefix("/") }.map { Path.join($0, "openclaw") }.first { Files.isExecutable($0) }
        guard let found else {
            throw Problem(.openclawMissing, "there is no openclaw command on the PATH", hint: "install it with npm install -g openclaw, or use --driver file")
        }
        executable = found
        var allowed = ChildEnvironment.allowed(from: environment)
        allowed["OPENCLAW_STATE_DIR"] = stateDir
        allowed["OPENCLAW_CONFIG_PATH"] = config
        self.environment = allowed
    }

    /// `agents add`, without a question to a terminal.
    /// - Returns: what it said when it failed, nil otherwise; no proof of either.
    public func addAgent(_ id: AgentID, workspace: String, agentDir: String, whileRunning beat: () -> Void) throws(Problem) -> String? {
        try run(["agents", "add", id.text, "--workspace", workspace, "--agent-dir", agentDir, "--non-interactive", "--json"], beat)
    }

    /// `agents delete`; the folders must be out of its way by then, or they go to its own trash.
    public func deleteAgent(_ id: AgentID, whileRunning beat: () -> Void) throws(Problem) -> String? {
        try run(["agents", "delete", id.text, "--force", "--json"], beat)
    }

    private func run(_ words: [String], _ beat: () -> Void) throws(Problem) -> String? {
        var child = ChildProcess(executable, words, environment: environment)
        child.ownGroup = true
        child.workingOutputLimitBytes = OpenClawCommand.outputLimitBytes
        let result: ChildProcess.Result
        do throws(SystemError) {
            result = try child.run(input: [], deadline: Deadline(in: OpenClawCommand.deadlineMilliseconds), beatMilliseconds: 10_000, beat: beat)
        } catch { throw Problem(error) }
        if result.timedOut { return "it did not end within \(OpenClawCommand.deadlineMilliseconds / 1000) s" }
        if result.overflowed { return "it wrote more than 1 MiB" }
        switch result.status {
        case .exited(0): return nil
        case .exited(let code): return "exit \(code): \(OpenClawCommand.firstLine(result))"
        case .signalled(let signal): return "signal \(signal)"
        }
    }

    /// What a person would read first: the message of the JSON error, else the first line of standard error. Without control characters.
    private static func firstLine(_ result: ChildProcess.Result) -> String {
        if let start = result.output.firstIndex(of: UInt8(ascii: "{")),
            let object = (try? Value(parsing: Array(result.output[start...]), dialect: .json, limits: .strict))?.objectValue,
            let message = object["error"]?.objectValue?["message"]?.stringValue
        {
            return clean(message)
        }
        return clean(String(decoding: result.errors.prefix { $0 != 10 }, as: UTF8.self))
    }

    private static func clean(_ text: String) -> String {
        String(text.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 }.prefix(200).map(Character.init))
    }
}
