/// Turns edits into patches: goes down the tape, in the order of the text, to the arrays and objects with edits in
/// them.
struct EditPlan {
    /// A node to look at.
    private struct Visit {
        var index: Int
        var parent: Surroundings?
        var isMember = false
        /// Where the node, or its key, begins, and the line break before it.
        var start = 0
        var newline: Int?
    }

    /// One element or member of an array or object.
    struct Item {
        var value: Int
        /// Of the key, in an object.
        var start: Int
        var end: Int
        var isRemoved: Bool
    }

    let edits: Edits
    let tape: Tape
    var layout: Layout
    private var planned: [Patch] = []

    init(_ edits: Edits) {
        self.edits = edits
        tape = edits.tape
        layout = Layout(edits.tape)
    }

    mutating func patches() -> [Patch] {
        let touched = Set(edits.changes.keys).union(edits.additions.keys).sorted()
        var stack = [Visit(index: 0, parent: nil, start: tape.start(0))]
        while let visit = stack.popLast() {
            if case .replace(let value)? = edits.changes[visit.index] {
                replace(visit, with: value)
                continue
            }
            guard tape.isContainer(visit.index) else { continue }
            let surroundings = layout.surroundings(of: visit.index, in: visit.parent)
            stack += visits(in: visit.index, touched, surroundings).reversed()
        }
        return planned
    }

    /// Plans the edits of one array or object itself; gives those of its elements that have edits in them.
    private mutating func visits(in head: Int, _ touched: [Int], _ surroundings: Surroundings) -> [Visit] {
        let isObject = tape.tag(head) == .object
        let additions = edits.additions[head] ?? []
        var cursor = EditPlan.firstIndex(in: touched, notBelow: head + 1)
        var items: [Item] = []
        items.reserveCapacity(tape.count(head))
        var visits: [Visit] = []
        var removed = 0
        var index = head + 3
        let contentEnd = tape.next(head)
        while index < contentEnd {
            let value = isObject ? index + 1 : index
            let next = tape.next(value)
            var item = Item(value: value, start: tape.start(index), end: tape.end(value), isRemoved: false)
            while cursor < touched.count, touched[cursor] < value { cursor += 1 }
            if cursor < touched.count, touched[cursor] < next {
                if case .remove? = edits.changes[value] {
                    item.isRemoved = true
                    removed += 1
                } else {
                    let before = Gap(tape.bytes, from: items.last?.end ?? tape.start(head) + 1)
                    visits.append(
                        Visit(
                            index: value, parent: surroundings, isMember: isObject, start: item.start, newline: before.newline))
                }
            }
            items.append(item)
            index = next
        }
        if removed > 0 || !additions.isEmpty {
            var plan = ContainerPlan(tape: tape, head: head, items: items, additions: additions, surroundings: surroundings)
            planned += plan.patches(&layout)
        }
        return visits
    }

    private mutating func replace(_ visit: Visit, with value: Value) {
        let range = tape.start(visit.index)..<tape.end(visit.index)
        let isInLines =
            visit.newline != nil
            || (visit.index == 0
                ? layout.isMultiline(at: 0)
                : tape.bytes[range].contains { $0 == 0x0A || $0 == 0x0D })
        let style: Writer.Style
        let colon = visit.isMember ? layout.colonSpace(behind: visit.index - 1) : nil
        if isInLines {
            let own = layout.surroundings(at: visit.start, in: visit.parent)
            style = Writer.Style(
                colon: colon ?? [0x20], comma: [],
                lines: Writer.Style.Lines(
                    newline: visit.newline.map { layout.newline(at: $0) } ?? own.newline ?? layout.firstNewline,
                    unit: own.unit ?? layout.documentUnit, indentation: Array(own.indentation)))
        } else {
            let space: [UInt8] = layout.isSpaced ? [0x20] : []
            style = Writer.Style(colon: colon ?? space, comma: space, lines: nil)
        }
        var bytes: [UInt8] = []
        Writer.write(value, style, to: &bytes)
        planned.append(Patch(range: range, bytes: bytes))
    }

    private static func firstIndex(in sorted: [Int], notBelow bound: Int) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < bound { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
