import Onboarding
import Testing

/// Texts that are no international number, or one only by guessing.
@Suite struct PhoneNumberRefusalTests {
    static let refused: [(String, PhoneNumberError)] = [
        // nothing
        ("", .empty), ("   ", .empty), ("\u{200E}\u{A0}", .empty), ("+", .tooShort), ("tel:", .separators), ("tel:+", .tooShort), ("-", .separators),
        ("...", .separators),
        ("()", .parentheses), ("+ ", .tooShort), ("+()", .parentheses), ("/", .separators),
        // national
        ("15551234567", .national), ("5551234567", .national), ("(555) 123-4567", .national), ("030 123456", .national), ("0 30 123456", .national),
        ("tel:15551234567", .national), ("1-800-555-0100", .national), ("011 1 555 123 4567", .national), ("7", .national), ("0", .national),
        ("0-0 1 555 1234567", .national), ("0 0 15551234567", .national), ("０15551234567", .national), ("+", .tooShort),
        // country code 0
        ("+0015551234567", .notInternational), ("+05551234567", .notInternational), ("00015551234567", .notInternational), ("00 0 1 555", .notInternational),
        ("0000", .notInternational), ("00", .tooShort), ("+0", .notInternational), ("+٠٥٥٥١٢٣٤٥٦٧", .notInternational), ("+(0)15551234567", .notInternational),
        // length
        ("+1", .tooShort), ("001", .tooShort), ("+1234567890123456", .tooLong), ("001234567890123456", .tooLong), ("+123456789012345678901234567890", .tooLong),
        (String(repeating: " ", count: 300), .tooLong), ("+1" + String(repeating: "\u{200B}", count: 300) + "5551234567", .tooLong),
        // trunk zero
        ("+44 (0)20 7946 0958", .trunkZero), ("+44(0)2079460958", .trunkZero), ("+44 ( 0 ) 20 7946 0958", .trunkZero), ("+44 (020) 7946 0958", .trunkZero),
        ("0044 (0) 20 7946 0958", .trunkZero), ("+39 (0)6 6982", .trunkZero), ("+49 （０）30 123456", .trunkZero), ("+44 (٠)20 7946 0958", .trunkZero),
        ("00(0)44 20", .trunkZero), ("+39 (0) 6 6982", .trunkZero), ("+44 20 (0)7946", .trunkZero), ("+390 (06) 6982", .trunkZero),
        // extensions
        ("+1 555 123 4567 x89", .extended), ("+15551234567x89", .extended), ("+1 555 123 4567 ext. 89", .extended), ("+1 555 123 4567 EXT 89", .extended),
        ("+1 555 123 4567 extension 89", .extended), ("tel:+15551234567;ext=89", .extended), ("+15551234567#89", .extended),
        ("+1 555 123 4567 (89)", .extended),
        ("+1 555 123 4567 X 89", .extended), ("+1 555 1234567 #", .extended), ("tel:+15551234567;EXT=89", .extended),
        // parameters, several numbers
        ("tel:+15551234567;phone-context=+1", .parameters), ("tel:5551234;phone-context=+1", .parameters), ("+15551234567,,89", .parameters),
        ("+15551234567;+15551234568", .parameters), ("+15551234567, +15551234568", .parameters), ("tel:+15551234567?x=1", .parameters),
        ("+15551234567 +15551234568", .plus), ("+15551234567/+15551234568", .plus),
        // plus
        ("++15551234567", .plus), ("+ +15551234567", .plus), ("+1+5551234567", .plus), ("1+5551234567", .plus), ("15551234567+", .plus),
        ("00+15551234567", .plus),
        ("+＋15551234567", .plus), ("+(+1)5551234567", .plus), ("(1)+5551234567", .plus), ("⁺15551234567", .symbol), ("﹢15551234567", .symbol),
        // parentheses
        ("+1 (555 123 4567", .parentheses), ("+1 555) 123 4567", .parentheses), ("+1 ((555)) 123 4567", .parentheses), ("+1 )555( 1234567", .parentheses),
        ("+1 (55(5) 123) 4567", .parentheses), ("+1 () 5551234567", .parentheses), ("(+)15551234567", .parentheses), ("+1 ( ) 5551234567", .parentheses),
        ("+1 [555] 1234567", .symbol), ("+1 {555} 1234567", .symbol), ("(+15551234567", .parentheses), ("+15551234567)", .parentheses),
        // separators without digits
        ("+1--5551234567", .separators), ("+1 555 ... 4567", .separators), ("+1//5551234567", .separators), ("+15551234567-", .separators),
        ("+15551234567.", .separators), ("-+15551234567", .separators), ("+-15551234567", .separators), (".+15551234567", .separators),
        ("+1 (555-) 1234567", .separators),
        ("tel://+15551234567", .separators), ("+1 - - 5551234567", .separators), ("+15551234567/", .separators),
        // letters
        ("+1 555 FLOWERS", .letters), ("phone +15551234567", .letters), ("+1555123456O", .letters), ("l5551234567", .letters),
        ("tel:tel:+15551234567", .letters),
        ("Tel. +1 555 1234567", .letters), ("whatsapp:+15551234567", .letters), ("https://wa.me/15551234567", .letters), ("+1 555 123 4567 oder", .letters),
        ("ｔｅｌ:+15551234567", .letters), ("+٥٥٥١٢٣ب", .letters), ("+一五五五一二三四五六七", .letters), ("sms:+15551234567", .letters), ("+1 555 １２３４５６７ ｘ８", .letters),
        ("+1\u{30FC}5551234567", .letters), ("tel+15551234567", .letters), ("null", .letters), ("true", .letters),
        // control characters
        ("+1\n5551234567", .control), ("+15551234567\n", .control), ("+15551234567\r\n", .control), ("+1\t5551234567", .control),
        ("\u{0}+15551234567", .control),
        ("+1555\u{0}1234567", .control), ("+1\u{2028}5551234567", .control), ("+1\u{2029}5551234567", .control), ("+1\u{85}5551234567", .control),
        ("+1\u{7F}5551234567", .control),
        ("+1\u{1B}[31m5551234567", .control), ("+15551234567\u{B}", .control),
        // numerals that are no digits
        ("+1 ⑤⑤⑤ 1234567", .numerals), ("+1555123456⁷", .numerals), ("+¹555", .numerals), ("+1 Ⅴ55 1234567", .numerals), ("+1 ½55", .numerals),
        ("+₁₅₅₅", .numerals),
        ("+1\u{FE0F}\u{20E3}5551234567", .symbol), ("1️⃣5️⃣5️⃣", .symbol), ("📞+15551234567", .symbol), ("☎ +15551234567", .symbol),
        // digits of several scripts
        ("+١٥٥۵١٢٣٤٥٦٧", .mixedDigits), ("+１５５५１２３４５６７", .mixedDigits), ("+1 ٥٥٥ ۱۲۳", .mixedDigits), ("+𝟏𝟝𝟓", .mixedDigits),
        // shown in reverse
        ("\u{202E}+15551234567\u{202C}", .reversed), ("+1\u{202E}5551234567", .reversed),
        // other symbols
        ("+1*5551234567", .symbol), ("*100#", .symbol), ("+1 555 1234567!", .symbol), ("$15551234567", .symbol), ("+1~5551234567", .symbol),
        ("+1:5551234567", .symbol),
        ("+1_555_1234567", .symbol), ("%2B15551234567", .symbol), ("+1\u{301C}5551234567", .symbol), ("\"+15551234567\"", .symbol), ("'+15551234567", .symbol),
        ("+1\\5551234567", .symbol), ("<+15551234567>", .symbol), ("+1|5551234567", .symbol),
        // WhatsApp: what is no person's number
        ("123456789012345@lid", .lid), ("123456789012345:7@lid", .lid), ("15551234567@hosted.lid", .lid), ("+15551234567@lid", .lid),
        ("120363012345678901@g.us", .group),
        ("15551234567-1612345678@g.us", .group), ("status@broadcast", .broadcast), ("15551234567@broadcast", .broadcast),
        ("120363012345678901@newsletter", .newsletter),
        ("15551234567@s.whatsapp.net.evil.com", .server), ("15551234567@S.WHATSAPP.NET", .server), ("15551234567@s.whatsapp.net.", .server),
        ("15551234567@C.US", .server),
        ("15551234567@whatsapp.net", .server), ("15551234567@xs.whatsapp.net", .server), ("15551234567@s.whatsapp.net@c.us", .server),
        ("15551234567@", .server),
        ("15551234567@c.us.evil.com", .server), ("15551234567@s.whatsapp.net/x", .server), ("15551234567@s．whatsapp．net", .server),
        ("15551234567@s.whatsapp.nеt", .server),
        ("15551234567@call", .server), ("15551234567@bot", .server), ("alice@example.com", .server), ("15551234567@s.whatsapp.net\n", .server),
        ("15551234567@ s.whatsapp.net", .server),
        ("15551234567@c.us c.us", .server), ("@s.whatsapp.net", .tooShort), ("1@s.whatsapp.net", .tooShort), ("1234567890123456@s.whatsapp.net", .tooLong),
        ("05551234567@s.whatsapp.net", .notInternational), ("0015551234567@c.us", .notInternational), ("+15551234567@s.whatsapp.net", .user),
        ("1 5551234567@s.whatsapp.net", .user),
        ("1555-1234567@s.whatsapp.net", .user), ("１５５５１２３４５６７@s.whatsapp.net", .user), ("1555\u{200E}1234567@s.whatsapp.net", .user),
        ("15551234567:@s.whatsapp.net", .user),
        ("15551234567:x@s.whatsapp.net", .user), ("15551234567:7:8@s.whatsapp.net", .user), ("15551234567:123456@s.whatsapp.net", .user),
        ("15551234567.0:7@s.whatsapp.net", .user),
        ("15551234567:7@c.us", .user), ("tel:15551234567@s.whatsapp.net", .user), ("abc@s.whatsapp.net", .user), ("15551234567 @s.whatsapp.net", .user),
        ("0@s.whatsapp.net", .tooShort),
        ("server@c.us", .user), (":7@s.whatsapp.net", .tooShort),
    ]

    @Test(arguments: refused) func refuses(_ text: String, _ error: PhoneNumberError) {
        #expect(throws: error) { try PhoneNumber(parsing: text) }
    }

    @Test func reasonsAreParts() {
        for error in PhoneNumberError.allCases {
            #expect(error.reason.first?.isLowercase == true)
            #expect(error.reason.hasSuffix(".") == false)
        }
        #expect(Set(PhoneNumberError.allCases.map(\.reason)).count == PhoneNumberError.allCases.count)
    }

    @Test func everyReasonHasACase() {
        let seen = Set(PhoneNumberRefusalTests.refused.map { $0.1 })
        #expect(PhoneNumberError.allCases.filter { $0 != .notE164 && !seen.contains($0) }.isEmpty)
    }
}
