import CommandKit
import JSON
import Onboarding

/// What one parsed openclaw.json means: its roster, bindings and allow-list, with indexes, so that a group of documents costs what it changes.
public struct ConfigModel: Sendable {
    public let document: JSON.Document
    /// Where agents stand, or would be put.
    public let shape: RosterShape
    /// What a new binding of a direct chat says.
    public let peerKind: PeerKind
    /// OpenClaw's version as the caller was told; nil: not told.
    public let version: OpenClawVersion?
    /// `meta.lastTouchedVersion`.
    public let lastTouched: OpenClawVersion?
    public let policy: Policy
    /// In the order of the file. Of several with one normalised id only the first is found by `agent(_:)`.
    public let agents: [AgentEntry]
    /// In the order of the file; elements that OpenClaw could not read are left out.
    public let allBindings: [Binding]
    let places: Places
    let allowList: AllowList?
    /// Who gets messages beside the bindings, or in their stead.
    public let broadcast: Broadcast
    /// nil: few questions will be asked, and the arrays are searched.
    private let index: Index?
    /// Whether the file holds neither a key twice nor `$include`.
    let isPlain: Bool

    private struct Index: Sendable {
        var agentPositions: [String: Int32] = [:]
        var bindingsByPhone: ChainIndex
        var bindingsByAgent: ChainIndex

        init(_ agents: [AgentEntry], _ bindings: [Binding], channel: String) {
            agentPositions.reserveCapacity(agents.count)
            for agent in agents.reversed() { agentPositions[agent.id] = Int32(agent.position) }
            bindingsByPhone = ChainIndex(count: bindings.count)
            bindingsByAgent = ChainIndex(count: bindings.count)
            for (index, binding) in bindings.enumerated().reversed() {
                bindingsByAgent.put(binding.agentID, index)
                if binding.isDirectPeer, let peer = binding.peerID, binding.channel == channel { bindingsByPhone.put(peer, index) }
            }
        }
    }

    /// The containers that dcb edits; nil where they are not.
    struct Places: Sendable {
        var agents: JSON.Node?
        var roster: JSON.Node?
        var ownership: JSON.Node?
        var defaults: JSON.Node?
        var bindings: JSON.Node?
        var channel: JSON.Node?
        /// Read only.
        var tools: JSON.Node?
    }

    /// - Throws: `config-invalid`, `config-shape` or `config-include`, when the file does not have the form that can be edited and judged.
    ///   Whether OpenClaw would take it is another question: `Validity`.
    public init(_ document: JSON.Document, version: OpenClawVersion?, policy: Policy) throws(Problem) {
        try self.init(document, Inspection(document, hasUniqueKeys: false), version, policy)
    }

    private init(_ document: JSON.Document, _ inspection: Inspection, _ version: OpenClawVersion?, _ policy: Policy) throws(Problem) {
        self.document = document
        self.version = version
        self.policy = policy
        let root = document.root
        guard root.kind == .object else { throw Problem(.configInvalid, "openclaw.json holds no object") }
        try inspection.check(root, at: "")
        var places = Places()
        var channels: JSON.Node?
        var lastTouched: OpenClawVersion?
        var broadcast = Broadcast()
        for member in root.members {
            switch member.key {
            case "agents": places.agents = member.value
            case "bindings": places.bindings = member.value
            case "channels": channels = member.value
            case "tools": places.tools = member.value
            case "broadcast": broadcast = Broadcast(member.value)
            case "meta": lastTouched = member.value["lastTouchedVersion"]?.stringValue.flatMap { OpenClawVersion($0) }
            default: continue
            }
        }
        self.lastTouched = lastTouched
        self.broadcast = broadcast
        let told = version ?? lastTouched ?? .newest
        shape = try ConfigModel.findRoster(&places, preferred: told.hasEntries ? .entries : .list, inspection)
        agents = try ConfigModel.readAgents(places.roster, shape, inspection)
        allBindings = try ConfigModel.readBindings(places.bindings, inspection, of: document)
        (places.channel, allowList) = try ConfigModel.readChannel(channels, policy, inspection)
        self.places = places

        index = Index(agents, allBindings, channel: policy.channel)
        isPlain = inspection.isNeedless
        let hasDM = allBindings.contains { $0.peerKind == PeerKind.dm.rawValue }
        let hasDirect = allBindings.contains { $0.peerKind == PeerKind.direct.rawValue }
        peerKind =
            if shape == .entries || hasDirect {
                .direct
            } else if hasDM {
                .dm
            } else if version?.hasEntries == true {
                // It reads a list, but no `dm`.
                .direct
            } else {
                told.knowsDirect ? .direct : .dm
            }
    }

    /// Parses a file's bytes as OpenClaw does (JSON5) and reads their meaning.
    public init(parsing bytes: [UInt8], version: OpenClawVersion?, policy: Policy) throws(Problem) {
        try self.init(parsing: bytes, version: version, policy: policy, isPlain: false)
    }

    /// - Parameter isPlain: known to hold neither a key twice nor `$include`.
    init(parsing bytes: [UInt8], version: OpenClawVersion?, policy: Policy, isPlain: Bool) throws(Problem) {
        if isPlain, let document = try? JSON.Document(parsing: bytes, dialect: .json5) {
            try self.init(document, Inspection(isNeedless: true), version, policy)
            return
        }
        // Most files repeat no key anywhere; those that do are read again, since OpenClaw accepts it where it does not matter to us.
        var limits = JSON.Limits.standard
        limits.allowsDuplicateKeys = false
        if let document = try? JSON.Document(parsing: bytes, dialect: .json5, limits: limits) {
            try self.init(document, Inspection(document, hasUniqueKeys: true), version, policy)
            return
        }
        let document: JSON.Document
        do { document = try JSON.Document(parsing: bytes, dialect: .json5) } catch {
            let isEmpty = bytes.allSatisfy { $0 == 32 || ($0 >= 9 && $0 <= 13) }
            throw Problem(.configInvalid, isEmpty ? "openclaw.json is empty" : "openclaw.json: \(error.reason) at line \(error.line), column \(error.column)")
        }
        try self.init(document, Inspection(document, hasUniqueKeys: false), version, policy)
    }

    /// The edited file, to be checked: dcb adds no name twice and no other file, so what was looked at before is not looked at again, and an entry or
    /// binding that is the same bytes keeps its meaning. Without the allow-list.
    init(edited document: JSON.Document, of original: ConfigModel, isIndexed: Bool) throws(Problem) {
        self.document = document
        version = original.version
        policy = original.policy
        lastTouched = original.lastTouched
        broadcast = original.broadcast
        peerKind = original.peerKind
        isPlain = original.isPlain
        allowList = nil
        let inspection = Inspection(isNeedless: true)
        var places = Places()
        for member in document.root.members {
            switch member.key {
            case "agents": places.agents = member.value
            case "bindings": places.bindings = member.value
            case "tools": places.tools = member.value
            default: continue
            }
        }
        shape = original.shape
        _ = try ConfigModel.findRoster(&places, preferred: shape, inspection)
        agents = try ConfigModel.readAgents(places.roster, shape, inspection, like: original.agents)
        allBindings = try ConfigModel.readBindings(places.bindings, inspection, of: document, like: original)
        self.places = places
        index = isIndexed ? Index(agents, allBindings, channel: policy.channel) : nil
    }

    /// - Parameter id: compared as OpenClaw does.
    public func agent(_ id: String) -> AgentEntry? {
        let id = AgentKey.normalise(id)
        guard let index else { return agents.first { $0.id == id } }
        return index.agentPositions[id].flatMap { at in agentAt(Int(at)) }
    }

    public var agentIDs: [String] { agents.map { $0.id } }

    /// Bindings of a direct chat of the policy's channel with exactly this peer, whatever their account.
    /// - Parameter limit: for who asks only whether there are several.
    public func bindings(ofPhone phone: String, limit: Int = .max) -> [Binding] {
        guard let index else { return allBindings.filter { $0.peerID == phone && $0.isDirectPeer && $0.channel == policy.channel } }
        return index.bindingsByPhone.positions(phone, limit: limit).map { allBindings[$0] }
    }

    public func bindings(ofAgent id: String) -> [Binding] {
        let id = AgentKey.normalise(id)
        guard let index else { return allBindings.filter { $0.agentID == id } }
        return index.bindingsByAgent.positions(id).map { allBindings[$0] }
    }

    public var directMessages: DirectMessagePolicy { allowList?.policy ?? .none }

    func sandboxRules(_ agent: AgentEntry) -> SandboxRules {
        SandboxRules(entry: agent.node, defaults: places.defaults?["sandbox"], tools: places.tools, channel: policy.channel, policy: policy.sandbox)
    }

    /// Why the sandbox of an agent does not satisfy the policy; empty when it does.
    public func sandboxViolations(of agent: AgentEntry, ownerUser: UInt32) -> [String] {
        sandboxRules(agent).violations(ownerUser: ownerUser)
    }

    public func sandboxWarnings(of agent: AgentEntry) -> [String] {
        sandboxRules(agent).warnings()
    }

    // Positions count every element of the list, also those that are no agents.
    private func agentAt(_ position: Int) -> AgentEntry? {
        if position < agents.count, agents[position].position == position { return agents[position] }
        return agents.first { $0.position == position }
    }

    /// - Parameter preferred: the shape of a file that has no roster yet.
    private static func findRoster(_ places: inout Places, preferred: RosterShape, _ inspection: Inspection) throws(Problem) -> RosterShape {
        guard let agents = places.agents else { return preferred }
        try inspection.checkObject(agents, at: "/agents")
        var entries: JSON.Node?
        var list: JSON.Node?
        for member in agents.members {
            switch member.key {
            case "entries": entries = member.value
            case "list": list = member.value
            case "ownership": places.ownership = member.value
            case "defaults": places.defaults = member.value
            default: continue
            }
        }
        if let defaults = places.defaults {
            try inspection.check(defaults, at: "/agents/defaults")
            if let sandbox = defaults["sandbox"] {
                try inspection.check(sandbox, at: "/agents/defaults/sandbox")
                if let docker = sandbox["docker"] { try inspection.check(docker, at: "/agents/defaults/sandbox/docker") }
                if let browser = sandbox["browser"] { try inspection.check(browser, at: "/agents/defaults/sandbox/browser") }
            }
        }
        if entries != nil, list != nil {
            throw Problem(.configShape, "openclaw.json has both agents.list and agents.entries", hint: "keep the one that your OpenClaw reads")
        }
        if let entries {
            try inspection.checkObject(entries, at: "/agents/entries")
            places.roster = entries
            return .entries
        }
        if let list {
            try inspection.check(list, at: "/agents/list")
            guard list.kind == .array else { throw Problem(.configInvalid, "'/agents/list' of openclaw.json is no array") }
            places.roster = list
            return .list
        }
        return preferred
    }

    /// - Parameter old: entries of which most are there still, in their order.
    private static func readAgents(
        _ roster: JSON.Node?, _ shape: RosterShape, _ inspection: Inspection, like old: [AgentEntry] = []
    ) throws(Problem) -> [AgentEntry] {
        guard let roster else { return [] }
        var agents: [AgentEntry] = []
        agents.reserveCapacity(roster.count)
        var position = 0
        var rest = old[...]
        switch shape {
        case .entries:
            for member in roster.members {
                if let at = rest.firstIndex(where: { member.keyEquals($0.key) }) {
                    agents.append(AgentEntry(id: rest[at].id, key: rest[at].key, node: member.value, position: position, shape: shape))
                    rest = rest[(at + 1)...]
                    position += 1
                    continue
                }
                rest = []
                let key = member.key
                let entry = AgentEntry(id: AgentKey.normalise(key), key: key, node: member.value, position: position, shape: shape)
                try inspect(entry, inspection)
                agents.append(entry)
                position += 1
            }
        case .list:
            for element in roster.elements {
                let id = element["id"]
                if let id, let at = rest.firstIndex(where: { id.equals($0.key) }) {
                    agents.append(AgentEntry(id: rest[at].id, key: rest[at].key, node: element, position: position, shape: shape))
                    rest = rest[(at + 1)...]
                } else if let key = id?.stringValue {
                    rest = []
                    let entry = AgentEntry(id: AgentKey.normalise(key), key: key, node: element, position: position, shape: shape)
                    try inspect(entry, inspection)
                    agents.append(entry)
                }
                position += 1
            }
        }
        return agents
    }

    // An operator's own agents may hold what they like; ours are judged down to the environment.
    private static func inspect(_ entry: AgentEntry, _ inspection: Inspection) throws(Problem) {
        guard entry.isOurs else { return }
        try inspection.checkObject(entry.node, at: entry.pointer)
        guard let sandbox = entry.node["sandbox"] else { return }
        try inspection.check(sandbox, at: entry.pointer + "/sandbox")
        if let browser = sandbox["browser"] { try inspection.check(browser, at: entry.pointer + "/sandbox/browser") }
        guard let docker = sandbox["docker"] else { return }
        try inspection.check(docker, at: entry.pointer + "/sandbox/docker")
        guard let environment = docker["env"] else { return }
        try inspection.check(environment, at: entry.pointer + "/sandbox/docker/env")
    }

    /// - Parameter old: a config of which most bindings are there still, in their order.
    private static func readBindings(_ node: JSON.Node?, _ inspection: Inspection, of document: JSON.Document, like old: ConfigModel? = nil) throws(Problem)
        -> [Binding]
    {
        guard let node else { return [] }
        try inspection.check(node, at: "/bindings")
        guard node.kind == .array else { throw Problem(.configInvalid, "'/bindings' of openclaw.json is no array") }
        var bindings: [Binding] = []
        bindings.reserveCapacity(node.count)
        var position = 0
        var rest = old?.allBindings[...] ?? []
        let before = old?.document.bytes ?? []
        let after = document.bytes
        for element in node.elements {
            if let at = rest.firstIndex(where: { before.isSame(after, $0.node.range, element.range) }) {
                bindings.append(Binding(rest[at], node: element, position: position))
                rest = rest[(at + 1)...]
            } else if let binding = try Binding(element, position: position, inspection) {
                rest = []
                bindings.append(binding)
            }
            position += 1
        }
        return bindings
    }

    private static func readChannel(_ channels: JSON.Node?, _ policy: Policy, _ inspection: Inspection) throws(Problem) -> (JSON.Node?, AllowList?) {
        guard let channels else { return (nil, nil) }
        try inspection.checkObject(channels, at: "/channels")
        guard let channel = channels[policy.channel] else { return (nil, nil) }
        let pointer = Pointer.join("/channels", policy.channel)
        try inspection.checkObject(channel, at: pointer)
        return (channel, try AllowList(channel: channel, channelPointer: pointer, account: policy.account, inspection))
    }
}
