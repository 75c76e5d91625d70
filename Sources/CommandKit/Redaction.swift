/// What may be said of a person in logs and problems.
public enum Redaction {
    /// `+*******4567`: the last four digits, the rest as stars; nothing at all of a short number.
    public static func phone(_ text: String) -> String {
        // Decimal digits of any script count, or a full-width number would pass as "no phone".
        var digits: [Character] = []
        for scalar in text.unicodeScalars where scalar.properties.numericType == .decimal {
            digits.append(Character(scalar))
            if digits.count > 24 { break }
        }
        if digits.count < 7 { return "+" + String(repeating: "*", count: max(digits.count, 1)) }
        if digits.count > 24 { return "+*" }
        let tail = digits.suffix(4).map { $0.wholeNumberValue.map(String.init) ?? "*" }.joined()
        return "+" + String(repeating: "*", count: digits.count - 4) + tail
    }

    /// `…@example.com`: the domain only.
    public static func email(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@") else { return "…" }
        return "…" + text[at...]
    }
}
