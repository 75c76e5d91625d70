/// The status line and header of an answer, written as bytes.
///
/// A value that holds a control character would begin a line of its own: such a character is written as `?`.
public struct ResponseHead: Sendable {
    public private(set) var bytes: [UInt8]

    /// - Parameter date: of `HTTPDate`; nil leaves it out, as in an interim answer.
    public init(status: Int, date: HTTPDate?) {
        bytes = []
        bytes.reserveCapacity(256)
        bytes += "HTTP/1.1 ".utf8
        ResponseHead.append(status, to: &bytes)
        bytes.append(32)
        bytes += StatusCode.reason(status).utf8
        bytes += "\r\n".utf8
        if let date {
            bytes += "Date: ".utf8
            bytes += date.bytes
            bytes += "\r\n".utf8
        }
    }

    /// Adds a field.
    public mutating func add(_ name: StaticString, _ value: some Sequence<UInt8>) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes += ": ".utf8
        for b in value { bytes.append((b < 32 && b != 9) || b == 127 ? UInt8(ascii: "?") : b) }
        bytes += "\r\n".utf8
    }

    public mutating func add(_ name: StaticString, _ value: String) { add(name, value.utf8) }
    public mutating func add(_ name: StaticString, _ value: Int) { add(name, String(value).utf8) }

    /// The empty line that ends the header.
    public mutating func end() { bytes += "\r\n".utf8 }

    private static func append(_ status: Int, to bytes: inout [UInt8]) {
        for unit in [100, 10, 1] { bytes.append(UInt8(48 + status / unit % 10)) }
    }
}
