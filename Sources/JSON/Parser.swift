/// Reads a text into the words of a `Tape`: one pass, an explicit stack, no allocation per node.
///
/// The text was checked to be UTF-8 before. Strings, numbers and white space are in extensions.
struct Parser {
    /// An array or object that is still open.
    struct Frame {
        var head: Int
        var count: Int
        var isObject: Bool
    }

    let base: UnsafePointer<UInt8>
    let end: Int
    let isJSON5: Bool
    let limits: Limits
    var position = 0
    var words: [UInt64] = []
    var hasComments = false
    /// What an earlier reading of nearly the same text knows.
    var reuse: Reuse?

    init(_ base: UnsafePointer<UInt8>, count: Int, dialect: Dialect, limits: Limits, reusing reuse: Reuse?) {
        self.base = base
        end = count
        isJSON5 = dialect == .json5
        self.limits = limits
        self.reuse = reuse
        hasComments = reuse?.hasComments ?? false
        // A pretty-printed configuration needs about this many; untouched pages cost nothing.
        words.reserveCapacity(count / 9 + 8)
    }

    /// The words and whether there were comments, or why not.
    static func parse(
        _ bytes: [UInt8], dialect: Dialect, limits: Limits, reusing reuse: Reuse? = nil
    ) -> Result<(words: [UInt64], hasComments: Bool), ParseFailure> {
        guard bytes.count <= Tape.maximumTextBytes else {
            return .failure(ParseFailure(offset: 0, reason: "the text is larger than 2 GiB"))
        }
        return bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress, buffer.count > 0 else {
                return .failure(ParseFailure(offset: 0, reason: "the text is empty"))
            }
            if let offset = firstInvalidUTF8(base, count: buffer.count) {
                return .failure(ParseFailure(offset: offset, reason: "the text is not UTF-8"))
            }
            let isNonFinite = limits.allowsNonFiniteText && buffer.count < 64 && isNonFiniteText(buffer)
            var parser = Parser(base, count: buffer.count, dialect: isNonFinite ? .json5 : dialect, limits: limits, reusing: reuse)
            do throws(ParseFailure) {
                try parser.document()
                return .success((parser.words, parser.hasComments))
            } catch {
                return .failure(error)
            }
        }
    }

    private static func isNonFiniteText(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
        var word = Array(text.drop(while: isSpace))
        while let last = word.last, isSpace(last) { word.removeLast() }
        return ["NaN", "Infinity", "-Infinity"].contains { $0.utf8.elementsEqual(word) }
    }

    /// The byte at `index`, 0 behind the end.
    @inline(__always)
    func peek(_ index: Int) -> UInt8 { index < end ? base[index] : 0 }

    mutating func document() throws(ParseFailure) {
        if end >= 3, base[0] == 0xEF, base[1] == 0xBB, base[2] == 0xBF {
            guard isJSON5, limits.allowsByteOrderMark else {
                throw ParseFailure(offset: 0, reason: "the text begins with a byte order mark")
            }
            position = 3
        }
        var stack: [Frame] = []
        try skipSpace()
        while true {
            // Here a value begins.
            let byte = peek(position)
            var isOpen = false
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                if reuse != nil, let behind = reuse?.copy(at: position, to: &words) {
                    position = behind
                    if !stack.isEmpty { stack[stack.count &- 1].count &+= 1 }
                } else {
                    let isObject = byte == UInt8(ascii: "{")
                    try open(isObject, &stack)
                    isOpen = peek(position) != (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
                    if isOpen, isObject { try key() }
                }
            } else {
                try scalar(byte)
                if !stack.isEmpty { stack[stack.count &- 1].count &+= 1 }
            }
            // Here a value has ended, or an array or object begun (`isOpen`: with something in it).
            while !isOpen {
                guard let frame = stack.last else {
                    try skipSpace()
                    guard position == end else { throw unexpected() }
                    return
                }
                try skipSpace()
                let close = frame.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
                let next = peek(position)
                if next == UInt8(ascii: ","), frame.count > 0 {
                    position &+= 1
                    try skipSpace()
                    if isJSON5, peek(position) == close { continue }
                    if frame.isObject { try key() }
                    isOpen = true
                } else if next == close {
                    position &+= 1
                    words[frame.head + 1] = Tape.extent(end: position, next: words.count)
                    words[frame.head + 2] = UInt64(truncatingIfNeeded: frame.count)
                    if frame.isObject, !limits.allowsDuplicateKeys, frame.count > 1 { try refuseDuplicateKeys(frame) }
                    stack.removeLast()
                    if !stack.isEmpty { stack[stack.count &- 1].count &+= 1 }
                } else {
                    throw unexpected()
                }
            }
        }
    }

    @inline(__always)
    private mutating func open(_ isObject: Bool, _ stack: inout [Frame]) throws(ParseFailure) {
        if let maxDepth = limits.maxDepth, stack.count >= maxDepth {
            throw ParseFailure(offset: position, reason: "nested deeper than \(maxDepth) levels")
        }
        stack.append(Frame(head: words.count, count: 0, isObject: isObject))
        words.append(Tape.head(isObject ? .object : .array, start: position))
        words.append(0)
        words.append(0)
        position &+= 1
        try skipSpace()
    }

    /// A key, its colon, and the white space behind.
    @inline(__always)
    private mutating func key() throws(ParseFailure) {
        let byte = peek(position)
        if byte == UInt8(ascii: "\"") || (isJSON5 && byte == UInt8(ascii: "'")) {
            try string(quote: byte)
        } else if isJSON5 {
            try name()
        } else {
            throw unexpected()
        }
        if peek(position) != UInt8(ascii: ":") {
            try skipSpace()
            guard peek(position) == UInt8(ascii: ":") else { throw unexpected() }
        }
        position &+= 1
        try skipSpace()
    }

    @inline(__always)
    private mutating func scalar(_ byte: UInt8) throws(ParseFailure) {
        switch byte {
        case UInt8(ascii: "\""):
            try string(quote: byte)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            try number()
        case UInt8(ascii: "t"):
            try literal("true", .true)
        case UInt8(ascii: "f"):
            try literal("false", .false)
        case UInt8(ascii: "n"):
            try literal("null", .null)
        case UInt8(ascii: "'") where isJSON5:
            try string(quote: byte)
        case UInt8(ascii: "+") where isJSON5, UInt8(ascii: ".") where isJSON5,
            UInt8(ascii: "I") where isJSON5, UInt8(ascii: "N") where isJSON5:
            try number()
        default:
            throw unexpected()
        }
    }

    /// What follows a literal is checked by what comes next: neither a letter nor a digit can.
    private mutating func literal(_ text: StaticString, _ tag: Tape.Tag) throws(ParseFailure) {
        let start = position
        try skipWord(text)
        words.append(Tape.head(tag, start: start, length: position &- start))
    }

    mutating func skipWord(_ text: StaticString) throws(ParseFailure) {
        for offset in 0..<text.utf8CodeUnitCount {
            guard peek(position) == text.utf8Start[offset] else { throw unexpected() }
            position &+= 1
        }
    }

    private func refuseDuplicateKeys(_ frame: Frame) throws(ParseFailure) {
        var heads: [UInt64] = []
        heads.reserveCapacity(frame.count)
        var index = frame.head + 3
        var hasEscapes = false
        while index < words.count {
            heads.append(words[index])
            hasEscapes = hasEscapes || words[index] >> 34 & 1 == 1
            let tag = words[index + 1] >> 31 & 7
            let isContainer = tag == Tape.Tag.array.rawValue || tag == Tape.Tag.object.rawValue
            index = isContainer ? Int(words[index + 2] >> 32) : index + 2
        }
        if heads.count <= 16, !hasEscapes {
            // Few keys are compared faster than they are hashed.
            for right in 1..<heads.count {
                for left in 0..<right where hasSameBytes(keyContent(heads[left]), keyContent(heads[right])) {
                    throw duplicate(heads[right])
                }
            }
            return
        }
        let buffer = UnsafeBufferPointer(start: base, count: end)
        var keys = KeySet(capacity: frame.count)
        for head in heads where !keys.insert(buffer[keyContent(head)], hasEscapes: head >> 34 & 1 == 1) {
            throw duplicate(head)
        }
    }

    private func duplicate(_ head: UInt64) -> ParseFailure {
        ParseFailure(offset: Int(head & 0x7FFF_FFFF), reason: "an object has the same key twice")
    }

    /// The bytes of a key without its quotes.
    private func keyContent(_ head: UInt64) -> Range<Int> {
        let start = Int(head & 0x7FFF_FFFF)
        let end = start + Int(head >> 35)
        return head >> 31 & 7 == Tape.Tag.string.rawValue ? start + 1..<end - 1 : start..<end
    }

    private func hasSameBytes(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        guard left.count == right.count else { return false }
        for offset in 0..<left.count where base[left.lowerBound + offset] != base[right.lowerBound + offset] {
            return false
        }
        return true
    }

    /// The failure for the character at `position`, or for the end.
    func unexpected(at offset: Int? = nil) -> ParseFailure {
        let offset = offset ?? position
        guard offset < end else { return ParseFailure(offset: end, reason: "the text ends too early") }
        let byte = base[offset]
        if byte > 0x20, byte < 0x7F {
            let character = Character(Unicode.Scalar(byte))
            return ParseFailure(offset: offset, reason: "unexpected character '\(character)'")
        }
        let value = decodeScalar(at: offset).scalar.value
        let digits = String(value, radix: 16, uppercase: true)
        let padding = String(repeating: "0", count: max(0, 4 - digits.count))
        return ParseFailure(offset: offset, reason: "unexpected character U+\(padding)\(digits)")
    }
}
