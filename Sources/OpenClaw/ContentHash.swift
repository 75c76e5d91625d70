/// 128 bits that tell one content from another. Against accidents, not against somebody who looks for two with the same.
struct ContentHash: Equatable, CustomStringConvertible {
    private let left: UInt64
    private let right: UInt64

    /// 64 bits of it.
    var word: UInt64 { left }

    init(_ bytes: [UInt8]) { self = bytes.withUnsafeBytes { ContentHash($0) } }

    init(_ bytes: UnsafeRawBufferPointer) {
        func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
            let product = a.multipliedFullWidth(by: b)
            return product.high ^ product.low
        }
        // Odd constants without a pattern (digits of pi and of e).
        let keys: (UInt64, UInt64, UInt64, UInt64) = (0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345, 0xb7e1_5162_8aed_2a6b, 0xf715_8809_cf4f_3c7f)
        var left = keys.0 ^ UInt64(bytes.count)
        var right = keys.2
        if let base = bytes.baseAddress {
            var i = 0
            while i &+ 16 <= bytes.count {
                let first = base.loadUnaligned(fromByteOffset: i, as: UInt64.self)
                let second = base.loadUnaligned(fromByteOffset: i &+ 8, as: UInt64.self)
                left = mix(left ^ first, second ^ keys.1) &+ second
                right = mix(right ^ second, first ^ keys.3) &+ left
                i &+= 16
            }
            while i < bytes.count {
                left = mix(left ^ UInt64(bytes[i]), keys.1)
                right = mix(right ^ UInt64(bytes[i]), keys.3) &+ left
                i += 1
            }
        }
        self.left = mix(left ^ keys.3, right ^ keys.1)
        self.right = mix(right ^ keys.2, left ^ keys.0)
    }

    var description: String {
        func hex(_ word: UInt64) -> String {
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return hex(left) + hex(right)
    }
}
