/// What header fields say of a body, and of a token.
enum MediaType {
    /// `application/json`, with no charset but UTF-8 (RFC 8259 section 8.1).
    static func isJSON(_ value: ArraySlice<UInt8>) -> Bool {
        let parts = String(decoding: value, as: UTF8.self).lowercased().split(separator: ";", omittingEmptySubsequences: false)
        guard let type = parts.first, trimmed(type) == "application/json" else { return false }
        for part in parts.dropFirst() {
            let parameter = trimmed(part)
            guard parameter.hasPrefix("charset=") else { continue }
            let charset = parameter.dropFirst(8)
            if charset != "utf-8", charset != "\"utf-8\"", charset != "utf8" { return false }
        }
        return true
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }

    /// What follows `Bearer` and spaces (RFC 6750 section 2.1; the scheme's case does not matter).
    /// - Returns: nil when it is another scheme, or nothing follows.
    static func bearer(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let scheme = Array("bearer".utf8)
        guard value.count > scheme.count + 1, zip(value, scheme).allSatisfy({ $0 | 32 == $1 }) else { return nil }
        var rest = value.dropFirst(scheme.count)
        guard rest.first == 32 else { return nil }
        while rest.first == 32 { rest.removeFirst() }
        return rest.isEmpty ? nil : rest
    }
}
