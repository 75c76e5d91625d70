/// The edits of one array or object itself.
struct ContainerPlan {
    private struct Deletion {
        var range: Range<Int>
        /// Whether the line break of a `//` comment is at its beginning.
        var endsLineComment = false
    }

    let tape: Tape
    let head: Int
    let items: [EditPlan.Item]
    let additions: [Edits.Addition]
    let surroundings: Surroundings
    private var deletions: [Deletion] = []
    private var insertions: [Patch] = []

    init(
        tape: Tape, head: Int, items: [EditPlan.Item], additions: [Edits.Addition], surroundings: Surroundings
    ) {
        self.tape = tape
        self.head = head
        self.items = items
        self.additions = additions
        self.surroundings = surroundings
    }

    mutating func patches(_ layout: inout Layout) -> [Patch] {
        if additions.isEmpty, items.allSatisfy(\.isRemoved) {
            removeAll()
        } else {
            removeSome()
            if !additions.isEmpty {
                if items.isEmpty { fill(&layout) } else { append(&layout) }
            }
        }
        return mergedDeletions() + insertions
    }

    /// The gap before an item, or behind the last one.
    private func gap(_ index: Int) -> Gap {
        Gap(tape.bytes, from: index == 0 ? tape.start(head) + 1 : items[index - 1].end)
    }

    // MARK: - Removal

    private mutating func removeAll() {
        var hasComment = gap(0).hasComment
        for (index, item) in items.enumerated() {
            let before = gap(index)
            let after = gap(index + 1)
            hasComment = hasComment || after.hasComment
            deletions.append(Deletion(range: before.tail..<item.end, endsLineComment: before.tailEndsLineComment))
            deleteComma(after, upTo: after.comma.map { $0 + 1 })
        }
        // A lone element on a line of its own was put there by `fill`: its line break goes too.
        guard !hasComment, gap(0).newline != nil else { return }
        let last = gap(items.count)
        let start = last.comma.map { $0 + 1 } ?? last.start
        let terminator = Space.terminatorLength(tape.bytes, at: start)
        guard terminator > 0 else { return }
        var end = start + terminator
        for byte in surroundings.indentation where end < last.end && tape.bytes[end] == byte { end += 1 }
        deletions.append(Deletion(range: start..<end))
    }

    private mutating func removeSome() {
        guard let firstKept = items.firstIndex(where: { !$0.isRemoved }) ?? (items.isEmpty ? nil : items.count) else {
            return
        }
        for (index, item) in items.enumerated() where item.isRemoved {
            let after = gap(index + 1)
            if index < firstKept {
                // What comes first afterwards takes the place of what did: the white space at the bracket stays.
                deletions.append(Deletion(range: item.start..<item.end))
                deleteComma(after, upTo: index == items.count - 1 ? after.comma.map { $0 + 1 } : after.afterComma)
            } else {
                let before = gap(index)
                deletions.append(Deletion(range: before.tail..<item.end, endsLineComment: before.tailEndsLineComment))
                deleteComma(after, upTo: after.comma.map { $0 + 1 })
            }
        }
        // The last one left has no comma when the last one had none.
        guard additions.isEmpty, let last = items.last, last.isRemoved, gap(items.count).comma == nil,
            let lastKept = items.lastIndex(where: { !$0.isRemoved }), let comma = gap(lastKept + 1).comma
        else { return }
        deletions.append(Deletion(range: comma..<comma + 1))
    }

    /// Also the white space between a value and its comma, when that is all there is.
    private mutating func deleteComma(_ gap: Gap, upTo end: Int?) {
        guard let comma = gap.comma, let end else { return }
        deletions.append(Deletion(range: (gap.hasCommentBeforeComma ? comma : gap.start)..<end))
    }

    private func mergedDeletions() -> [Patch] {
        var runs: [Deletion] = []
        for deletion in deletions.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            if let last = runs.last, deletion.range.lowerBound <= last.range.upperBound {
                runs[runs.count - 1].range =
                    last.range.lowerBound..<max(last.range.upperBound, deletion.range.upperBound)
            } else {
                runs.append(deletion)
            }
        }
        return runs.map { run in
            var start = run.range.lowerBound
            if run.endsLineComment, !isLineBreak(at: run.range.upperBound) {
                start += Space.terminatorLength(tape.bytes, at: start)
            }
            return Patch(range: start..<max(start, run.range.upperBound), bytes: [])
        }
    }

    /// Whether what will stand at `position` begins with a line break.
    private func isLineBreak(at position: Int) -> Bool {
        if let first = insertions.first(where: { $0.range.lowerBound == position })?.bytes.first {
            return first == 0x0A || first == 0x0D
        }
        return Space.terminatorLength(tape.bytes, at: position) > 0
    }

    // MARK: - Addition

    /// Into an empty array or object.
    private mutating func fill(_ layout: inout Layout) {
        let inside = gap(0)
        let closing = Array(surroundings.indentation)
        let isInLines = inside.end > inside.start || layout.isMultiline(at: head)
        guard isInLines else {
            let space: [UInt8] = layout.isSpaced ? [0x20] : []
            let style = Writer.Style(colon: space, comma: space, lines: nil)
            insert(at: inside.start, additionsText(style, first: [], following: space, hasTrailingComma: false))
            return
        }
        let newline = inside.newline.map { layout.newline(at: $0) } ?? surroundings.newline ?? layout.firstNewline
        var unit = surroundings.unit ?? layout.documentUnit
        var indentation = closing + unit
        if let before = inside.newlineBeforeComment {
            (unit, indentation) = commentIndentation(layout, behind: before) ?? (unit, indentation)
        }
        let style = Writer.Style(
            colon: [0x20], comma: [],
            lines: Writer.Style.Lines(newline: newline, unit: unit, indentation: indentation))
        let separator = newline + indentation
        var text = additionsText(style, first: separator, following: separator, hasTrailingComma: false)
        // Behind a comment the rest of the line is there already.
        if !inside.hasComment { text += newline + closing }
        insert(at: inside.insertionPoint, text)
    }

    /// Behind the last element or member.
    private mutating func append(_ layout: inout Layout) {
        guard let last = items.last else { return }
        let before = gap(items.count - 1)
        let after = gap(items.count)
        let isObject = tape.tag(head) == .object
        let colon = isObject ? layout.colonSpace(behind: last.value - 1) : nil
        let style: Writer.Style
        let separator: [UInt8]
        // A comment behind the last one that begins or ends a line makes lines of what was inline.
        if before.newline != nil || after.tailEndsLineComment || after.newlineBeforeComment != nil {
            let newline = layout.newline(at: before.newline ?? after.newlineBeforeComment ?? after.tail)
            var unit = surroundings.unit ?? layout.documentUnit
            var indentation = Array(surroundings.indentation) + unit
            if let line = before.newline {
                indentation = Array(layout.indentation(behind: line))
                unit = Layout.difference(indentation[...], surroundings.indentation) ?? unit
            } else if let line = after.newlineBeforeComment {
                (unit, indentation) = commentIndentation(layout, behind: line) ?? (unit, indentation)
            }
            separator = newline + indentation
            style = Writer.Style(
                colon: colon ?? [0x20], comma: [],
                lines: Writer.Style.Lines(newline: newline, unit: unit, indentation: indentation))
        } else {
            let isSpaced = items.count > 1 ? before.end > before.tail : layout.isSpaced
            separator = isSpaced ? [0x20] : []
            style = Writer.Style(colon: colon ?? separator, comma: separator, lines: nil)
        }
        let hasTrailingComma = after.comma != nil
        if !hasTrailingComma, !last.isRemoved { insert(at: last.end, [UInt8(ascii: ",")]) }
        // The first takes the place of what was first, with the white space before it.
        let takesPlace = after.commentEnd == nil && items.allSatisfy(\.isRemoved)
        insert(
            at: after.insertionPoint,
            additionsText(
                style, first: takesPlace ? [] : separator, following: separator, hasTrailingComma: hasTrailingComma))
    }

    /// A comment on a line of its own shows where an element would stand.
    private func commentIndentation(_ layout: Layout, behind newline: Int) -> (unit: [UInt8], indentation: [UInt8])? {
        let indentation = layout.indentation(behind: newline)
        return Layout.difference(indentation, surroundings.indentation).map { ($0, Array(indentation)) }
    }

    private mutating func insert(at position: Int, _ bytes: [UInt8]) {
        insertions.append(Patch(range: position..<position, bytes: bytes))
    }

    private func additionsText(
        _ style: Writer.Style, first: [UInt8], following: [UInt8], hasTrailingComma: Bool
    ) -> [UInt8] {
        var out = first
        for (index, addition) in additions.enumerated() {
            if index > 0 {
                if !hasTrailingComma { out.append(UInt8(ascii: ",")) }
                out += following
            }
            if let key = addition.key {
                Writer.writeString(key, to: &out)
                out.append(UInt8(ascii: ":"))
                out += style.colon
            }
            Writer.write(addition.value, style, to: &out)
            if hasTrailingComma { out.append(UInt8(ascii: ",")) }
        }
        return out
    }
}
