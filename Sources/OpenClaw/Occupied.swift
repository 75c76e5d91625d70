import Platform

/// What no two agents may share, by agent.
struct Occupied: Sendable {
    private var workspaces: [String: String] = [:]
    private var directories: [String: String] = [:]
    private var passwords: [String: String] = [:]

    init(_ model: ConfigModel, except removed: [String: AgentEntry]) {
        workspaces.reserveCapacity(model.agents.count)
        directories.reserveCapacity(model.agents.count)
        passwords.reserveCapacity(model.agents.count)
        for agent in model.agents where removed[agent.id] == nil {
            if let text = agent.workspace { workspaces[Occupied.plain(text)] = agent.id }
            if let text = agent.agentDir { directories[Occupied.plain(text)] = agent.id }
            if agent.isOurs, let password = agent.keyringPassword { passwords[password.revealForConfig()] = agent.id }
        }
    }

    init() {}

    /// Whether an agent has something that is entered for another; nothing is entered.
    func meets(_ agent: AgentEntry) -> (what: String, other: String)? {
        if let text = agent.workspace, let other = workspaces[Occupied.plain(text)] { return ("workspace", other) }
        if let text = agent.agentDir, let other = directories[Occupied.plain(text)] { return ("agentDir", other) }
        if agent.isOurs, let password = agent.keyringPassword, let other = passwords[password.revealForConfig()] { return ("keyring password", other) }
        return nil
    }

    /// Enters what is given, unless another agent has any of it.
    mutating func take(_ id: String, workspace: String?, agentDir: String?, password: String?) -> (what: String, other: String)? {
        if let workspace, let other = workspaces[Occupied.plain(workspace)], other != id { return ("workspace", other) }
        if let agentDir, let other = directories[Occupied.plain(agentDir)], other != id { return ("agentDir", other) }
        if let password, let other = passwords[password], other != id { return ("keyring password", other) }
        if let workspace { workspaces[Occupied.plain(workspace)] = id }
        if let agentDir { directories[Occupied.plain(agentDir)] = id }
        if let password { passwords[password] = id }
        return nil
    }

    mutating func free(_ id: String) {
        workspaces = workspaces.filter { $0.value != id }
        directories = directories.filter { $0.value != id }
        passwords = passwords.filter { $0.value != id }
    }

    // One folder has many spellings; links are not looked at.
    private static func plain(_ path: String) -> String {
        let slash = UInt8(ascii: "/")
        var before: UInt8 = 0
        for b in path.utf8 {
            if before == slash, b == slash || b == UInt8(ascii: "."), path.utf8.first == slash { return Path.absolute(path) }
            before = b
        }
        return before == slash && path.utf8.count > 1 ? String(path.dropLast()) : path
    }
}
