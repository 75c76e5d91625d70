/// A phone number in E.164: a plus, then 2 to 15 digits of which the first is not 0.
///
/// The one spelling that OpenClaw's WhatsApp channel routes by (`peer.id` is exact and case-sensitive), so a string that is a phone number is
/// a `PhoneNumber` from the boundary on.
public struct PhoneNumber: Hashable, Sendable, CustomStringConvertible {
    /// `+15551234567`.
    public let e164: String

    /// Takes exact E.164 only (ITU-T E.164; `^\+[1-9][0-9]{1,14}$`).
    public init?(e164 text: String) {
        guard PhoneNumber.isE164(text) else { return nil }
        e164 = text
    }

    /// Takes what people and WhatsApp write of an international number; see `PhoneNumberParser`.
    /// - Throws: what is wrong with it, without quoting it.
    public init(parsing text: String) throws(PhoneNumberError) {
        if PhoneNumber.isE164(text) {
            e164 = text
            return
        }
        var parser = PhoneNumberParser()
        let digits = try parser.digits(of: text)
        guard let number = PhoneNumber(e164: "+" + digits) else { throw .notInternational }
        self = number
    }

    /// The same, but only exact E.164 (`dcb-validate --strict`).
    public init(strict text: String) throws(PhoneNumberError) {
        guard let number = PhoneNumber(e164: text) else { throw .notE164 }
        self = number
    }

    /// Without the plus: country code and the rest.
    public var digits: Substring { e164.dropFirst() }

    /// For people and logs: only the last four digits, `+*******4567`. Data takes `e164`.
    public var description: String {
        let shown = digits.count > 4 ? 4 : 0
        return "+" + String(repeating: "*", count: digits.count - shown) + digits.suffix(shown)
    }

    private static func isE164(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (3...16).contains(bytes.count), bytes.first == UInt8(ascii: "+") else { return false }
        let digits = bytes.dropFirst()
        return digits.first != UInt8(ascii: "0") && digits.allSatisfy { (48...57).contains($0) }
    }
}
