import CommandKit
import JSON
import Onboarding
import OpenClaw
import Platform
import Provisioning
import Store

/// `commit`: the point of no return. Makes the row, or ends a removal.
struct CommitVerb {
    private let state: StateCommand
    private let purges: Bool

    init(_ state: StateCommand) {
        self.state = state
        purges = state.command.arguments.has("purge")
    }

    func run(_ documents: [StreamDocument]) throws(Problem) {
        guard let record = state.isDry ? try state.workplace.openRecordIfPresent() : try state.workplace.openRecord() else {
            return state.each(documents) { (document) throws(Problem) in state.console.answer(try plan(document)) }
        }
        // The config is read once a group, and only when a removal must be proven.
        var config: Result<ConfigModel, Problem>?
        if !state.isDry, documents.contains(where: { $0.members["claim"] == "removal" }) {
            do throws(Problem) {
                config = .success(try ConfigFile.read(state.workplace.paths.config, policy: state.workplace.policy, version: state.workplace.version))
            } catch { config = .failure(error) }
        }
        state.write(documents, record: record) { (document, r) throws(Problem) in
            if state.isDry, try isUnclaimed(document, r) { return try plan(document) }
            switch document.members["claim"] {
            case "absent":
                if purges { try r.erase(try StepItem.phone(of: document), key: try erasureKey()) }
                return document.members
            case "removal": return try remove(try StepItem(document), r, try config?.get())
            default: return try commit(try StepItem(document), r)
            }
        }
    }

    /// Asked for under the record's write lock: two purges at once hash with the same key.
    private func erasureKey() throws(Problem) -> [UInt8] { state.isDry ? [] : try ErasureKey(state.workplace.paths).bytes() }

    private func commit(_ item: StepItem, _ record: Record) throws(Problem) -> Object {
        let name = try item.document.checkedName()
        let email = try item.document.checkedEmail()
        let language = try item.document.checkedLanguage()
        let row = try record.commitProvision(item.phone, item.agentID.text, fence: item.fence, name: name, email: email, language: language)
        var answer = item.answer
        answer["status"] = .string(row.status.rawValue)
        answer["createdAt"] = .string(row.createdAt.description)
        answer["updatedAt"] = .string(row.updatedAt.description)
        answer["expiresAt"] = RowAnswer.time(row.expiresAt)
        return answer
    }

    private func remove(_ item: StepItem, _ record: Record, _ model: ConfigModel?) throws(Problem) -> Object {
        // The record first: who may not ask learns nothing of the config. What is thrown here takes the commit back.
        _ = try record.commitRemoval(item.phone, item.agentID.text, fence: item.fence)
        if let model, model.agent(item.agentID.text) != nil || !model.bindings(ofAgent: item.agentID.text).isEmpty {
            throw Problem(
                .notReady, "openclaw.json still has agent \(item.agentID.text) or its binding", hint: "run dcb-bind --undo and dcb-create-agent --undo first")
        }
        if purges, !state.isDry { try record.erase(item.phone, key: try erasureKey()) }
        var answer = item.answer
        answer["status"] = "cancelled"
        return answer
    }

    /// A document of a dry pipeline: nothing was claimed, or taken over.
    private func isUnclaimed(_ document: StreamDocument, _ record: Record) throws(Problem) -> Bool {
        let phone = try StepItem.phone(of: document)
        let how = document.members["claim"]
        guard how == "new" || how == "resumed" || how == "removal" else { return false }
        if let claim = try record.claim(for: phone) {
            let fence = try document.optionalString("fence")
            return !claim.isHeld(with: fence) && record.mayTakeOver(claim)
        }
        return how == "removal" ? true : try record.liveRow(for: phone) == nil
    }

    /// What a commit of a dry pipeline would make.
    private func plan(_ document: StreamDocument) throws(Problem) -> Object {
        if document.members["claim"] == "absent" { return document.members }
        let item = try StepItem(document)
        if document.members["claim"] == "removal" {
            item.additions["status"] = "cancelled"
            return item.answer
        }
        _ = try document.checkedName()
        _ = try document.checkedEmail()
        _ = try document.checkedLanguage()
        let now = Timestamp(milliseconds: state.workplace.clock.now.milliseconds / 1000 * 1000)
        var answer = item.answer
        answer["status"] = "new"
        answer["createdAt"] = .string(now.description)
        answer["updatedAt"] = .string(now.description)
        answer["expiresAt"] = .string(now.adding(milliseconds: 86_400_000).description)
        return answer
    }
}

/// The key that erased phones are hashed with; made once, beside the record.
private struct ErasureKey {
    let path: String

    init(_ paths: Paths) { path = Path.join(paths.ownFolder, "erasure.key") }

    func bytes() throws(Problem) -> [UInt8] {
        do throws(SystemError) {
            if let key = try Files.readOwn(path, limit: 64), key.count == 32 { return key }
            let folder = Path.parent(path)
            try Files.makeDirectories(folder)
            // What a killed dcb left half-made.
            for name in try Files.list(folder) where name.hasPrefix(".\(Path.name(path)).dcb-") { try Files.remove(Path.join(folder, name)) }
            let key = try Random.bytes(32)
            try Files.replace(path, with: key, mode: 0o600)
            return key
        } catch { throw Problem(error) }
    }
}
