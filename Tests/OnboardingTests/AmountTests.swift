import Onboarding
import Testing

@Suite struct AmountTests {
    @Test(arguments: [
        ("512m", 536_870_912), ("512M", 536_870_912), ("512mb", 536_870_912), ("512MiB", 536_870_912), ("1g", 1_073_741_824), ("1.5g", 1_610_612_736),
        ("2GB", 2_147_483_648),
        ("1024", 1024), ("1024b", 1024), ("8k", 8192), ("1t", 1_099_511_627_776), ("0", 0), ("1 g", 1_073_741_824), ("0.5k", 512),
    ])
    func memory(_ text: String, _ bytes: Int) {
        #expect(MemorySize.bytes(of: text) == bytes)
        #expect(MemorySize(text)?.text == text)
    }

    @Test(arguments: [
        "", "m", "-1m", "1x", "1mm", ".5g", "5.g", "1.2.3g", "1e3", "512 m b", "９m", "99999999999999999999", "9223372036854775807k", "1  g", "+1g", "0x10",
        "512\u{212A}", "1 \u{301}g",
    ])
    func noMemory(_ text: String) { #expect(MemorySize.bytes(of: text) == nil) }

    @Test(arguments: [("15/15m", 15, 900), ("1/1s", 1, 1), ("100/1h", 100, 3600), ("5/30d", 5, 2_592_000)])
    func rate(_ text: String, _ count: Int, _ seconds: Int) {
        #expect(RateLimit(text) == RateLimit(count: count, windowSeconds: seconds))
        #expect(RateLimit(text)?.description == text)
        #expect(RateLimit.Setting(text) == .limit(RateLimit(count: count, windowSeconds: seconds)))
    }

    @Test(arguments: [
        "", "15", "15/", "/15m", "0/15m", "15/0m", "-1/15m", "15/15", "15/m", "15/15m/2", "15/15w", "1.5/15m", "15 /15m", "15/31d", "99999999/1m", "OFF",
        "１５/15m",
    ])
    func noRate(_ text: String) {
        #expect(RateLimit(text) == nil)
        #expect(RateLimit.Setting(text) == nil)
    }

    @Test func off() { #expect(RateLimit.Setting("off") == .off) }
}
