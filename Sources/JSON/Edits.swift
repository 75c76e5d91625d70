/// Edits against one `Document`, applied in one pass; every byte they do not touch stays.
///
/// New content is laid out like its siblings, and removing a member is the exact inverse of appending it. On one array
/// or object appends happen before removals. A later `replace` or `remove` of the same node wins over an earlier one;
/// edits inside a node that is replaced or removed go with it.
///
/// Passing a node of another document, a scalar to `append`, or the root to `remove` is a bug of the caller and stops
/// the process.
public struct Edits: Sendable {
    enum Change {
        case remove
        case replace(Value)
    }

    struct Addition {
        /// nil in an array.
        var key: String?
        var value: Value
    }

    let tape: Tape
    /// By the index of the node.
    private(set) var changes: [Int: Change] = [:]
    /// By the index of the array or object.
    private(set) var additions: [Int: [Addition]] = [:]

    /// No edits yet.
    public init(_ document: Document) { tape = document.tape }

    /// Whether there is nothing to apply.
    public var isEmpty: Bool { changes.isEmpty && additions.isEmpty }

    /// Adds an element behind the last one.
    public mutating func append(_ value: Value, to array: Node) {
        precondition(array.tape === tape && array.kind == .array, "append needs an array of the document")
        additions[array.index, default: []].append(Addition(key: nil, value: value))
    }

    /// Adds a member behind the last one. That its key is not there already is for the caller to see to.
    public mutating func append(key: String, _ value: Value, to object: Node) {
        precondition(object.tape === tape && object.kind == .object, "append with a key needs an object of the document")
        additions[object.index, default: []].append(Addition(key: key, value: value))
    }

    /// Puts `value` in the place of any node, the root included.
    public mutating func replace(_ node: Node, with value: Value) {
        precondition(node.tape === tape, "replace needs a node of the document")
        changes[node.index] = .replace(value)
    }

    /// Takes out an element, or the member whose value this is.
    public mutating func remove(_ node: Node) {
        precondition(node.tape === tape && node.index != 0, "remove needs a node of the document, and not its root")
        changes[node.index] = .remove
    }

    /// The edited text. Linear in the text and what is added.
    public func apply() -> [UInt8] {
        guard !isEmpty else { return tape.bytes }
        return Patch.apply(sortedPatches(), to: tape.bytes)
    }

    /// The edited text, parsed: the same as parsing `apply()`. Arrays and objects whose bytes no edit has touched keep what was read of them before;
    /// a comment that was there before counts as still there.
    /// - Throws: `JSONError` where the edited text is not `dialect`, which would be a bug of this library.
    public func document(dialect: Dialect) throws(JSONError) -> Document {
        let patches = isEmpty ? [] : sortedPatches()
        let bytes = Patch.apply(patches, to: tape.bytes)
        return try Document(parsing: bytes, dialect: dialect, limits: .standard, reusing: Reuse(tape, patches))
    }

    private func sortedPatches() -> [Patch] {
        var plan = EditPlan(self)
        return Patch.sorted(plan.patches())
    }
}
