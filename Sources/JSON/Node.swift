/// A value of a `Document`: a place on its tape. It keeps the document alive.
public struct Node: Sendable, Equatable {
    /// The six types of RFC 8259 section 3, with true and false as one.
    public enum Kind: Sendable { case null, bool, number, string, array, object }

    let tape: Tape
    let index: Int

    /// The same place of the same document (not: an equal value).
    public static func == (left: Node, right: Node) -> Bool {
        left.tape === right.tape && left.index == right.index
    }

    /// Its type.
    public var kind: Kind {
        switch tape.tag(index) {
        case .null: .null
        case .false, .true: .bool
        case .number: .number
        case .string, .name: .string
        case .array: .array
        case .object: .object
        }
    }

    /// Its bytes in the text, quotes and brackets included.
    public var range: Range<Int> { tape.start(index)..<tape.end(index) }

    /// nil unless it is a string; decoded, half a surrogate pair as U+FFFD.
    public var stringValue: String? { kind == .string ? tape.text(index) : nil }

    /// Whether it is a string of exactly these bytes (a half surrogate pair equals nothing).
    public func equals(_ text: String) -> Bool { kind == .string && tape.textEquals(index, text) }

    /// The bytes between its quotes, without a copy; nil unless it is a string without escapes.
    public func withPlainText<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R? {
        guard kind == .string, !tape.hasEscapes(index) else { return nil }
        let content = tape.content(index)
        return tape.bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[content])) }
    }

    /// nil unless it is a bool.
    public var boolValue: Bool? { kind == .bool ? tape.tag(index) == .true : nil }

    /// nil unless it is an integer in the range of `Int`, spelled as one (hexadecimal too): `1e3` and `5.0` are not.
    public var intValue: Int? { kind == .number ? NumberSpelling.int(tape.bytes[range]) : nil }

    /// nil unless it is a number; the nearest double, infinite when there is none large enough.
    public var doubleValue: Double? { kind == .number ? NumberSpelling.double(tape.bytes[range]) : nil }

    /// nil unless it is a number; as the text has it.
    public var numberSpelling: String? {
        kind == .number ? String(decoding: tape.bytes[range], as: UTF8.self) : nil
    }

    /// The number of its elements or members, 0 for a scalar.
    public var count: Int { tape.count(index) }

    /// The elements of an array; empty for anything else.
    public var elements: Elements { Elements(tape: tape, range: kind == .array ? content : 0..<0) }

    /// The members of an object, repeated keys included; empty for anything else.
    public var members: Members { Members(tape: tape, range: kind == .object ? content : 0..<0) }

    /// The value of a member, nil when there is none. Of equal keys the last wins. Linear in the object's members.
    public subscript(key: String) -> Node? {
        guard kind == .object else { return nil }
        return tape.lastMember(of: index, key: key).map { Node(tape: tape, index: $0) }
    }

    /// An element from 0, nil when there is none. Linear in `index`.
    public subscript(index: Int) -> Node? {
        guard index >= 0, index < count, kind == .array else { return nil }
        var iterator = elements.makeIterator()
        for _ in 0..<index { _ = iterator.next() }
        return iterator.next()
    }

    /// The first key that this object (not one inside it) has a second time; nil when there is none. Linear expected
    /// time.
    public var firstDuplicateKey: String? {
        guard count > 1 else { return nil }
        return tape.bytes.withUnsafeBufferPointer { buffer in
            var keys = KeySet(capacity: count)
            for member in members {
                let inserted = keys.insert(buffer[tape.content(member.index)], hasEscapes: tape.hasEscapes(member.index))
                if !inserted { return member.key }
            }
            return nil
        }
    }

    /// The value as a tree; nil when it is nested deeper than `maxDepth` or than 512. Of equal keys the last wins.
    public func value(maxDepth: Int = 64) -> Value? {
        value(depth: min(maxDepth, Value.greatestDepth))
    }

    private func value(depth: Int) -> Value? {
        switch kind {
        case .null: return .null
        case .bool: return .bool(tape.tag(index) == .true)
        case .number: return .number(String(decoding: tape.bytes[range], as: UTF8.self))
        case .string: return .string(tape.text(index))
        case .array:
            guard depth > 0 else { return nil }
            var values: [Value] = []
            values.reserveCapacity(count)
            for element in elements {
                guard let value = element.value(depth: depth - 1) else { return nil }
                values.append(value)
            }
            return .array(values)
        case .object:
            guard depth > 0 else { return nil }
            var values: [(String, Value)] = []
            values.reserveCapacity(count)
            for member in members {
                guard let value = member.value.value(depth: depth - 1) else { return nil }
                values.append((member.key, value))
            }
            return .object(Object(values))
        }
    }

    private var content: Range<Int> { index + 3..<tape.next(index) }
}
