import CommandKit
import JSON
import Platform

/// How a running gateway stands to openclaw.json: what `dcb-reconcile` reports of it.
public struct GatewayState: Sendable {
    /// Why it could not be asked; nil: it was.
    public let failure: AdminRPCError?
    /// How long it took to say so: a gateway that reloads lets callers wait.
    public let answerMilliseconds: Int
    /// The gateway can load the file as it stands; nil: not known.
    public private(set) var isFileValid: Bool?
    /// The file is another one than what runs; nil: not known.
    public private(set) var isBehind: Bool?
    /// It is behind, and an idle gateway would have seen the file long ago: edits go unseen until it is nudged or restarted. False when it has the file
    /// as it stands; nil when it is not known, or not yet.
    public private(set) var isBlind: Bool?
    /// Agents that it has loaded.
    public private(set) var agentCount: Int?
    /// The process that listens there was started with `CHOKIDAR_USEPOLLING`; nil: not known. The RPC does not tell: it is read from /proc, for a
    /// gateway on this machine that runs as this user.
    public let usesPolling: Bool?

    /// Asks once, changes nothing.
    /// - Parameters:
    ///   - config: openclaw.json as it is named.
    ///   - channel: the policy's.
    public static func look(_ rpc: AdminRPC, config: String, channel: String, deadline: Deadline) -> GatewayState {
        let began = Clock.monotonicMilliseconds
        let usesPolling = GatewayProcess.usesPolling(rpc.address)
        func took() -> Int { Int(Clock.monotonicMilliseconds - began) }
        do throws(AdminRPCError) {
            let answer = try rpc.configGet(deadline: deadline)
            let glance = answer.glance(channel: channel)
            let isBehind: Bool
            let count: Int
            if let isApplied = answer.isApplied {
                isBehind = !isApplied
                count = isApplied ? glance.agentIDs.count : try rpc.agentsList(deadline: deadline).count
            } else {
                let loaded = try rpc.agentsList(deadline: deadline)
                isBehind = loaded != glance.agentIDs
                count = loaded.count
            }
            var state = GatewayState(failure: nil, answerMilliseconds: took(), usesPolling: usesPolling)
            state.isFileValid = answer.isValid
            state.isBehind = isBehind
            state.agentCount = count
            if !isBehind {
                state.isBlind = false
            } else if answer.isValid, isOld(config, agents: max(count, glance.agentIDs.count)) {
                state.isBlind = true
            }
            return state
        } catch { return GatewayState(failure: error, answerMilliseconds: took(), usesPolling: usesPolling) }
    }

    private init(failure: AdminRPCError?, answerMilliseconds: Int, usesPolling: Bool?) {
        self.failure = failure
        self.answerMilliseconds = answerMilliseconds
        self.usesPolling = usesPolling
    }

    /// Whether an idle gateway would have seen the file by now.
    static func isOld(_ config: String, agents: Int) -> Bool {
        guard let changed = (try? Files.status(config))?.changedNanoseconds else { return false }
        return (Clock.realNanoseconds - changed) / 1_000_000 >= Int64(ReloadTime.patienceMilliseconds(agents: agents))
    }
}
