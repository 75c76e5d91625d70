import HTTP

/// What header fields say of a body, and of a token.
enum MediaType {
    /// `application/json`, with no charset but UTF-8 (RFC 8259 section 8.1).
    static func isJSON(_ value: ArraySlice<UInt8>) -> Bool {
        let parts = value.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map(\.trimmed)
        guard parts.first?.isAnyCase(of: "application/json") == true else { return false }
        return parts.dropFirst().filter { $0.begins(withAnyCaseOf: "charset=") }.map { $0.dropFirst(8) }.allSatisfy { charset in
            ["utf-8", "\"utf-8\"", "utf8"].contains { charset.isAnyCase(of: $0) }
        }
    }

    /// What follows `Bearer` and spaces (RFC 6750 section 2.1; the scheme's case does not matter).
    /// - Returns: nil when it is another scheme, or nothing follows.
    static func bearer(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard value.begins(withAnyCaseOf: "bearer") else { return nil }
        var rest = value.dropFirst(6)
        guard rest.first == 32 else { return nil }
        while rest.first == 32 { rest.removeFirst() }
        return rest.isEmpty ? nil : rest
    }
}
