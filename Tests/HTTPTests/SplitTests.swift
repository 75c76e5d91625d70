import HTTP
import Testing

/// However the input is cut, it is the same requests and the same verdict.
@Suite struct SplitTests {
    static let samples: [String] =
        RequestTests.refused.map(\.0) + RequestTests.taken.map(\.0) + RequestTests.framing.map { "POST / HTTP/1.1\r\nHost: a\r\n\($0.0)\r\nxyz" }
        + ChunkTests.taken.map { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\($0.0)GET /next HTTP/1.0\r\n\r\n" }
        + ChunkTests.refused.map { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\($0)" }

    @Test func everyPairOfParts() {
        for text in SplitTests.samples {
            let input = bytes(text)
            let whole = Reading(input)
            for cut in 0...input.count {
                let other = Reading(input, cuts: [cut])
                #expect(other == whole, "\(text.debugDescription) cut at \(cut): \(other), not \(whole)")
            }
            #expect(Reading(input, cuts: Array(0...input.count)) == whole, "\(text.debugDescription) octet by octet")
        }
    }

    /// Damaged streams of several requests, under small limits, cut anywhere.
    @Test func randomDamageAndCuts() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = Seeded(state: seed)
        let limits = MessageLimits(headBytes: 120, fields: 4, bodyBytes: 16, trailerBytes: 12)
        let parts = SplitTests.samples.map(bytes)
        for _ in 0..<4000 {
            var input: [UInt8] = []
            for _ in 0..<Int.random(in: 1...3, using: &random) { input += parts.randomElement(using: &random) ?? [] }
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let at = Int.random(in: 0..<input.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: input[at] = UInt8.random(in: 0...255, using: &random)
                case 1: if input.count > 1 { input.remove(at: at) }
                default: input.insert([10, 13, 32, 58, 0, 59].randomElement(using: &random) ?? 0, at: at)
                }
            }
            let cuts = (0..<Int.random(in: 1...6, using: &random)).map { _ in Int.random(in: 0...input.count, using: &random) }.sorted()
            let whole = Reading(input, limits: limits)
            let other = Reading(input, cuts: cuts, limits: limits)
            #expect(whole == other, "seed \(seed): \(String(decoding: input, as: UTF8.self).debugDescription) at \(cuts): \(other), not \(whole)")
            if whole != other { return }
        }
    }

    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }
}
