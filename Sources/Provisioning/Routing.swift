import CommandKit
import JSON
import OpenClaw

/// Which agent a phone's messages go to.
public struct Routing {
    let workplace: Workplace

    public init(_ workplace: Workplace) { self.workplace = workplace }

    /// Adds `applied` and `routedTo`. The gateway is not asked here, so whether it has applied the config is not known.
    public func ask(_ items: [StepItem]) throws(Problem) {
        let model = try ConfigFile.read(workplace.paths.config, policy: workplace.policy, version: workplace.version)
        for item in items {
            let routed = model.bindings(ofPhone: item.phone.e164).first?.agentID
            item.additions["applied"] = "unknown"
            item.additions["routedTo"] = ["config": routed.map { .string($0) } ?? .null, "gateway": .null]
        }
    }
}
