import HTTP
import Platform

/// Who asks.
struct Client {
    /// Of a Unix socket: none.
    let address: IPAddress?
    /// On this very machine, and not through a proxy that says for whom.
    let isLocal: Bool

    /// Proxies one behind the other at most; who sends a thousand addresses is not waited for.
    private static let greatestChain = 16

    var text: String { address.map { "\($0)" } ?? "unix" }

    /// - Parameters:
    ///   - peer: of the connection; nil on a Unix socket.
    ///   - forwarded: the values of X-Forwarded-For, believed only from a trusted peer: the last address in it that is not trusted itself.
    init(peer: IPAddress?, forwarded: [ArraySlice<UInt8>], trusted: [TrustedPeer]) {
        var address = peer
        var isForwarded = false
        if !forwarded.isEmpty, trusted.contains(where: { $0.isIt(peer) }) {
            for item in forwarded.flatMap({ $0.split(separator: UInt8(ascii: ",")) }).reversed().prefix(Client.greatestChain) {
                guard let next = IPAddress(String(decoding: item.trimmed, as: UTF8.self)) else { break }
                address = next
                isForwarded = true
                if !trusted.contains(where: { $0.isIt(next) }) { break }
            }
        }
        self.address = address
        isLocal = !isForwarded && (address?.isLoopback ?? true)
    }
}

/// A peer whose X-Forwarded-For is believed (`--trust-forwarded`).
enum TrustedPeer: Sendable {
    case network(IPAddress.Network)
    case unix

    init?(_ text: String) {
        if text == "unix" {
            self = .unix
        } else if let network = IPAddress.Network(text) {
            self = .network(network)
        } else {
            return nil
        }
    }

    func isIt(_ peer: IPAddress?) -> Bool {
        switch self {
        case .network(let network): peer.map(network.contains) ?? false
        case .unix: peer == nil
        }
    }
}

/// One request and its answer.
final class Exchange {
    let id: String
    let client: Client
    let method: Method
    let route: Route
    /// The path's segment for `:phone`, as sent.
    let segment: [UInt8]?
    private let begunMicroseconds: Int64
    /// nil when the caller has gone; the work goes on.
    weak var connection: Connection?
    /// In E.164, once it is known; redacted wherever it is said.
    var phone: String?
    var isAnswered = false

    init(id: String, client: Client, method: Method, route: Route, segment: [UInt8]?, begunMicroseconds: Int64, connection: Connection) {
        self.id = id
        self.client = client
        self.method = method
        self.route = route
        self.segment = segment
        self.begunMicroseconds = begunMicroseconds
        self.connection = connection
    }

    var microseconds: Int { Int(max(0, Clock.realNanoseconds / 1000 - begunMicroseconds)) }
}
