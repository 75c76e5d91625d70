import JSON

/// An element of `bindings`: who answers what.
public struct Binding: Sendable {
    /// Normalised as OpenClaw does.
    public let agentID: String
    public let channel: String
    /// nil: the channel's default account only; `*`: any.
    public let accountID: String?
    public let peerKind: String?
    public let peerID: String?
    public let node: JSON.Node
    /// Its index in `bindings`.
    public let position: Int
    /// Whether its match says more than channel, account and peer (guild, team, roles).
    let isNarrower: Bool

    /// Whether it is about one person's direct chat.
    public var isDirectPeer: Bool { peerKind == PeerKind.direct.rawValue || peerKind == PeerKind.dm.rawValue }

    /// - Returns: nil when it is none that OpenClaw would read; `Validity` says so.
    init?(_ node: JSON.Node, position: Int) {
        var agent: String?
        var match: JSON.Node?
        for member in node.members {
            if member.keyEquals("agentId") { agent = member.value.stringValue } else if member.keyEquals("match") { match = member.value }
        }
        guard let agent, let match, match.kind == .object else { return nil }
        var channel: String?
        var account: String?
        var peer: JSON.Node?
        var isNarrower = false
        for member in match.members {
            if member.keyEquals("channel") {
                channel = member.value.stringValue
            } else if member.keyEquals("accountId") {
                account = member.value.stringValue
            } else if member.keyEquals("peer") {
                peer = member.value
            } else {
                isNarrower = true
            }
        }
        guard let channel else { return nil }
        agentID = AgentKey.normalise(agent)
        self.channel = channel
        accountID = account
        var kind: String?
        var id: String?
        if let peer {
            for member in peer.members {
                if member.keyEquals("kind") { kind = member.value.stringValue } else if member.keyEquals("id") { id = member.value.stringValue }
            }
        }
        peerKind = kind
        peerID = id
        self.node = node
        self.position = position
        self.isNarrower = isNarrower
    }
}

/// Positions by key, in order, without an array for each key.
struct ChainIndex: Sendable {
    private var first: [String: Int32]
    private var next: [Int32]

    init(count: Int) {
        first = Dictionary(minimumCapacity: count)
        next = [Int32](repeating: -1, count: count)
    }

    /// Positions must be put in from the last to the first.
    mutating func put(_ key: String, _ position: Int) {
        next[position] = first.updateValue(Int32(position), forKey: key) ?? -1
    }

    func positions(_ key: String) -> [Int] {
        var found: [Int] = []
        var at = first[key] ?? -1
        while at >= 0 {
            found.append(Int(at))
            at = next[Int(at)]
        }
        return found
    }
}
