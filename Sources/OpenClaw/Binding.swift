import CommandKit
import JSON

/// An element of `bindings`: who answers what.
public struct Binding: Sendable {
    /// This and what follows: normalised as OpenClaw does.
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
    init?(_ node: JSON.Node, position: Int, _ inspection: Inspection) throws(Problem) {
        try inspection.check(node, at: "/bindings/\(position)")
        guard let match = node["match"] else { return nil }
        try inspection.check(match, at: "/bindings/\(position)/match")
        let channelNode = match["channel"]
        let account = match["accountId"]
        let peer = match["peer"]
        if let peer { try inspection.check(peer, at: "/bindings/\(position)/match/peer") }
        guard let agent = node["agentId"]?.stringValue, let channel = channelNode?.stringValue else { return nil }
        agentID = AgentKey.normalise(agent)
        // What OpenClaw takes for the same (its source; not observed) must not count as another's.
        self.channel = channel.trimmedAndLowercased
        accountID = account?.stringValue?.trimmed
        peerKind = peer?["kind"]?.stringValue
        peerID = peer?["id"]?.stringValue?.trimmed
        self.node = node
        self.position = position
        isNarrower = match.count > 1 + (account == nil ? 0 : 1) + (peer == nil ? 0 : 1)
    }

    /// The same binding at another place.
    init(_ binding: Binding, node: JSON.Node, position: Int) {
        agentID = binding.agentID
        channel = binding.channel
        accountID = binding.accountID
        peerKind = binding.peerKind
        peerID = binding.peerID
        isNarrower = binding.isNarrower
        self.node = node
        self.position = position
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

    func positions(_ key: String, limit: Int = .max) -> [Int] {
        var found: [Int] = []
        var at = first[key] ?? -1
        while at >= 0, found.count < limit {
            found.append(Int(at))
            at = next[Int(at)]
        }
        return found
    }
}
