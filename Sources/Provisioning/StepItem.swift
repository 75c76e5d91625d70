import CommandKit
import JSON
import Onboarding
import OpenClaw

/// One document in a step: who it is about, and how it went so far.
public final class StepItem {
    public let document: StreamDocument
    public let phone: PhoneNumber
    public let agentID: AgentID
    public let fence: String?
    /// What the step adds to the document.
    public var additions: Object = [:]
    /// Members of openclaw.json that the edit of this document changes, for the audit trail.
    var membersChanged: [String] = []
    /// Why the document is refused; it takes no further part then.
    public var problem: Problem?

    /// - Throws: `missing-member`, `invalid-member`, `invalid-phone`: behind the boundary only exact E.164 passes.
    public init(_ document: StreamDocument) throws(Problem) {
        self.document = document
        phone = try StepItem.phone(of: document)
        guard let id = AgentID(try document.string("agentId")) else {
            throw Problem(.invalidMember, "member 'agentId' is not user_ and letters, digits, _ or -, at most 64")
        }
        agentID = id
        fence = try document.optionalString("fence")
    }

    public static func phone(of document: StreamDocument) throws(Problem) -> PhoneNumber {
        let text = try document.string("phone")
        guard let phone = PhoneNumber(e164: text) else {
            throw Problem(.invalidPhone, "member 'phone' is not in E.164", hint: "send the document through dcb-validate first")
        }
        return phone
    }

    /// Runs one document's part; its refusal stays its own.
    func attempt(_ body: () throws(Problem) -> Void) {
        if problem != nil { return }
        do throws(Problem) { try body() } catch { problem = error }
    }

    /// The document as it leaves the step.
    public var answer: Object {
        var members = document.members
        for (key, value) in additions { members[key] = value }
        return members
    }
}

// What ends in the record, or before an agent's eyes, is checked as at the boundary.
extension StreamDocument {
    /// - Throws: `invalid-member`, `invalid-name`.
    public func checkedName() throws(Problem) -> String? { try checked("name", .invalidName, MemberCheck.name) }

    /// - Throws: `invalid-member`, `invalid-email`.
    public func checkedEmail() throws(Problem) -> String? { try checked("email", .invalidEmail, MemberCheck.email) }

    /// - Throws: `invalid-member`, `invalid-language`.
    public func checkedLanguage() throws(Problem) -> String? {
        try checked("language", .invalidLanguage) { (text) throws(MemberError) in try MemberCheck.language(text) }
    }

    private func checked(_ name: String, _ kind: Problem.Kind, _ rule: (String) throws(MemberError) -> Void) throws(Problem) -> String? {
        guard let text = try optionalString(name) else { return nil }
        do throws(MemberError) { try rule(text) } catch { throw Problem(kind, "member '\(name)' is not taken: \(error.reason)") }
        return text
    }
}

extension Array where Element == StepItem {
    /// Those that nothing has stopped.
    var live: [StepItem] { filter { $0.problem == nil } }

    /// What all live ones change together. One that is refused on the way leaves nothing of its part: then all is made anew, without it.
    /// - Parameter body: may run several times, with ever fewer.
    func edit(_ empty: ConfigEdit, _ body: ([StepItem], inout ConfigEdit) -> Void) -> ConfigEdit {
        while true {
            var whole = empty
            let asked = live
            body(asked, &whole)
            if live.count == asked.count { return whole }
        }
    }

    /// What concerns them all.
    func refuseLive(_ problem: Problem) { for item in live { item.problem = problem } }
}

extension Command {
    /// Reads the group, runs the step on it, and answers in the order of the documents.
    /// - Parameter passes: `"claim":"absent"` documents go through untouched.
    public func runStep(_ documents: [StreamDocument], passesAbsent: Bool, _ step: ([StepItem]) throws(Problem) -> Void) {
        var items: [StepItem] = []
        var outcome: [(StreamDocument, StepItem?)] = []
        for document in documents {
            if passesAbsent, document.members["claim"] == "absent" {
                outcome.append((document, nil))
                continue
            }
            do throws(Problem) {
                let item = try StepItem(document)
                items.append(item)
                outcome.append((document, item))
            } catch { refuse(document, error) }
        }
        if !items.isEmpty {
            do throws(Problem) { try step(items) } catch { items.refuseLive(error) }
        }
        for (document, item) in outcome {
            if let problem = item?.problem { refuse(document, problem) } else { console.answer(item?.answer ?? document.members) }
        }
    }
}
