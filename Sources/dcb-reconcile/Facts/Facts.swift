import CommandKit
import JSON
import Onboarding
import OpenClaw
import Platform
import Provisioning
import Store

/// What everything that is judged is judged by: one read of the record, one of the config, one walk of the state folder, and the clock.
final class Facts {
    let workplace: Workplace
    let paths: Paths
    let policy: Policy
    let now: Timestamp
    let staleAfterMilliseconds: Int64
    /// The job that this run is.
    let job: String?
    let record: RecordFacts?
    /// Why there is none; nil when there is just none yet.
    let recordProblem: Problem?
    let model: ConfigModel?
    let configProblem: Problem?
    /// What was read, when it is no config that can be understood.
    let configBytes: [UInt8]
    /// What OpenClaw itself says of the config.
    let verdict: (version: OpenClawVersion?, findings: [OpenClaw.Finding])
    let folder: StateFolder
    let lock: OpenClawLock.State
    /// Half-made files beside the config that nobody works on.
    let abandoned: [String]
    /// How the running gateway stands to the config; nil: none is known.
    let gateway: GatewayState?
    /// Why it cannot even be asked.
    let gatewayProblem: Problem?
    private(set) var users: [User] = []
    private var positions: [String: Int] = [:]
    /// Which user's row a phone has, of those not cancelled.
    private(set) var byPhone: [String: Int] = [:]

    /// A reload stalls a gateway of some hundred agents for so long.
    private static let gatewayMilliseconds = 40_000

    init(_ workplace: Workplace, staleAfterMilliseconds: Int64, job: String?, asksGateway: Bool) throws(Problem) {
        self.workplace = workplace
        self.staleAfterMilliseconds = staleAfterMilliseconds
        self.job = job
        paths = workplace.paths
        policy = workplace.policy
        now = workplace.clock.now
        let reading = try Facts.read(workplace)
        record = reading.record
        recordProblem = reading.recordProblem
        model = reading.model
        configProblem = reading.configProblem
        configBytes = reading.bytes
        verdict = reading.model?.findings() ?? (nil, Validity.findings(parsing: reading.bytes, workplace.version ?? .newest))
        folder = try StateFolder(paths, policy: policy)
        lock = try OpenClawLock.state(config: paths.config)
        abandoned = try ConfigFile.abandoned(beside: paths.config, ownLock: paths.configLock)
        (gateway, gatewayProblem) = asksGateway ? try Facts.ask(workplace) : (nil, nil)
        join()
    }

    private static func ask(_ workplace: Workplace) throws(Problem) -> (GatewayState?, Problem?) {
        let rpc: AdminRPC?
        do throws(Problem) { rpc = try workplace.gateway() } catch {
            if error.kind == .usage { throw error }
            return (nil, error)
        }
        guard let rpc else { return (nil, nil) }
        let deadline = Deadline(in: gatewayMilliseconds)
        return (GatewayState.look(rpc, config: workplace.paths.config, channel: workplace.policy.channel, deadline: deadline), nil)
    }

    private struct Reading {
        var record: RecordFacts?
        var recordProblem: Problem?
        var model: ConfigModel?
        var configProblem: Problem?
        var bytes: [UInt8] = []

        mutating func readConfig(_ workplace: Workplace) throws(Problem) {
            // What does not parse may be half of what somebody writes in place just now.
            for attempt in 0..<3 {
                do throws(Problem) {
                    bytes = try ConfigFile.bytes(workplace.paths.config)
                    model = try ConfigModel(parsing: bytes, version: workplace.version, policy: workplace.policy)
                    configProblem = nil
                    return
                } catch {
                    guard error.kind.exit == .config else { throw error }
                    configProblem = error
                    if error.kind != .configInvalid { return }
                }
                if attempt < 2 { Clock.sleep(milliseconds: 30) }
            }
        }
    }

    /// Record and config as they are at one moment: whoever replaces the config does it in a transaction of the record, and none is open now.
    private static func read(_ workplace: Workplace) throws(Problem) -> Reading {
        var reading = Reading()
        var record: Record?
        do throws(Problem) { record = try workplace.openRecordIfPresent() } catch {
            // Damaged, another program's, or a newer dcb's: judged, not passed on.
            guard error.kind == .recordDamaged || error.kind == .configInvalid else { throw error }
            reading.recordProblem = error
        }
        guard let record else {
            try reading.readConfig(workplace)
            return reading
        }
        do throws(Problem) {
            try record.rehearse { (r) throws(Problem) in
                try reading.readConfig(workplace)
                reading.record = try RecordFacts(r)
            }
        } catch {
            guard error.kind == .recordDamaged else { throw error }
            reading.record = nil
            reading.recordProblem = error
            if reading.bytes.isEmpty { try reading.readConfig(workplace) }
        }
        return reading
    }

    // MARK: joining

    private func position(_ agentID: String) -> Int {
        let key = agentID.lowercased()
        if let known = positions[key] { return known }
        positions[key] = users.count
        users.append(User(agentID))
        return users.count - 1
    }

    func user(_ agentID: String) -> User? { positions[agentID.lowercased()].map { users[$0] } }
    func user(ofPhone phone: String) -> User? { byPhone[phone].map { users[$0] } }

    private func join() {
        if let record {
            users.reserveCapacity(record.rows.count + 16)
            positions.reserveCapacity(record.rows.count + 16)
            byPhone.reserveCapacity(record.rows.count + 16)
            for row in record.rows {
                if row.status == .cancelled { continue }
                let at = position(row.agentID)
                users[at].row = row
                byPhone[row.phone] = at
            }
            for (claim, isFree) in record.claims {
                let at = position(claim.agentID)
                users[at].claim = claim
                users[at].isFree = isFree
            }
            for entry in record.ledger {
                let at = position(entry.agentID)
                users[at].ledger.insert(entry.kind)
                users[at].ledgerPhone = users[at].ledgerPhone ?? entry.phone
            }
        }
        if let model {
            for agent in model.agents where agent.isOurs || positions[agent.id] != nil {
                let at = position(agent.id)
                if users[at].entry == nil { users[at].entry = agent } else { users[at].isDoubled = true }
            }
            for (index, binding) in model.allBindings.enumerated() {
                if let at = positions[binding.agentID] { users[at].bindings.append(index) }
            }
        }
        for (id, files) in folder.agents { users[position(id)].files = files }
        // An agent id is never given again: a cancelled row tells whose it was.
        for row in record?.rows ?? [] where row.status == .cancelled {
            if let at = positions[row.agentID.lowercased()], users[at].row == nil { users[at].row = row }
        }
    }

    // MARK: questions

    /// Whether somebody has written to the agent, as far as files and its own database tell.
    func life(_ user: User) -> AgentFiles.Life {
        // Nobody but the agent writes down what its person said.
        let report = WorkspaceReport.read(user.files.report)
        if report.name != nil || report.email != nil { return .session }
        if user.files.life != .none || !user.files.hasDatabase { return user.files.life }
        guard let id = AgentID(user.agentID) else { return .unknown }
        return AgentFiles.Life(hasSession: AgentDatabase.hasSession(Path.join(paths.agentDir(for: id), "openclaw-agent.sqlite")))
    }

    /// The same, looked at anew.
    func lifeNow(_ user: User) -> AgentFiles.Life {
        guard let id = AgentID(user.agentID) else { return .unknown }
        return StateFolder.lifeNow(paths.agentFolder(for: id), hasDatabase: Files.exists(Path.join(paths.agentDir(for: id), "openclaw-agent.sqlite"))) {
            AgentDatabase.hasSession(Path.join(self.paths.agentDir(for: id), "openclaw-agent.sqlite"))
        }
    }

    func isOld(_ row: Row) -> Bool { row.createdAt.adding(milliseconds: staleAfterMilliseconds) <= now }
    /// Before `ready_for_handover`: only these can become stale.
    func isWaiting(_ row: Row) -> Bool { row.status.allows(.cancelled, by: .stale) }
}
