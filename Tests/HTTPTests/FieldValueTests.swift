import HTTP
import Testing

@Suite struct FieldValueTests {
    @Test(arguments: [("", ""), ("a", "a"), (" \t a b\t ", "a b"), (" \t ", ""), ("\u{a0}a", "\u{a0}a"), ("a \u{301}", "a \u{301}")])
    func trimmed(_ text: String, _ expected: String) { #expect(bytes(text)[...].trimmed == bytes(expected)[...]) }

    @Test func anyCase() {
        let value = bytes("xChArSeT=UTF-8")[1...]
        #expect(value.begins(withAnyCaseOf: "charset=") && value.begins(withAnyCaseOf: "") && !value.begins(withAnyCaseOf: "charset=utf-8x"))
        #expect(value.isAnyCase(of: "charset=utf-8") && !value.isAnyCase(of: "charset=utf-") && !value.isAnyCase(of: "charset=utf_8"))
        // K, the Kelvin sign, is no k here; nor is an i with a dot.
        #expect(!bytes("\u{212a}")[...].isAnyCase(of: "k") && !bytes("\u{130}")[...].begins(withAnyCaseOf: "i"))
    }
}
