/// Numbers as text: JSON5 spellings to JSON ones, and both to `Int` and `Double`.
enum NumberSpelling {
    /// The JSON spelling of the same number (RFC 8259 section 6), nil when `text` is neither a JSON nor a JSON5 number.
    ///
    /// A JSON spelling comes back as it is. `+1` is `1`, `.5` is `0.5`, `5.` is `5`, `0xFF` is `255`. `Infinity`,
    /// `-Infinity` and `NaN` have no JSON spelling and stay; so does a hexadecimal number that no `Double` is large
    /// enough for: it is `Infinity`.
    static func json(_ text: some Sequence<UInt8>) -> [UInt8]? {
        let text = Array(text)
        var out: [UInt8] = []
        out.reserveCapacity(text.count + 1)
        var index = 0
        func peek() -> UInt8 { index < text.count ? text[index] : 0 }
        func copyDigits() -> Bool {
            let start = index
            while case UInt8(ascii: "0")...UInt8(ascii: "9") = peek() {
                out.append(peek())
                index += 1
            }
            return index > start
        }
        if peek() == UInt8(ascii: "-") || peek() == UInt8(ascii: "+") {
            if peek() == UInt8(ascii: "-") { out.append(UInt8(ascii: "-")) }
            index += 1
        }
        let rest = text[index...]
        if rest.elementsEqual("Infinity".utf8) { return out + Array("Infinity".utf8) }
        if rest.elementsEqual("NaN".utf8) { return Array("NaN".utf8) }
        if rest.count > 2, peek() == UInt8(ascii: "0"), text[index + 1] | 0x20 == UInt8(ascii: "x") {
            guard let digits = decimal(hexadecimal: rest.dropFirst(2)) else { return nil }
            return out + digits
        }
        let isPointFirst = peek() == UInt8(ascii: ".")
        if isPointFirst { out.append(UInt8(ascii: "0")) }
        let integer = index
        if !isPointFirst, !copyDigits() { return nil }
        if index - integer > 1, text[integer] == UInt8(ascii: "0") { return nil }
        if peek() == UInt8(ascii: ".") {
            index += 1
            out.append(UInt8(ascii: "."))
            if !copyDigits() {
                if isPointFirst { return nil }
                out.removeLast()
            }
        }
        if peek() | 0x20 == UInt8(ascii: "e") {
            out.append(peek())
            index += 1
            if peek() == UInt8(ascii: "-") || peek() == UInt8(ascii: "+") {
                out.append(peek())
                index += 1
            }
            if !copyDigits() { return nil }
        }
        return index == text.count ? out : nil
    }

    /// The value of an integer spelling (`-12`, `+12`, `0xC`) that fits; `1e3` and `5.0` are none.
    static func int(_ text: some Collection<UInt8>) -> Int? {
        var digits = text[...]
        var isNegative = false
        if let first = digits.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            isNegative = first == UInt8(ascii: "-")
            digits.removeFirst()
        }
        var radix = 10
        if digits.count > 2, digits.dropFirst().first.map({ $0 | 0x20 == UInt8(ascii: "x") }) == true {
            guard digits.first == UInt8(ascii: "0") else { return nil }
            radix = 16
            digits = digits.dropFirst(2)
        }
        guard !digits.isEmpty else { return nil }
        var value = 0
        for byte in digits {
            guard let digit = Escapes.hexDigit(byte), digit < radix else { return nil }
            let (product, overflows) = value.multipliedReportingOverflow(by: radix)
            let (sum, overflowsToo) =
                isNegative ? product.subtractingReportingOverflow(Int(digit)) : product.addingReportingOverflow(Int(digit))
            if overflows || overflowsToo { return nil }
            value = sum
        }
        return value
    }

    /// The nearest `Double`; infinite when it is too large for one.
    static func double(_ text: some Sequence<UInt8>) -> Double? {
        guard let json = json(text) else { return nil }
        switch String(decoding: json, as: UTF8.self) {
        case "Infinity": return .infinity
        case "-Infinity": return -.infinity
        case "NaN": return .nan
        case let spelling: return Double(spelling)
        }
    }

    private static func decimal(hexadecimal digits: ArraySlice<UInt8>) -> [UInt8]? {
        guard digits.allSatisfy({ Escapes.hexDigit($0) != nil }) else { return nil }
        let significant = digits.drop { $0 == UInt8(ascii: "0") }
        guard !significant.isEmpty else { return [UInt8(ascii: "0")] }
        // 2^1024, the first integer above every Double, has 257 digits. The bound keeps the conversion below linear.
        guard significant.count <= 256 else { return Array("Infinity".utf8) }
        // Limbs of nine decimal digits, the lowest first.
        var limbs: [UInt64] = [0]
        for byte in significant {
            var carry = UInt64(Escapes.hexDigit(byte) ?? 0)
            for index in limbs.indices {
                let value = limbs[index] * 16 + carry
                limbs[index] = value % 1_000_000_000
                carry = value / 1_000_000_000
            }
            if carry > 0 { limbs.append(carry) }
        }
        var out = ""
        for (index, limb) in limbs.reversed().enumerated() {
            let text = String(limb)
            if index > 0 { out += String(repeating: "0", count: 9 - text.count) }
            out += text
        }
        return Array(out.utf8)
    }
}
