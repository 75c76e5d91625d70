import JSON
import Onboarding

/// Everything that the entry of a new agent says.
public struct AgentSpec: Sendable {
    public var id: AgentID
    public var name: String
    public var workspace: String
    public var agentDir: String
    public var sandbox: SandboxPolicy
    /// Names and values in order, without the password: what GOG.md section 2 asks for, and the policy's own.
    public var environment: [(String, String)]
    public var keyringPassword: Secret
    /// `uid:gid` of the sandbox's processes.
    public var user: String

    public init(
        id: AgentID, name: String, workspace: String, agentDir: String, sandbox: SandboxPolicy, environment: [(String, String)] = AgentSpec.gogEnvironment,
        keyringPassword: Secret, user: String
    ) {
        self.id = id
        self.name = name
        self.workspace = workspace
        self.agentDir = agentDir
        self.sandbox = sandbox
        self.environment = environment
        self.keyringPassword = keyringPassword
        self.user = user
    }

    /// What gog needs to run unattended in the sandbox, whichever its version (GOG.md section 2); the password comes behind it.
    public static let gogEnvironment: [(String, String)] = [
        ("HOME", "/workspace"), ("GOG_HOME", "/workspace/.gog"), ("XDG_CONFIG_HOME", "/workspace/.gog-config"),
        ("XDG_DATA_HOME", "/workspace/.gog-data"), ("GOG_KEYRING_BACKEND", "file"),
    ]
    static let passwordName = "GOG_KEYRING_PASSWORD"

    /// The entry: of `agents.entries`, or (with the id first) of `agents.list`.
    func value(_ shape: RosterShape) -> JSON.Value {
        var members: [(String, JSON.Value)] = []
        if shape == .list { members.append(("id", .string(id.text))) }
        members.append(("name", .string(name)))
        members.append(("workspace", .string(workspace)))
        members.append(("agentDir", .string(agentDir)))
        members.append(("sandbox", sandboxValue))
        return .object(JSON.Object(members))
    }

    var sandboxValue: JSON.Value {
        .object(
            JSON.Object([
                ("mode", .string(sandbox.mode.rawValue)), ("scope", .string(sandbox.scope.rawValue)),
                ("workspaceAccess", .string(sandbox.workspaceAccess.rawValue)), ("docker", dockerValue),
            ]))
    }

    var dockerValue: JSON.Value {
        var members: [(String, JSON.Value)] = [
            ("image", .string(sandbox.image)), ("network", .string(sandbox.network)), ("memory", .string(sandbox.memory.text)),
            ("cpus", .number(AgentSpec.spelling(sandbox.cpus))), ("pidsLimit", .number("\(sandbox.pidsLimit)")),
            ("capDrop", .array(sandbox.capDrop.map { .string($0) })),
        ]
        if let readOnly = sandbox.readOnlyRoot { members.append(("readOnlyRoot", .bool(readOnly))) }
        if !user.isEmpty { members.append(("user", .string(user))) }
        if !sandbox.binds.isEmpty { members.append(("binds", .array(sandbox.binds.map { .string($0) }))) }
        if let command = sandbox.setupCommand { members.append(("setupCommand", .string(command))) }
        var variables = JSON.Object()
        for (name, value) in environment { variables[name] = .string(value) }
        variables[AgentSpec.passwordName] = .string(keyringPassword.revealForConfig())
        members.append(("env", .object(variables)))
        return .object(JSON.Object(members))
    }

    // 2 and not 2.0: as one would write it.
    static func spelling(_ number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "\(number)" }
}
