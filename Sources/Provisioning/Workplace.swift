import CommandKit
import Onboarding
import OpenClaw
import Platform
import Store

/// What a step works with: where things are, the policy, the clock, the record.
public struct Workplace {
    public let paths: Paths
    public let policy: Policy
    public let clock: Clock
    public let version: OpenClawVersion?
    public let command: Command
    /// Whether OpenClaw's own command makes the agents (`--driver cli`), one at a time.
    public let usesCLI: Bool

    /// Resolves the settings, becomes the owner of the state folder, reads the policy.
    /// - Throws: `config-missing`, `not-owner`, `settings-invalid`, `usage`, `helper-missing`.
    public init(_ command: Command, createsStateFolder: Bool = false) throws(Problem) {
        guard let paths = Paths.resolve(option: command.arguments.value, environment: command.context.environment, home: command.context.home) else {
            throw Problem(.configMissing, "there is neither a home folder nor a state folder", hint: "give --state-dir")
        }
        self.command = command
        self.paths = paths
        clock = command.clock
        if createsStateFolder {
            do { try Files.makeDirectories(paths.stateDir) } catch { throw Problem(error) }
        }
        try Ownership.enter(stateFolder: paths.stateDir)
        do throws(PolicyError) { policy = try Policy.load(for: paths) } catch { throw Problem(.settingsInvalid, error.detail) }
        if let text = command.setting("openclaw-version", environment: "DCB_OPENCLAW_VERSION") {
            guard let version = OpenClawVersion(text) else { throw Problem(.usage, "option --openclaw-version takes a version such as 2026.9.6") }
            self.version = version
        } else {
            version = nil
        }
        switch command.setting("driver", environment: "DCB_DRIVER") ?? "file" {
        case "file": usesCLI = false
        case "cli": usesCLI = true
        default: throw Problem(.usage, "DCB_DRIVER takes file or cli")
        }
    }

    /// The record for a step that changes something; made when it is not there.
    public func openRecord() throws(Problem) -> Record {
        guard let record = try Record.open(paths.record, generationFile: paths.generationFile, clock: clock, mode: .create) else {
            throw Problem(.internalError, "the record was not made")
        }
        return record
    }

    /// The record for a question; nil when there is none yet.
    public func openRecordIfPresent() throws(Problem) -> Record? {
        try Record.open(paths.record, generationFile: paths.generationFile, clock: clock, mode: .existing)
    }
}
