/// A parsed text: its bytes, and its nodes in the order of the text as 64-bit words.
///
/// A scalar or a key is one word; an array or object is three, followed by its content:
///
///     head    bits 0-30 first byte, 31-33 tag, 34 "has escapes", 35-63 length in bytes (0 for arrays and objects)
///     extent  bits 0-31 end byte, 32-63 index of the word behind its content
///     count   members or elements
///
/// A member is its key followed by its value. Offsets of 31 bits and lengths of 29 bits are why texts over 2 GiB and
/// tokens over 512 MiB are refused; a tape has at most 3 words for 2 bytes of text, so 32 bits hold every index.
final class Tape: Sendable {
    enum Tag: UInt64 {
        case null, `false`, `true`, number, string, array, object
        /// An unquoted key.
        case name
    }

    static let maximumTextBytes = Int(Int32.max)
    static let maximumTokenBytes = 1 << 29 - 1

    let bytes: [UInt8]
    let words: [UInt64]
    let hasComments: Bool

    init(bytes: [UInt8], words: [UInt64], hasComments: Bool) {
        self.bytes = bytes
        self.words = words
        self.hasComments = hasComments
    }

    @inline(__always)
    static func head(_ tag: Tag, start: Int, length: Int = 0, hasEscapes: Bool = false) -> UInt64 {
        UInt64(truncatingIfNeeded: start) | tag.rawValue << 31 | (hasEscapes ? 1 << 34 : 0)
            | UInt64(truncatingIfNeeded: length) << 35
    }

    @inline(__always)
    static func extent(end: Int, next: Int) -> UInt64 {
        UInt64(truncatingIfNeeded: end) | UInt64(truncatingIfNeeded: next) << 32
    }

    func tag(_ index: Int) -> Tag {
        // Three bits, eight cases: there is always one.
        Tag(rawValue: words[index] >> 31 & 7) ?? .null
    }

    func isContainer(_ index: Int) -> Bool {
        let tag = tag(index)
        return tag == .array || tag == .object
    }

    func hasEscapes(_ index: Int) -> Bool { words[index] >> 34 & 1 == 1 }

    func start(_ index: Int) -> Int { Int(words[index] & 0x7FFF_FFFF) }

    func end(_ index: Int) -> Int {
        isContainer(index) ? Int(words[index + 1] & 0xFFFF_FFFF) : start(index) + Int(words[index] >> 35)
    }

    /// The word behind a node and its content.
    func next(_ index: Int) -> Int {
        isContainer(index) ? Int(words[index + 1] >> 32) : index + 1
    }

    func count(_ index: Int) -> Int { isContainer(index) ? Int(words[index + 2]) : 0 }

    /// The bytes between the quotes of a string; of an unquoted key, all.
    func content(_ index: Int) -> Range<Int> {
        let start = start(index)
        let end = end(index)
        return tag(index) == .string ? start + 1..<end - 1 : start..<end
    }
}
