import CommandKit
import JSON

/// One phone on its way through the steps.
final class Job {
    let document: StreamDocument
    /// Unique among all jobs of this run: what a step's answers and problems are matched by.
    let privateID: String
    /// What the steps have made of the document so far; carries the private id.
    private(set) var members: Object
    /// Later documents of the same phone in this group: they share this one's work.
    var followers: [Job] = []
    /// What stopped it, and who said so.
    var failure: (problem: Problem, reporter: String?)?

    init(_ document: StreamDocument, number: Int) {
        self.document = document
        privateID = "j\(number)"
        members = document.members
        members["requestId"] = .string(privateID)
    }

    func take(_ answer: Object) { members = answer }

    /// What the orchestrator itself adds to the document.
    func note(_ name: String, _ value: Value) { members[name] = value }

    var phone: String? { members["phone"]?.stringValue }
    var claim: String? { members["claim"]?.stringValue }

    /// The document with the caller's own requestId, or without one.
    func answer(_ additions: Object) -> Object {
        var result = members
        result["requestId"] = document.members["requestId"]
        for (key, value) in additions { result[key] = value }
        return result
    }
}
