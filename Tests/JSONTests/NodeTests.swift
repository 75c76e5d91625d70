import JSON
import Testing

@Suite struct NodeTests {
    static let source = #"""
        {a: [1, -2, 0x1F, 1e3, "x\ny", null, true, 9223372036854775807, 9223372036854775808],
         "b/c": {"~": 1, "": 2}, "é": 'z', dup: 1, dup: 2, \u0064: 3}
        """#

    @Test(arguments: [
        ("/a/0", "1"), ("/a/2", "0x1F"), ("/b~1c/~0", "1"), ("/b~1c/", "2"), ("/é", "'z'"), ("/dup", "2"), ("/d", "3"),
        ("/a/4", #""x\ny""#), ("", source),
    ]) func pointer(_ pointer: String, _ expected: String) throws {
        let document = try parse(NodeTests.source)
        let node = try #require(document.node(at: pointer))
        #expect(text(Array(document.bytes[node.range])) == expected)
    }

    @Test(arguments: ["a", "/x", "/a/9", "/a/-", "/a/01", "/a/+1", "/a/x", "/a/0/0", "/b~2c", "/b~1c/~", "/e\u{301}"])
    func absent(_ pointer: String) throws {
        #expect(try parse(NodeTests.source).node(at: pointer) == nil)
    }

    @Test func values() throws {
        let document = try parse(NodeTests.source)
        let list = try #require(document.root["a"])
        #expect(list.kind == .array)
        #expect(list.count == 9)
        #expect(list.elements.map(\.intValue) == [1, -2, 31, nil, nil, nil, nil, Int.max, nil])
        #expect(list[3]?.doubleValue == 1000)
        #expect(list[8]?.doubleValue == 9_223_372_036_854_775_808)
        #expect(list[4]?.stringValue == "x\ny")
        #expect(list[4]?.equals("x\ny") == true)
        #expect(list[4]?.equals("x\\ny") == false)
        #expect(list[5]?.kind == .null)
        #expect(list[6]?.boolValue == true)
        #expect(list[9] == nil)
        #expect(list[-1] == nil)
        #expect(list["a"] == nil)
        #expect(document.root[0] == nil)
        #expect(document.root.members.map(\.key) == ["a", "b/c", "é", "dup", "dup", "d"])
        #expect(document.root.firstDuplicateKey == "dup")
        #expect(list.firstDuplicateKey == nil)
        #expect(document.hasComments == false)
        #expect(try parse("1 // c").hasComments)
        #expect(try parse(#""\ud800""#).root.stringValue == "\u{FFFD}")
        #expect(try parse(#""\ud800""#).root.equals("\u{FFFD}") == false)
        #expect(try parse(#"{"\ud800":1,"\ud801":2}"#).root.firstDuplicateKey == nil)
    }

    @Test func trees() throws {
        #expect(try parse("{a:[1,{b:null}],a:'x',c:true}").root.value() == ["a": "x", "c": true])
        #expect(try parse("[[1]]").root.value(maxDepth: 1) == nil)
        #expect(try parse("[[1]]").root.value(maxDepth: 2) == [[1]])
        #expect(try parse("[0x10]").root.value() == .array([.number("0x10")]))
    }

    @Test func writing() throws {
        let value: Value = ["a": [1, "é\"\u{1}\u{2028}", nil], "e": [:], "f": []]
        #expect(text(value.compact()) == "{\"a\":[1,\"é\\\"\\u0001\\u2028\",null],\"e\":{},\"f\":[]}")
        #expect(
            text(value.pretty())
                == "{\n  \"a\": [\n    1,\n    \"é\\\"\\u0001\\u2028\",\n    null\n  ],\n  \"e\": {},\n  \"f\": []\n}")
        #expect(try Value(parsing: value.pretty(indent: 4)) == value)
        #expect(text(Value.number("0xff").compact()) == "255")
    }

    @Test func objects() {
        var object: Object = ["a": 1, "b": 2, "a": 3]
        #expect(object.keys == ["a", "b"])
        #expect(object["a"] == 3)
        object["a"] = nil
        object["c"] = 4
        object["b"] = 5
        object.insert(key: "d", value: 6, at: -1)
        object.insert(key: "c", value: 7, at: 99)
        #expect(object.keys == ["d", "b", "c"])
        #expect(object == ["c": 7, "b": 5, "d": 6])
        #expect(object != ["c": 7, "b": 5, "d": 8])
        #expect(Value.string("é") != Value.string("e\u{301}"))
        #expect(Value.object(["é": 1, "e\u{301}": 2]).objectValue?.count == 2)
        #expect(Value.number("5.0").intValue == nil)
        #expect(Value.number("-9223372036854775808").intValue == Int.min)
    }

    /// To Swift's `==` these keys are one.
    @Test func keysAreBytes() throws {
        let one = "\u{301}\u{323}", two = "\u{323}\u{301}"
        let object = try #require(try Value(parsing: Array("{\"\(one)\":1,\"\(two)\":2}".utf8), dialect: .json).objectValue)
        #expect(object.count == 2 && object[one] == 1 && object[two] == 2)
        #expect(object != [two: 1, one: 2])
        #expect(object.firstKey(notIn: [one])?.utf8.elementsEqual(two.utf8) == true && object.firstKey(notIn: [two, one]) == nil)
    }
}
