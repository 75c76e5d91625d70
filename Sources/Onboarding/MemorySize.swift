/// An amount of memory as Docker writes it: `512m`, `1g`, `1.5GiB`, or plain bytes; units are powers of 1024, of any case.
public struct MemorySize: Sendable, Hashable {
    /// As it was written: what goes into OpenClaw's config.
    public let text: String
    public let bytes: Int

    /// - Returns: nil when it is no such amount, or more than fits.
    public init?(_ text: String) {
        guard let bytes = MemorySize.bytes(of: text) else { return nil }
        self.text = text
        self.bytes = bytes
    }

    init(mebibytes: Int) {
        text = "\(mebibytes)m"
        bytes = mebibytes << 20
    }

    /// `1g` is 1,073,741,824; a fraction is rounded down.
    public static func bytes(of text: String) -> Int? {
        let number = text.prefix { $0.isASCII && ($0.isWholeNumber || $0 == ".") }
        // Lower-case letters of other scripts are none: the Kelvin sign's is k.
        guard text.utf8.count <= 24, text.utf8.allSatisfy({ $0 < 0x80 }), let first = number.first, first != ".", number.last != ".",
            number.filter({ $0 == "." }).count <= 1
        else { return nil }
        var unit = text.dropFirst(number.count).lowercased()
        if unit.hasPrefix(" ") { unit.removeFirst() }
        let shift: Int
        switch unit {
        case "", "b": shift = 0
        case "k", "kb", "kib": shift = 10
        case "m", "mb", "mib": shift = 20
        case "g", "gb", "gib": shift = 30
        case "t", "tb", "tib": shift = 40
        default: return nil
        }
        if let whole = Int(number) {
            let (product, overflow) = whole.multipliedReportingOverflow(by: 1 << shift)
            return overflow ? nil : product
        }
        guard let value = Double(number), value.isFinite else { return nil }
        return Int(exactly: (value * Double(1 << shift)).rounded(.down))
    }
}
