import CommandKit
import JSON
import Onboarding
import OpenClaw
import Platform
import Provisioning
import Store

/// Looks at every agent's Google authorisation, and says, records and judges what it saw.
struct OAuthCheck {
    private let command: Command
    private let workplace: Workplace
    private let greatestAge: Int
    private let warningAge: Int
    private let now: Timestamp

    init(_ command: Command, _ workplace: Workplace) throws(Problem) {
        self.command = command
        self.workplace = workplace
        let day = 86_400_000
        greatestAge = try command.arguments.milliseconds("max-age", default: 90 * day)
        // A week before the end, or what is asked for.
        warningAge = try command.arguments.milliseconds("warn-age", default: max(0, greatestAge - 7 * day))
        now = workplace.clock.now
    }

    func run() throws(Problem) {
        let model = try ConfigFile.read(workplace.paths.config, policy: workplace.policy, version: workplace.version)
        let record = command.arguments.has("record") ? try workplace.openRecord() : try workplace.openRecordIfPresent()
        var rows: [String: Row] = [:]
        try record?.list { (row) throws(Problem) in if row.status != .cancelled { rows[row.agentID.lowercased()] = row } }
        let chosen = try agents(of: model)
        var reports = chosen.map { agent in look(at: agent, model) }
        share(&reports)
        if command.arguments.has("probe"), !chosen.isEmpty {
            try probe(chosen, model, &reports)
        }
        if command.arguments.has("record"), let record { try note(reports, rows, record) }
        let required = command.arguments.has("require")
        let report = Report(looks: reports, rows: rows, now: now, requires: required)
        if report.attention > 0 { command.console.note(.negative) }
        let isText = command.arguments.value("format").map { $0 == "text" } ?? Descriptor.standardOutput.isTerminal
        if isText { try command.console.write(report.text) } else { command.console.answer(report.json) }
    }

    /// That gog or Docker is missing is a sandbox's own word, which each of them can forge: it is believed when all say so.
    private func probe(_ chosen: [AgentEntry], _ model: ConfigModel, _ reports: inout [AgentLook]) throws(Problem) {
        let probe = try Probe(workplace.policy.probeCommand, environment: command.context.environment)
        var missing = 0
        for (i, agent) in chosen.enumerated() {
            let settings = model.sandboxEnvironment(of: agent)
            do throws(Problem) {
                let verdict = try probe.run(
                    agent.id, workspace: workspace(of: agent), settings, user: settings.user ?? "\(CurrentProcess.effectiveUser)",
                    hasTokens: reports[i].accounts > 0)
                fold(verdict, into: &reports[i])
            } catch {
                guard error.kind == .gogMissing || error.kind == .dockerMissing else { throw error }
                missing += 1
                if missing == chosen.count { throw error }
                fold((.unknown, "cannot tell: \(error.detail)"), into: &reports[i])
            }
        }
    }

    private func agents(of model: ConfigModel) throws(Problem) -> [AgentEntry] {
        let asked = command.arguments.all("agent")
        if asked.isEmpty { return model.agents.filter(\.isOurs) }
        var found: [AgentEntry] = []
        for id in asked {
            guard let agent = model.agent(id), agent.isOurs else { throw Problem(.noSuchAgent, "there is no agent '\(id.prefix(64))' of a user in the config") }
            if !found.contains(where: { $0.id == agent.id }) { found.append(agent) }
        }
        return found
    }

    private func workspace(of agent: AgentEntry) -> String {
        let text = agent.workspace ?? Path.join(workplace.paths.stateDir, "workspace-\(agent.id)")
        return workplace.paths.expand(text) ?? text
    }

    private func look(at agent: AgentEntry, _ model: ConfigModel) -> AgentLook {
        let settings = model.sandboxEnvironment(of: agent)
        let user = settings.user.flatMap { UInt32($0.prefix { $0 != ":" }) } ?? CurrentProcess.effectiveUser
        var look = AgentLook(
            agentID: agent.id, places: GogPlaces(workspace: workspace(of: agent), settings), user: user,
            hasPassword: settings.secrets["GOG_KEYRING_PASSWORD"].map { !$0.isEmpty } ?? false, now: now)
        if look.state == .present, let time = look.tokenTime {
            let age = now.milliseconds - time.milliseconds
            if age > greatestAge {
                look.state = .old
                look.detail = "older than \(greatestAge / 86_400_000) days"
            } else if age > warningAge {
                look.state = .expiring
                look.detail = "older than \(warningAge / 86_400_000) days"
            }
        }
        return look
    }

    /// Two agents with one keyring read each other's mail.
    private func share(_ looks: inout [AgentLook]) {
        struct Place: Hashable {
            let device: UInt64
            let inode: UInt64
        }
        var owners: [Place: Set<Int>] = [:]
        for (i, look) in looks.enumerated() { for place in look.keyrings { owners[Place(device: place.device, inode: place.inode), default: []].insert(i) } }
        for shared in owners.values where shared.count > 1 {
            for i in shared {
                looks[i].findings.append(OAuthFinding(id: "shared", severity: .error, detail: "\(shared.count) agents have this keyring"))
                looks[i].state = .insecure
                looks[i].detail = "another agent has the same keyring"
            }
        }
    }

    /// gog's word counts more than the files', except where they know of a danger it cannot see; "cannot tell" takes nothing away from them.
    private func fold(_ verdict: (state: State, detail: String), into look: inout AgentLook) {
        switch verdict.state {
        case .valid:
            // An age is only a guess; that it works is known.
            if [.present, .expiring, .unknown, .old].contains(look.state) { (look.state, look.detail) = verdict }
        case .none: if look.state == .unknown { look.detail = "gog sees no account" }
        case .present: if look.state == .none || look.state == .unknown { (look.state, look.detail) = verdict }
        case .unknown:
            // What never connected is none, whether its sandbox runs or not.
            if look.state == .none || look.state.needsAttention { return }
            (look.state, look.detail) = verdict
        default: if look.state != .insecure { (look.state, look.detail) = verdict }
        }
    }

    // MARK: record

    private func note(_ looks: [AgentLook], _ rows: [String: Row], _ record: Record) throws(Problem) {
        var trail = AuditTrail(folder: workplace.paths.audit, command: command.console.command, clock: workplace.clock)
        try record.write { (r) throws(Problem) in
            for look in looks {
                guard let row = rows[look.agentID], try r.setOAuth(agent: row.agentID, state: look.state.rawValue) != nil else { continue }
                if row.oauthState != look.state.rawValue {
                    trail.note(
                        "token-state", agentID: look.agentID, phone: row.phone,
                        ["from": row.oauthState.map { .string($0) } ?? .null, "to": .string(look.state.rawValue)])
                }
                guard look.state.hasToken, row.status == .complete, let phone = PhoneNumber(e164: row.phone) else { continue }
                // A removal under way has the last word.
                do throws(Problem) {
                    if try r.advance(phone, to: .active, by: .token) != nil { trail.note("activated", agentID: look.agentID, phone: row.phone) }
                } catch { command.console.warn("\(look.agentID): \(error.detail)") }
            }
        }
        do throws(Problem) { try trail.write() } catch { command.console.warn("cannot write the audit trail: \(error.detail)") }
    }
}
