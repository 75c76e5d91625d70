import CommandKit
import JSON
import Onboarding
import OpenClaw
import Platform
import Store

/// What the steps would do, without doing it: no lock, no claim, no file.
public struct DryRun {
    let workplace: Workplace
    /// nil: there is none yet, and a dry run makes none.
    let record: Record?

    public init(_ workplace: Workplace) throws(Problem) {
        self.workplace = workplace
        record = try workplace.openRecordIfPresent()
    }

    /// - Parameter replacesLostKeyrings: as the step's.
    public func create(_ items: [StepItem], replacesLostKeyrings: Bool = false) throws(Problem) {
        _ = try workplace.sandboxUser()
        if workplace.usesCLI { _ = try workplace.openclaw() }
        var templates: [String: AgentTemplates] = [:]
        try edit(items) { (item, edit) throws(Problem) in
            _ = try item.document.checkedName()
            _ = try item.files(in: workplace, &templates)
            let keyring = Keyring(workspace: workplace.paths.workspace(for: item.agentID))
            let present = edit.model.agent(item.agentID.text)?.keyringPassword
            let isLost: Bool
            do throws(SystemError) { isLost = present == nil ? try keyring.holdsEntries() : false } catch { throw Problem(error) }
            if isLost, !replacesLostKeyrings {
                throw Problem(.keyringPasswordLost, "agent \(item.agentID.text) has a keyring, and its password is not in the config")
            }
            let change = try edit.addAgent(try workplace.agentSpec(item.agentID, password: present ?? Secret("dry run of \(item.agentID.text)")))
            item.describeAgent(in: workplace, created: change == .added)
        }
    }

    /// The agent of a dry pipeline is not in the config yet.
    public func bind(_ items: [StepItem]) throws(Problem) {
        try edit(items) { (item, edit) throws(Problem) in
            if edit.model.agent(item.agentID.text) == nil, item.document.members["agentCreated"]?.boolValue == true {
                try edit.addAgent(try workplace.agentSpec(item.agentID, password: Secret("dry run of \(item.agentID.text)")))
            }
            BindingStep.describe(try edit.bind(item.phone, to: item.agentID), item)
        }
    }

    public func unbind(_ items: [StepItem]) throws(Problem) {
        var takesBack = false
        for item in items {
            item.attempt { () throws(Problem) in
                let done = try undone(item)
                if done.contains(.binding) || done.contains(.allow) { takesBack = true }
                item.additions["bound"] = false
                item.additions["allowlisted"] = false
                item.additions["unbound"] = .bool(done.contains(.binding))
            }
        }
        if takesBack { _ = try validConfig() }
    }

    public func remove(_ items: [StepItem]) throws(Problem) {
        if workplace.usesCLI { _ = try workplace.openclaw() }
        var takesBack = false
        for item in items {
            item.attempt { () throws(Problem) in
                let done = try undone(item).contains(.agent)
                if done { takesBack = true }
                item.additions["agentRemoved"] = .bool(done)
            }
        }
        if takesBack { _ = try validConfig() }
    }

    private func validConfig() throws(Problem) -> ConfigModel {
        try ConfigFile.readValid(workplace.paths.config, policy: workplace.policy, version: workplace.version).model
    }

    private func edit(_ items: [StepItem], _ body: (StepItem, inout ConfigEdit) throws(Problem) -> Void) throws(Problem) {
        let empty = ConfigEdit(try validConfig(), membersMade: try record?.configMembersMade() ?? [], ownerUser: CurrentProcess.effectiveUser)
        let whole = items.edit(empty) { (live, whole) in
            for item in live {
                item.attempt { () throws(Problem) in
                    if let removed = try toBeRemoved(before: item) {
                        _ = try whole.unbind(item.phone, from: removed, removeAllowEntry: false)
                    } else {
                        do throws(Problem) { _ = try record?.authorise(item.phone, item.agentID.text, fence: item.fence, undo: false) } catch {
                            // Nothing was claimed in a dry pipeline.
                            if error.kind != .claimLost { throw error }
                        }
                    }
                    try body(item, &whole)
                }
            }
        }
        let objections = try ConfigFile.objections(to: whole)
        for item in items.live { item.problem = objections[item.agentID.normalised] ?? objections[""] }
        for item in items.live { item.additions["config"] = ["path": .string(workplace.paths.config), "changed": .bool(!whole.isEmpty)] }
    }

    /// The earlier agent of a phone whose unfinished removal a real claim would have finished first.
    private func toBeRemoved(before item: StepItem) throws(Problem) -> AgentID? {
        guard item.document.members["claim"] == "new" || item.document.members["claim"] == "resumed", let record, let claim = try record.claim(for: item.phone),
            claim.kind == .removal, !claim.isHeld(with: item.fence), record.mayTakeOver(claim)
        else { return nil }
        return AgentID(claim.agentID)
    }

    /// What an undo would take back; a dry removal has no claim in the record.
    private func undone(_ item: StepItem) throws(Problem) -> [EntryKind] {
        guard let record else { return [] }
        do throws(Problem) { return try record.authorise(item.phone, item.agentID.text, fence: item.fence, undo: true).claim?.done ?? [] } catch {
            guard item.document.members["claim"] == "removal", [.committed, .claimLost].contains(error.kind) else { throw error }
            return try record.openLedger(item.phone, agent: item.agentID.text).map(\.kind)
        }
    }
}
