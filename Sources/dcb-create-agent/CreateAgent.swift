import CommandKit
import Provisioning

/// The step: there, back, or only what would be.
struct CreateAgent {
    private let command: Command
    private let workplace: Workplace
    private let undo: Bool
    private let purge: Bool
    private let dryRun: Bool
    private let newKeyring: Bool

    init(_ command: Command) throws(Problem) {
        self.command = command
        undo = command.arguments.has("undo")
        purge = command.arguments.has("purge")
        dryRun = command.arguments.has("dry-run")
        newKeyring = command.arguments.has("new-keyring")
        if purge, !undo { throw Problem(.usage, "option --purge goes with --undo") }
        if newKeyring, undo { throw Problem(.usage, "option --new-keyring does not go with --undo") }
        workplace = try Workplace(command)
    }

    /// OpenClaw's own command takes one agent a call.
    var groupLimit: Int { workplace.usesCLI ? 1 : DocumentStream.groupLimit }

    func run(_ documents: [StreamDocument]) throws(Problem) {
        if dryRun {
            let dry = try DryRun(workplace)
            return command.runStep(documents, passesAbsent: true) { items throws(Problem) in
                undo ? try dry.remove(items) : try dry.create(items, replacesLostKeyrings: newKeyring)
            }
        }
        let record = try workplace.openRecord()
        if undo {
            let step = AgentUndo(workplace, record: record)
            // Purging reaches absent phones too: their earlier agents' trash.
            let left = purge ? purgeAbsent(documents, step) : documents
            command.runStep(left, passesAbsent: true) { items throws(Problem) in
                try step.run(items)
                if purge { step.purge(items) }
            }
        } else {
            let step = AgentStep(workplace, record: record, replacesLostKeyrings: newKeyring)
            command.runStep(documents, passesAbsent: true) { items throws(Problem) in try step.create(items) }
        }
    }

    /// - Returns: the documents that were not refused.
    private func purgeAbsent(_ documents: [StreamDocument], _ step: AgentUndo) -> [StreamDocument] {
        documents.filter { document in
            guard document.members["claim"] == "absent" else { return true }
            do throws(Problem) {
                try step.purgeAbsent(try StepItem.phone(of: document))
                return true
            } catch {
                command.refuse(document, error)
                return false
            }
        }
    }
}
