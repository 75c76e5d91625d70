import JSON
import Platform

/// What no two agents may share, by agent: those that are entered, and those of a roster.
struct Occupied: Sendable {
    private let model: ConfigModel
    private let removed: [String: AgentEntry]
    private var entered = Shared()
    /// The roster's, once enough was asked of it to be worth the making: few are compared with each of its agents faster.
    private var roster: Shared?
    private var questions = 0
    private static let fewQuestions = 8

    /// - Parameter removed: agents of the roster that do not count.
    init(_ model: ConfigModel, except removed: [String: AgentEntry]) {
        self.model = model
        self.removed = removed
    }

    /// Enters what is given, unless another agent has any of it.
    mutating func take(_ id: String, workspace: String?, agentDir: String?, password: String?) -> (what: String, other: String)? {
        let wanted = Wanted(workspace: workspace, agentDir: agentDir, password: password)
        if let conflict = entered.conflict(wanted, except: id) ?? rosterConflict(wanted, except: id) { return conflict }
        entered.enter(wanted, id)
        return nil
    }

    mutating func free(_ id: String) { entered.free(id) }

    private mutating func rosterConflict(_ wanted: Wanted, except id: String) -> (what: String, other: String)? {
        questions += 1
        if questions <= Occupied.fewQuestions {
            for agent in model.agents where agent.id != id && removed[agent.id] == nil {
                if let what = wanted.isShared(by: agent) { return (what, agent.id) }
            }
            return nil
        }
        if roster == nil {
            var all = Shared()
            all.reserve(model.agents.count)
            for agent in model.agents where removed[agent.id] == nil { all.enter(Wanted(agent), agent.id) }
            roster = all
        }
        return roster?.conflict(wanted, except: id)
    }

    /// What one agent takes for itself.
    private struct Wanted {
        let workspace: String?
        let agentDir: String?
        let password: String?

        init(workspace: String?, agentDir: String?, password: String?) {
            self.workspace = workspace.map(Occupied.plain)
            self.agentDir = agentDir.map(Occupied.plain)
            self.password = password
        }

        /// Of an operator's own agent the password does not count.
        init(_ entry: AgentEntry) {
            self.init(workspace: entry.workspace, agentDir: entry.agentDir, password: entry.isOurs ? entry.keyringPassword?.revealForConfig() : nil)
        }

        func isShared(by entry: AgentEntry) -> String? {
            if let workspace, let node = entry.node["workspace"], Occupied.isPath(node, workspace) { return Shared.workspace }
            if let agentDir, let node = entry.node["agentDir"], Occupied.isPath(node, agentDir) { return Shared.agentDir }
            if let password, entry.isOurs, entry.keyringPasswordNode?.equals(password) == true { return Shared.password }
            return nil
        }
    }

    private struct Shared {
        static let workspace = "workspace"
        static let agentDir = "agentDir"
        static let password = "keyring password"

        private var workspaces: [String: String] = [:]
        private var directories: [String: String] = [:]
        private var passwords: [String: String] = [:]

        mutating func reserve(_ count: Int) {
            workspaces.reserveCapacity(count)
            directories.reserveCapacity(count)
            passwords.reserveCapacity(count)
        }

        mutating func enter(_ wanted: Wanted, _ id: String) {
            if let text = wanted.workspace { workspaces[text] = id }
            if let text = wanted.agentDir { directories[text] = id }
            if let text = wanted.password { passwords[text] = id }
        }

        mutating func free(_ id: String) {
            workspaces = workspaces.filter { $0.value != id }
            directories = directories.filter { $0.value != id }
            passwords = passwords.filter { $0.value != id }
        }

        func conflict(_ wanted: Wanted, except id: String?) -> (what: String, other: String)? {
            if let text = wanted.workspace, let other = workspaces[text], other != id { return (Shared.workspace, other) }
            if let text = wanted.agentDir, let other = directories[text], other != id { return (Shared.agentDir, other) }
            if let text = wanted.password, let other = passwords[text], other != id { return (Shared.password, other) }
            return nil
        }
    }

    // One folder has many spellings; links are not looked at. Of a relative one only the slash at its end is taken off.
    private static func plain(_ path: String) -> String {
        var path = path
        if path.withUTF8(isPlain) { return path }
        if path.hasPrefix("/") { return Path.absolute(path) }
        return path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// Whether a text is a folder, in whatever spelling.
    private static func isPath(_ node: JSON.Node, _ plain: String) -> Bool {
        if node.equals(plain) { return true }
        // Only a longer text is another spelling.
        let mayBe = node.withPlainText { $0.count > plain.utf8.count && !isPlain($0) } ?? true
        return mayBe && node.stringValue.map(Occupied.plain) == plain
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
