/// The line on which a node begins, and what its ancestors tell about indentation.
struct Surroundings {
    /// Of the line.
    var indentation: ArraySlice<UInt8>
    /// The line break before the line, nil on the first line.
    var newline: [UInt8]?
    /// One level of indentation: the difference to the nearest ancestor on another level, nil when there is none.
    var unit: [UInt8]?
}

/// How a document is laid out. Lines must be asked for in the order of the text, so that all answers together are
/// linear.
struct Layout {
    private let tape: Tape
    private var knownPosition: Int
    private var knownLineStart: Int
    private var knownIndentationEnd: Int

    init(_ tape: Tape) {
        self.tape = tape
        let start = tape.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        knownPosition = start
        knownLineStart = start
        knownIndentationEnd = start
        while knownIndentationEnd < tape.bytes.count, Layout.isBlank(tape.bytes[knownIndentationEnd]) {
            knownIndentationEnd += 1
        }
    }

    mutating func surroundings(of node: Int, in parent: Surroundings?) -> Surroundings {
        surroundings(at: tape.start(node), in: parent)
    }

    /// For a position not before the one asked for last.
    mutating func surroundings(at position: Int, in parent: Surroundings?) -> Surroundings {
        let bytes = tape.bytes
        var lineStart = position
        while lineStart > knownPosition, bytes[lineStart - 1] != 0x0A, bytes[lineStart - 1] != 0x0D { lineStart -= 1 }
        if lineStart > knownPosition {
            knownLineStart = lineStart
            knownIndentationEnd = lineStart
            while Layout.isBlank(bytes[knownIndentationEnd]) { knownIndentationEnd += 1 }
        }
        knownPosition = max(knownPosition, position)
        let indentation = bytes[knownLineStart..<max(knownLineStart, min(knownIndentationEnd, position))]
        var newline: [UInt8]?
        if knownLineStart > 0, bytes[knownLineStart - 1] == 0x0A || bytes[knownLineStart - 1] == 0x0D {
            let isPair = knownLineStart > 1 && bytes[knownLineStart - 2] == 0x0D && bytes[knownLineStart - 1] == 0x0A
            newline = isPair ? [0x0D, 0x0A] : [0x0A]
        }
        let unit = parent.flatMap { Layout.difference(indentation, $0.indentation) ?? $0.unit }
        return Surroundings(indentation: indentation, newline: newline, unit: unit)
    }

    /// Whether an empty array or object is opened over several lines: when the document has several lines. Of a root
    /// alone on its line the line break at the end of the file tells it.
    private(set) lazy var rootHasNewline = tape.bytes[tape.start(0)..<tape.end(0)].contains { $0 == 0x0A || $0 == 0x0D }

    mutating func isMultiline(at node: Int) -> Bool {
        rootHasNewline || (node == 0 && tape.bytes.contains { $0 == 0x0A || $0 == 0x0D })
    }

    /// The first line break of the text, LF when there is none.
    private(set) lazy var firstNewline: [UInt8] = {
        guard let index = tape.bytes.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) else { return [0x0A] }
        return newline(at: index)
    }()

    /// The indentation of the root's first element or member, two spaces when that tells nothing.
    private(set) lazy var documentUnit: [UInt8] = {
        let standard: [UInt8] = [0x20, 0x20]
        guard tape.count(0) > 0, let newline = Gap(tape.bytes, from: tape.start(0) + 1).newline else { return standard }
        return Layout.difference(indentation(behind: newline), rootIndentation) ?? standard
    }()

    private var rootIndentation: ArraySlice<UInt8> {
        let bytes = tape.bytes
        var lineStart = tape.start(0)
        while lineStart > 0, Layout.isBlank(bytes[lineStart - 1]) { lineStart -= 1 }
        return bytes[lineStart..<tape.start(0)]
    }

    /// Whether there is a space behind any colon or comma.
    private(set) lazy var isSpaced: Bool = {
        let bytes = tape.bytes
        var index = 0
        while index < tape.words.count {
            var end = tape.end(index)
            while end < bytes.count, Layout.isBlank(bytes[end]) { end += 1 }
            let isPunctuation = end < bytes.count && (bytes[end] == UInt8(ascii: ":") || bytes[end] == UInt8(ascii: ","))
            if isPunctuation, end + 1 < bytes.count, bytes[end + 1] == 0x20 { return true }
            index += tape.isContainer(index) ? 3 : 1
        }
        return false
    }()

    /// One space or none, as behind the colon of this key; nil when its value is on another line.
    func colonSpace(behind key: Int) -> [UInt8]? {
        let bytes = tape.bytes
        var index = tape.end(key)
        while index < bytes.count, bytes[index] != UInt8(ascii: ":") {
            index = bytes[index] == UInt8(ascii: "/") ? Gap.endOfComment(bytes, at: index) : index + 1
        }
        let before = Gap(bytes, from: min(index + 1, bytes.count))
        if before.newline != nil { return nil }
        return index + 1 < bytes.count && Space.length(bytes, at: index + 1) > 0 ? [0x20] : []
    }

    /// The line break to write where the one at `index` was found: CR LF or LF. A lone CR is not copied, since with an LF
    /// behind it would become another line break.
    func newline(at index: Int) -> [UInt8] {
        Space.terminatorLength(tape.bytes, at: index) == 2 ? [0x0D, 0x0A] : [0x0A]
    }

    /// The blanks behind the line break at `index`.
    func indentation(behind index: Int) -> ArraySlice<UInt8> {
        let start = index + Space.terminatorLength(tape.bytes, at: index)
        var end = start
        while end < tape.bytes.count, Layout.isBlank(tape.bytes[end]) { end += 1 }
        return tape.bytes[start..<end]
    }

    /// What `inner` has more than `outer`; nil when that is nothing or `inner` does not begin like `outer`.
    static func difference(_ inner: ArraySlice<UInt8>, _ outer: ArraySlice<UInt8>) -> [UInt8]? {
        inner.count > outer.count && inner.starts(with: outer) ? Array(inner.dropFirst(outer.count)) : nil
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
