/// Bytes in the place of others. Patches of one list do not overlap.
struct Patch {
    var range: Range<Int>
    var bytes: [UInt8]

    /// The patches in the order of the text; those at the same place stay in the order of the list.
    static func sorted(_ patches: [Patch]) -> [Patch] {
        let order = patches.indices.sorted { left, right in
            let (first, second) = (patches[left].range.lowerBound, patches[right].range.lowerBound)
            return first != second ? first < second : left < right
        }
        return order.map { patches[$0] }
    }

    /// `text` with all patches applied, which are sorted.
    static func apply(_ patches: [Patch], to text: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.count + patches.reduce(0) { $0 + $1.bytes.count })
        var copied = 0
        for patch in patches {
            if patch.range.lowerBound > copied { out += text[copied..<patch.range.lowerBound] }
            out += patch.bytes
            copied = max(copied, patch.range.upperBound)
        }
        out += text[copied...]
        return out
    }
}
