import CommandKit
import JSON
import Onboarding
import Provisioning
import Store

/// `update`, `handover`, `cancel`: change a row and print it.
struct MoveVerb {
    private let state: StateCommand
    private let verb: String

    init(_ state: StateCommand) {
        self.state = state
        verb = state.command.arguments.verb ?? ""
    }

    func run(_ documents: [StreamDocument]) throws(Problem) {
        guard let record = try state.workplace.openRecordIfPresent() else {
            state.each(documents) { (document) throws(Problem) in
                _ = try change(document)
                state.console.answer(state.notFound(document))
            }
            return
        }
        state.write(documents, record: record) { (document, r) throws(Problem) in
            let change = try change(document)
            let row =
                switch verb {
                case "handover": try r.handover(change.phone, expect: change.expect)
                case "cancel": try r.cancel(change.phone, expect: change.expect)
                default: try r.update(change.phone, status: change.status, name: change.name, email: change.email, expect: change.expect)
                }
            guard let row else { return state.notFound(document) }
            var answer = RowAnswer.object(row)
            answer["requestId"] = document.members["requestId"]
            return answer
        }
    }

    private struct Change {
        let phone: PhoneNumber
        let expect: Status?
        var status: Status?
        var name: String?
        var email: String?
    }

    /// What a document asks for, checked before anything is looked up.
    private func change(_ document: StreamDocument) throws(Problem) -> Change {
        var change = Change(phone: try StepItem.phone(of: document), expect: try status("expect", document))
        if verb != "update" { return change }
        let accepted = ["phone", "status", "name", "email", "expect", "requestId"]
        if let key = document.members.firstKey(notIn: accepted) {
            let near = NearName.didYouMean(key, among: accepted).map { "did you mean '\($0)'? " } ?? ""
            throw Problem(.unknownMember, "the document has a member that is not known", hint: "\(near)accepted: \(accepted.joined(separator: ", "))")
        }
        change.status = try status("status", document)
        change.name = try document.checkedName()
        change.email = try document.checkedEmail()
        return change
    }

    private func status(_ member: String, _ document: StreamDocument) throws(Problem) -> Status? {
        guard let value = document.members[member] else { return nil }
        guard let text = value.stringValue, let status = Status(rawValue: text) else {
            throw Problem(.invalidStatus, "member '\(member)' is no status", hint: "known: \(Status.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return status
    }
}
