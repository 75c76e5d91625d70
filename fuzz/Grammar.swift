/// RFC 8259 a second time, word for word and as slow as it likes: what the parser for JSON must take, and nothing else.
struct Grammar {
    private let text: [UInt8]
    private var at = 0

    private init(_ text: [UInt8]) { self.text = text }

    static func accepts(_ text: [UInt8]) -> Bool {
        // Section 8.1: UTF-8, and no byte order mark, which no value begins with.
        guard String(validating: text, as: UTF8.self) != nil else { return false }
        var grammar = Grammar(text)
        return grammar.document()
    }

    private var next: UInt8? { at < text.count ? text[at] : nil }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: byte) else { return false }
        at += 1
        return true
    }

    private mutating func takeAny(_ bytes: StaticString) -> Bool {
        guard let next, bytes.withUTF8Buffer({ $0.contains(next) }) else { return false }
        at += 1
        return true
    }

    private mutating func take(word: String) -> Bool {
        guard text[at...].starts(with: word.utf8) else { return false }
        at += word.utf8.count
        return true
    }

    /// Section 2: ws.
    private mutating func space() { while takeAny(" \t\n\r") {} }

    /// JSON-text = ws value ws. By a stack, for nesting has no end.
    private mutating func document() -> Bool {
        var isObject: [Bool] = []
        while true {
            // A value is due.
            space()
            if take("[") {
                space()
                if !take("]") {
                    isObject.append(false)
                    continue
                }
            } else if take("{") {
                space()
                if !take("}") {
                    isObject.append(true)
                    guard key() else { return false }
                    continue
                }
            } else if !scalar() {
                return false
            }
            // Behind a value.
            var isDue = false
            while !isDue {
                space()
                guard let inner = isObject.last else { return at == text.count }
                if take(",") {
                    if inner {
                        space()
                        guard key() else { return false }
                    }
                    isDue = true
                } else if take(inner ? "}" : "]") {
                    isObject.removeLast()
                } else {
                    return false
                }
            }
        }
    }

    /// Section 4: a name and its colon.
    private mutating func key() -> Bool {
        guard string() else { return false }
        space()
        return take(":")
    }

    /// Sections 3, 6 and 7.
    private mutating func scalar() -> Bool {
        if next == UInt8(ascii: "\"") { return string() }
        return take(word: "true") || take(word: "false") || take(word: "null") || number()
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while let byte = next {
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case ..<0x20: return false
            case UInt8(ascii: "\\"):
                if take("u") {
                    for _ in 0..<4 where !takeAny("0123456789abcdefABCDEF") { return false }
                } else if !takeAny("\"\\/bfnrt") {
                    return false
                }
            default: break
            }
        }
        return false
    }

    private mutating func number() -> Bool {
        _ = take("-")
        if !take("0"), !digits() { return false }
        if take("."), !digits() { return false }
        if takeAny("eE") {
            _ = takeAny("+-")
            return digits()
        }
        return true
    }

    private mutating func digits() -> Bool {
        let start = at
        while takeAny("0123456789") {}
        return at > start
    }
}
