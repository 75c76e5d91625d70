/// What was read of a text, for reading it again with patches: an array or object whose bytes no patch touches has the same words, moved.
///
/// What a value means depends on its bytes alone, so whatever stands around it may have changed. Positions are asked for in rising order.
struct Reuse {
    private let old: Tape
    private let patches: [Patch]
    /// The next patch that is not wholly before the position asked for last.
    private var nextPatch = 0
    /// How far the patches before it have moved the text.
    private var shift = 0
    /// The first word of the old tape that may stand at or behind the position asked for last.
    private var cursor = 0

    /// - Parameter patches: sorted.
    init(_ old: Tape, _ patches: [Patch]) {
        self.old = old
        self.patches = patches
    }

    var hasComments: Bool { old.hasComments }

    /// Appends the words of the array or object that begins at a position of the new text.
    /// - Returns: the position behind it; nil when the old text has no such value, or a patch touches it.
    mutating func copy(at position: Int, to words: inout [UInt64]) -> Int? {
        // Patches that end at or before it, in the new text.
        while nextPatch < patches.count, patches[nextPatch].range.lowerBound + shift + patches[nextPatch].bytes.count <= position {
            shift += patches[nextPatch].bytes.count - patches[nextPatch].range.count
            nextPatch += 1
        }
        // Inside what a patch puts there.
        if nextPatch < patches.count, patches[nextPatch].range.lowerBound + shift <= position { return nil }
        let start = position - shift
        while cursor < old.words.count, old.start(cursor) < start {
            // Into it when the position is inside it, past it when not.
            cursor = old.isContainer(cursor) ? (old.end(cursor) > start ? cursor + 3 : old.next(cursor)) : cursor + 1
        }
        guard cursor < old.words.count, old.start(cursor) == start, old.isContainer(cursor) else { return nil }
        let end = old.end(cursor)
        let next = old.next(cursor)
        if nextPatch < patches.count, patches[nextPatch].range.lowerBound < end { return nil }
        append(cursor..<next, to: &words)
        cursor = next
        return end + shift
    }

    private func append(_ range: Range<Int>, to words: inout [UInt64]) {
        let moved = words.count - range.lowerBound
        old.words.withUnsafeBufferPointer { old in
            var index = range.lowerBound
            while index < range.upperBound {
                let head = old[index]
                let start = UInt64(truncatingIfNeeded: Int(head & 0x7FFF_FFFF) + shift)
                words.append(head & ~0x7FFF_FFFF | start)
                let tag = head >> 31 & 7
                guard tag == Tape.Tag.array.rawValue || tag == Tape.Tag.object.rawValue else {
                    index += 1
                    continue
                }
                let extent = old[index + 1]
                words.append(Tape.extent(end: Int(extent & 0xFFFF_FFFF) + shift, next: Int(extent >> 32) + moved))
                words.append(old[index + 2])
                index += 3
            }
        }
    }
}
