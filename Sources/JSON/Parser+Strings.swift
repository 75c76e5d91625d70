extension Parser {
    /// A quoted string, `position` at its opening quote.
    mutating func string(quote: UInt8) throws(ParseFailure) {
        let start = position
        var hasEscapes = false
        position &+= 1
        while true {
            skipPlain(quote: quote)
            guard position < end else { throw ParseFailure(offset: start, reason: "a string is not closed") }
            let byte = base[position]
            if byte == quote { break }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try escape()
            } else if isJSON5, byte != 0x0A, byte != 0x0D {
                position &+= 1
            } else {
                throw ParseFailure(offset: position, reason: "a string has a control character or line break in it")
            }
        }
        position &+= 1
        try append(.string, start: start, hasEscapes: hasEscapes)
    }

    func checkedLength(from start: Int) throws(ParseFailure) -> Int {
        let length = position &- start
        guard length <= Tape.maximumTokenBytes else {
            throw ParseFailure(offset: start, reason: "a string, number or key is larger than 512 MiB")
        }
        return length
    }

    @inline(__always)
    mutating func append(_ tag: Tape.Tag, start: Int, hasEscapes: Bool = false) throws(ParseFailure) {
        words.append(Tape.head(tag, start: start, length: try checkedLength(from: start), hasEscapes: hasEscapes))
    }

    /// Goes on to the next quote, backslash or control character, eight bytes at a time.
    @inline(__always)
    private mutating func skipPlain(quote: UInt8) {
        let raw = UnsafeRawPointer(base)
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let quotes = UInt64(quote) &* ones
        let backslashes = UInt64(UInt8(ascii: "\\")) &* ones
        while position &+ 8 <= end {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let quoteBits = word ^ quotes
            let backslashBits = word ^ backslashes
            // The lowest bit that is set is exact; ones above it may be borrow, and are not looked at.
            let found =
                ((quoteBits &- ones) & ~quoteBits | (backslashBits &- ones) & ~backslashBits
                    | (word &- 0x2020_2020_2020_2020) & ~word) & highs
            if found != 0 {
                position &+= found.trailingZeroBitCount >> 3
                return
            }
            position &+= 8
        }
        while position < end {
            let byte = base[position]
            if byte == quote || byte == UInt8(ascii: "\\") || byte < 0x20 { return }
            position &+= 1
        }
    }

    private mutating func escape() throws(ParseFailure) {
        let start = position
        position &+= 2
        switch peek(start &+ 1) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"), UInt8(ascii: "/"):
            return
        case UInt8(ascii: "u"):
            let value = try hexDigits(4)
            guard !limits.allowsLoneSurrogates, value & 0xF800 == 0xD800 else { return }
            guard value < 0xDC00, peek(position) == UInt8(ascii: "\\"), peek(position &+ 1) == UInt8(ascii: "u") else {
                throw ParseFailure(offset: start, reason: "an escape is half a surrogate pair")
            }
            position &+= 2
            guard try hexDigits(4) & 0xFC00 == 0xDC00 else {
                throw ParseFailure(offset: start, reason: "an escape is half a surrogate pair")
            }
        case _ where start &+ 1 >= end:
            position = end
        case _ where !isJSON5:
            throw unexpected(at: start &+ 1)
        case UInt8(ascii: "x"):
            _ = try hexDigits(2)
        case UInt8(ascii: "0"):
            if case UInt8(ascii: "0")...UInt8(ascii: "9") = peek(position) { throw unexpected() }
        case UInt8(ascii: "1")...UInt8(ascii: "9"):
            throw unexpected(at: start &+ 1)
        case 0x0D:
            if peek(position) == 0x0A { position &+= 1 }
        case 0x80...:
            position = start &+ 1 &+ decodeScalar(at: start &+ 1).length
        default:
            return
        }
    }

    private mutating func hexDigits(_ count: Int) throws(ParseFailure) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = Escapes.hexDigit(peek(position)) else { throw unexpected() }
            value = value << 4 | UInt32(digit)
            position &+= 1
        }
        return value
    }

    /// An unquoted key of JSON5: an IdentifierName of ECMAScript 5.1, section 7.6.
    mutating func name() throws(ParseFailure) {
        let start = position
        var hasEscapes = false
        while position < end {
            let byte = base[position]
            let isFirst = position == start
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "$"),
                UInt8(ascii: "_"):
                position &+= 1
                continue
            case UInt8(ascii: "0")...UInt8(ascii: "9") where !isFirst:
                position &+= 1
                continue
            case UInt8(ascii: "\\"):
                let escape = position
                guard peek(position &+ 1) == UInt8(ascii: "u") else { throw unexpected(at: position &+ 1) }
                position &+= 2
                let value = try hexDigits(4)
                guard let scalar = Unicode.Scalar(value), Parser.isNamePart(scalar, isFirst: isFirst) else {
                    throw ParseFailure(offset: escape, reason: "an escape in a key without quotes is not a letter or digit")
                }
                hasEscapes = true
                continue
            case 0x80...:
                let (scalar, length) = decodeScalar(at: position)
                if Parser.isNamePart(scalar, isFirst: isFirst) {
                    position &+= length
                    continue
                }
            default:
                break
            }
            break
        }
        guard position > start else { throw unexpected() }
        try append(.name, start: start, hasEscapes: hasEscapes)
    }

    private static func isNamePart(_ scalar: Unicode.Scalar, isFirst: Bool) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .letterNumber:
            return true
        case .nonspacingMark, .spacingMark, .decimalNumber, .connectorPunctuation:
            return !isFirst || scalar == "_"
        default:
            return scalar == "$" || (!isFirst && (scalar.value == 0x200C || scalar.value == 0x200D))
        }
    }
}
