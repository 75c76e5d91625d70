import Platform

/// Where everything is; nothing here asks the file system.
public struct Paths: Sendable, Equatable {
    public let stateDir: String
    /// OpenClaw's config as named; it may be a symbolic link.
    public let config: String
    public let record: String
    /// The policy file that was asked for; nil: `defaultSettings`, if it is there.
    public let settings: String?
    /// The template folder that was asked for.
    public let templates: String?
    public let home: String?

    /// From options (names without dashes: `state-dir`, `config`, `db`, `settings`, `templates`), else the environment, else the defaults.
    /// An empty value counts as not given. A leading `~` or `~/` is the home folder, as in OpenClaw. Everything is made absolute.
    /// - Returns: nil when the home folder would be needed and is not known.
    public static func resolve(option: (String) -> String?, environment: [String: String], home: String?) -> Paths? {
        let home = home.flatMap { $0.isEmpty ? nil : Path.absolute($0) }
        var homeless = false
        func find(_ name: String, _ variable: String) -> String? {
            for text in [option(name), environment[variable]] {
                guard let text, !text.isEmpty else { continue }
                guard let path = expand(text, home: home) else {
                    homeless = true
                    return nil
                }
                return path
            }
            return nil
        }
        let named = find("state-dir", "OPENCLAW_STATE_DIR")
        let config = find("config", "OPENCLAW_CONFIG_PATH")
        let record = find("db", "DCB_DB")
        let settings = find("settings", "DCB_SETTINGS")
        let templates = find("templates", "DCB_TEMPLATES")
        guard !homeless, let state = named ?? home.map({ Path.join($0, ".openclaw") }) else { return nil }
        return Paths(
            stateDir: state, config: config ?? Path.join(state, "openclaw.json"), record: record ?? Path.join(state, "onboarding.db"), settings: settings,
            templates: templates, home: home)
    }

    /// `path` made absolute, with `~` and `~/` expanded.
    /// - Returns: nil when it needs the home folder and that is not known.
    public func expand(_ path: String) -> String? { Paths.expand(path, home: home) }

    private static func expand(_ path: String, home: String?) -> String? {
        guard path == "~" || path.utf8.starts(with: "~/".utf8) else { return Path.absolute(path) }
        return home.map { Path.absolute($0 + path.dropFirst()) }
    }

    /// `<state>/dcb.json`: read when no policy file was asked for.
    public var defaultSettings: String { Path.join(stateDir, "dcb.json") }
    /// `<state>/.dcb`: what dcb alone uses.
    public var ownFolder: String { Path.join(stateDir, Paths.ownName) }
    /// Our lock of the config; `.dcb/config.lock` beside the config as named.
    public var configLock: String { Paths.configLock(beside: config) }
    /// The same for a config whose links have been resolved: two names of one file must share one lock.
    public static func configLock(beside config: String) -> String { Path.join(Path.join(Path.parent(config), ownName), "config.lock") }
    /// Holds the record's generation a second time: a restored older record is noticed.
    public var generationFile: String { Path.join(ownFolder, "generation") }
    /// The folder of the audit trail.
    public var audit: String { Path.join(stateDir, "audit") }
    /// `<state>/trash`: what was removed and may still be wanted back.
    public var trash: String { Path.join(stateDir, "trash") }
    /// `<state>/agents`: one folder for each agent that OpenClaw knows.
    public var agents: String { Path.join(stateDir, "agents") }

    public func workspace(for agent: AgentID) -> String { Path.join(stateDir, "workspace-\(agent.text)") }
    /// `<state>/agents/<id>`: sessions and the agent's own folder.
    public func agentFolder(for agent: AgentID) -> String { Path.join(agents, agent.text) }
    /// `<state>/agents/<id>/agent`: what OpenClaw calls `agentDir`.
    public func agentDir(for agent: AgentID) -> String { Path.join(agentFolder(for: agent), "agent") }

    private static let ownName = ".dcb"
}
