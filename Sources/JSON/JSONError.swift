/// Where a text was refused, and why.
public struct JSONError: Error, Sendable, Equatable {
    /// Bytes before the place, from 0.
    public let offset: Int
    /// From 1; a line ends with LF, CR LF or CR.
    public let line: Int
    /// From 1, in Unicode scalars (a byte order mark is not counted).
    public let column: Int
    /// A lower-case fragment without a full stop that quotes at most one character of the text.
    public let reason: String

    init(_ failure: ParseFailure, in bytes: [UInt8]) {
        offset = failure.offset
        reason = failure.reason
        var line = 1
        var column = 1
        var index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let end = min(failure.offset, bytes.count)
        while index < end {
            let byte = bytes[index]
            if byte == 0x0A || (byte == 0x0D && !(index + 1 < bytes.count && bytes[index + 1] == 0x0A)) {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
            index += 1
        }
        self.line = line
        self.column = column
    }
}

/// A `JSONError` before its line and column are counted.
struct ParseFailure: Error {
    let offset: Int
    let reason: String
}
