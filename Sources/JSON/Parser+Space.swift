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
        let raw = UnsafeRawPointer(base)
        while position < end {
            switch base[position] {
            case 0x20, 0x0A, 0x0D, 0x09:
                position &+= 1
                // Indentation: eight bytes at a time, up to the first that is no space.
                while position &+ 8 <= end {
                    let others = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)) ^ 0x2020_2020_2020_2020
                    if others != 0 {
                        position &+= others.trailingZeroBitCount >> 3
                        break
                    }
                    position &+= 8
                }
            case 0x0B where isJSON5, 0x0C where isJSON5:
                position &+= 1
            case UInt8(ascii: "/") where isJSON5:
                try skipComment()
            case 0x80... where isJSON5:
                let (scalar, length) = decodeScalar(at: position)
                guard Space.isWideSpace(scalar) else { return }
                position &+= length
            default:
                return
            }
        }
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
