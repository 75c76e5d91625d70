import CommandKit
import JSON
import Provisioning

/// `release`: ends a claim whose steps are undone.
struct ReleaseVerb {
    private let state: StateCommand

    init(_ state: StateCommand) { self.state = state }

    func run(_ documents: [StreamDocument]) throws(Problem) {
        guard let record = state.isDry ? try state.workplace.openRecordIfPresent() : try state.workplace.openRecord() else {
            for document in documents { state.console.answer(document.members) }
            return
        }
        state.write(documents, record: record) { (document, r) throws(Problem) in
            if document.members["claim"] == "absent" { return document.members }
            let item = try StepItem(document)
            try r.release(item.phone, item.agentID.text, fence: item.fence)
            item.additions["released"] = true
            return item.answer
        }
    }
}
