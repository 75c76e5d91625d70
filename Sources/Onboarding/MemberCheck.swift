import JSON
import Platform

/// Why a member of a document is not taken: the rest of a sentence, holding nothing of the input.
public struct MemberError: Error, Sendable, Equatable {
    public let reason: String
}

/// What the members of an onboarding document may hold, beside the phone.
public enum MemberCheck {
    /// 1 to 200 characters (800 bytes of UTF-8), not only white space; no control characters, line breaks or marks that change the direction of text.
    public static func name(_ text: String) throws(MemberError) {
        if text.isEmpty { throw MemberError(reason: "it is empty") }
        if text.utf8.count > 800 || text.count > 200 { throw MemberError(reason: "it has more than 200 characters") }
        var visible = false
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: throw MemberError(reason: "it has control characters or line breaks in it")
            case .format: if isDirectional(scalar) { throw MemberError(reason: "it has marks in it that change the direction of text") }
            case .spaceSeparator: break
            default: visible = true
            }
        }
        if !visible { throw MemberError(reason: "it has no visible character in it") }
    }

    /// The part of RFC 5321 that is in use: one `@`; at most 254 bytes, 64 before the `@`; a dot-atom before it, and after it a domain name
    /// of at least two labels. Letters beyond ASCII are taken (RFC 6531); quoted names, comments and address literals are not.
    public static func email(_ text: String) throws(MemberError) {
        if text.isEmpty { throw MemberError(reason: "it is empty") }
        if text.utf8.count > 254 { throw MemberError(reason: "it has more than 254 bytes") }
        let parts = text.unicodeScalars.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw MemberError(reason: "it needs exactly one @") }
        guard parts[0].reduce(0, { $0 + UTF8.width($1) }) <= 64 else { throw MemberError(reason: "it has more than 64 bytes before the @") }
        let atoms = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard atoms.allSatisfy({ !$0.isEmpty && $0.allSatisfy { isWordScalar($0) || isAtomSymbol($0) } }), parts[0].first != "-" else {
            throw MemberError(reason: "what stands before its @ is no plain mailbox name")
        }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2 else { throw MemberError(reason: "its domain has no dot") }
        for label in labels {
            guard (1...63).contains(label.count), label.first != "-", label.last != "-", label.allSatisfy({ isWordScalar($0) || $0 == "-" }) else {
                throw MemberError(reason: "what stands after its @ is no domain name")
            }
        }
        guard labels.last?.allSatisfy(\.isASCIIDigit) == false else { throw MemberError(reason: "its domain ends in a number") }
    }

    /// A language tag such as `en` or `pt-BR`.
    @discardableResult
    public static func language(_ text: String) throws(MemberError) -> LanguageTag {
        if let tag = LanguageTag(text) { return tag }
        throw MemberError(reason: "it is no language tag such as en or pt-BR")
    }

    /// RFC 3339, or whole milliseconds since 1970 (0 to the end of the year 9999).
    @discardableResult
    public static func time(_ value: Value) throws(MemberError) -> Timestamp {
        switch value {
        case .string(let text):
            if let time = Timestamp(rfc3339: text) { return time }
            throw MemberError(reason: "it is no time of RFC 3339 such as 2026-02-01T03:00:00Z")
        case .number:
            guard let milliseconds = value.intValue, (0...253_402_300_799_999).contains(milliseconds) else {
                throw MemberError(reason: "it is no whole number of milliseconds since 1970")
            }
            return Timestamp(milliseconds: Int64(milliseconds))
        default: throw MemberError(reason: "it is neither a time of RFC 3339 nor a whole number of milliseconds")
        }
    }

    private static func isDirectional(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x202A...0x202E, 0x2066...0x2069: return true
        default: return false
        }
    }

    private static func isAtomSymbol(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "!", "#", "$", "%", "&", "'", "*", "+", "-", "/", "=", "?", "^", "_", "`", "{", "|", "}", "~": return true
        default: return false
        }
    }

    private static func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.isASCIIDigit || scalar.properties.isAlphabetic }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark, .spacingMark, .decimalNumber: return true
        default: return false
        }
    }
}
