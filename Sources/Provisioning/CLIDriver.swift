import CommandKit
import Onboarding
import OpenClaw
import Platform
import Store

/// Lets OpenClaw's own command make and delete agents: for people who want its bookkeeping. One agent a call, seconds to minutes each.
struct CLIDriver {
    private let workplace: Workplace
    private let record: Record
    private let openclaw: OpenClawCommand
    private let interrupt: Descriptor?
    /// All that wait for their turn: their claims are kept alive too.
    private let items: [StepItem]

    /// - Throws: `openclaw-missing`.
    init(_ workplace: Workplace, record: Record, _ items: [StepItem]) throws(Problem) {
        self.workplace = workplace
        self.record = record
        self.items = items
        openclaw = try workplace.openclaw()
        // The signals are held back while a group is worked on, and one call can take minutes.
        interrupt = try? Termination.descriptor()
    }

    /// Adds the agent, unless the config has it already; believes only what the config holds afterwards.
    /// - Returns: whether it was added.
    func add(_ item: StepItem) throws(Problem) -> Bool {
        if try isInConfig(item.agentID) { return false }
        let failure = try openclaw.addAgent(
            item.agentID, workspace: workplace.paths.workspace(for: item.agentID), agentDir: workplace.paths.agentDir(for: item.agentID), try watch())
        if try isInConfig(item.agentID) { return true }
        throw problem("openclaw agents add made no agent \(item.agentID.text)", failure)
    }

    /// Deletes the agent, if the config has it.
    func delete(_ item: StepItem) throws(Problem) {
        guard try isInConfig(item.agentID) else { return }
        let failure = try openclaw.deleteAgent(item.agentID, try watch())
        if try isInConfig(item.agentID) { throw problem("openclaw agents delete left agent \(item.agentID.text)", failure) }
    }

    private func problem(_ what: String, _ failure: OpenClawCommand.Failure?) -> Problem {
        let kind = failure?.kind ?? .openclawFailed
        return Problem(kind, "\(what): \(failure?.detail ?? "it exited 0")", hint: kind == .timeout ? "run the openclaw command by hand to see why" : nil)
    }

    private func isInConfig(_ id: AgentID) throws(Problem) -> Bool {
        try ConfigFile.read(workplace.paths.config, policy: workplace.policy, version: workplace.version).agent(id.text) != nil
    }

    /// Keeps the claims alive while the child runs: each is renewed now, and three times within its lease.
    private func watch() throws(Problem) -> OpenClawCommand.Watch {
        var lease = Int64.max
        for item in items.live {
            if let claim = try record.claim(for: item.phone), claim.isHeld(with: item.fence) { lease = min(lease, claim.leaseMilliseconds) }
        }
        if lease == .max { return OpenClawCommand.Watch(interrupt: interrupt) }
        renew()
        return OpenClawCommand.Watch(interrupt: interrupt, beatMilliseconds: Int(lease / 3), beat: renew)
    }

    /// A claim that is lost meanwhile is found by the transaction that follows.
    private func renew() {
        for item in items.live {
            guard let fence = item.fence else { continue }
            try? record.write { (r) throws(Problem) in try r.renewLease(item.phone, fence: fence) }
        }
    }
}

extension Workplace {
    /// - Throws: `openclaw-missing`.
    func openclaw() throws(Problem) -> OpenClawCommand {
        try OpenClawCommand(environment: command.context.environment, stateDir: paths.stateDir, config: paths.config)
    }
}
