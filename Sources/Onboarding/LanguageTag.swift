/// A language as people and HTTP name it: a language tag of BCP 47 (RFC 5646 section 2.1) without extensions, such as `en`, `pt-BR`, `zh-Hant-TW`.
///
/// Letters, digits and hyphens only: safe as a folder name.
public struct LanguageTag: Hashable, Sendable, CustomStringConvertible {
    /// With the customary case: `pt-BR`.
    public let text: String

    /// - Returns: nil when it is not such a tag.
    public init?(_ text: String) {
        guard (2...35).contains(text.utf8.count), text.utf8.allSatisfy({ LanguageTag.isLetter($0) || LanguageTag.isDigit($0) || $0 == 0x2D }) else {
            return nil
        }
        let subtags = text.split(separator: "-", omittingEmptySubsequences: false).map { $0.lowercased() }
        guard let primary = subtags.first, (2...3).contains(primary.utf8.count), primary.utf8.allSatisfy(LanguageTag.isLetter) else { return nil }
        var parts = [primary]
        var reached = 0  // 1: script, 2: region, 3: variants
        for subtag in subtags.dropFirst() {
            let letters = subtag.utf8.allSatisfy(LanguageTag.isLetter)
            let digits = subtag.utf8.allSatisfy(LanguageTag.isDigit)
            let count = subtag.utf8.count
            if count == 4, letters, reached < 1 {
                reached = 1
                parts.append(subtag.prefix(1).uppercased() + subtag.dropFirst())
            } else if (count == 2 && letters) || (count == 3 && digits), reached < 2 {
                reached = 2
                parts.append(subtag.uppercased())
            } else if (5...8).contains(count) || (count == 4 && subtag.utf8.first.map(LanguageTag.isDigit) == true) {
                reached = 3
                if parts.contains(subtag) { return nil }
                parts.append(subtag)
            } else {
                return nil
            }
        }
        self.text = parts.joined(separator: "-")
    }

    /// English: the language that is always there.
    public static let english = LanguageTag(known: "en")

    /// One that is written in this program, and right.
    private init(known text: String) { self.text = text }

    /// `pt` of `pt-BR`.
    public var primary: String { String(text.prefix { $0 != "-" }) }

    public var description: String { text }

    private static func isLetter(_ b: UInt8) -> Bool { (65...90).contains(b) || (97...122).contains(b) }
    private static func isDigit(_ b: UInt8) -> Bool { (48...57).contains(b) }
}
