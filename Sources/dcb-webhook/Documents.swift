import CommandKit
import JSON
import Onboarding

/// What the bodies of requests may hold: read and checked before anything is started for them.
enum Documents {
    private static let onboarding = ["phone", "name", "email", "language", "timestamp", "requestId"]
    private static let update = ["phone", "status", "name", "email", "expect", "requestId"]
    private static let handover = ["phone", "requestId"]

    /// The document for the command behind a route, its phone in E.164.
    /// - Throws: the problem of the document.
    static func read(_ body: [UInt8], for route: Route) throws(Problem) -> (phone: PhoneNumber, members: Object) {
        let value: Value
        do { value = try Value(parsing: body, dialect: .json, limits: .strict) } catch {
            throw Problem(.notJSON, "the body is not JSON: \(error.reason) at byte \(error.offset)", hint: "send one JSON object")
        }
        guard let object = value.objectValue else { throw Problem(.notJSON, "the body is not a JSON object", hint: "send one JSON object") }
        let accepted = route == .onboarding ? onboarding : route == .update ? update : handover
        if let key = object.firstKey(notIn: accepted) {
            let near = NearName.didYouMean(key, among: accepted).map { "did you mean '\($0)'? " } ?? ""
            throw Problem(.unknownMember, "the document has a member that is not known", hint: "\(near)accepted: \(accepted.joined(separator: ", "))")
        }
        func text(_ name: String) throws(Problem) -> String? {
            guard let value = object[name] else { return nil }
            guard let text = value.stringValue else { throw Problem(.invalidMember, "member '\(name)' is not a string") }
            return text
        }
        guard let written = try text("phone") else { throw Problem(.missingMember, "the document has no member 'phone'") }
        let number = try phone(written)
        if let name = try text("name") {
            do throws(MemberError) { try MemberCheck.name(name) } catch { throw Problem(.invalidName, "member 'name' is not taken: \(error.reason)") }
        }
        if let email = try text("email") {
            do throws(MemberError) { try MemberCheck.email(email) } catch { throw Problem(.invalidEmail, "member 'email' is not taken: \(error.reason)") }
        }
        if let language = try text("language") {
            do throws(MemberError) { try MemberCheck.language(language) } catch {
                throw Problem(.invalidLanguage, "member 'language' is not taken: \(error.reason)")
            }
        }
        if let time = object["timestamp"] {
            do throws(MemberError) { try MemberCheck.time(time) } catch { throw Problem(.invalidTime, "member 'timestamp' is not taken: \(error.reason)") }
        }
        for name in ["status", "expect"] {
            if let status = try text(name), Status(rawValue: status) == nil {
                throw Problem(.invalidStatus, "member '\(name)' is no status", hint: "known: \(Status.allCases.map(\.rawValue).joined(separator: ", "))")
            }
        }
        if let id = try text("requestId"), id.unicodeScalars.count > 64 { throw Problem(.invalidMember, "member 'requestId' has more than 64 characters") }
        var members = object
        members["phone"] = .string(number.e164)
        members["requestId"] = nil
        return (number, members)
    }

    static func phone(_ text: String) throws(Problem) -> PhoneNumber {
        do throws(PhoneNumberError) { return try PhoneNumber(parsing: text) } catch {
            throw Problem(.invalidPhone, "the phone number is not taken: \(error.reason)")
        }
    }
}
