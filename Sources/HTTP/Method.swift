/// The methods of RFC 9110 section 9 and PATCH (RFC 5789). Names are case-sensitive.
public enum Method: String, Sendable, Equatable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
    case connect = "CONNECT"
    case options = "OPTIONS"
    case trace = "TRACE"
    case patch = "PATCH"
    /// A well-formed name that is none of these.
    case other = "?"

    init(_ name: UnsafeBufferPointer<UInt8>) {
        switch name.count {
        case 3 where Method.equal(name, "GET"): self = .get
        case 3 where Method.equal(name, "PUT"): self = .put
        case 4 where Method.equal(name, "POST"): self = .post
        case 4 where Method.equal(name, "HEAD"): self = .head
        case 5 where Method.equal(name, "TRACE"): self = .trace
        case 5 where Method.equal(name, "PATCH"): self = .patch
        case 6 where Method.equal(name, "DELETE"): self = .delete
        case 7 where Method.equal(name, "OPTIONS"): self = .options
        case 7 where Method.equal(name, "CONNECT"): self = .connect
        default: self = .other
        }
    }

    private static func equal(_ name: UnsafeBufferPointer<UInt8>, _ text: StaticString) -> Bool {
        for i in 0..<name.count where name[i] != text.utf8Start[i] { return false }
        return true
    }
}
