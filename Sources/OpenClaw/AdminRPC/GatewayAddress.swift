import CommandKit
import Platform

/// Where a gateway listens, as `--gateway` says it: `http://127.0.0.1:18789`, `http://[::1]:18789`.
public struct GatewayAddress: Sendable, Equatable, CustomStringConvertible {
    let socket: SocketAddress

    /// - Throws: `usage`, when it is not `http://`, a literal address and a port. The text is not repeated: it may hold a password.
    public init(_ text: String) throws(Problem) {
        guard let socket = GatewayAddress.parse(text) else {
            throw Problem(
                .usage, "option --gateway (DCB_GATEWAY_URL) takes http://, a literal address and a port",
                hint: "such as http://127.0.0.1:18789 or http://[::1]:18789; names are not looked up, and https is not spoken")
        }
        self.socket = socket
    }

    /// RFC 3986 section 3.2, as far as an origin needs it.
    private static func parse(_ text: String) -> SocketAddress? {
        guard text.lowercased().hasPrefix("http://") else { return nil }
        var rest = text.dropFirst(7)
        if rest.hasSuffix("/") { rest.removeLast() }
        guard let colon = rest.lastIndex(of: ":") else { return nil }
        let digits = rest[rest.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let port = UInt16(digits), port > 0 else { return nil }
        let host = String(rest[..<colon])
        if host.contains(":"), !host.hasPrefix("[") { return nil }
        return SocketAddress(host: host, port: port)
    }

    public var description: String { "http://\(socket)" }
}
