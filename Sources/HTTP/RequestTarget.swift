/// What a request line asks for (RFC 9112 section 3.2), as ranges of the head's bytes.
public struct RequestTarget: Sendable, Equatable {
    public enum Form: Sendable, Equatable { case origin, absolute, authority, asterisk }

    public let form: Form
    /// Empty for an absolute target without a path, which means `/`, and for the other two forms.
    public let path: Range<Int>
    /// Without the question mark.
    public let query: Range<Int>?

    /// Reads the target in `range`.
    /// - Returns: nil when it is malformed. A fragment is; so is a percent sign without two hexadecimal digits.
    public init?(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, method: Method) {
        guard let first = range.first else { return nil }
        if range.count == 1, bytes[first] == UInt8(ascii: "*") {
            guard method == .options else { return nil }
            (form, path, query) = (.asterisk, range.upperBound..<range.upperBound, nil)
            return
        }
        if method == .connect {
            // Only host and port.
            guard Authority.isValid(bytes, range, needsPort: true) else { return nil }
            (form, path, query) = (.authority, range.upperBound..<range.upperBound, nil)
            return
        }
        var start = range.lowerBound
        var form = Form.origin
        if bytes[first] != UInt8(ascii: "/") {
            guard let authority = RequestTarget.authority(bytes, range), Authority.isValid(bytes, authority) else { return nil }
            form = .absolute
            start = authority.upperBound
        }
        let question = (start..<range.upperBound).first { bytes[$0] == UInt8(ascii: "?") }
        let rest = start..<range.upperBound
        guard Octets.all(bytes, rest, are: Octets.target) else { return nil }
        for i in rest where bytes[i] == UInt8(ascii: "%") {
            guard i + 2 < range.upperBound, Octets.hex(bytes[i + 1]) != nil, Octets.hex(bytes[i + 2]) != nil else { return nil }
        }
        self.form = form
        path = start..<(question ?? range.upperBound)
        query = question.map { ($0 + 1)..<range.upperBound }
    }

    /// The authority of `http://…` or `https://…`.
    private static func authority(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Range<Int>? {
        for scheme in ["http://", "https://"] {
            let length = scheme.utf8.count
            guard range.count > length, zip(scheme.utf8, bytes[range.lowerBound..<(range.lowerBound + length)]).allSatisfy({ $0 == Octets.lower($1) }) else {
                continue
            }
            let start = range.lowerBound + length
            let end = (start..<range.upperBound).first { bytes[$0] == UInt8(ascii: "/") || bytes[$0] == UInt8(ascii: "?") } ?? range.upperBound
            return start..<end
        }
        return nil
    }
}

/// `uri-host [":" port]` (RFC 9110 section 7.2), without user information.
enum Authority {
    static func isValid(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, needsPort: Bool = false) -> Bool {
        guard let first = range.first else { return false }
        var end = range.upperBound
        if bytes[first] == UInt8(ascii: "[") {
            guard let close = range.first(where: { bytes[$0] == UInt8(ascii: "]") }), isAddress(bytes, (first + 1)..<close) else { return false }
            end = close + 1
        } else {
            end = range.first { bytes[$0] == UInt8(ascii: ":") } ?? end
            // An empty host is no http URI (RFC 9110 section 4.2.1).
            guard end > first, Octets.all(bytes, first..<end, are: Octets.host) else { return false }
            for i in first..<end where bytes[i] == UInt8(ascii: "%") {
                guard i + 2 < end, Octets.hex(bytes[i + 1]) != nil, Octets.hex(bytes[i + 2]) != nil else { return false }
            }
        }
        if end == range.upperBound { return !needsPort }
        guard bytes[end] == UInt8(ascii: ":") else { return false }
        let port = (end + 1)..<range.upperBound
        if needsPort, port.isEmpty { return false }
        var number = 0
        for i in port {
            guard Octets.isDigit(bytes[i]) else { return false }
            number = number * 10 + Int(bytes[i] - 48)
            if number > 65535 { return false }
        }
        return true
    }

    /// The letters of an IPv6 address, or of a later kind (`v1.…`).
    private static func isAddress(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count >= 2, let first = range.first else { return false }
        if Octets.lower(bytes[first]) == UInt8(ascii: "v") {
            return Octets.all(bytes, range, are: Octets.host)
                || range.allSatisfy { bytes[$0] == UInt8(ascii: ":") || Octets.classes[Int(bytes[$0])] & Octets.host != 0 }
        }
        var colons = 0
        for i in range {
            if bytes[i] == UInt8(ascii: ":") { colons += 1 } else if Octets.hex(bytes[i]) == nil, bytes[i] != UInt8(ascii: ".") { return false }
        }
        return (2...7).contains(colons)
    }
}
