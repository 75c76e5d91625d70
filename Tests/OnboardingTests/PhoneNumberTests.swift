import Onboarding
import Testing

/// Texts, and the number that they are; everything that is refused is in `PhoneNumberRefusalTests`.
@Suite struct PhoneNumberTests {
    static let us = "+15551234567"

    static let accepted: [(String, String)] = [
        // E.164 itself, shortest and longest
        ("+15551234567", us), ("+12", "+12"), ("+123456789012345", "+123456789012345"), ("+4930123456", "+4930123456"),
        // spaces
        ("+1 555 123 4567", us), (" +1 555 123 4567 ", us), ("+1  555  123  4567", us), ("+ 1 555 1234567", us), ("+1 5 5 5 1 2 3 4 5 6 7", us),
        // NBSP, narrow NBSP, figure, thin, ideographic space
        ("+1\u{A0}555\u{A0}123\u{A0}4567", us), ("+33\u{202F}6\u{202F}12\u{202F}34\u{202F}56\u{202F}78", "+33612345678"), ("+1\u{2007}5551234567", us),
        ("+1\u{2009}555\u{200A}1234567", us), ("\u{3000}+1\u{3000}5551234567", us), ("\u{A0}+15551234567\u{A0}", us),
        // hyphens and dashes
        ("+1-555-123-4567", us), ("+1\u{2010}555\u{2011}123\u{2012}4567", us), ("+1\u{2013}555\u{2014}123\u{2015}4567", us),
        ("+1\u{2212}555\u{2212}1234567", us),
        ("+1\u{FE63}555\u{FF0D}1234567", us), ("+1 - 555 - 123 - 4567", us), ("+1\u{FE58}5551234567", us),
        // dots, slashes
        ("+1.555.123.4567", us), ("+49 30/123456", "+4930123456"), ("+49/30/123456", "+4930123456"), ("+1\u{FF0E}555\u{FF0F}1234567", us),
        // parentheses
        ("+1 (555) 123-4567", us), ("+1(555)1234567", us), ("(+1) 555 123 4567", us), ("+(1) 555 123 4567", us), ("(+1 555 123 4567)", us),
        ("+1 ( 555 ) 123 4567", us), ("+1\u{FF08}555\u{FF09}1234567", us), ("+1-(555)-123-4567", us), ("+1 (555) (123) 4567", us), ("+1 (5551234567)", us),
        ("+(15551234567)", us), ("+39 (06) 6982", "+39066982"), ("0039 (06) 1234 5678", "+390612345678"), ("+225 (07) 12345678", "+2250712345678"),
        ("+49 30 (123456)", "+4930123456"),
        // 00
        ("0015551234567", us), ("00 1 555 123 4567", us), ("00-1-555-123-4567", us), ("(00) 1 555 1234567", us), ("(001) 555 123 4567", us),
        ("00 44 20 7946 0958", "+442079460958"), ("\u{200E}001 5551234567", us), ("00/49/30/123456", "+4930123456"), ("0012", "+12"),
        // tel:
        ("tel:+15551234567", us), ("TEL:+15551234567", us), ("Tel:+1-555-123-4567", us), ("tel:+1.555.123.4567", us), ("tel:+1(555)1234567", us),
        ("tel: +1 555 123 4567", us), ("Tel:\u{A0}+1 555 1234567", us), ("tel:0015551234567", us), (" tel:+15551234567", us),
        // bidi and zero-width marks, as address books and web pages put them
        ("\u{202A}+1 555 123 4567\u{202C}", us), ("\u{202D}+1 (555) 123-4567\u{202C}", us), ("\u{200E}+15551234567\u{200E}", us), ("\u{200F}+15551234567", us),
        ("\u{2066}+15551234567\u{2069}", us), ("\u{2068}+1 555 1234567\u{2069}", us), ("\u{FEFF}+15551234567", us), ("+1\u{200B}555\u{200B}1234567", us),
        ("+1\u{2060}555\u{200D}123\u{200C}4567", us), ("+1\u{AD}555\u{AD}1234567", us), ("\u{61C}+15551234567", us), ("+1 555\u{200E} 1234567 \u{200F}", us),
        ("\u{202B}+15551234567\u{202C}", us), ("00\u{200B}1 5551234567", us), ("0\u{200B}0 15551234567", us),
        // full-width
        ("\u{FF0B}\u{FF11}\u{FF15}\u{FF15}\u{FF15}\u{FF11}\u{FF12}\u{FF13}\u{FF14}\u{FF15}\u{FF16}\u{FF17}", us), ("+１ ５５５ １２３ ４５６７", us), ("＋15551234567", us),
        ("００１５５５１２３４５６７", us), ("＋８１－３－１２３４－５６７８", "+81312345678"), ("＋１（５５５）１２３４５６７", us),
        // other scripts
        ("+١٥٥٥١٢٣٤٥٦٧", us), ("+۱۵۵۵۱۲۳۴۵۶۷", us), ("+१५५५१२३४५६७", us), ("+১৫৫৫১২৩৪৫৬৭", us), ("+๑๕๕๕๑๒๓๔๕๖๗", us),
        ("٠٠١٥٥٥١٢٣٤٥٦٧", us), ("+1 ٥٥٥ ١٢٣٤٥٦٧", us), ("+𝟏𝟓𝟓𝟓𝟏𝟐𝟑𝟒𝟓𝟔𝟕", us), ("+၁၅၅၅၁၂၃၄၅၆၇", us), ("+༡༥༥༥༡༢༣༤༥༦༧", us),
        // WhatsApp ids
        ("15551234567@s.whatsapp.net", us), ("15551234567:7@s.whatsapp.net", us), ("15551234567:0@s.whatsapp.net", us), ("15551234567:99@s.whatsapp.net", us),
        ("15551234567@c.us", us), (" 15551234567@s.whatsapp.net ", us), ("12@c.us", "+12"), ("123456789012345@s.whatsapp.net", "+123456789012345"),
        ("\u{200E}15551234567@s.whatsapp.net", us),
    ]

    @Test(arguments: accepted) func accepts(_ text: String, _ number: String) throws {
        #expect(try PhoneNumber(parsing: text).e164 == number)
    }

    @Test(arguments: accepted) func isItsOwnText(_ text: String, _ number: String) throws {
        #expect(PhoneNumber(e164: number)?.e164 == number)
        #expect(try PhoneNumber(strict: number) == PhoneNumber(parsing: text))
        #expect((try? PhoneNumber(strict: text)) == nil || text == number)
    }

    @Test func strictTakesOnlyE164() {
        for text in [
            "", "+", "+1", "+0123", "+1234567890123456", "15551234567", "+1 5551234567", "+1555123456７", "+15551234567\n", "\u{200E}+15551234567",
            "tel:+15551234567",
        ] {
            #expect(PhoneNumber(e164: text) == nil)
            #expect(throws: PhoneNumberError.notE164) { try PhoneNumber(strict: text) }
        }
    }

    @Test func showsFourDigits() throws {
        #expect("\(try PhoneNumber(strict: "+15551234567"))" == "+*******4567")
        #expect("\(try PhoneNumber(strict: "+12"))" == "+**")
        #expect("\(try PhoneNumber(strict: "+1234"))" == "+****")
        #expect("\(try PhoneNumber(strict: "+12345"))" == "+*2345")
    }

    /// Whatever is taken has exactly the decimal digits of the text, in their order, and is E.164.
    @Test func neverInventsADigit() {
        var random = SeededRandom(seed: 20_261_125)
        let pieces = [
            "0", "00", "1", "2", "5", "7", "55", "123", "+", "＋", " ", "-", ".", "/", "(", ")", "\u{A0}", "\u{200E}", "٣", "５", "x", "@", "c.us", ":", "tel:",
            "(0)", "²",
        ]
        var taken = 0
        for _ in 0..<60000 {
            var text = ""
            if Bool.random(using: &random) { text += "+" }
            for _ in 0..<Int.random(in: 1...12, using: &random) { text += pieces.randomElement(using: &random) ?? "" }
            guard let number = try? PhoneNumber(parsing: text) else { continue }
            taken += 1
            var digits = ""
            for scalar in text.unicodeScalars where scalar.properties.generalCategory == .decimalNumber {
                digits += "\(Int(scalar.properties.numericValue ?? -1))"
            }
            if !text.contains("+"), !text.contains("＋"), !text.contains("@") { digits.removeFirst(2) }
            if let at = text.firstIndex(of: "@") {
                digits = String(text[..<at].prefix { $0 != ":" }).filter { $0.isASCII && $0.isNumber }
            }
            #expect("+" + digits == number.e164, "seed 20261125, text \(text.debugDescription)")
            #expect(PhoneNumber(e164: number.e164) == number)
        }
        #expect(taken > 1000)
    }
}

/// SplitMix64: a failing run can be repeated.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
