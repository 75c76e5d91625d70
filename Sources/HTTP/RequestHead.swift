/// A request's line and header: the bytes as they came, and where things stand in them.
public struct RequestHead: Sendable {
    public internal(set) var method = Method.get
    /// 0 or 1, of HTTP/1.x.
    public internal(set) var minorVersion = 1
    public internal(set) var target: RequestTarget?
    /// The length that was declared; nil without one.
    public internal(set) var contentLength: Int?
    public internal(set) var isChunked = false
    /// The client waits for `100 Continue` before it sends the body.
    public internal(set) var expectsContinue = false
    /// The connection may serve another request afterwards (RFC 9112 section 9.3).
    public internal(set) var keepsAlive = true
    var bytes: [UInt8] = []
    var fields: [Field] = []

    struct Field: Sendable {
        let name: Range<Int>
        let value: Range<Int>
    }

    public init() {}

    /// A body follows, be it of length 0.
    public var announcesBody: Bool { isChunked || contentLength != nil }
    /// There are bytes of a body to come.
    public var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }

    mutating func clear() {
        method = .get
        minorVersion = 1
        target = nil
        contentLength = nil
        isChunked = false
        expectsContinue = false
        keepsAlive = true
        bytes.removeAll(keepingCapacity: bytes.capacity <= 4096)
        fields.removeAll(keepingCapacity: fields.capacity <= 64)
    }

    /// Bytes of the path as sent; `/` when an absolute target has none.
    public var path: [UInt8] {
        guard let target else { return [] }
        if target.path.isEmpty { return target.form == .absolute ? [UInt8(ascii: "/")] : [] }
        return Array(bytes[target.path])
    }

    /// Calls `body` with the path's bytes, without a copy.
    public func withPath<T>(_ body: (UnsafeBufferPointer<UInt8>) -> T) -> T {
        guard let target, !target.path.isEmpty else { return path.withUnsafeBufferPointer(body) }
        return bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[target.path])) }
    }

    public var fieldCount: Int { fields.count }

    /// The values of a field, in order; white space around them is gone.
    /// - Parameter name: in lower case.
    public func values(_ name: StaticString) -> [ArraySlice<UInt8>] {
        var found: [ArraySlice<UInt8>] = []
        for field in fields where matches(field.name, name) { found.append(bytes[field.value]) }
        return found
    }

    /// The value of a field that may be there once.
    /// - Returns: nil when it is not there; `isRepeated` when it is there more than once.
    public func value(_ name: StaticString) -> (value: ArraySlice<UInt8>, isRepeated: Bool)? {
        var found: ArraySlice<UInt8>?
        for field in fields where matches(field.name, name) {
            if let found { return (found, true) }
            found = bytes[field.value]
        }
        return found.map { ($0, false) }
    }

    func matches(_ range: Range<Int>, _ name: StaticString) -> Bool {
        guard range.count == name.utf8CodeUnitCount else { return false }
        let start = range.lowerBound
        return bytes.withUnsafeBufferPointer { b in
            for i in 0..<name.utf8CodeUnitCount where Octets.lower(b[start + i]) != name.utf8Start[i] { return false }
            return true
        }
    }
}
