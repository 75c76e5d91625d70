import JSON

/// The file before the edit, already judged: what is the same bytes in the edited one need not be judged by itself again.
struct Baseline {
    /// The agents and bindings that stay, in order.
    private let agents: [JSON.Node]
    private let before: [UInt8]
    private let after: [UInt8]
    private let bindings: [JSON.Node]

    init(_ edit: ConfigEdit, candidate: JSON.Document) {
        agents = edit.model.agents.compactMap { edit.removed[$0.id] == nil ? $0.node : nil }
        before = edit.model.document.bytes
        after = candidate.bytes
        var bindings: [JSON.Node] = []
        if let container = edit.model.places.bindings {
            bindings.reserveCapacity(container.count)
            var position = 0
            for node in container.elements {
                if edit.unboundNodes[position] == nil { bindings.append(node) }
                position += 1
            }
        }
        self.bindings = bindings
    }

    func isSame(agent position: Int, _ node: JSON.Node) -> Bool { position < agents.count && isSame(agents[position], node) }

    func isSame(binding position: Int, _ node: JSON.Node) -> Bool { position < bindings.count && isSame(bindings[position], node) }

    private func isSame(_ old: JSON.Node, _ new: JSON.Node) -> Bool { before.isSame(after, old.range, new.range) }
}

extension Array where Element == UInt8 {
    /// Whether two ranges hold the same bytes.
    func isSame(_ other: [UInt8], _ range: Range<Int>, _ otherRange: Range<Int>) -> Bool {
        guard range.count == otherRange.count else { return false }
        return withUnsafeBytes { mine in
            other.withUnsafeBytes { theirs in
                let left = UnsafeRawBufferPointer(rebasing: mine[range])
                let right = UnsafeRawBufferPointer(rebasing: theirs[otherRange])
                var i = 0
                // Eight bytes at once: `==` of arrays compares one by one.
                while i + 8 <= left.count {
                    if left.loadUnaligned(fromByteOffset: i, as: UInt64.self) != right.loadUnaligned(fromByteOffset: i, as: UInt64.self) { return false }
                    i += 8
                }
                while i < left.count {
                    if left[i] != right[i] { return false }
                    i += 1
                }
                return true
            }
        }
    }
}
