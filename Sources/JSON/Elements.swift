/// The elements of an array, in order.
public struct Elements: Sequence, IteratorProtocol, Sendable {
    let tape: Tape
    var range: Range<Int>

    /// The next element, nil behind the last one.
    public mutating func next() -> Node? {
        guard !range.isEmpty else { return nil }
        let node = Node(tape: tape, index: range.lowerBound)
        range = tape.next(range.lowerBound)..<range.upperBound
        return node
    }
}
