import JSON
import Onboarding
import OpenClaw
import Platform

extension Workplace {
    /// The config entry that an agent of this policy has.
    func agentSpec(_ id: AgentID, password: Secret) -> AgentSpec {
        AgentSpec(
            id: id, name: policy.agentName, workspace: paths.workspace(for: id), agentDir: paths.agentDir(for: id), sandbox: policy.sandbox,
            environment: Workplace.gogEnvironment, keyringPassword: password, user: policy.sandbox.user ?? "\(CurrentProcess.effectiveUser):\(CurrentProcess.effectiveGroup)")
    }

    /// Where gog of every generation finds its state inside the sandbox (gog 0.4 to 0.43 read different variables).
    static let gogEnvironment: [(String, String)] = [
        ("HOME", "/workspace"), ("GOG_HOME", "/workspace/.gog"), ("XDG_CONFIG_HOME", "/workspace/.gog-config"), ("XDG_DATA_HOME", "/workspace/.gog-data"),
        ("GOG_KEYRING_BACKEND", "file"),
    ]

    /// Where templates are: the option, the policy, beside the executable, the system's; nil: built in.
    var templateFolder: String? {
        if let given = paths.templates ?? policy.templates { return given }
        let beside = CurrentProcess.executablePath.map { Path.absolute(Path.join(Path.parent($0), "../share/dcb/agents")) }
        for folder in [beside, "/usr/share/dcb/agents"] { if let folder, Files.exists(folder) { return folder } }
        return nil
    }
}
