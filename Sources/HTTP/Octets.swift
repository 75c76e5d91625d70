/// Which octets the grammar of RFC 9110 and 9112 lets stand where.
enum Octets {
    static let token: UInt8 = 1
    static let fieldValue: UInt8 = 2
    static let target: UInt8 = 4
    static let host: UInt8 = 8
    static let quoted: UInt8 = 16

    /// One octet's classes, as bits.
    static let classes: [UInt8] = (0...255).map { (n: Int) -> UInt8 in
        let b = UInt8(n)
        var bits: UInt8 = 0
        let isDigit = (48...57).contains(b)
        let isLetter = b < 128 && (97...122).contains(b | 32)
        // RFC 9110 section 5.6.2.
        if isDigit || isLetter || Array("!#$%&'*+-.^_`|~".utf8).contains(b) { bits |= token }
        // RFC 9110 section 5.5: HTAB, SP, VCHAR and obs-text.
        if b == 9 || (b >= 32 && b != 127) { bits |= fieldValue }
        // RFC 3986: unreserved, sub-delims, `:` `@` `/` `?` and what percent encoding needs.
        if isDigit || isLetter || Array("-._~!$&'()*+,;=:@/?%".utf8).contains(b) { bits |= target }
        if isDigit || isLetter || Array("-._~!$&'()*+,;=%".utf8).contains(b) { bits |= host }
        // RFC 9110 section 5.6.4: what a quoted-string holds without a backslash.
        if b == 9 || (b >= 32 && b != 127 && b != 34 && b != 92) { bits |= quoted }
        return bits
    }

    @inline(__always) static func lower(_ b: UInt8) -> UInt8 { (65...90).contains(b) ? b | 32 : b }
    @inline(__always) static func isDigit(_ b: UInt8) -> Bool { (48...57).contains(b) }
    @inline(__always) static func isSpace(_ b: UInt8) -> Bool { b == 32 || b == 9 }

    static func hex(_ b: UInt8) -> Int? {
        switch b {
        case 48...57: Int(b) - 48
        case 65...70: Int(b) - 55
        case 97...102: Int(b) - 87
        default: nil
        }
    }

    static func all(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, are bits: UInt8) -> Bool {
        classes.withUnsafeBufferPointer { table in
            for i in range where table[Int(bytes[i])] & bits == 0 { return false }
            return true
        }
    }
}
