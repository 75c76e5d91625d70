import JSON
import Onboarding

/// What the processes in an agent's sandbox get from its entry: `docker.env` and `docker.binds` over those of the defaults.
public struct SandboxEnvironment: Sendable {
    /// Names and values without the secrets.
    public let variables: [String: String]
    /// Those whose name ends in `PASSWORD`, `TOKEN`, `SECRET` or `KEY`.
    public let secrets: [String: Secret]
    /// Host folder and the place it has in the sandbox.
    public let binds: [(source: String, target: String)]
    /// `uid[:gid]` as the entry says it.
    public let user: String?
}

extension ConfigModel {
    /// What an agent's sandbox is given.
    public func sandboxEnvironment(of agent: AgentEntry) -> SandboxEnvironment {
        var variables: [String: String] = [:]
        var secrets: [String: Secret] = [:]
        var binds: [(String, String)] = []
        var user: String?
        for docker in [places.defaults?["sandbox"]?["docker"], agent.node["sandbox"]?["docker"]] {
            guard let docker else { continue }
            if let text = docker["user"]?.stringValue, !text.isEmpty { user = text }
            if let environment = docker["env"] { take(environment, &variables, &secrets) }
            guard let list = docker["binds"] else { continue }
            for bind in list.elements {
                let parts = BindMount.parts(bind.stringValue ?? "")
                if parts.count >= 2 { binds.append((parts[0], parts[1])) }
            }
        }
        return SandboxEnvironment(variables: variables, secrets: secrets, binds: binds, user: user)
    }

    private func take(_ environment: JSON.Node, _ variables: inout [String: String], _ secrets: inout [String: Secret]) {
        for member in environment.members {
            guard let value = member.value.stringValue else { continue }
            if ["PASSWORD", "TOKEN", "SECRET", "KEY"].contains(where: { member.key.uppercased().hasSuffix($0) }) {
                secrets[member.key] = Secret(value)
            } else {
                variables[member.key] = value
            }
        }
    }
}
