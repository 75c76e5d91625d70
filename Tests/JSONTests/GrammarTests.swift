import JSON
import Testing

/// One text, and which of the two grammars accepts it.
struct GrammarCase: Sendable, CustomTestStringConvertible {
    let text: String
    let json: Bool
    let json5: Bool
    var testDescription: String { text.debugDescription }

    init(_ text: String, json: Bool, json5: Bool) {
        self.text = text
        self.json = json
        self.json5 = json5
    }
}

func parse(
    _ text: String, _ dialect: Dialect = .json5, _ limits: Limits = .standard
) throws(JSONError) -> Document {
    try Document(parsing: Array(text.utf8), dialect: dialect, limits: limits)
}

func accepts(_ text: String, _ dialect: Dialect) -> Bool { (try? parse(text, dialect)) != nil }

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

@Suite struct GrammarTests {
    static let both = [
        "0", "-0", "12", "-1.5", "1e5", "1E+5", "1.25e-7", "true", "false", "null", #""""#, #""a\"\\\/\b\f\n\r\t\u00e9""#,
        "[]", "{}", " [ 1 , 2 ] ", #"{"a":{"b":[[],{}]},"a":1}"#, "\t\r\n1\n", #""\ud800""#, #""\ud83d\ude00""#,
        "\"\u{7F}é😀\u{2028}\"",
        // The extension of Limits.allowsNonFiniteText.
        "NaN", "Infinity", " -Infinity\n",
    ]
    static let json5Only = [
        "[1,]", "{\"a\":1,}", "{a:1}", "{$_9:1}", "{é:1}", #"{\u0061b:1}"#, "{'a':1}", "'x\"y'", #"'\''"#, "+1", ".5", "5.",
        "-.5", "5.e3", "0x1F",
        "-0XaB", "[Infinity]", "[-Infinity]", "+NaN", "+Infinity", "-NaN", "// c\n1", "1 // c", "1 /* c */", "/**/1", "[1 /***/ , 2]", "\u{FEFF}1",
        "\u{A0}1\u{2003}", "1\u{2028}",
        "1\u{B}\u{C}", "'a\\\nb'", "'a\\\r\nb'", "'a\\\u{2029}b'", #"'\x41'"#, #"'\0'"#, #"'\a\é'"#, #""\v""#, "\"\t\"",
        "\"\u{1}\"", "{Infinity:1,null:2}",
        "{a\u{200D}:1}", "{\u{16EE}:1}", #"{"a"/**/:/**/1}"#, "// c\r1", "// c\u{2028}1",
    ]
    static let neither = [
        "", " ", "[", "{", "]", "[1", "[1,", "[,]", "[1,,2]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{,}",
        "{\"a\":1,,}", "{1:2}", "{-a:1}", "{\u{200D}a:1}",
        "01", "-01", "1a", "1e", "1e+", ".", "-", "+-1", "0x", "0xg", "1.e", "- 1", "tru", "True", "nul", "\"", "\"\n\"",
        "'\r'", #""\u12""#, #""\"#, #"'\1'"#, #"'\01'"#,
        #"'\x4'"#, "1 2", "/", "/ 1", "/* c", "/*/ 1", "1 */", #"{\u0030:1}"#, #"{\x41:1}"#, #"{a\u002D:1}"#,
        #"{\ud83d\ude00:1}"#, "Infinit", "NaNs", "undefined", "{a b:1}", "[1}", "{\"a\":1]", "\u{FEFF}", "0 x1", "--1",
        "1\u{0}", "\u{180E}1", "\u{85}1",
    ]
    static let cases =
        both.map { GrammarCase($0, json: true, json5: true) } + json5Only.map { GrammarCase($0, json: false, json5: true) }
        + neither.map { GrammarCase($0, json: false, json5: false) }

    @Test(arguments: cases) func grammar(_ example: GrammarCase) {
        #expect(accepts(example.text, .json) == example.json)
        #expect(accepts(example.text, .json5) == example.json5)
    }

    @Test(arguments: [
        ("{a:1,'b':\"c\",}", #"{"a":1,"b":"c"}"#),
        ("[+1,.5,5.,5.e3,0x1F,-0xff,-0,1.50]", "[1,0.5,5,5e3,31,-255,-0,1.50]"),
        (
            "[0xFFFFFFFFFFFFFFFFF,Infinity,-Infinity,+Infinity,-NaN]",
            "[295147905179352825855,Infinity,-Infinity,Infinity,NaN]"
        ),
        (#"['\x41\0\v\'"\é\a','a\"# + "\r\n" + #"b']"#, #"["A\u0000\u000b'\"éa","ab"]"#),
        (#"["\ud83d\ude00\ud800x\udc00","\ud800\ud83d\ude00"]"#, #"["😀\ud800x\udc00","\ud800😀"]"#),
        ("// x\n{ /* y */ } // z", "{}"), ("[[],[[]],{a:[]}]", #"[[],[[]],{"a":[]}]"#), ("7", "7"),
    ]) func compact(_ source: String, _ expected: String) throws {
        #expect(try text(parse(source).compactJSON()) == expected)
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0x22, 0xE2, 0x82], [0x2F, 0x2F, 0x80, 0x0A, 0x31], [0x31, 0xE2], [0xFF, 0xFE, 0x31, 0x00],
        ] as [[UInt8]]) func notUTF8(_ bytes: [UInt8])
    {
        for dialect in [Dialect.json, .json5] {
            #expect(throws: JSONError.self) { try Document(parsing: bytes, dialect: dialect) }
        }
    }

    @Test(arguments: [
        ("{\n  \"é\": tru\n}", 2, 11, "unexpected character U+000A"), ("[1,\r\n x]", 2, 2, "unexpected character 'x'"),
        ("[\r\r1", 3, 2, "the text ends too early"), ("\u{FEFF}[😀]", 1, 2, "unexpected character U+1F600"),
        ("[\n/* x", 2, 1, "a comment is not closed"), ("['a", 1, 2, "a string is not closed"),
        ("", 1, 1, "the text is empty"),
        ("[01]", 1, 3, "a number has a leading zero"),
    ]) func place(_ source: String, _ line: Int, _ column: Int, _ reason: String) {
        do throws(JSONError) {
            _ = try parse(source)
            Issue.record("accepted")
        } catch {
            #expect(error.line == line)
            #expect(error.column == column)
            #expect(error.reason == reason)
        }
    }

    private static let fortyMembers = (0..<40).map { "k\($0):1," }.joined()

    @Test(arguments: [
        "\u{FEFF}1", #"{"a":1,"a":2}"#, #"{"a":1,'\x61':2}"#, #"{a:1,\u0061:2}"#, #"["\ud800"]"#, #"["\udc00\ud800"]"#,
        #"["\ud800\u0041"]"#, #"{"\udead":1}"#,
        String(repeating: "[", count: 65) + String(repeating: "]", count: 65),
        "{" + GrammarTests.fortyMembers + "k7:2}",
    ]) func strictRefuses(_ source: String) throws {
        _ = try parse(source)
        #expect(throws: JSONError.self) { try parse(source, .json5, .strict) }
    }

    @Test(arguments: [
        #"{"a":1,"A":2,"é":3,"e\u0301":4}"#, #"["\ud83d\ude00"]"#, #"[{"a":1},{"a":1}]"#,
        String(repeating: "[", count: 64) + String(repeating: "]", count: 64),
        "{" + GrammarTests.fortyMembers + "}",
    ]) func strictAccepts(_ source: String) throws {
        _ = try parse(source, .json5, .strict)
    }

    @Test func deepNesting() throws {
        let depth = 100_000
        let source = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let document = try parse(source, .json)
        #expect(text(document.compactJSON()) == source)
        #expect(document.root.value() == nil)
        #expect(throws: JSONError.self) { try parse(String(repeating: #"{"a":["#, count: depth), .json) }
        #expect(throws: JSONError.self) { try Value(parsing: Array(source.utf8), limits: .standard) }
        var edits = Edits(document)
        edits.append(1, to: try #require(document.root[0]))
        #expect(edits.apply().count == source.utf8.count + 2)
    }
}
