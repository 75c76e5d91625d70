@testable import JSON
import Testing

/// An append of `value`, in an object under the key `k`, to the node at `pointer`.
struct AppendCase: Sendable, CustomTestStringConvertible {
    let source: String
    let pointer: String
    let value: Value
    let expected: String
    var testDescription: String { source.debugDescription }

    init(_ source: String, _ expected: String) { self.init(source, "", 9, expected) }

    init(_ source: String, _ pointer: String, _ value: Value, _ expected: String) {
        self.source = source
        self.pointer = pointer
        self.value = value
        self.expected = expected
    }
}

@Suite struct EditTests {
    static let appends = [
        AppendCase("[]", "[9]"), AppendCase("{}", "{\"k\":9}"), AppendCase("[]\n", "[\n  9\n]\n"),
        AppendCase("[1]", "[1,9]"), AppendCase("[1,2]", "[1,2,9]"), AppendCase("[1, 2]", "[1, 2, 9]"),
        AppendCase("[ 1 ]", "[ 1,9 ]"),
        AppendCase("{\"a\": 1}", "{\"a\": 1, \"k\": 9}"), AppendCase("{\"a\":1}", "{\"a\":1,\"k\":9}"),
        AppendCase("{ a: 1, }", "{ a: 1, \"k\": 9, }"),
        AppendCase("[\n  1\n]", "[\n  1,\n  9\n]"), AppendCase("[\r\n\t1\r\n]", "[\r\n\t1,\r\n\t9\r\n]"),
        AppendCase("[\n  1,\n]", "[\n  1,\n  9,\n]"),
        AppendCase("{\n  a: 1 // c\n}", "{\n  a: 1, // c\n  \"k\": 9\n}"),
        AppendCase("{\n  a: 1, // c\n  // d\n}", "{\n  a: 1, // c\n  // d\n  \"k\": 9,\n}"),
        AppendCase("[1 /* c */]", "[1, /* c */9]"),
        AppendCase("[1 // c\n]", "[1, // c\n  9\n]"), AppendCase("[ ]", "[\n  9\n ]"),
        AppendCase("{\n}", "{\n  \"k\": 9\n\n}"),
        AppendCase("{\r\n}", "{\r\n  \"k\": 9\r\n\r\n}"), AppendCase("[ // c\n]", "[ // c\n  9\n]"),
        AppendCase("[ /* c */ ]", "[ /* c */\n  9 ]"),
        AppendCase("{\n    // c\n}", "{\n    // c\n    \"k\": 9\n}"),
        AppendCase("\u{FEFF}{\r\n  a:1\r\n}", "\u{FEFF}{\r\n  a:1,\r\n  \"k\":9\r\n}"),
        AppendCase("{\n\t\"a\": []\n}", "/a", 9, "{\n\t\"a\": [\n\t\t9\n\t]\n}"),
        AppendCase("{\n    \"a\": {}\n}", "/a", 9, "{\n    \"a\": {\n        \"k\": 9\n    }\n}"),
        AppendCase("{\"a\":{}, \"b\":1}", "/a", [1, 2], "{\"a\":{\"k\": [1, 2]}, \"b\":1}"),
        AppendCase("{\n  \"a\": [1]\n}", "/a", [1], "{\n  \"a\": [1, [1]]\n}"),
        AppendCase("[\n 1\n]", "", ["x": [1, [:]]], "[\n 1,\n {\n  \"x\": [\n   1,\n   {}\n  ]\n }\n]"),
        AppendCase(
            "{\n\ta:{\n\t\tb:1\n\t}\n}", "/a", ["x": 1], "{\n\ta:{\n\t\tb:1,\n\t\t\"k\":{\n\t\t\t\"x\":1\n\t\t}\n\t}\n}"),
        AppendCase("[\n  /* c */ 1\n]", "[\n  /* c */ 1,\n  9\n]"), AppendCase("[ 1\n, 2\n]", "[ 1\n, 2, 9\n]"),
        AppendCase("[1\n]", "[1,9\n]"),
        AppendCase("{a:0x1F,\n b:'x',}", "{a:0x1F,\n b:'x',\n \"k\":9,}"),
        AppendCase("{\n  'k\\'': +.5,\n  b : [1,],\n}", "/b", 9, "{\n  'k\\'': +.5,\n  b : [1, 9,],\n}"),
    ]

    @Test(arguments: appends) func append(_ example: AppendCase) throws {
        let document = try parse(example.source)
        let parent = try #require(document.node(at: example.pointer))
        var edits = Edits(document)
        if parent.kind == .object {
            edits.append(key: "k", example.value, to: parent)
        } else {
            edits.append(example.value, to: parent)
        }
        let edited = edits.apply()
        #expect(text(edited) == example.expected)

        let again = try Document(parsing: edited, dialect: .json5)
        let changed = try #require(again.node(at: example.pointer))
        var removal = Edits(again)
        removal.remove(try #require(parent.kind == .object ? changed["k"] : changed[changed.count - 1]))
        #expect(text(removal.apply()) == example.source)
    }

    @Test(arguments: [
        ("[1, 2, 3]", ["/0"], "[2, 3]"), ("[1, 2, 3]", ["/1"], "[1, 3]"), ("[1, 2, 3]", ["/2"], "[1, 2]"),
        ("[1, 2, 3]", ["/0", "/2"], "[2]"),
        ("[1, 2, 3]", ["/1", "/2"], "[1]"), ("[1, 2, 3]", ["/0", "/1", "/2"], "[]"), ("[1, 2,]", ["/1"], "[1,]"),
        ("[1,]", ["/0"], "[]"),
        ("[\n  1,\n  2\n]", ["/0"], "[\n  2\n]"), ("[\n  1,\n  2\n]", ["/1"], "[\n  1\n]"),
        ("{\n  a: {\n    b: 1\n  }\n}", ["/a/b"], "{\n  a: {}\n}"),
        ("{\n  // c\n  a: 1, // d\n  b: 2\n}", ["/a"], "{\n  // c\n  // d\n  b: 2\n}"),
        ("{\n  a: 1, // d\n  b: 2\n}", ["/b"], "{\n  a: 1 // d\n}"),
        ("[1, // c\n 2]", ["/1"], "[1 // c\n]"), ("[1, // c\n 2, 3]", ["/1"], "[1, // c\n 3]"),
        ("[ // c\n 1]", ["/0"], "[ // c\n]"),
        ("[\n  1 // c\n]", ["/0"], "[ // c\n]"), ("[1\n, 2\n, 3]", ["/1"], "[1\n, 3]"),
        ("[1 /* c */, 2]", ["/0"], "[ /* c */2]"), ("{a:1,a:2}", ["/a"], "{a:1}"),
        ("[[1, 2], {a: 1, b: 2}]", ["/0/0", "/1/b"], "[[2], {a: 1}]"), ("[[1, 2], 3]", ["/0/0", "/0"], "[3]"),
        ("[1, // c\n 2 // d\n]", ["/1"], "[1 // c\n // d\n]"),
    ]) func remove(_ source: String, _ pointers: [String], _ expected: String) throws {
        let document = try parse(source)
        var edits = Edits(document)
        for pointer in pointers { edits.remove(try #require(document.node(at: pointer))) }
        let edited = text(edits.apply())
        #expect(edited == expected)
        _ = try parse(edited)
    }

    @Test(
        arguments: [
            ("{\n  \"a\": 1, // c\n}", "/a", ["x": 2], "{\n  \"a\": {\n    \"x\": 2\n  }, // c\n}"),
            ("{\"a\":1}", "/a", ["x": [1, 2]], "{\"a\":{\"x\":[1,2]}}"),
            ("[1, 2]", "/1", [1, 2], "[1, [1, 2]]"), ("// c\n{}\n", "", ["x": 2], "// c\n{\n  \"x\": 2\n}\n"),
            ("{}", "", ["x": 2], "{\"x\":2}"),
            ("{\r\n\t'a': [\r\n\t\t1\r\n\t]\r\n}", "/a", [5], "{\r\n\t'a': [\r\n\t\t5\r\n\t]\r\n}"),
            ("{a: 0x1F,}", "/a", "z", "{a: \"z\",}"),
        ] as [(String, String, Value, String)]) func replace(
            _ source: String, _ pointer: String, _ value: Value, _ expected: String
        ) throws
    {
        let document = try parse(source)
        var edits = Edits(document)
        edits.replace(try #require(document.node(at: pointer)), with: value)
        #expect(text(edits.apply()) == expected)
    }

    @Test func severalAtOnce() throws {
        let document = try parse("{\n  a: [1, 2], // c\n  b: {},\n  d: 4\n}\n")
        let root = document.root
        var edits = Edits(document)
        #expect(edits.isEmpty)
        #expect(edits.apply() == document.bytes)
        let list = try #require(root["a"])
        edits.append(3, to: list)
        edits.append(4, to: list)
        edits.remove(try #require(list[0]))
        edits.append(key: "x", true, to: try #require(root["b"]))
        edits.remove(try #require(root["d"]))
        edits.append(key: "e", "new", to: root)
        edits.replace(try #require(list[1]), with: nil)
        #expect(
            text(edits.apply())
                == "{\n  a: [null, 3, 4], // c\n  b: {\n    \"x\": true\n  },\n  \"e\": \"new\"\n}\n")
    }

    @Test(arguments: [
        ("[1]", "[9]"), ("[1,]", "[9,]"), ("[\n  1\n]", "[\n  9\n]"), ("[1 // c\n]", "[ // c\n  9\n]"), ("[1, 2]", "[9]"),
        ("[ 1 ]", "[ 9 ]"),
    ]) func appendAndRemoveAll(_ source: String, _ expected: String) throws {
        let document = try parse(source)
        var edits = Edits(document)
        edits.append(9, to: document.root)
        for element in document.root.elements { edits.remove(element) }
        #expect(text(edits.apply()) == expected)
    }

    /// Without this an edited document would be right and slow.
    @Test func untouchedPartsAreKept() throws {
        let document = try Document(parsing: Array("{a: [1, {b: 2}], c: {d: []}}".utf8), dialect: .json5)
        var reuse = Reuse(document.tape, [Patch(range: 4..<4, bytes: Array("0,".utf8))])
        var words: [UInt64] = []
        #expect(reuse.copy(at: 0, to: &words) == nil)
        #expect(reuse.copy(at: 4, to: &words) == nil)
        #expect(reuse.copy(at: 10, to: &words) == 16)
        #expect(reuse.copy(at: 22, to: &words) == 29)
        #expect(words.count == 5 + 7)
    }
}
