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
            for document in documents { state.console.answer(state.notFound(document)) }
            return
        }
        state.write(documents, record: record) { (document, r) throws(Problem) in
            let phone = try StepItem.phone(of: document)
            let expect = try status("expect", document)
            let row =
                switch verb {
                case "handover": try r.handover(phone, expect: expect)
                case "cancel": try r.cancel(phone, expect: expect)
                default: try update(document, phone, expect, r)
                }
            guard let row else { return state.notFound(document) }
            var answer = RowAnswer.object(row)
            answer["requestId"] = document.members["requestId"]
            return answer
        }
    }

    private func update(_ document: StreamDocument, _ phone: PhoneNumber, _ expect: Status?, _ record: Record) throws(Problem) -> Row? {
        let accepted = ["phone", "status", "name", "email", "expect", "requestId"]
        for key in document.members.keys where !accepted.contains(key) {
            let near = NearName.didYouMean(key, among: accepted).map { "did you mean '\($0)'? " } ?? ""
            throw Problem(.unknownMember, "the document has a member that is not known", hint: "\(near)accepted: \(accepted.joined(separator: ", "))")
        }
        let name = try document.optionalString("name")
        let email = try document.optionalString("email")
        if let name { do throws(MemberError) { try MemberCheck.name(name) } catch { throw Problem(.invalidName, "member 'name' is not taken: \(error.reason)") } }
        if let email { do throws(MemberError) { try MemberCheck.email(email) } catch { throw Problem(.invalidEmail, "member 'email' is not taken: \(error.reason)") } }
        return try record.update(phone, status: try status("status", document), name: name, email: email, expect: expect)
    }

    private func status(_ member: String, _ document: StreamDocument) throws(Problem) -> Status? {
        guard let value = document.members[member] else { return nil }
        guard let text = value.stringValue, let status = Status(rawValue: text) else {
            throw Problem(.invalidStatus, "member '\(member)' is no status", hint: "known: \(Status.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return status
    }
}
