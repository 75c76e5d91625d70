import JSON
import Platform

/// What no two agents may share, by agent: those of a roster, and those that are entered.
///
/// A row an agent. Each thing is kept as a hash: looking for one is a pass over numbers, and only equal ones are read and compared.
struct Occupied: Sendable {
    private enum Thing: Int, CaseIterable, Sendable {
        case workspace, agentDir, password

        var name: String {
            switch self {
            case .workspace: "workspace"
            case .agentDir: "agentDir"
            case .password: "keyring password"
            }
        }
    }

    /// What one agent takes for itself; paths in their plain spelling.
    private typealias Texts = [Thing: String]

    private let model: ConfigModel
    private var freed: Set<String>
    /// A column a thing, 0 where the agent has none. First the roster's rows, as soon as anything is asked; then those entered.
    private var hashes: [[UInt64]] = []
    private var entered: [(id: String, texts: Texts)] = []

    /// - Parameter removed: agents of the roster that do not count.
    init<Removed: Sequence>(_ model: ConfigModel, except removed: Removed) where Removed.Element == String {
        self.model = model
        freed = Set(removed)
    }

    /// Enters what is given, unless another agent has any of it.
    mutating func take(_ id: String, workspace: String?, agentDir: String?, password: String?) -> (what: String, other: String)? {
        var texts: Texts = [:]
        texts[.workspace] = workspace.map(Occupied.plain)
        texts[.agentDir] = agentDir.map(Occupied.plain)
        texts[.password] = password
        readRoster()
        let wanted = Thing.allCases.map { thing in texts[thing].map(Occupied.hash) ?? 0 }
        for thing in Thing.allCases {
            guard let text = texts[thing] else { continue }
            let hash = wanted[thing.rawValue]
            for row in hashes[thing.rawValue].positions(of: hash) where self.text(row, thing) == text {
                let other = owner(row)
                if other != id { return (thing.name, other) }
            }
        }
        for thing in Thing.allCases { hashes[thing.rawValue].append(wanted[thing.rawValue]) }
        entered.append((id, texts))
        return nil
    }

    /// What the agent had is free again.
    mutating func free(_ id: String) {
        freed.insert(id)
        for index in entered.indices where entered[index].id == id { entered[index].texts = [:] }
    }

    private mutating func readRoster() {
        guard hashes.isEmpty else { return }
        hashes = Thing.allCases.map { thing in
            var column: [UInt64] = []
            column.reserveCapacity(model.agents.count + 64)
            for agent in model.agents { column.append(Occupied.node(of: agent, thing).map { Occupied.hash($0, thing) } ?? 0) }
            return column
        }
    }

    private func owner(_ row: Int) -> String { row < model.agents.count ? model.agents[row].id : entered[row - model.agents.count].id }

    private func text(_ row: Int, _ thing: Thing) -> String? {
        guard row < model.agents.count else { return entered[row - model.agents.count].texts[thing] }
        let agent = model.agents[row]
        guard !freed.contains(agent.id), let text = Occupied.node(of: agent, thing)?.stringValue else { return nil }
        return thing == .password ? text : Occupied.plain(text)
    }

    /// Of an operator's own agent the password does not count.
    private static func node(of agent: AgentEntry, _ thing: Thing) -> JSON.Node? {
        switch thing {
        case .workspace: agent.node["workspace"]
        case .agentDir: agent.node["agentDir"]
        case .password: agent.isOurs ? agent.keyringPasswordNode : nil
        }
    }

    private static func hash(_ node: JSON.Node, _ thing: Thing) -> UInt64 {
        let hash = node.withPlainText { text in thing == .password || isPlain(text) ? ContentHash(UnsafeRawBufferPointer(text)).word : nil } ?? nil
        return hash ?? node.stringValue.map { Occupied.hash(thing == .password ? $0 : plain($0)) } ?? 0
    }

    private static func hash(_ text: String) -> UInt64 {
        var text = text
        return text.withUTF8 { ContentHash(UnsafeRawBufferPointer($0)).word }
    }

    // One folder has many spellings; links are not looked at. Of a relative one only the slash at its end is taken off.
    private static func plain(_ path: String) -> String {
        var path = path
        if path.withUTF8(isPlain) { return path }
        if Path.isAbsolute(path) { return Path.absolute(path) }
        return path.utf8.last == UInt8(ascii: "/") ? String(path.dropLast()) : path
    }

    /// Whether no part is empty, `.` or `..`.
    private static func isPlain(_ path: UnsafeBufferPointer<UInt8>) -> Bool {
        let slash = UInt8(ascii: "/")
        let dot = UInt8(ascii: ".")
        var start = path.first == slash ? 1 : 0
        if path.count <= start { return true }
        for i in start...path.count where i == path.count || path[i] == slash {
            switch i - start {
            case 0: return false
            case 1 where path[start] == dot: return false
            case 2 where path[start] == dot && path[start + 1] == dot: return false
            default: start = i + 1
            }
        }
        return true
    }
}

extension Array where Element == UInt64 {
    fileprivate func positions(of wanted: UInt64) -> [Int] {
        var found: [Int] = []
        withUnsafeBufferPointer { all in
            for i in all.indices where all[i] == wanted { found.append(i) }
        }
        return found
    }
}
