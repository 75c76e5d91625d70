extension Parser {
    /// A number of RFC 8259 section 6, or of JSON5 section 6; it stays text.
    mutating func number() throws(ParseFailure) {
        let start = position
        let first = base[position]
        if first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { position &+= 1 }
        var hasInteger = true
        switch peek(position) {
        case UInt8(ascii: "0"):
            position &+= 1
            let next = peek(position)
            if isJSON5, next | 0x20 == UInt8(ascii: "x") {
                position &+= 1
                let digits = position
                while Escapes.hexDigit(peek(position)) != nil { position &+= 1 }
                guard position > digits else { throw unexpected() }
                return try append(.number, start: start)
            }
            if case UInt8(ascii: "0")...UInt8(ascii: "9") = next {
                throw ParseFailure(offset: position, reason: "a number has a leading zero")
            }
        case UInt8(ascii: "1")...UInt8(ascii: "9"):
            skipDigits()
        case UInt8(ascii: ".") where isJSON5:
            hasInteger = false
        case UInt8(ascii: "I") where isJSON5:
            try skipWord("Infinity")
            return try append(.number, start: start)
        case UInt8(ascii: "N") where isJSON5:
            try skipWord("NaN")
            return try append(.number, start: start)
        default:
            throw unexpected()
        }
        if peek(position) == UInt8(ascii: ".") {
            position &+= 1
            let digits = position
            skipDigits()
            guard position > digits || (isJSON5 && hasInteger) else { throw unexpected() }
        }
        if peek(position) | 0x20 == UInt8(ascii: "e") {
            position &+= 1
            let sign = peek(position)
            if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { position &+= 1 }
            let digits = position
            skipDigits()
            guard position > digits else { throw unexpected() }
        }
        try append(.number, start: start)
    }

    @inline(__always)
    private mutating func skipDigits() {
        while position < end, base[position] &- UInt8(ascii: "0") < 10 { position &+= 1 }
    }
}
