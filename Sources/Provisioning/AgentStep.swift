import CommandKit
import JSON
import Onboarding
import OpenClaw
import Platform
import Store

/// Makes agents: workspace, agent folder, keyring password and config entry. And takes them back.
public struct AgentStep {
    let workplace: Workplace
    let record: Record
    /// A keyring whose password is lost is moved aside instead of refused.
    let replacesLostKeyrings: Bool

    public init(_ workplace: Workplace, record: Record, replacesLostKeyrings: Bool = false) {
        self.workplace = workplace
        self.record = record
        self.replacesLostKeyrings = replacesLostKeyrings
    }

    /// Intent and ledger first, then the folders, then all config entries with one replacement.
    public func create(_ items: [StepItem]) throws(Problem) {
        // A config that cannot be edited, or a policy that cannot be met, must not cost a claim's progress and a workspace.
        _ = try workplace.sandboxUser()
        let reading = try ConfigFile.readValid(workplace.paths.config, policy: workplace.policy, version: workplace.version)
        let driver = workplace.usesCLI ? try CLIDriver(workplace, record: record, items) : nil
        for item in items {
            item.attempt { () throws(Problem) in _ = try item.document.checkedName() }
            item.describeAgent(in: workplace, created: false)
        }
        try record.write { (r) throws(Problem) in
            for item in items.live {
                item.attempt { () throws(Problem) in
                    try r.savepoint { (r) throws(Problem) in
                        let authority = try r.authorise(item.phone, item.agentID.text, fence: item.fence, undo: false)
                        if case .claim(let claim) = authority, claim.agent == .none { try r.setProgress(item.phone, agent: .intended) }
                        try r.enterLedger(.agent, agent: item.agentID.text, phone: item.phone)
                    }
                }
            }
        }
        var templates: [String: AgentTemplates] = [:]
        for item in items.live { item.attempt { () throws(Problem) in try makeFolders(item, &templates) } }
        if items.live.isEmpty { return }
        do { try Descriptor.open(workplace.paths.stateDir, .read, directory: true).syncFileSystem() } catch { throw Problem(error) }
        var addedByOpenClaw: Set<AgentID> = []
        if let driver {
            for item in items.live { item.attempt { () throws(Problem) in if try driver.add(item) { addedByOpenClaw.insert(item.agentID) } } }
        }
        var passwords: [AgentID: Secret] = [:]
        let transaction = ConfigTransaction(workplace: workplace, record: record, event: "agent-created")
        try transaction.run(
            items, authority: ConfigTransaction.authority(undo: false), known: reading,
            edit: { (item, edit) throws(Problem) in
                let change = try edit.addAgent(try specification(item, model: edit.model, &passwords))
                item.additions["agentCreated"] = .bool(change == .added || addedByOpenClaw.contains(item.agentID))
                item.membersChanged = [ConfigTransaction.rosterMember(item.agentID, edit.model)]
            },
            recorded: { (item, claim, r) throws(Problem) in if claim != nil { try r.setProgress(item.phone, agent: .made) } })
    }

    func makeFolders(_ item: StepItem, _ templates: inout [String: AgentTemplates]) throws(Problem) {
        let paths = workplace.paths
        let files = try item.files(in: workplace, &templates)
        // Where a committed row is mended nobody has compared the fence, and the document may hold anything.
        let attempt =
            item.fence.flatMap { $0.utf8.count == 16 && $0.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) } ? $0 : nil } ?? "mend"
        do throws(SystemError) {
            try Workspace(item.agentID, paths).fill(files, attempt: attempt)
            for folder in [paths.agentFolder(for: item.agentID), paths.agentDir(for: item.agentID)] {
                if let status = try Files.status(folder, followLinks: false), !status.isDirectory { throw SystemError("create folder", folder, .notDirectory) }
                try Files.makeDirectories(folder)
            }
        } catch { throw Problem(error) }
    }

    func specification(_ item: StepItem, model: ConfigModel, _ passwords: inout [AgentID: Secret]) throws(Problem) -> AgentSpec {
        let keyring = Keyring(workspace: workplace.paths.workspace(for: item.agentID))
        var password = model.agent(item.agentID.text)?.keyringPassword ?? passwords[item.agentID]
        if let password { return try workplace.agentSpec(item.agentID, password: password) }
        do throws(SystemError) {
            let isLost = try keyring.holdsEntries()
            if isLost, replacesLostKeyrings { try keyring.moveAside(suffix: workplace.clock.now.compact) }
            if !isLost || replacesLostKeyrings { password = Secret(try Random.base64URL(bytes: 32)) }
        } catch { throw Problem(error) }
        guard let password else { throw Problem(.keyringPasswordLost, "agent \(item.agentID.text) has a keyring, and its password is not in the config") }
        passwords[item.agentID] = password
        return try workplace.agentSpec(item.agentID, password: password)
    }
}
