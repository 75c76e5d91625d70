/// A small JSON value in memory: documents on streams, and new content for edits.
///
/// A number keeps its spelling, which must be a JSON or JSON5 number: writing any other is a bug of the caller and
/// stops the process. Two values are equal when their strings are the same bytes, their numbers the same spelling and
/// their objects the same members in any order (RFC 8259 section 1: "an unordered collection").
public enum Value: Sendable {
    case null
    case bool(Bool)
    /// Its spelling.
    case number(String)
    case string(String)
    case array([Value])
    case object(Object)

    /// The deepest value that is read: freeing a tree is recursive.
    static let greatestDepth = 512

    /// The value of a whole text. Throws where the grammar or `limits` refuse it; a `maxDepth` of nil or over 512 means
    /// 512. Where keys may repeat, the last one wins.
    public init(parsing bytes: [UInt8], dialect: Dialect = .json, limits: Limits = .strict) throws(JSONError) {
        var limits = limits
        limits.maxDepth = min(limits.maxDepth ?? Value.greatestDepth, Value.greatestDepth)
        let document = try Document(parsing: bytes, dialect: dialect, limits: limits)
        // The parser has held the depth already, so there is always a value.
        self = document.root.value(maxDepth: Value.greatestDepth) ?? .null
    }

    /// One line of JSON without spaces. JSON5 numbers get their JSON spelling; Infinity and NaN have none and stay.
    public func compact() -> [UInt8] {
        var out: [UInt8] = []
        Writer.write(self, .compact, to: &out)
        return out
    }

    /// JSON with a member or element per line, LF between the lines and none at the end.
    public func pretty(indent: Int = 2) -> [UInt8] {
        let lines = Writer.Style.Lines(
            newline: [0x0A], unit: Array(repeating: 0x20, count: max(0, indent)), indentation: [])
        var out: [UInt8] = []
        Writer.write(self, Writer.Style(colon: [0x20], comma: [], lines: lines), to: &out)
        return out
    }

    /// Whether it is null.
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// nil unless it is a bool.
    public var boolValue: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    /// nil unless it is a string.
    public var stringValue: String? {
        if case .string(let string) = self { string } else { nil }
    }

    /// nil unless it is an integer in the range of `Int`, spelled as one: `1e3` and `5.0` are not.
    public var intValue: Int? {
        if case .number(let spelling) = self { NumberSpelling.int(spelling.utf8) } else { nil }
    }

    /// nil unless it is a number; the nearest double, infinite when there is none large enough.
    public var doubleValue: Double? {
        if case .number(let spelling) = self { NumberSpelling.double(spelling.utf8) } else { nil }
    }

    /// nil unless it is an array.
    public var arrayValue: [Value]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// nil unless it is an object.
    public var objectValue: Object? {
        if case .object(let object) = self { object } else { nil }
    }
}

extension Value: Equatable {
    /// See the type: by bytes, spellings and members.
    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left.utf8.elementsEqual(right.utf8)
        // Not `==`: for a String that is canonical equivalence.
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A bool.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A number.
    public init(integerLiteral value: Int) { self = .number(String(value)) }
    /// An array.
    public init(arrayLiteral elements: Value...) { self = .array(elements) }
    /// An object; of equal keys the last value wins.
    public init(dictionaryLiteral elements: (String, Value)...) { self = .object(Object(elements)) }
    /// Null.
    public init(nilLiteral: ()) { self = .null }
}
