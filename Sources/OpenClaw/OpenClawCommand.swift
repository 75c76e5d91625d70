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
    private let deadlineMilliseconds: Int

    /// How long one call may take.
    public static let deadlineMilliseconds = 300_000
    /// More output than any call was seen to give.
    private static let outputLimitBytes = 1 << 20

    /// Why a call did not end well; no proof that it did nothing.
    public struct Failure: Sendable, Equatable {
        public let kind: Problem.Kind
        public let detail: String
    }

    /// What the caller does while a call runs, which can be minutes.
    public struct Watch {
        /// Readable when the call is to be ended early (a signal descriptor).
        public let interrupt: Descriptor?
        public let beatMilliseconds: Int
        /// For renewing what would run out.
        public let beat: () -> Void

        public init(interrupt: Descriptor? = nil, beatMilliseconds: Int = .max, beat: @escaping () -> Void = {}) {
            self.interrupt = interrupt
            self.beatMilliseconds = beatMilliseconds
            self.beat = beat
        }
    }

    /// Finds `openclaw` on the PATH.
    /// - Parameters:
    ///   - environment: of this process; children get the allowed part, and the state folder and config that we work on.
    ///   - deadlineMilliseconds: of each call.
    /// - Throws: `openclaw-missing`.
    public init(
        environment: [String: String], stateDir: String, config: String, deadlineMilliseconds: Int = OpenClawCommand.deadlineMilliseconds
    ) throws(Problem) {
        let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").map(String.init)
        let found = folders.lazy.filter { $0.hasPrefix("/") }.map { Path.join($0, "openclaw") }.first { Files.isExecutable($0) }
        guard let found else {
            throw Problem(.openclawMissing, "there is no openclaw command on the PATH", hint: "install it with npm install -g openclaw, or use --driver file")
        }
        executable = found
        var allowed = ChildEnvironment.allowed(from: environment)
        allowed["OPENCLAW_STATE_DIR"] = stateDir
        allowed["OPENCLAW_CONFIG_PATH"] = config
        // Root has become the owner of the state folder: its own home is closed to us by now.
        let user = CurrentProcess.effectiveUser
        if user != 0, let home = allowed["HOME"], home == Account.find(user: 0)?.home { allowed["HOME"] = Account.find(user: user)?.home }
        self.environment = allowed
        self.deadlineMilliseconds = deadlineMilliseconds
    }

    /// `agents add`, without a question to a terminal.
    /// - Returns: nil when it exited 0; no proof of either.
    public func addAgent(_ id: AgentID, workspace: String, agentDir: String, _ watch: Watch = Watch()) throws(Problem) -> Failure? {
        try run(["agents", "add", id.text, "--workspace", workspace, "--agent-dir", agentDir, "--non-interactive", "--json"], watch)
    }

    /// `agents delete`; the folders must be out of its way by then, or they go to its own trash.
    public func deleteAgent(_ id: AgentID, _ watch: Watch = Watch()) throws(Problem) -> Failure? {
        try run(["agents", "delete", id.text, "--force", "--json"], watch)
    }

    private func run(_ words: [String], _ watch: Watch) throws(Problem) -> Failure? {
        var child = ChildProcess(executable, words, environment: environment)
        child.ownGroup = true
        child.folder = "/"
        child.workingOutputLimitBytes = OpenClawCommand.outputLimitBytes
        let result: ChildProcess.Result
        do throws(SystemError) {
            result = try child.run(
                input: [], deadline: Deadline(in: deadlineMilliseconds), interrupt: watch.interrupt, beatMilliseconds: watch.beatMilliseconds, beat: watch.beat)
        } catch { throw Problem(.openclawFailed, error.description) }
        if result.interrupted { return Failure(kind: .interrupted, detail: "a signal asked to stop") }
        if result.timedOut { return Failure(kind: .timeout, detail: "it did not end within \(deadlineMilliseconds / 1000) s") }
        if result.overflowed { return Failure(kind: .openclawFailed, detail: "it wrote more than 1 MiB") }
        switch result.status {
        case .exited(0): return nil
        case .exited(let code):
            let line = OpenClawCommand.firstLine(result)
            return Failure(kind: OpenClawCommand.kind(line), detail: line.isEmpty ? "exit \(code)" : "exit \(code): \(line)")
        case .signalled(let signal): return Failure(kind: .openclawFailed, detail: "signal \(signal)")
        }
    }

    /// The two failures that only need another try (OpenClaw 2026.9.6).
    private static func kind(_ line: String) -> Problem.Kind {
        if line.contains("config changed since last load") { return .changedMeanwhile }
        return line.contains("file lock timeout") ? .configLocked : .openclawFailed
    }

    /// What a person would read first: the message of the JSON error, else the first line of standard error. Without control characters.
    private static func firstLine(_ result: ChildProcess.Result) -> String {
        if let start = result.output.firstIndex(of: UInt8(ascii: "{")),
            let object = (try? Value(parsing: Array(result.output[start...]), dialect: .json, limits: .strict))?.objectValue,
            let message = object["error"]?.objectValue?["message"]?.stringValue
        {
            return Inspection.shownLine(message)
        }
        return Inspection.shownLine(String(decoding: result.errors.prefix { $0 != 10 }, as: UTF8.self))
    }
}
