/// Reads what people and WhatsApp write of an international number.
///
/// A wrong number is worse than a refusal: where a reader would have to guess (no country code, an extension, a `(0)`), there is an error.
struct PhoneNumberParser {
    /// Longer texts are no phone numbers, whatever they hold.
    private static let longestScalars = 200
    /// Country codes whose national numbers keep a leading 0 when they are dialled from abroad (ITU-T national numbering plans).
    private static let zeroKeepingCountryCodes = ["39", "378", "379", "225", "241", "242"]

    private var digits = ""
    private var hasPlus = false
    private var zeroScript: UInt32?
    /// Where an open parenthesis found the digits; nil outside.
    private var openAt: Int?
    /// Whether a dash, dot or slash waits for the digit that must follow.
    private var pendingSeparator = false
    private var lastGroup: Range<Int>?
    private var groups = 0
    /// The two zeros of a `00` prefix stand side by side.
    private var zerosAdjoin = false
    private var previousWasDigit = false

    /// - Returns: the digits from the country code on, ASCII; the caller still checks the form of E.164.
    mutating func digits(of text: String) throws(PhoneNumberError) -> String {
        var scalars = Array(text.unicodeScalars.prefix(PhoneNumberParser.longestScalars + 1))
        if scalars.count > PhoneNumberParser.longestScalars { throw .tooLong }
        while let last = scalars.last, last.isSpace || last.isInvisibleMark { scalars.removeLast() }
        var rest = scalars[...]
        rest = rest.drop { $0.isSpace || $0.isInvisibleMark }
        if rest.isEmpty { throw .empty }
        if let at = rest.firstIndex(of: "@") { return try PhoneNumberParser.user(rest[..<at], server: rest[(at + 1)...]) }
        if rest.startsASCIICaseless(with: "tel:") { rest = rest.dropFirst(4) }
        while let next = rest.first {
            try take(next, rest: rest)
            rest = rest.dropFirst()
        }
        return try finish()
    }

    private mutating func take(_ c: Unicode.Scalar, rest: ArraySlice<Unicode.Scalar>) throws(PhoneNumberError) {
        if c.isInvisibleMark { return }
        if let digit = c.decimalDigit {
            try take(digit: digit, of: c)
            return
        }
        previousWasDigit = false
        switch c {
        case "+", "\u{FF0B}":
            guard !hasPlus, digits.isEmpty, groups == 0 else { throw .plus }
            hasPlus = true
        case "(", "\u{FF08}":
            guard openAt == nil else { throw .parentheses }
            openAt = digits.utf8.count
        case ")", "\u{FF09}":
            try closeGroup()
        case _ where c.isSpace:
            break
        case _ where c.isSeparator:
            guard !digits.isEmpty, !pendingSeparator else { throw .separators }
            pendingSeparator = true
        default:
            throw PhoneNumberParser.refusal(of: c, rest: rest)
        }
    }

    private mutating func take(digit: UInt32, of c: Unicode.Scalar) throws(PhoneNumberError) {
        let zero = c.value - digit
        if zero != 0x30 {
            if let zeroScript, zeroScript != zero { throw .mixedDigits }
            zeroScript = zero
        }
        if digits.utf8.count == 1, previousWasDigit { zerosAdjoin = true }
        if digits.utf8.count == 17 { throw .tooLong }
        digits.unicodeScalars.append(Unicode.Scalar(UInt8(0x30 + digit)))
        pendingSeparator = false
        previousWasDigit = true
    }

    private mutating func closeGroup() throws(PhoneNumberError) {
        guard let start = openAt else { throw .parentheses }
        let end = digits.utf8.count
        guard end > start else { throw .parentheses }
        if pendingSeparator { throw .separators }
        openAt = nil
        groups += 1
        lastGroup = start..<end
        // `+44 (0)20 …` and `+44 (020) …`: the zero is dialled inside the country only. Where it is always part of the number, `(06)` is clear.
        if start > 0, digits.dropFirst(start).first == "0" {
            let country = digits.prefix(start)
            if end - start == 1 || !PhoneNumberParser.zeroKeepingCountryCodes.contains(where: { country == $0 || country == "00" + $0 }) {
                throw .trunkZero
            }
        }
    }

    private func finish() throws(PhoneNumberError) -> String {
        if openAt != nil { throw .parentheses }
        if digits.isEmpty { throw hasPlus ? .tooShort : .separators }
        if pendingSeparator { throw .separators }
        // `+1 555 123 4567 (89)`: a short group at the end is an extension.
        if let lastGroup, lastGroup.lowerBound > 0, lastGroup.upperBound == digits.utf8.count, lastGroup.count < 5 { throw .extended }
        var number = digits[...]
        if !hasPlus {
            guard number.hasPrefix("00"), zerosAdjoin else { throw .national }
            number = number.dropFirst(2)
        }
        if number.isEmpty { throw .tooShort }
        if number.first == "0" { throw .notInternational }
        if number.utf8.count < 2 { throw .tooShort }
        if number.utf8.count > 15 { throw .tooLong }
        return String(number)
    }

    /// Why a character that is neither digit nor separator ends it.
    private static func refusal(of c: Unicode.Scalar, rest: ArraySlice<Unicode.Scalar>) -> PhoneNumberError {
        switch c {
        case "#", "x", "X", "\u{D7}": return .extended
        case _ where rest.startsASCIICaseless(with: "ext"): return .extended
        case ";" where rest.startsASCIICaseless(with: ";ext="): return .extended
        case ";", ",", "?", "&", "=": return .parameters
        case "\u{202E}": return .reversed
        default: break
        }
        switch c.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return .control
        case .otherNumber, .letterNumber: return .numerals
        default: return c.properties.isAlphabetic ? .letters : .symbol
        }
    }

    /// A WhatsApp id as WhatsApp writes it: `15551234567@s.whatsapp.net`, with a device `15551234567:7@s.whatsapp.net`, or `15551234567@c.us`.
    private static func user(_ user: ArraySlice<Unicode.Scalar>, server: ArraySlice<Unicode.Scalar>) throws(PhoneNumberError) -> String {
        var name = ""
        name.unicodeScalars.append(contentsOf: server)
        switch name {
        case "s.whatsapp.net", "c.us": break
        case "lid", "hosted.lid": throw .lid
        case "g.us": throw .group
        case "broadcast": throw .broadcast
        case "newsletter": throw .newsletter
        default: throw .server
        }
        var number = user
        if let colon = user.firstIndex(of: ":") {
            let device = user[(colon + 1)...]
            guard name == "s.whatsapp.net", (1...5).contains(device.count), device.allSatisfy(\.isASCIIDigit) else { throw .user }
            number = user[..<colon]
        }
        guard number.allSatisfy(\.isASCIIDigit) else { throw .user }
        if number.count < 2 { throw .tooShort }
        if number.count > 15 { throw .tooLong }
        if number.first == "0" { throw .notInternational }
        var digits = ""
        digits.unicodeScalars.append(contentsOf: number)
        return digits
    }
}
