/// What the characters of a written phone number are.
extension Unicode.Scalar {
    /// The value of a decimal digit of any script (general category Nd); superscripts, circled and Roman numerals are none.
    var decimalDigit: UInt32? {
        if isASCII { return isASCIIDigit ? value - 0x30 : nil }
        guard properties.generalCategory == .decimalNumber, let number = properties.numericValue, (0...9).contains(number) else { return nil }
        return UInt32(number)
    }

    var isASCIIDigit: Bool { (0x30...0x39).contains(value) }

    /// Any space of Unicode (general category Zs), NBSP included; no tab, no line break.
    var isSpace: Bool { value == 0x20 || (!isASCII && properties.generalCategory == .spaceSeparator) }

    /// Marks that show nothing: soft hyphen, zero-width ones, and the bidi marks that address books put around numbers.
    /// The right-to-left override (U+202E) is not one of them: it shows digits in reverse, so the person saw another number.
    var isInvisibleMark: Bool {
        switch value {
        case 0xAD, 0x61C, 0x200B...0x200F, 0x202A...0x202D, 0x2060, 0x2066...0x2069, 0xFEFF: return true
        default: return false
        }
    }

    /// Hyphens and dashes, the minus sign, dots and slashes; full-width ones too. Not the wave dash, which means a range.
    var isSeparator: Bool {
        switch value {
        case 0x2D, 0x2E, 0x2F, 0x2010...0x2015, 0x2212, 0xFE58, 0xFE63, 0xFF0D, 0xFF0E, 0xFF0F: return true
        default: return false
        }
    }
}

extension ArraySlice<Unicode.Scalar> {
    /// - Parameter word: lower-case ASCII.
    func startsASCIICaseless(with word: String) -> Bool {
        let wanted = Array(word.unicodeScalars)
        return count >= wanted.count && zip(self, wanted).allSatisfy { $0 == $1 || ($0.isASCII && $0.properties.lowercaseMapping == String($1)) }
    }
}
