import Platform
import Testing

@Suite struct TimestampTests {
    /// Text, milliseconds since 1970 (worked out with date(1)), and the text that is written for it.
    static let good: [(String, Int64, String)] = [
        ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"),
        ("1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59.999Z"),
        ("2026-02-01T03:00:00Z", 1_769_914_800_000, "2026-02-01T03:00:00Z"),
        ("2026-02-01t03:00:00z", 1_769_914_800_000, "2026-02-01T03:00:00Z"),
        ("2026-02-01 03:00:00Z", 1_769_914_800_000, "2026-02-01T03:00:00Z"),
        ("2026-02-01T05:30:00+02:30", 1_769_914_800_000, "2026-02-01T03:00:00Z"),
        ("2026-01-31T22:00:00-05:00", 1_769_914_800_000, "2026-02-01T03:00:00Z"),
        ("2026-02-01T03:00:00-00:00", 1_769_914_800_000, "2026-02-01T03:00:00Z"),
        ("2026-02-01T03:00:00.5Z", 1_769_914_800_500, "2026-02-01T03:00:00.500Z"),
        ("2026-02-01T03:00:00.007Z", 1_769_914_800_007, "2026-02-01T03:00:00.007Z"),
        ("2026-02-01T03:00:00.123456789Z", 1_769_914_800_123, "2026-02-01T03:00:00.123Z"),
        // Leap years: divisible by 4, not by 100, but by 400.
        ("2024-02-29T12:00:00Z", 1_709_208_000_000, "2024-02-29T12:00:00Z"),
        ("2000-02-29T00:00:00Z", 951_782_400_000, "2000-02-29T00:00:00Z"),
        ("2000-03-01T00:00:00Z", 951_868_800_000, "2000-03-01T00:00:00Z"),
        ("1900-02-28T23:59:59Z", -2_203_891_201_000, "1900-02-28T23:59:59Z"),
        ("1900-03-01T00:00:00Z", -2_203_891_200_000, "1900-03-01T00:00:00Z"),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000, "2017-01-01T00:00:00Z"),
        ("2038-01-19T03:14:08Z", 2_147_483_648_000, "2038-01-19T03:14:08Z"),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000, "0001-01-01T00:00:00Z"),
        ("0000-01-01T00:00:00Z", -62_167_219_200_000, "0000-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ("9999-12-31T23:59:59+23:59", 253_402_214_459_000, "9999-12-31T00:00:59Z"),
    ]

    @Test(arguments: good) func reads(_ text: String, _ milliseconds: Int64, _ written: String) {
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
        #expect(Timestamp(milliseconds: milliseconds).description == written)
        #expect(Timestamp(rfc3339: written)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-02-01", "2026-02-01T03:00Z", "2026-02-01T03:00:00", "2026-02-01T03:00:00.Z", "2026-02-01T03:00:00,5Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-02-00T00:00:00Z",
        "2026-02-01T24:00:00Z", "2026-02-01T00:60:00Z", "2026-02-01T00:00:61Z", "2026-02-01T00:00:00+24:00", "2026-02-01T00:00:00+02:60",
        "2026-02-01T00:00:00+0200", "2026-02-01T00:00:00+02", "2026-02-01T00:00:00ZZ", " 2026-02-01T00:00:00Z", "2026-02-01T00:00:00Z\n",
        "+2026-02-01T00:00:00Z", "２026-02-01T00:00:00Z", "2026-2-1T0:0:0Z", "2026/02/01T00:00:00Z",
        // Out of the years that four digits can write.
        "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z",
    ]) func refuses(_ text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    /// Every day of 800 years, by counting on from 1 January 1600.
    @Test func daysFollowEachOther() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var milliseconds = Int64(-135_140) * 86_400_000
        for year in 1600..<2400 {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            for month in 1...12 {
                for day in 1...(lengths[month - 1] + (leap && month == 2 ? 1 : 0)) {
                    let text = "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)T00:00:00Z"
                    if Timestamp(milliseconds: milliseconds).description != text || Timestamp(rfc3339: text)?.milliseconds != milliseconds {
                        Issue.record("\(text) is not day \(milliseconds / 86_400_000)")
                        return
                    }
                    milliseconds += 86_400_000
                }
            }
        }
    }

    /// A file's time may be any number.
    @Test(arguments: [
        (Int64.min, "0000-01-01T00:00:00Z"), (-62_167_219_200_001, "0000-01-01T00:00:00Z"), (253_402_300_800_000, "9999-12-31T23:59:59.999Z"),
        (Int64.max, "9999-12-31T23:59:59.999Z"),
    ]) func whatCannotBeWritten(_ milliseconds: Int64, _ written: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == written)
    }

    @Test func order() {
        #expect(Timestamp(milliseconds: -1) < Timestamp(milliseconds: 0))
        #expect(Timestamp(milliseconds: 5).adding(milliseconds: -10).milliseconds == -5)
        #expect(Timestamp(milliseconds: 1_769_914_800_500).compact == "20260201T030000Z")
    }
}
