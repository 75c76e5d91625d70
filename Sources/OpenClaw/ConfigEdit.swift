import CommandKit
import JSON
import Onboarding
import Platform

/// Adds and removes for a whole group, checked against the model and among themselves, and turned into one pass over the file at the end.
///
/// Each call either takes effect as a whole or throws and leaves the edit as it was: one bad document does not spoil its group.
public struct ConfigEdit: Sendable {
    public let model: ConfigModel
    /// The uid that sandboxes must run as.
    public let ownerUser: UInt32
    /// Members of openclaw.json that dcb made before, by pointer; an element of the list is named by its id.
    let membersMade: Set<String>

    // Agents that come, in order; those removed again in the same edit stay as nil.
    var added: [AgentSpec?] = []
    var addedPositions: [String: Int] = [:]
    var removed: [String: AgentEntry] = [:]
    /// Members that an entry lacked: behind which object, which key, what.
    var completions: [(id: String, owner: JSON.Node, key: String, value: JSON.Value)] = []
    var completed: Set<String> = []
    /// Members that weakened a sandbox: what stands there, and what takes its place; nil: nothing.
    var replacements: [(id: String, node: JSON.Node, value: JSON.Value?)] = []

    // Bindings and allow-list entries that come, by phone, in order; and which of the file go.
    var bound: [(phone: PhoneNumber, agent: AgentID)?] = []
    var boundPositions: [String: Int] = [:]
    var unboundNodes: [Int: JSON.Node] = [:]
    var allowed: [PhoneNumber?] = []
    var allowedPositions: [String: Int] = [:]
    var disallowed: [String: JSON.Node] = [:]
    // Agents with a binding that comes: to how many phones.
    var boundAgents: [String: PhoneNumber] = [:]
    private var occupied: Occupied?

    /// - Parameters:
    ///   - membersMade: what `newMembersMade` said in earlier edits and `membersGone` has not taken back.
    ///   - ownerUser: the uid that owns the state folder: the one that sandboxes run as.
    public init(_ model: ConfigModel, membersMade: [String], ownerUser: UInt32 = CurrentProcess.effectiveUser) {
        self.model = model
        self.membersMade = Set(membersMade)
        self.ownerUser = ownerUser
    }

    public enum AgentChange: Sendable, Equatable {
        case added
        /// The entry was there; what it lacked was added, and nothing of it changed.
        case completed
        case unchanged
    }

    /// What became of the phone's entry in the allow-list.
    public enum AllowOutcome: Sendable, Equatable {
        case added
        /// It was there, by whomever.
        case present
        /// Anyone may write: the list does not matter.
        case open
        /// The config has no such channel, and dcb never adds one.
        case noChannel
    }

    public struct BindOutcome: Sendable {
        /// The binding as it stands in the file, or will.
        public let binding: JSON.Value
        /// Whether it was not there.
        public let isNew: Bool
        public let allow: AllowOutcome
    }

    /// Whether applying it would give the same bytes.
    public var isEmpty: Bool {
        addedPositions.isEmpty && removed.isEmpty && completions.isEmpty && replacements.isEmpty && boundPositions.isEmpty && unboundNodes.isEmpty
            && allowedPositions.isEmpty
            && disallowed.isEmpty
    }

    /// Members that applying it makes, to be remembered until `membersGone` names them.
    public var newMembersMade: [String] { plan.made }
    /// Members made earlier that applying it removes, or that are not there any more.
    public var membersGone: [String] { plan.gone }

    /// The new content of the file.
    public func apply() -> [UInt8] { isEmpty ? model.document.bytes : plan.edits.apply() }
    /// The same, parsed.
    func document() throws(JSONError) -> JSON.Document { isEmpty ? model.document : try plan.edits.document(dialect: .json5) }

    // MARK: - Agents

    /// Adds an agent; or, when its entry is there, the members that it lacks.
    /// - Throws: `config-invalid` when workspace, agentDir or keyring password are another agent's already.
    @discardableResult
    public mutating func addAgent(_ spec: AgentSpec) throws(Problem) -> AgentChange {
        let id = AgentKey.normalise(spec.id.text)
        if addedPositions[id] != nil { return .unchanged }
        if let entry = model.agent(id), removed[id] == nil {
            guard !completed.contains(id) else { return .unchanged }
            let lacking = ConfigEdit.lacking(entry.node, spec.value(model.shape))
            if lacking.isEmpty { return .unchanged }
            try occupy(spec, id, onlyLacking: Set(lacking.map { $0.key }))
            for (owner, key, value) in lacking { completions.append((id, owner, key, value)) }
            completed.insert(id)
            return .completed
        }
        try occupy(spec, id, onlyLacking: nil)
        addedPositions[id] = added.count
        added.append(spec)
        return .added
    }

    /// Takes an agent's entry out.
    /// - Returns: the entry as it stood in the file (with its keyring password); nil when it was not there.
    /// - Throws: `not-ready` while a binding names the agent.
    @discardableResult
    public mutating func removeAgent(_ agent: AgentID) throws(Problem) -> JSON.Value? {
        let id = AgentKey.normalise(agent.text)
        let entry = removed[id] == nil ? model.agent(id) : nil
        let pending = addedPositions[id]
        guard entry != nil || pending != nil else { return nil }
        let isNamed = boundAgents[id] != nil || model.bindings(ofAgent: id).contains { unboundNodes[$0.position] == nil }
        if isNamed {
            throw Problem(
                .notReady, "agent \(agent.text) is still named by a binding of openclaw.json",
                hint: "remove ours with dcb-bind --undo; one that an operator wrote must be removed by hand")
        }
        if model.broadcast.names(id) {
            throw Problem(
                .notReady, "agent \(agent.text) is still named by broadcast of openclaw.json", hint: "take it out of broadcast by hand, then run this again")
        }
        if let pending {
            let value = added[pending]?.value(model.shape)
            added[pending] = nil
            addedPositions[id] = nil
            occupied?.free(id)
            return value
        }
        guard let entry, let value = entry.node.value(maxDepth: 512) else { return nil }
        removed[id] = entry
        completed.remove(id)
        completions.removeAll { $0.id == id }
        replacements.removeAll { $0.id == id }
        occupied?.free(id)
        return value
    }

    /// Whether the agent is in the roster as it will be.
    func hasAgent(_ id: String) -> Bool { addedPositions[id] != nil || model.agent(id) != nil && removed[id] == nil }

    // What an entry lacks of the wanted value: whole members, down to the environment. A keyring password that is there stays.
    private static func lacking(_ node: JSON.Node, _ wanted: JSON.Value) -> [(owner: JSON.Node, key: String, value: JSON.Value)] {
        guard node.kind == .object, let object = wanted.objectValue else { return [] }
        var found: [(owner: JSON.Node, key: String, value: JSON.Value)] = []
        for (key, value) in object {
            if let present = node[key] { found += lacking(present, value) } else { found.append((node, key, value)) }
        }
        return found
    }

    private mutating func occupy(_ spec: AgentSpec, _ id: String, onlyLacking: Set<String>?) throws(Problem) {
        // In place: a copy would cost the whole roster for each document.
        if occupied == nil { occupied = Occupied(model, except: removed.keys) }
        let password =
            onlyLacking?.isDisjoint(with: ["GOG_KEYRING_PASSWORD", "env", "docker", "sandbox"]) ?? false ? nil : spec.keyringPassword.revealForConfig()
        let conflict = occupied?.take(
            id, workspace: onlyLacking?.contains("workspace") ?? true ? spec.workspace : nil,
            agentDir: onlyLacking?.contains("agentDir") ?? true ? spec.agentDir : nil, password: password)
        if let conflict { throw Problem(.configInvalid, "the \(conflict.what) of agent \(id) is that of agent \(conflict.other) in openclaw.json already") }
    }
}
