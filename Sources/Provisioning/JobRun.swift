import CommandKit
import Platform
import Store

/// A run that cron asked for by name (`--job NAME`): its heartbeat goes into the record. A run without the option leaves none.
public struct JobRun {
    /// - Parameter verbs: those that take it; empty: all.
    public static func option(verbs: Set<String> = []) -> OptionSpec {
        OptionSpec("job", takes: .one("NAME"), verbs: verbs, "note the end of this run as the heartbeat of a job; for cron")
    }

    private let command: Command
    private let name: String?
    private let periodSeconds: Int

    /// - Parameter periodSeconds: how often such a job is meant to run.
    /// - Throws: `usage` when the name is none.
    public init(_ command: Command, periodSeconds: Int) throws(Problem) {
        self.command = command
        self.periodSeconds = periodSeconds
        name = command.arguments.value("job")
        guard let name else { return }
        let isPlain = name.utf8.allSatisfy { ($0 >= 48 && $0 <= 57) || ($0 >= 65 && $0 <= 90) || ($0 >= 97 && $0 <= 122) || $0 == 45 || $0 == 46 || $0 == 95 }
        if name.isEmpty || name.utf8.count > 64 || !isPlain { throw Problem(.usage, "option --job takes 1 to 64 letters, digits, '-', '.' and '_'") }
    }

    /// Writes the heartbeat with the exit code so far. That it cannot be written is said and changes nothing else.
    public func finish(_ workplace: Workplace) {
        guard let name else { return }
        do throws(Problem) {
            try workplace.openRecord().write { (r) throws(Problem) in
                try r.beat(name, exitCode: command.console.code.rawValue, periodSeconds: periodSeconds)
            }
        } catch { command.console.report(error) }
    }
}
