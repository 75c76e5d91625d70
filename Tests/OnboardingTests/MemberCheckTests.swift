import JSON
import Onboarding
import Testing

@Suite struct MemberCheckTests {
    @Test(arguments: [
        "A", "Ada Lovelace", "José", "李明", "עדה", "O'Brien", "Jean-Luc", "Dr. No, Jr.", "👩‍👩‍👧", String(repeating: "x", count: 200), "  Ada ", "{{PHONE}}", "नी",
        "\u{200E}עדה", "می‌خواهم", String(repeating: "é", count: 200),
    ])
    func takesName(_ text: String) { #expect(throws: Never.self) { try MemberCheck.name(text) } }

    @Test(arguments: [
        "", " ", "\u{A0}\u{3000}", "\u{200B}", "\u{200B} \u{200D}", "A\nB", "A\tB", "A\u{0}", "\u{1B}[1mA", "A\u{2028}B", "A\u{85}B", "A\u{202E}B",
        "\u{2066}A\u{2069}", "A\u{7F}",
        String(repeating: "x", count: 201), "a" + String(repeating: "\u{301}", count: 500),
    ])
    func refusesName(_ text: String) { #expect(throws: MemberError.self) { try MemberCheck.name(text) } }

    @Test(arguments: [
        "ada@example.com", "a@b.co", "ada.lovelace+tag@sub.example.co.uk", "o'brien@example.com", "a_b-c@ex-ample.com", "ADA@EXAMPLE.COM",
        "müller@bücher.example", "用户@例子.公司",
        "1@2.com", "a@1.2.example", "x/y@example.com", String(repeating: "a", count: 64) + "@example.com", "a@" + String(repeating: "b", count: 63) + ".com",
    ])
    func takesEmail(_ text: String) { #expect(throws: Never.self) { try MemberCheck.email(text) } }

    @Test(arguments: [
        "", "ada", "@example.com", "ada@", "ada@example", "ada@@example.com", "a@b@example.com", "ada @example.com", " ada@example.com", "ada@example.com ",
        "ada@exam ple.com",
        ".ada@example.com", "ada.@example.com", "a..b@example.com", "ada@.com", "ada@example.", "ada@example..com", "ada@-example.com", "ada@example-.com",
        "\"a b\"@example.com",
        "\"ada\"@example.com", "ada(comment)@example.com", "ada@[127.0.0.1]", "ada@127.0.0.1", "ada@example.com\n", "ada\n@example.com", "ada\u{0}@example.com",
        "<ada@example.com>",
        "Ada <ada@example.com>", "ada@example.com,b@example.com", "ada;x@example.com", "ada@exa_mple.com", "a\u{202E}da@example.com", "ada@\u{200B}example.com",
        "-rf@example.com",
        "ada\u{A0}@example.com", "mailto:ada@example.com", "ada\\@example.com", String(repeating: "a", count: 65) + "@example.com",
        "a@" + String(repeating: "b", count: 64) + ".com",
        "a@" + String(repeating: "bcdefgh.", count: 32) + "com", "ada@example.com/", "ada@example.com?x", "ada＠example.com",
    ])
    func refusesEmail(_ text: String) { #expect(throws: MemberError.self) { try MemberCheck.email(text) } }

    @Test(arguments: [
        ("en", "en"), ("EN", "en"), ("pt-BR", "pt-BR"), ("pt-br", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419"), ("gsw", "gsw"),
        ("sl-rozaj", "sl-rozaj"),
        ("de-1996", "de-1996"), ("sr-Latn", "sr-Latn"),
    ])
    func takesLanguage(_ text: String, _ tag: String) throws { #expect(try MemberCheck.language(text).text == tag) }

    @Test(arguments: [
        "", "e", "english", "e1", "en_US", "en-", "-en", "en--US", "en-US-", "../en", "en/..", "en\u{0}", "en US", "日本", "en-u-ca-buddhist", "x-private",
        "en-US-Latn", "en-US-GB", "*",
        "..", ".", "en-1", "sl-rozaj-rozaj", "en-abcdefghi", "ｅｎ", "en\n",
    ])
    func refusesLanguage(_ text: String) { #expect(throws: MemberError.self) { try MemberCheck.language(text) } }

    @Test func primaryLanguage() { #expect(LanguageTag("pt-BR")?.primary == "pt") }

    @Test(arguments: [
        (Value.string("2026-02-01T03:00:00Z"), Int64(1_769_914_800_000)), (.string("2026-02-01T05:00:00.5+02:00"), 1_769_914_800_500), (.number("0"), 0),
        (.number("1769914800000"), 1_769_914_800_000), (.number("253402300799999"), 253_402_300_799_999),
    ])
    func takesTime(_ value: Value, _ milliseconds: Int64) throws { #expect(try MemberCheck.time(value).milliseconds == milliseconds) }

    @Test(arguments: [
        Value.string(""), .string("2026-02-01"), .string("2026-02-01T03:00:00"), .string("2026-02-30T03:00:00Z"), .string("yesterday"),
        .string("1769914800000"), .number("-1"),
        .number("1.5"), .number("1e3"), .number("253402300800000"), .number("99999999999999999999"), .null, .bool(true), .array([]), .object([:]),
    ])
    func refusesTime(_ value: Value) { #expect(throws: MemberError.self) { try MemberCheck.time(value) } }
}
