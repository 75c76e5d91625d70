import JSON

/// The file before the edit, already judged: what is the same bytes in the edited one need not be judged by itself again.
struct Baseline {
    let candidate: ConfigModel
    /// Agents of the file that go: a binding that stays may name one of them.
    let removed: Set<String>
    /// The agents and bindings that stay, in order.
    private let agents: [AgentEntry]
    private let bindings: [JSON.Node]
    private let before: [UInt8]
    private let after: [UInt8]

    init(_ edit: ConfigEdit, candidate: ConfigModel) {
        self.candidate = candidate
        removed = Set(edit.removed.keys)
        agents = edit.removed.isEmpty ? edit.model.agents : edit.model.agents.filter { edit.removed[$0.id] == nil }
        before = edit.model.document.bytes
        after = candidate.document.bytes
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

    /// - Parameters:
    ///   - position: among the agents.
    ///   - key: of the member, in `entries`.
    func isSame(agent position: Int, _ node: JSON.Node, key: JSON.Node.Member? = nil) -> Bool {
        guard position < agents.count, isSame(agents[position].node, node) else { return false }
        return key.map { $0.keyEquals(agents[position].key) } ?? true
    }

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
