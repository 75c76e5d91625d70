/// Bytes in the place of others. Patches of one list do not overlap.
struct Patch {
    var range: Range<Int>
    var bytes: [UInt8]

    /// `text` with all patches applied; those at the same place in the order of the list.
    static func apply(_ patches: [Patch], to text: [UInt8]) -> [UInt8] {
        let order = patches.indices.sorted { left, right in
            let (first, second) = (patches[left].range.lowerBound, patches[right].range.lowerBound)
            return first != second ? first < second : left < right
        }
        var out: [UInt8] = []
        out.reserveCapacity(text.count + patches.reduce(0) { $0 + $1.bytes.count })
        var copied = 0
        for index in order {
            let patch = patches[index]
            if patch.range.lowerBound > copied { out += text[copied..<patch.range.lowerBound] }
            out += patch.bytes
            copied = max(copied, patch.range.upperBound)
        }
        out += text[copied...]
        return out
    }
}
