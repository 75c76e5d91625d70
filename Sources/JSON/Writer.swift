/// Puts JSON text into a byte array.
enum Writer {
    /// Between which tokens a text has spaces and line breaks.
    struct Style {
        /// Behind a colon.
        var colon: [UInt8]
        /// Behind a comma, where there is no line break.
        var comma: [UInt8]
        /// nil: all on one line.
        var lines: Lines?

        /// How a text of several lines breaks them.
        struct Lines {
            var newline: [UInt8]
            /// One level of indentation.
            var unit: [UInt8]
            /// The indentation of the line on which the value begins.
            var indentation: [UInt8]
        }

        static let compact = Style(colon: [], comma: [], lines: nil)
    }

    static func write(_ value: Value, _ style: Style, to out: inout [UInt8]) {
        switch value {
        case .null: out += "null".utf8
        case .bool(let bool): out += (bool ? "true" : "false").utf8
        case .number(let spelling):
            let json = NumberSpelling.json(spelling.utf8)
            precondition(json != nil, "Value.number holds something that is not a number")
            out += json ?? []
        case .string(let string): writeString(string, to: &out)
        case .array(let elements):
            writeContainer("[", "]", elements, style, to: &out) { element, inner, out in
                write(element, inner, to: &out)
            }
        case .object(let object):
            writeContainer("{", "}", object.members, style, to: &out) { member, inner, out in
                writeString(member.key, to: &out)
                out.append(UInt8(ascii: ":"))
                out += inner.colon
                write(member.value, inner, to: &out)
            }
        }
    }

    static func writeString(_ string: String, to out: inout [UInt8]) {
        var string = string
        string.withUTF8 { writeString(utf8: $0, to: &out) }
    }

    /// A string in double quotes. What must be escaped is (RFC 8259 section 7), with the short escapes where there are
    /// any, and so is half a surrogate pair in generalized UTF-8. So is what a terminal would obey (DEL, C1 controls), and what
    /// turns the direction of text or ends a line for some readers (U+2028, U+2029); all else stands as it is.
    static func writeString(utf8 bytes: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        var copied = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            var length = 1
            var escape: UInt8?
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): escape = byte
            case 0x08: escape = UInt8(ascii: "b")
            case 0x09: escape = UInt8(ascii: "t")
            case 0x0A: escape = UInt8(ascii: "n")
            case 0x0C: escape = UInt8(ascii: "f")
            case 0x0D: escape = UInt8(ascii: "r")
            case ..<0x20: break
            case 0x7F: break
            case 0xC2 where index + 1 < bytes.count && bytes[index + 1] < 0xA0: length = 2
            case 0xE2 where index + 2 < bytes.count && isObeyed(bytes[index + 1], bytes[index + 2]): length = 3
            case 0xED where index + 2 < bytes.count && bytes[index + 1] >= 0xA0: length = 3
            default:
                index += 1
                continue
            }
            out += bytes[copied..<index]
            if let escape {
                out.append(UInt8(ascii: "\\"))
                out.append(escape)
            } else if length == 3 {
                writeEscape(UInt32(byte & 0x0F) << 12 | UInt32(bytes[index + 1] & 0x3F) << 6 | UInt32(bytes[index + 2] & 0x3F), to: &out)
            } else if length == 2 {
                writeEscape(UInt32(bytes[index + 1]), to: &out)
            } else {
                writeEscape(UInt32(byte), to: &out)
            }
            index += length
            copied = index
        }
        out += bytes[copied...]
        out.append(UInt8(ascii: "\""))
    }

    /// Behind 0xE2: U+2028 and U+2029, the embeddings U+202A to U+202E, the isolates U+2066 to U+2069.
    private static func isObeyed(_ second: UInt8, _ third: UInt8) -> Bool {
        second == 0x80 && (0xA8...0xAE).contains(third) || second == 0x81 && (0xA6...0xA9).contains(third)
    }

    private static func writeEscape(_ value: UInt32, to out: inout [UInt8]) {
        let digits = String(value, radix: 16)
        out += "\\u".utf8
        out += String(repeating: "0", count: 4 - digits.count).utf8
        out += digits.utf8
    }

    private static func writeContainer<Item>(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ items: [Item], _ style: Style, to out: inout [UInt8],
        write: (Item, Style, inout [UInt8]) -> Void
    ) {
        out.append(UInt8(ascii: open))
        var inner = style
        if let lines = style.lines { inner.lines?.indentation = lines.indentation + lines.unit }
        for (index, item) in items.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            if let lines = inner.lines {
                out += lines.newline
                out += lines.indentation
            } else if index > 0 {
                out += style.comma
            }
            write(item, inner, &out)
        }
        if let lines = style.lines, !items.isEmpty {
            out += lines.newline
            out += lines.indentation
        }
        out.append(UInt8(ascii: close))
    }
}
