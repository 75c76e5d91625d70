/// An internet address; an IPv4 one is the mapped IPv6 one (RFC 4291 section 2.5.5.2).
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// - Parameter bytes: 16 of them.
    init(bytes: [UInt8]) {
        func word(_ from: Int) -> UInt64 { bytes[from..<(from + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: word(0), low: word(8))
    }

    /// `127.0.0.1`, `::1`, `::ffff:127.0.0.1`; no zone, no brackets, no port.
    /// - Returns: nil when it is none.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 45 else { return nil }
        if let four = IPAddress.four(text) {
            self.init(high: 0, low: 0xffff_0000_0000 | UInt64(four))
            return
        }
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        guard (1...2).contains(halves.count) else { return nil }
        var sides: [[UInt16]] = []
        for (i, half) in halves.enumerated() {
            guard let words = IPAddress.words(half, isLast: i == halves.count - 1) else { return nil }
            sides.append(words)
        }
        let count = sides.reduce(0) { $0 + $1.count }
        guard halves.count == 1 ? count == 8 : count <= 7 else { return nil }
        let all = sides[0] + [UInt16](repeating: 0, count: 8 - count) + (sides.count == 2 ? sides[1] : [])
        func word(_ from: Int) -> UInt64 { all[from..<(from + 4)].reduce(0) { $0 << 16 | UInt64($1) } }
        self.init(high: word(0), low: word(4))
    }

    private static func words(_ text: some StringProtocol, isLast: Bool) -> [UInt16]? {
        if text.isEmpty { return [] }
        var words: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (i, part) in parts.enumerated() {
            if isLast, i == parts.count - 1, let four = four(part) {
                words += [UInt16(four >> 16), UInt16(four & 0xffff)]
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.first != UInt8(ascii: "+"), let word = UInt16(part, radix: 16) else { return nil }
                words.append(word)
            }
        }
        return words
    }

    /// Four decimal numbers without leading zeros, which some read as octal.
    private static func four(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (48...57).contains($0) }), part == "0" || part.utf8.first != UInt8(ascii: "0"),
                let n = UInt8(part)
            else { return nil }
            value = value << 8 | UInt32(n)
        }
        return value
    }

    public var isIPv4: Bool { high == 0 && low >> 32 == 0xffff }
    public var isLoopback: Bool { isIPv4 ? low >> 24 & 0xff == 127 : high == 0 && low == 1 }

    var bytes: [UInt8] {
        (0..<16).map { (i: Int) -> UInt8 in
            let word = i < 8 ? high : low
            return UInt8(truncatingIfNeeded: word >> UInt64(56 - i % 8 * 8))
        }
    }

    /// IPv4 in four numbers; IPv6 as RFC 5952 section 4 has it.
    public var description: String {
        if isIPv4 { return bytes[12...].map { String($0) }.joined(separator: ".") }
        let words = (0..<8).map { (i: Int) -> UInt64 in
            let word = i < 4 ? high : low
            return word >> UInt64(48 - i % 4 * 16) & 0xffff
        }
        // The longest run of two or more zeros, the first of several, becomes `::`.
        var best = 0..<0
        var start = 0
        for i in 0...8 where i == 8 || words[i] != 0 {
            if i - start > max(best.count, 1) { best = start..<i }
            start = i + 1
        }
        func text(_ part: ArraySlice<UInt64>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        return best.isEmpty ? text(words[...]) : text(words[..<best.lowerBound]) + "::" + text(words[best.upperBound...])
    }

    /// A network: `10.0.0.0/8`, `::1/128`; an address alone is itself.
    public struct Network: Sendable, Hashable {
        private let base: IPAddress
        private let bits: Int

        /// - Returns: nil when it is none, or when bits beyond its length are set.
        public init?(_ text: String) {
            let halves = text.split(separator: "/", omittingEmptySubsequences: false)
            guard (1...2).contains(halves.count), let address = IPAddress(halves[0]) else { return nil }
            let size = address.isIPv4 && !halves[0].contains(":") ? 32 : 128
            var bits = size
            if halves.count == 2 {
                guard (1...3).contains(halves[1].utf8.count), let n = Int(halves[1]), (0...size).contains(n) else { return nil }
                bits = n
            }
            self.bits = bits + 128 - size
            base = address
            guard Network.masked(address, self.bits) == address else { return nil }
        }

        public func contains(_ address: IPAddress) -> Bool { Network.masked(address, bits) == base }

        private static func masked(_ address: IPAddress, _ bits: Int) -> IPAddress {
            // A shift by 64 or more leaves nothing.
            let high = UInt64.max << UInt64(max(0, 64 - bits))
            let low = UInt64.max << UInt64(min(64, 128 - bits))
            return IPAddress(high: address.high & high, low: address.low & low)
        }
    }
}
