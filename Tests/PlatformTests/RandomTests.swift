import Platform
import Testing

@Suite struct RandomTests {
    @Test(arguments: [0, 1, 7, 8, 16, 32, 33, 255, 256, 257, 4096, 100_000]) func sizes(_ count: Int) throws {
        #expect(try Random.bytes(count).count == count)
        let hex = try Random.hex(bytes: count)
        #expect(hex.utf8.count == 2 * count)
        #expect(hex.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) })
        let base = try Random.base64URL(bytes: count)
        #expect(base.utf8.count == (count * 8 + 5) / 6)
        #expect(base.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
    }

    @Test func aPasswordIs43Characters() throws { #expect(try Random.base64URL(bytes: 32).count == 43) }

    /// Ten thousand names of eight bytes: a repetition has a chance of 1 in 10^11.
    @Test func namesDiffer() throws {
        var seen: Set<String> = []
        for _ in 0..<10_000 { seen.insert(try Random.hex(bytes: 8)) }
        #expect(seen.count == 10_000)
    }

    /// Every value of a byte occurs at every place.
    @Test func everyByteOccurs() throws {
        var seen: Set<UInt8> = []
        for b in try Random.bytes(100_000) { seen.insert(b) }
        #expect(seen.count == 256)
    }
}
