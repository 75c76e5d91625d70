/// Decoding of the escapes of JSON (RFC 8259 section 7) and JSON5 (section 5.1 of its specification).
enum Escapes {
    /// What a `\u` escape of half a surrogate pair becomes.
    enum LoneSurrogate {
        /// U+FFFD.
        case replace
        /// Its three bytes in generalized UTF-8, so that different ones stay different.
        case keep
    }

    /// The UTF-8 of a string's content. The content has passed the parser, so every escape in it is well formed.
    static func decode(
        _ content: some RandomAccessCollection<UInt8>, loneSurrogates: LoneSurrogate
    ) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(content.count)
        var index = content.startIndex
        let end = content.endIndex
        func take() -> UInt8 {
            guard index < end else { return 0 }
            defer { index = content.index(after: index) }
            return content[index]
        }
        func takeHex(_ digits: Int) -> UInt32 {
            var value: UInt32 = 0
            for _ in 0..<digits { value = value << 4 | UInt32(hexDigit(take()) ?? 0) }
            return value
        }
        while index < end {
            let byte = take()
            guard byte == UInt8(ascii: "\\") else {
                out.append(byte)
                continue
            }
            let escape = take()
            switch escape {
            case UInt8(ascii: "b"): out.append(0x08)
            case UInt8(ascii: "f"): out.append(0x0C)
            case UInt8(ascii: "n"): out.append(0x0A)
            case UInt8(ascii: "r"): out.append(0x0D)
            case UInt8(ascii: "t"): out.append(0x09)
            case UInt8(ascii: "v"): out.append(0x0B)
            case UInt8(ascii: "0"): out.append(0x00)
            case UInt8(ascii: "x"): append(takeHex(2), to: &out, loneSurrogates)
            case UInt8(ascii: "u"):
                var value = takeHex(4)
                if value & 0xFC00 == 0xD800 {
                    let rewind = index
                    if take() == UInt8(ascii: "\\"), take() == UInt8(ascii: "u") {
                        let low = takeHex(4)
                        if low & 0xFC00 == 0xDC00 {
                            value = 0x10000 + (value & 0x3FF) << 10 + (low & 0x3FF)
                        } else {
                            index = rewind
                        }
                    } else {
                        index = rewind
                    }
                }
                append(value, to: &out, loneSurrogates)
            case 0x0A:
                break  // A line continuation is nothing.
            case 0x0D:
                if index < end, content[index] == 0x0A { index = content.index(after: index) }
            case 0xE2:
                let second = take()
                let third = take()
                // U+2028 and U+2029 continue the line as well; the rest is itself.
                if second != 0x80 || third & 0xFE != 0xA8 { out += [escape, second, third] }
            default:
                out.append(escape)
            }
        }
        return out
    }

    /// 0 to 15, nil when `byte` is no hexadecimal digit.
    @inline(__always)
    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func append(_ value: UInt32, to out: inout [UInt8], _ loneSurrogates: LoneSurrogate) {
        if let scalar = Unicode.Scalar(value) {
            out += UTF8.encode(scalar).map(Array.init) ?? []
        } else if loneSurrogates == .replace {
            out += [0xEF, 0xBF, 0xBD]
        } else {
            out += [0xED, UInt8(0x80 | (value >> 6 & 0x3F)), UInt8(0x80 | (value & 0x3F))]
        }
    }
}
