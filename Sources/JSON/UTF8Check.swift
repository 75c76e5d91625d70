/// The offset of the first byte that is not part of well-formed UTF-8 (RFC 3629 section 4), nil when all is.
func firstInvalidUTF8(_ base: UnsafePointer<UInt8>, count: Int) -> Int? {
    let raw = UnsafeRawPointer(base)
    var index = 0
    while index < count {
        // ASCII, sixteen bytes at a time.
        while index &+ 16 <= count {
            let low = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let high = raw.loadUnaligned(fromByteOffset: index &+ 8, as: UInt64.self)
            if (low | high) & 0x8080_8080_8080_8080 != 0 { break }
            index &+= 16
        }
        guard index < count else { return nil }
        let first = base[index]
        if first < 0x80 {
            index &+= 1
            continue
        }
        let length: Int
        var lowest: UInt8 = 0x80
        var highest: UInt8 = 0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, lowest) = (3, 0xA0)
        case 0xED: (length, highest) = (3, 0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, lowest) = (4, 0x90)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, highest) = (4, 0x8F)
        default: return index
        }
        guard index &+ length <= count, base[index &+ 1] >= lowest, base[index &+ 1] <= highest else { return index }
        if length > 2, base[index &+ 2] & 0xC0 != 0x80 { return index }
        if length > 3, base[index &+ 3] & 0xC0 != 0x80 { return index }
        index &+= length
    }
    return nil
}
