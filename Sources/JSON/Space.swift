/// What JSON5 calls white space and line terminators (sections 8 and 9 of its specification).
enum Space {
    /// White space and line terminators above ASCII.
    static func isWideSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xA0, 0xFEFF, 0x2028, 0x2029: true
        default: scalar.properties.generalCategory == .spaceSeparator
        }
    }

    /// The scalar that begins at `index`, and its length in bytes. The text is UTF-8.
    static func decodeScalar(
        _ bytes: UnsafeBufferPointer<UInt8>, at index: Int
    ) -> (scalar: Unicode.Scalar, length: Int) {
        let first = UInt32(bytes[index])
        let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        guard length > 1, index + length <= bytes.count else { return (Unicode.Scalar(UInt8(first & 0x7F)), 1) }
        var value = first & (0x7F >> UInt32(length))
        for offset in 1..<length { value = value << 6 | UInt32(bytes[index + offset] & 0x3F) }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
    }

    /// The length of the white space at `index` (one character), 0 when there is none there.
    static func length(_ bytes: [UInt8], at index: Int) -> Int {
        switch bytes[index] {
        case 0x20, 0x09...0x0D: return 1
        case 0x80...:
            return bytes.withUnsafeBufferPointer { buffer in
                let (scalar, length) = decodeScalar(buffer, at: index)
                return isWideSpace(scalar) ? length : 0
            }
        default: return 0
        }
    }

    /// The length of the line terminator at `index` (CR LF is one), 0 when there is none there.
    static func terminatorLength(_ bytes: [UInt8], at index: Int) -> Int {
        guard index < bytes.count else { return 0 }
        switch bytes[index] {
        case 0x0A: return 1
        case 0x0D: return index + 1 < bytes.count && bytes[index + 1] == 0x0A ? 2 : 1
        case 0xE2 where index + 2 < bytes.count && bytes[index + 1] == 0x80 && bytes[index + 2] & 0xFE == 0xA8: return 3
        default: return 0
        }
    }
}
