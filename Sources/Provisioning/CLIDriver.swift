import CommandKit
import Onboarding
import OpenClaw
import Store

/// Lets OpenClaw's own command make and delete agents: for people who want its bookkeeping. One agent a call, seconds to minutes each.
struct CLIDriver {
    private let workplace: Workplace
    private let record: Record
    private let openclaw: OpenClawCommand

    /// - Throws: `openclaw-missing`.
    init(_ workplace: Workplace, record: Record) throws(Problem) {
        self.workplace = workplace
        self.record = record
        openclaw = try OpenClawCommand(
            environment: workplace.command.context.environment, stateDir: workplace.paths.stateDir, config: workplace.paths.config)
    }

    /// Adds the agent, unless the config has it already; believes only what the config holds afterwards.
    func add(_ item: StepItem) throws(Problem) {
        if try isInConfig(item.agentID) { return }
        let said = try openclaw.addAgent(
            item.agentID, workspace: workplace.paths.workspace(for: item.agentID), agentDir: workplace.paths.agentDir(for: item.agentID)
        ) { renew(item) }
        guard try isInConfig(item.agentID) else {
            throw Problem(.openclawFailed, "openclaw agents add made no agent \(item.agentID.text): \(said ?? "it exited 0")")
        }
    }

    /// Deletes the agent, if the config has it.
    func delete(_ item: StepItem) throws(Problem) {
        guard try isInConfig(item.agentID) else { return }
        let said = try openclaw.deleteAgent(item.agentID) { renew(item) }
        if try isInConfig(item.agentID) {
            throw Problem(.openclawFailed, "openclaw agents delete left agent \(item.agentID.text): \(said ?? "it exited 0")")
        }
    }

    private func isInConfig(_ id: AgentID) throws(Problem) -> Bool {
        try ConfigFile.read(workplace.paths.config, policy: workplace.policy, version: workplace.version).agent(id.text) != nil
    }

    /// Keeps the claim alive while the child runs. A claim that is lost meanwhile is found by the transaction that follows.
    private func renew(_ item: StepItem) {
        guard let fence = item.fence else { return }
        try? record.write { (r) throws(Problem) in try r.renewLease(item.phone, fence: fence) }
    }
}
