import CommandKit
import JSON
import Onboarding
import OpenClaw
import Platform
import Provisioning
import Store

/// One run: look, and if asked to, mend.
struct Reconcile {
    private let command: Command
    private let invariants: [Invariant]
    private let mode: Report.Mode
    private let format: Format
    private let usesExitCode: Bool
    private let job: String?
    private let jobPeriodSeconds: Int?
    private let workplace: Workplace
    private let brake: Brake
    private let staleAfterMilliseconds: Int64

    private enum Format: String { case text, json, html }

    static let spec = CommandSpec(
        "dcb-reconcile", summary: "find what has drifted between record, config and files, and mend it",
        usage: ["[--check] [OPTIONS]", "--repair [--dry-run] [OPTIONS]", "--adopt [--dry-run] [OPTIONS]", "--list"],
        options: [
            OptionSpec("check", "change nothing; say what is not as it should be (default)"),
            OptionSpec("repair", "mend what is ours"),
            OptionSpec("adopt", "write agents that look like ours into the ledger"),
            OptionSpec.dryRun,
            OptionSpec("exit-code", "exit 1 when something was found"),
            OptionSpec("only", takes: .one("IDS"), "only these invariants, such as I4,I9"),
            OptionSpec("list", "print the invariants and exit"),
            OptionSpec("max-removals", takes: .one("N"), "more removals than this: none, and exit 78 [policy's, 3]"),
            OptionSpec("max-fraction", takes: .one("F"), "the same as a part of all agents, 0 to 1 [policy's, 0.1]"),
            OptionSpec("stale-after", takes: .one("TIME"), "a user that nobody came for is stale after so long [policy's, 24h]"),
            OptionSpec("job", takes: .one("NAME[=TIME]"), "write a heartbeat under this name, and how often it is meant to run"),
            OptionSpec(
                "format", takes: .one("FORMAT"), choices: ["text", "json", "html"], "how the report is written; default: text on a terminal, else json"),
        ],
        schema: Schemas.reconcile)

    init(_ command: Command) throws(Problem) {
        self.command = command
        let arguments = command.arguments
        let wanted = ["check", "repair", "adopt"].filter { arguments.has($0) }
        if wanted.count > 1 { throw Problem(.usage, "options \(wanted.map { "--\($0)" }.joined(separator: " and ")) do not go together") }
        invariants = try Invariant.named(arguments.value("only"))
        let isDry = arguments.has("dry-run")
        if isDry, arguments.has("check") { throw Problem(.usage, "options --check and --dry-run do not go together") }
        switch wanted.first {
        case "repair": mode = isDry ? .dryRun : .repair
        case "adopt": mode = .adopt
        default: mode = isDry ? .dryRun : .check
        }
        if arguments.has("only"), mode == .repair || mode == .dryRun { throw Problem(.usage, "option --only goes with --check") }
        format = Reconcile.format(arguments.value("format"))
        if format == .html, arguments.has("list") { throw Problem(.usage, "option --list goes with --format text or json") }
        usesExitCode = arguments.has("exit-code")
        (job, jobPeriodSeconds) = try Reconcile.job(arguments.value("job"))
        let removals = try arguments.integer("max-removals", in: 0...1_000_000)
        var fraction: Double?
        if let text = arguments.value("max-fraction") {
            guard let number = Double(text), (0...1).contains(number) else { throw Problem(.usage, "option --max-fraction takes a number from 0 to 1") }
            fraction = number
        }
        let stale = arguments.has("stale-after") ? try arguments.milliseconds("stale-after", default: 0) : nil
        workplace = try Workplace(command)
        let limits = workplace.policy.reconcile
        brake = Brake(maxRemovals: removals ?? limits.maxRemovals, maxFraction: fraction ?? limits.maxFraction)
        staleAfterMilliseconds = Int64(stale ?? limits.staleAfterHours * 3_600_000)
    }

    private static func job(_ text: String?) throws(Problem) -> (String?, Int?) {
        guard let text else { return (nil, nil) }
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let name = parts.first, (1...64).contains(name.utf8.count), name.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw Problem(.usage, "option --job takes a name, and if wanted its period: reconcile=1h")
        }
        guard parts.count > 1 else { return (name, nil) }
        guard let period = DurationText.milliseconds(parts[1]), period >= 1000 else {
            throw Problem(.usage, "option --job takes a period such as reconcile=1h")
        }
        return (name, period / 1000)
    }

    // MARK: the run

    func run() {
        do throws(Problem) {
            switch mode {
            case .check:
                let facts = try facts()
                try give(look(facts, plans: false).report, facts)
            case .adopt: try adopt()
            case .repair, .dryRun: try repair()
            }
        } catch { command.console.report(error) }
        do throws(Problem) { try beat() } catch { command.console.report(error) }
    }

    private func facts() throws(Problem) -> Facts {
        try Facts(workplace, staleAfterMilliseconds: staleAfterMilliseconds, job: job, asksGateway: invariants.contains { $0.id == "I21" })
    }

    /// What is not as it should be; said only if it is still so when it is looked at a second time.
    private func look(_ facts: Facts, plans: Bool) throws(Problem) -> (report: Report, drifts: Drifts) {
        var drifts = Drifts(facts)
        var findings: [Finding] = []
        for invariant in invariants { findings += try invariant.findings(facts) }
        let suspects = Set(findings.compactMap(\.agentID)).union(drifts.agents)
        let moved = try Second(facts).moved(suspects)
        if !moved.isEmpty {
            findings.removeAll { $0.agentID.map { moved.contains($0) } ?? false }
            drifts.leaveOut(moved)
        }
        let users = facts.users.reduce(0) { $0 + ($1.liveRow != nil ? 1 : 0) }
        let report = Report(
            mode: mode, at: facts.now, stateDir: facts.paths.stateDir, users: users, drifts: drifts, findings: findings,
            actions: plans ? Plan(facts, drifts).actions : [])
        return (report, drifts)
    }

    private func repair() throws(Problem) {
        let facts = try self.facts()
        let obstacle = Reconcile.obstacle(facts)
        var (report, _) = try look(facts, plans: obstacle == nil)
        do throws(Problem) {
            if let obstacle { throw obstacle }
            try brake.check(report.actions, agents: facts.users.reduce(0) { $0 + ($1.ledger.contains(.agent) ? 1 : 0) })
        } catch {
            try give(report, facts)
            throw error
        }
        if mode == .repair {
            Termination.hold()
            let record = facts.record == nil ? nil : try workplace.openRecordIfPresent()
            Repair(facts, record: record).run(&report.actions)
            if !report.actions.isEmpty {
                let after = try look(self.facts(), plans: false).report
                // What failed may look otherwise now, and is not mended.
                let failed = Set(report.actions.filter { $0.problem != nil }.compactMap(\.agentID))
                let mendable = report.findings.filter { finding in !(finding.agentID.map { failed.contains($0) } ?? false) }
                report.mended = Set(mendable.map(\.identity)).subtracting(after.findings.map(\.identity))
            }
        }
        try give(report, facts)
        for action in report.actions {
            if let problem = action.problem { command.console.report(problem, phone: action.phone) }
        }
        if let signal = Termination.pending { CurrentProcess.die(by: signal) }
    }

    private func adopt() throws(Problem) {
        let facts = try self.facts()
        if let problem = facts.recordProblem { throw problem }
        if let problem = facts.configProblem { throw problem }
        var (report, _) = try look(facts, plans: false)
        let found = Adoption.find(facts)
        report.actions = found.map(\.action)
        if !found.isEmpty || facts.record?.isOlder == true {
            let isDry = command.arguments.has("dry-run")
            // Shown before they are written.
            if !isDry { for adoption in found { command.console.warn("adopting agent \(adoption.agentID) of \(Redaction.phone(adoption.phone.e164))") } }
            // A dry run makes no record; what could stand in the way is in one.
            if let record = isDry ? try workplace.openRecordIfPresent() : try workplace.openRecord() {
                try Adoption.write(&report.actions, record: record, isOlder: facts.record?.isOlder == true, rehearses: isDry)
            }
        }
        try give(report, facts)
        for action in report.actions {
            if let problem = action.problem { command.console.report(problem, phone: action.phone) }
        }
    }

    /// Why nothing may be removed at all.
    private static func obstacle(_ facts: Facts) -> Problem? {
        if let problem = facts.recordProblem { return Problem(.recordUnreadable, "the record cannot be relied on: \(problem.detail)") }
        if facts.record?.isOlder == true {
            return Problem(.recordOlder, "the record is older than the state folder: it was restored from a copy, and nothing is removed by it")
        }
        let isEmpty = facts.record?.isEmpty ?? true
        if isEmpty, facts.users.contains(where: { $0.entry != nil }) {
            return Problem(
                .recordEmpty,
                "there is \(facts.record == nil ? "no record" : "nothing in the record"), and openclaw.json has agents of users: nothing is removed")
        }
        return facts.configProblem
    }

    private func give(_ report: Report, _ facts: Facts) throws(Problem) {
        switch format {
        case .text: try command.console.write(report.text)
        case .json: command.console.answer(report.object)
        case .html: try command.console.write(Page(report, facts).html)
        }
        try command.console.flush()
        if usesExitCode, !report.isClean { command.console.note(.negative) }
    }

    private func beat() throws(Problem) {
        guard let job else { return }
        guard let record = try workplace.openRecordIfPresent() else { return command.console.warn("there is no record for the heartbeat of job \(job)") }
        let code = command.console.code.rawValue
        try record.write { (r) throws(Problem) in try r.beat(job, exitCode: code, periodSeconds: jobPeriodSeconds) }
    }

    private static func format(_ word: String?) -> Format { word.flatMap { Format(rawValue: $0) } ?? (Descriptor.standardOutput.isTerminal ? .text : .json) }

    /// `--list`.
    static func list(_ command: Command) throws(Problem) {
        let isText = format(command.arguments.value("format")) == .text
        for one in Invariant.all {
            if isText {
                try command.console.write("\(one.id)\t\(one.severity.rawValue)\t\(one.title)\n")
            } else {
                command.console.answer(["id": .string(one.id), "severity": .string(one.severity.rawValue), "title": .string(one.title)])
            }
        }
        try command.console.flush()
    }
}
