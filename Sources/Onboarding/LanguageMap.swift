/// Which language a phone's country code suggests.
public struct LanguageMap: Sendable, Equatable {
    public let standard: LanguageTag
    /// By the first digits of the number, country code first: `34`, `1809`.
    public let prefixes: [String: LanguageTag]

    /// English, Spanish and Portuguese by country.
    public static let builtIn = LanguageMap(
        standard: .english,
        groups: [
            "es": [
                "34", "51", "52", "53", "54", "56", "57", "58", "502", "503", "504", "505", "506", "507", "591", "593", "595", "598", "240",
                "1787", "1809", "1829", "1849", "1939",
            ],
            "pt": ["55", "351", "238", "239", "244", "245", "258"],
        ])

    /// The language of the longest prefix, else the standard one.
    public func language(of phone: PhoneNumber) -> LanguageTag {
        var prefix = phone.digits
        while !prefix.isEmpty {
            if let tag = prefixes[String(prefix)] { return tag }
            prefix.removeLast()
        }
        return standard
    }

    /// `languages` of dcb.json: it takes the place of the built-in map; without `default`, that is English.
    init(_ reader: PolicyReader) throws(PolicyError) {
        var standard = LanguageMap.builtIn.standard
        var prefixes: [String: LanguageTag] = [:]
        for member in reader.node.members {
            let key = member.key
            let isPrefix = (1...15).contains(key.utf8.count) && key.utf8.first != UInt8(ascii: "0") && key.utf8.allSatisfy { (48...57).contains($0) }
            guard isPrefix || key == "default" else {
                throw reader.refusal(of: member.value, reader.full(key.printable), "is neither default nor the first digits of a number, without + and 00")
            }
            guard let text = member.value.stringValue, let tag = LanguageTag(text) else {
                throw reader.refusal(of: member.value, reader.full(key), "must be a language tag such as en or pt-BR")
            }
            if isPrefix { prefixes[key] = tag } else { standard = tag }
        }
        self.standard = standard
        self.prefixes = prefixes
    }

    private init(standard: LanguageTag, groups: [String: [String]]) {
        var prefixes: [String: LanguageTag] = [:]
        for (text, group) in groups { for prefix in group { prefixes[prefix] = LanguageTag(text) } }
        self.standard = standard
        self.prefixes = prefixes
    }
}
