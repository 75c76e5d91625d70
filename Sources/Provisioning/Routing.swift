import CommandKit
import JSON
import OpenClaw
import Platform
import Store

/// Which agent a phone's messages go to: by the config, and by the running gateway.
public struct Routing {
    let workplace: Workplace
    private let gateway: AdminRPC?

    /// - Throws: as `Workplace.gateway`.
    public init(_ workplace: Workplace) throws(Problem) {
        self.workplace = workplace
        gateway = try workplace.gateway()
    }

    /// Adds `applied`, `routedTo` and, where it is not applied, a `hint`. A row of the record whose agent is applied moves on.
    /// - Parameters:
    ///   - waitMilliseconds: how long the gateway may take for the whole group.
    ///   - changes: whether the gateway may be nudged and the record told.
    /// - Returns: why an item is not applied.
    public func ask(_ items: [StepItem], waitMilliseconds: Int, changes: Bool) throws(Problem) -> (StepItem) -> Problem? {
        let model = try ConfigFile.read(workplace.paths.config, policy: workplace.policy, version: workplace.version)
        var routes: Set<Confirmation.Route> = []
        for item in items {
            let routed = model.bindings(ofPhone: item.phone.e164).first?.agentID
            item.additions["applied"] = "unknown"
            item.additions["routedTo"] = ["config": routed.map { .string($0) } ?? .null, "gateway": .null]
            if let agent = model.agent(item.agentID.text), agent.id == routed { routes.insert(route(item)) }
        }
        guard var gateway else {
            return { _ in
                Problem(.notApplied, "no gateway is known that could have applied it", hint: "give --gateway and --gateway-token-file")
            }
        }
        gateway.interrupt = try? Termination.descriptor()
        let confirmation = Confirmation(
            gateway, config: Path.absolute(workplace.paths.config), ownLock: workplace.paths.configLock, channel: workplace.policy.channel)
        let outcome = confirmation.run(routes, waitMilliseconds: waitMilliseconds, nudges: changes)
        workplace.command.console.trace("asked \(gateway.address) \(outcome.asked) times\(outcome.wasNudged ? ", and nudged it" : "")")
        for item in items {
            let isApplied = outcome.applied.contains(route(item))
            item.additions["applied"] = .bool(isApplied)
            let config = item.additions["routedTo"]?.objectValue?["config"] ?? .null
            item.additions["routedTo"] = ["config": config, "gateway": outcome.agents[item.phone.e164].map { .string($0) } ?? .null]
        }
        if changes { record(items) }
        func problem(_ item: StepItem) -> Problem? {
            if item.additions["applied"]?.boolValue == true { return nil }
            if routes.contains(route(item)) { return Problem(.notApplied, outcome.detail, hint: outcome.hint) }
            return Problem(.notApplied, "openclaw.json does not route this phone to this agent", hint: "run dcb-bind for it first")
        }
        for item in items {
            if let problem = problem(item) { item.additions["hint"] = .string("\(problem.detail): \(problem.hint)") }
        }
        return problem
    }

    private func route(_ item: StepItem) -> Confirmation.Route { Confirmation.Route(phone: item.phone.e164, agentID: item.agentID.text) }

    /// What is applied is applied: a record that cannot be told is told by dcb-reconcile later.
    private func record(_ items: [StepItem]) {
        let applied = items.filter { $0.additions["applied"]?.boolValue == true }
        if applied.isEmpty { return }
        do throws(Problem) {
            try workplace.openRecordIfPresent()?.write { (r) throws(Problem) in
                for item in applied {
                    guard let row = try r.row(agent: item.agentID.text), row.phone == item.phone.e164, let moved = try r.markApplied(agent: row.agentID) else {
                        continue
                    }
                    if item.document.members["status"] != nil { item.additions["status"] = .string(moved.status.rawValue) }
                    if item.document.members["updatedAt"] != nil { item.additions["updatedAt"] = .string(moved.updatedAt.description) }
                }
            }
        } catch { workplace.command.console.warn("cannot record what the gateway has applied: \(error.detail)") }
    }
}
