/// The members of an object, in order, repeated keys included.
public struct Members: Sequence, IteratorProtocol, Sendable {
    let tape: Tape
    var range: Range<Int>

    /// The next member, nil behind the last one.
    public mutating func next() -> Node.Member? {
        guard !range.isEmpty else { return nil }
        let member = Node.Member(tape: tape, index: range.lowerBound)
        range = tape.next(range.lowerBound + 1)..<range.upperBound
        return member
    }
}

extension Node {
    /// A key of an object and its value.
    public struct Member: Sendable {
        let tape: Tape
        let index: Int

        /// Decoded, half a surrogate pair as U+FFFD.
        public var key: String { tape.text(index) }

        /// Whether the key is exactly these bytes, without making a String.
        public func keyEquals(_ text: String) -> Bool { tape.textEquals(index, text) }

        /// Its value.
        public var value: Node { Node(tape: tape, index: index + 1) }

        /// The bytes of the key in the text, quotes included.
        public var keyRange: Range<Int> { tape.start(index)..<tape.end(index) }
    }
}
