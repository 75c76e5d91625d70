import CommandKit
import JSON
import Onboarding

/// The boundary: what comes from strangers is checked here, once.
struct Validate {
    let strict: Bool

    private static let accepted = ["phone", "name", "email", "timestamp", "language", "requestId"]

    /// The document with its phone in E.164; every other member as it came.
    /// - Throws: `unknown-member`, `missing-member`, `invalid-…`.
    func validated(_ document: StreamDocument) throws(Problem) -> Object {
        if let key = document.members.firstKey(notIn: Validate.accepted) {
            let near = NearName.didYouMean(key, among: Validate.accepted).map { "did you mean '\($0)'?" }
            throw Problem(
                .unknownMember, "the document has a member that is not known",
                hint: "\(near.map { $0 + " " } ?? "")accepted: \(Validate.accepted.joined(separator: ", "))")
        }
        var members = document.members
        guard let value = members["phone"] else { throw Problem(.missingMember, "the document has no member 'phone'") }
        guard let text = value.stringValue else { throw Problem(.invalidPhone, "member 'phone' is not a string") }
        do throws(PhoneNumberError) {
            members["phone"] = .string(strict ? try PhoneNumber(strict: text).e164 : try PhoneNumber(parsing: text).e164)
        } catch { throw Problem(.invalidPhone, "member 'phone' is no phone number: \(error.reason)") }
        try check("name", members["name"], .invalidName, MemberCheck.name)
        try check("email", members["email"], .invalidEmail, MemberCheck.email)
        try check("language", members["language"], .invalidLanguage) { (tag) throws(MemberError) in _ = try MemberCheck.language(tag) }
        if let time = members["timestamp"] {
            do throws(MemberError) { try MemberCheck.time(time) } catch { throw Problem(.invalidTime, "member 'timestamp' is not taken: \(error.reason)") }
        }
        return members
    }

    private func check(_ name: String, _ value: Value?, _ kind: Problem.Kind, _ rule: (String) throws(MemberError) -> Void) throws(Problem) {
        guard let value else { return }
        guard let text = value.stringValue else { throw Problem(kind, "member '\(name)' is not a string") }
        do throws(MemberError) { try rule(text) } catch { throw Problem(kind, "member '\(name)' is not taken: \(error.reason)") }
    }
}
