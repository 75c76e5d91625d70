/// What every agent's sandbox must be, at the least: it makes the agent and checks it.
public struct SandboxPolicy: Sendable, Equatable {
    /// `off` and `non-main` would let a person's agent run on the host: only this one is taken.
    public enum Mode: String, Sendable, CaseIterable { case all }
    /// `shared` would put all people into one container.
    public enum Scope: String, Sendable, CaseIterable { case agent, session }
    /// What the sandbox may do with the workspace; later ones allow more.
    public enum WorkspaceAccess: String, Sendable, CaseIterable, Comparable {
        case none
        case readOnly = "ro"
        case readWrite = "rw"

        public static func < (a: WorkspaceAccess, b: WorkspaceAccess) -> Bool {
            allCases.firstIndex(of: a) ?? 0 < allCases.firstIndex(of: b) ?? 0
        }
    }

    public var mode = Mode.all
    public var scope = Scope.agent
    public var workspaceAccess = WorkspaceAccess.readWrite
    public var image = "openclaw-sandbox:bookworm-slim"
    /// `none`, `bridge`, or the name of a network of Docker's.
    public var network = "bridge"
    /// Written as OpenClaw takes it (`512m`), and in bytes.
    public var memory = SandboxPolicy.builtInMemory
    public var cpus = 0.5
    public var pidsLimit = 100
    /// Holds `ALL`.
    public var capDrop = ["ALL"]
    /// nil: not written, OpenClaw's default (true).
    public var readOnlyRoot: Bool?
    /// `uid` or `uid:gid`; nil: the owner of the state folder.
    public var user: String?
    /// In addition to what every agent gets (`HOME`, `XDG_*`, `GOG_*`), sorted by name.
    public var env: [String: String] = [:]
    /// `source:target[:options]`.
    public var binds: [String] = []
    public var setupCommand: String?

    public init() {}

    /// The user that the sandbox runs as: the policy's, which must be the owner of the state folder, else that owner.
    /// - Returns: nil when the policy names another one; then people's files and their keyrings could not be read.
    public func userText(owner: UInt32, group: UInt32) -> String? {
        guard let user else { return "\(owner):\(group)" }
        return user == "\(owner)" || user.hasPrefix("\(owner):") ? user : nil
    }

    /// Member names of `sandbox` in dcb.json.
    static let memberNames = [
        "mode", "scope", "workspaceAccess", "image", "network", "memory", "cpus", "pidsLimit", "capDrop", "readOnlyRoot", "user", "env", "binds",
        "setupCommand",
    ]

    private static let builtInMemory = MemorySize(mebibytes: 512)
}
