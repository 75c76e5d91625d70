/// A parsed text: its bytes, and a flat tape of its nodes. Copying one is cheap.
public struct Document: Sendable {
    let tape: Tape

    /// Reads a whole text. Throws `JSONError` where it is not UTF-8, not `dialect`, or refused by `limits`; and for a
    /// text over 2 GiB or a string, number or key over 512 MiB. Time and memory are linear, whatever the nesting.
    public init(parsing bytes: [UInt8], dialect: Dialect, limits: Limits = .standard) throws(JSONError) {
        try self.init(parsing: bytes, dialect: dialect, limits: limits, reusing: nil)
    }

    init(parsing bytes: [UInt8], dialect: Dialect, limits: Limits, reusing reuse: Reuse?) throws(JSONError) {
        switch Parser.parse(bytes, dialect: dialect, limits: limits, reusing: reuse) {
        case .success(let parsed): tape = Tape(bytes: bytes, words: parsed.words, hasComments: parsed.hasComments)
        case .failure(let failure): throw JSONError(failure, in: bytes)
        }
    }

    /// The text, byte for byte.
    public var bytes: [UInt8] { tape.bytes }

    /// The one value of the text.
    public var root: Node { Node(tape: tape, index: 0) }

    /// Whether there is a JSON5 comment anywhere.
    public var hasComments: Bool { tape.hasComments }

    /// The node a JSON Pointer (RFC 6901) names; nil when there is none, or it is no pointer. Of equal keys the last is
    /// meant.
    public func node(at pointer: String) -> Node? {
        guard let tokens = Pointer.tokens(pointer) else { return nil }
        var node = root
        for token in tokens {
            let next: Node?
            switch node.kind {
            case .object: next = node[token]
            case .array: next = Pointer.index(token).flatMap { node[$0] }
            default: next = nil
            }
            guard let next else { return nil }
            node = next
        }
        return node
    }

    /// The document on one line, without spaces and comments, as JSON: strings and keys in double quotes, numbers spelled
    /// as in JSON. Only Infinity and NaN stay as they are; half a surrogate pair stays an escape; equal keys all stay.
    public func compactJSON() -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(tape.bytes.count)
        var open: [(head: Int, next: Int, left: Int)] = []
        var index = 0
        while true {
            if tape.tag(index) == .array || tape.tag(index) == .object {
                out.append(tape.tag(index) == .object ? UInt8(ascii: "{") : UInt8(ascii: "["))
                open.append((index, tape.next(index), tape.count(index)))
                index += 3
            } else {
                writeScalar(index, to: &out)
                index += 1
            }
            while let last = open.last, last.next == index {
                out.append(tape.tag(last.head) == .object ? UInt8(ascii: "}") : UInt8(ascii: "]"))
                open.removeLast()
            }
            guard let last = open.last else { return out }
            if last.left < tape.count(last.head) { out.append(UInt8(ascii: ",")) }
            open[open.count - 1].left -= 1
            if tape.tag(last.head) == .object {
                writeScalar(index, to: &out)
                out.append(UInt8(ascii: ":"))
                index += 1
            }
        }
    }

    private func writeScalar(_ index: Int, to out: inout [UInt8]) {
        let content = tape.bytes[tape.content(index)]
        switch tape.tag(index) {
        case .string, .name:
            if tape.hasEscapes(index) {
                Escapes.decode(content, loneSurrogates: .keep).withUnsafeBufferPointer {
                    Writer.writeString(utf8: $0, to: &out)
                }
            } else {
                content.withUnsafeBufferPointer { Writer.writeString(utf8: $0, to: &out) }
            }
        case .number: out += NumberSpelling.json(content) ?? []
        default: out += content
        }
    }
}
