extension Parser {
    /// Skips white space, and in JSON5 comments.
    @inline(__always)
    mutating func skipSpace() throws(ParseFailure) {
        let byte = peek(position)
        // Most calls stand at a token already.
        if byte > 0x20, byte < 0x80, byte != UInt8(ascii: "/") { return }
        try skipSpaceSlowly()
    }

    @inline(never)
    private mutating func skipSpaceSlowly() throws(ParseFailure) {
        let base = base
        let end = end
        let raw = UnsafeRawPointer(base)
        var at = position
        while at < end {
            let byte = base[at]
            if byte == 0x0A || byte == 0x20 || byte == 0x0D || byte == 0x09 {
                at &+= 1
                // Indentation: eight bytes at a time, up to the first that is no space.
                while at &+ 8 <= end {
                    let others = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)) ^ 0x2020_2020_2020_2020
                    if others != 0 {
                        at &+= others.trailingZeroBitCount >> 3
                        break
                    }
                    at &+= 8
                }
                continue
            }
            position = at
            guard isJSON5, byte == UInt8(ascii: "/") || byte >= 0x80 || byte == 0x0B || byte == 0x0C else { return }
            if byte == UInt8(ascii: "/") {
                try skipComment()
            } else if byte < 0x80 {
                position &+= 1
            } else {
                let (scalar, length) = decodeScalar(at: position)
                guard Space.isWideSpace(scalar) else { return }
                position &+= length
            }
            at = position
        }
        position = at
    }

    private mutating func skipComment() throws(ParseFailure) {
        let start = position
        switch peek(start &+ 1) {
        case UInt8(ascii: "/"):
            position &+= 2
            while position < end {
                let byte = base[position]
                if byte == 0x0A || byte == 0x0D { break }
                if byte == 0xE2, base[position + 1] == 0x80, base[position + 2] & 0xFE == 0xA8 { break }
                position &+= 1
            }
        case UInt8(ascii: "*"):
            position &+= 2
            while true {
                guard position &+ 1 < end else { throw ParseFailure(offset: start, reason: "a comment is not closed") }
                if base[position] == UInt8(ascii: "*"), base[position &+ 1] == UInt8(ascii: "/") { break }
                position &+= 1
            }
            position &+= 2
        default:
            throw unexpected()
        }
        hasComments = true
    }

    /// The scalar that begins at `index`, and its length in bytes. The text is UTF-8.
    func decodeScalar(at index: Int) -> (scalar: Unicode.Scalar, length: Int) {
        Space.decodeScalar(UnsafeBufferPointer(start: base, count: end), at: index)
    }
}
