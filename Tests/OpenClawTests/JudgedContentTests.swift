import Platform
import Testing

@testable import OpenClaw

@Suite struct JudgedContentTests {
    private let text = Array("{agents:{entries:{main:{}}}}".utf8)

    @Test func onlyThisContentIsVouchedFor() throws {
        let scratch = try TemporaryFolder()
        let config = scratch.path + "/openclaw.json"
        try Files.makeDirectories(scratch.path + "/.dcb")
        let judged = JudgedContent(config: config)
        #expect(judged.version(of: text) == nil)
        judged.remember(text, .newest)
        #expect(judged.version(of: text) == .newest)
        for i in text.indices {
            var other = text
            other[i] ^= 1
            #expect(judged.version(of: other) == nil, "byte \(i)")
        }
        #expect(judged.version(of: text + [10]) == nil)
        #expect(judged.version(of: Array(text.dropLast())) == nil)
    }

    /// Torn, older dcb's or somebody else's: then it is judged again.
    @Test(arguments: ["", "0.1.0", "0.0.9 2026.9.6 ", "0.1.0 2026.9.6 00", "0.1.0 nothing ", "\u{0}\u{0}\u{0}", "0.1.0 2026.8.1 "])
    func aForeignLineVouchesForNothing(_ line: String) throws {
        let scratch = try TemporaryFolder()
        try Files.makeDirectories(scratch.path + "/.dcb")
        let hash = line.hasSuffix(" ") && !line.hasPrefix("0.1.0 2026.8.1") ? ContentHash(text).description : ""
        try Files.replace(scratch.path + "/.dcb/config.judged", with: Array((line + hash).utf8), mode: 0o600)
        #expect(JudgedContent(config: scratch.path + "/openclaw.json").version(of: text) == nil)
    }

    /// A file that OpenClaw would refuse is refused, whoever wrote the one before.
    @Test func anEditByOthersIsJudged() throws {
        let bad = "{agents:{entries:{main:{}}},nonsense:1}"
        let good = try Samples.edit(bad.replacing(",nonsense:1", with: "")).model
        #expect(try Verdict(good).version == .newest)
        #expect(throws: (any Error).self) { try Verdict(Samples.edit(bad).model) }
        #expect(throws: Never.self) { try Verdict(Samples.edit(bad).model, judged: .newest) }
    }

    @Test func whatIsHashedDiffersAtEveryLength() {
        var seen: Set<String> = []
        for count in 0..<200 { #expect(seen.insert(ContentHash([UInt8](repeating: 0, count: count)).description).inserted) }
    }
}
