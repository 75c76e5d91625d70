import JSON

/// An agent of the roster.
public struct AgentEntry: Sendable {
    /// Normalised as OpenClaw does.
    public let id: String
    /// As the file has it.
    public let key: String
    /// Its object.
    public let node: JSON.Node
    /// Its place in the roster, from 0.
    public let position: Int
    let shape: RosterShape

    /// JSON Pointer to it.
    public var pointer: String { shape == .entries ? Pointer.join("/agents/entries", key) : "/agents/list/\(position)" }

    public var name: String? { node["name"]?.stringValue }
    public var workspace: String? { node["workspace"]?.stringValue }
    public var agentDir: String? { node["agentDir"]?.stringValue }
    public var isDefault: Bool { node["default"]?.boolValue == true }
    /// Whether it is one person's agent (`user_…`).
    public var isOurs: Bool { AgentKey.isOurs(id) }

    /// `sandbox.docker.env.GOG_KEYRING_PASSWORD`.
    public var keyringPassword: Secret? { keyringPasswordNode?.stringValue.map { Secret($0) } }
    var keyringPasswordNode: JSON.Node? { node["sandbox"]?["docker"]?["env"]?["GOG_KEYRING_PASSWORD"] }
}
