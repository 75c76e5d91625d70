/// Parts of a field's value, as octets: what strangers send is no text yet.
extension ArraySlice<UInt8> {
    /// Without the optional white space around it (RFC 9110 section 5.6.3).
    public var trimmed: ArraySlice<UInt8> {
        var value = drop(while: Octets.isSpace)
        while let last = value.last, Octets.isSpace(last) { value.removeLast() }
        return value
    }

    /// Whether it begins with `word`, which is in lower case, whatever its own case is.
    public func begins(withAnyCaseOf word: String) -> Bool { lazy.map(Octets.lower).starts(with: word.utf8) }

    /// Whether it is `word`, which is in lower case, whatever its own case is.
    public func isAnyCase(of word: String) -> Bool { count == word.utf8.count && begins(withAnyCaseOf: word) }
}
