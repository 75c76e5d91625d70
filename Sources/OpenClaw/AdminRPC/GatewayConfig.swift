import JSON

/// An answer to `config.get`, read where it is needed: six copies of the config stand in it, megabytes at a thousand agents.
///
/// The gateway reads the file for every such call: `config` is what stands there, and only the hashes tell whether it is what runs.
public struct GatewayConfig: Sendable {
    /// The file, by the gateway's name of it; in a container that is another one than ours.
    public let path: String?
    /// Of the file as it was read, keyed by the gateway: the base hash of a write.
    public let hash: String?
    /// Of the config in the file.
    public let revisionHash: String?
    /// Of the config that runs. Neither of the two before 2026.8.
    public let appliedHash: String?
    /// The gateway can load the file.
    public let isValid: Bool
    private let config: JSON.Node?

    init(_ payload: JSON.Node) throws(AdminRPCError) {
        path = payload["path"]?.stringValue
        hash = payload["hash"]?.stringValue
        revisionHash = payload["configRevisionHash"]?.stringValue
        appliedHash = payload["appliedConfigHash"]?.stringValue
        isValid = payload["valid"]?.boolValue ?? true
        config = payload["config"].flatMap { $0.kind == .object ? $0 : nil }
        if hash == nil, config == nil { throw .malformed("config.get without hash and config") }
    }

    /// Whether what stands in the file is what runs; nil: this version does not say.
    public var isApplied: Bool? {
        guard let revisionHash, let appliedHash else { return nil }
        return revisionHash == appliedHash
    }

    /// Agents and routes of the config in the file, as the gateway reads it.
    /// - Parameter channel: the policy's.
    func glance(channel: String) -> ConfigGlance { ConfigGlance(config, channel: channel) }
}

/// The agents and direct routes of a config, read straight from its nodes: all that has to be known of thousands of entries.
struct ConfigGlance {
    let agentIDs: Set<String>
    private let bindings: JSON.Node?
    private let channel: String

    /// - Parameter config: an object as openclaw.json is; `agents.entries` and `agents.list` may both be in it.
    init(_ config: JSON.Node?, channel: String) {
        var ids: Set<String> = []
        let agents = config?["agents"]
        if let entries = agents?["entries"] { for member in entries.members { ids.insert(AgentKey.normalise(member.key)) } }
        if let list = agents?["list"] { for element in list.elements { if let id = element["id"]?.stringValue { ids.insert(AgentKey.normalise(id)) } } }
        agentIDs = ids
        bindings = config?["bindings"]
        self.channel = channel
    }

    /// The agent of each phone: of several bindings the first, as in `ConfigModel`.
    func agents(ofPhones phones: Set<String>) -> [String: String] {
        var found: [String: String] = [:]
        guard let bindings else { return found }
        // It is the gateway's config, or a plain file that was checked: nothing to inspect.
        let inspection = Inspection(isNeedless: true)
        var position = 0
        for element in bindings.elements {
            defer { position += 1 }
            guard let peer = element["match"]?["peer"]?["id"]?.stringValue, phones.contains(peer), found[peer] == nil,
                let binding = try? Binding(element, position: position, inspection), binding.isDirectPeer, binding.channel == channel
            else { continue }
            found[peer] = binding.agentID
        }
        return found
    }
}

/// What `health` says, as far as dcb asks.
public struct GatewayHealth: Sendable {
    /// The gateway's own word of its watcher (`configReload.hotReloadStatus`). Only `active` was seen; what a blind one says is not known.
    public let hotReloadStatus: String?
    /// The plugins that are loaded.
    public let plugins: [String]

    init(_ payload: JSON.Node) {
        hotReloadStatus = payload["configReload"]?["hotReloadStatus"]?.stringValue
        plugins = payload["plugins"]?["loaded"]?.elements.compactMap { $0.stringValue } ?? []
    }
}
