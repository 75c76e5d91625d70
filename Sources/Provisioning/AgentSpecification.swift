import CommandKit
import Onboarding
import OpenClaw
import Platform

extension StepItem {
    /// The language of the agent's files: asked for, or by the phone's prefix.
    func language(in workplace: Workplace) -> String {
        workplace.policy.language(for: phone, asked: document.members["language"]?.stringValue)
    }

    /// The files of its workspace.
    /// - Parameter templates: those that were read before, by language.
    /// - Throws: `template-missing`; `invalid-member` of the name.
    func files(in workplace: Workplace, _ templates: inout [String: AgentTemplates]) throws(Problem) -> [Workspace.File] {
        let language = language(in: workplace)
        let values = TemplateValues(
            agentID: agentID, name: try document.optionalString("name"), phone: phone, language: language, createdAt: workplace.clock.now)
        do throws(AgentTemplates.Failure) {
            if templates[language] == nil {
                templates[language] = try AgentTemplates.load(
                    paths: workplace.paths, policy: workplace.policy, executable: CurrentProcess.executablePath, language: language)
            }
            return try templates[language]?.render(values) ?? []
        } catch { throw Problem(.templateMissing, error.detail) }
    }

    /// What dcb-create-agent adds to the document.
    func describeAgent(in workplace: Workplace, created: Bool) {
        additions["workspace"] = .string(workplace.paths.workspace(for: agentID))
        additions["agentDir"] = .string(workplace.paths.agentDir(for: agentID))
        additions["agentCreated"] = .bool(created)
        additions["language"] = .string(language(in: workplace))
    }
}

extension Workplace {
    /// `uid:gid` that the policy's sandboxes run as.
    /// - Throws: `settings-invalid` when it is not the owner of the state folder.
    func sandboxUser() throws(Problem) -> String {
        if let user = policy.sandbox.userText(owner: CurrentProcess.effectiveUser, group: CurrentProcess.effectiveGroup) { return user }
        throw Problem(.settingsInvalid, "sandbox.user of dcb.json is not the owner of the state folder", hint: "drop sandbox.user, or set it to that owner")
    }

    /// The config entry that an agent of this policy has.
    func agentSpec(_ id: AgentID, password: Secret) throws(Problem) -> AgentSpec {
        let user = try sandboxUser()
        return AgentSpec(
            id: id, name: policy.agentName, workspace: paths.workspace(for: id), agentDir: paths.agentDir(for: id), sandbox: policy.sandbox,
            environment: AgentSpec.gogEnvironment + policy.sandbox.env.sorted { $0.key < $1.key }, keyringPassword: password,
            user: user)
    }
}
