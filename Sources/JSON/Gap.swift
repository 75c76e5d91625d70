/// What stands between two neighbours in an array or object: a bracket or value, then the next value, key or bracket.
/// It is white space, comments and at most one comma.
struct Gap {
    let start: Int
    /// The first byte of the next value, key or bracket.
    private(set) var end: Int
    private(set) var comma: Int?
    /// Behind the comma and the white space that follows it directly.
    private(set) var afterComma: Int?
    private(set) var hasComment = false
    private(set) var hasCommentBeforeComma = false
    /// Where the white space directly before `end` begins.
    private(set) var tail: Int
    /// Whether that white space ends a `//` comment, which then must not lose its line break.
    private(set) var tailEndsLineComment = false
    /// The end of the last comment behind the comma (or of all, when there is no comma).
    private(set) var commentEnd: Int?
    /// The last line break among the white space behind the comma (or all, when there is no comma).
    private(set) var newline: Int?
    /// The last such line break before the last comment.
    private(set) var newlineBeforeComment: Int?

    /// Reads on from the end of a bracket or value. The text has passed the parser.
    init(_ bytes: [UInt8], from start: Int) {
        self.start = start
        tail = start
        var index = start
        var isDirectlyBehindComma = false
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: ","), comma == nil {
                comma = index
                index += 1
                tail = index
                afterComma = index
                isDirectlyBehindComma = true
                hasCommentBeforeComma = hasComment
                tailEndsLineComment = false
                commentEnd = nil
                newline = nil
                newlineBeforeComment = nil
            } else if byte == UInt8(ascii: "/") {
                isDirectlyBehindComma = false
                hasComment = true
                newlineBeforeComment = newline
                let isLine = index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "/")
                index = Gap.endOfComment(bytes, at: index)
                tail = index
                tailEndsLineComment = isLine
                commentEnd = index
            } else {
                let terminator = Space.terminatorLength(bytes, at: index)
                if terminator > 0 { newline = index }
                let length = terminator > 0 ? terminator : Space.length(bytes, at: index)
                if length == 0 { break }
                index += length
                if isDirectlyBehindComma { afterComma = index }
            }
        }
        end = index
    }

    /// Where a new last member goes: behind the last comment, else the comma, else the value or bracket.
    var insertionPoint: Int { commentEnd ?? comma.map { $0 + 1 } ?? start }

    /// Behind a comment; of a `//` comment, before its line break.
    static func endOfComment(_ bytes: [UInt8], at start: Int) -> Int {
        var index = start + 2
        if index <= bytes.count, bytes[start + 1] == UInt8(ascii: "*") {
            while index + 1 < bytes.count, !(bytes[index] == UInt8(ascii: "*") && bytes[index + 1] == UInt8(ascii: "/")) {
                index += 1
            }
            return min(index + 2, bytes.count)
        }
        while index < bytes.count, Space.terminatorLength(bytes, at: index) == 0 { index += 1 }
        return index
    }
}
