import JSON

/// `broadcast` of openclaw.json: which agents get the messages of a peer. OpenClaw looks there before it looks at any binding (its documentation; not
/// observed).
public struct Broadcast: Sendable {
    /// Agents as OpenClaw compares them, by key: `+E164`, or a channel, a colon and the peer.
    private let agents: [String: Set<String>]

    init() { agents = [:] }

    init(_ node: JSON.Node) {
        var agents: [String: Set<String>] = [:]
        for member in node.members {
            // Of a group thread: `{"agents": […], …}`.
            guard let list = member.value.kind == .array ? member.value : member.value["agents"] else { continue }
            agents[member.key] = Set(list.elements.compactMap { $0.stringValue.map(AgentKey.normalise) })
        }
        self.agents = agents
    }

    /// Which agents get the messages of a phone by this, in order.
    public func agents(ofPhone phone: String, channel: String) -> [String] {
        if agents.isEmpty { return [] }
        return (agents[phone] ?? []).union(agents["\(channel):\(phone)"] ?? []).sorted()
    }

    /// Whether any peer's messages go to an agent by this.
    public func names(_ id: String) -> Bool { agents.values.contains { $0.contains(id) } }
}
