/// Why a call of the admin RPC gave no payload.
public enum AdminRPCError: Error, Sendable, Equatable {
    /// The token is not the gateway's, or there is none.
    case unauthorised
    /// The config is another one than the base hash says: ask again and start over.
    case stale
    /// The gateway says no; with its words, made safe for a log.
    case refused(String)
    /// Too many calls of this method (30 writes a minute).
    case limited(retryAfterMilliseconds: Int)
    /// No connection, or no answer in time: absent, starting, or busy with a reload.
    case unreachable(String)
    /// The request is over the gateway's limit (1 MB), or the answer over ours (64 MB).
    case tooLarge(String)
    /// It answered, and not as the admin RPC does.
    case malformed(String)

    /// Whether the same call may well succeed a little later.
    public var mayPass: Bool {
        switch self {
        case .unreachable, .limited, .malformed, .stale: true
        case .unauthorised, .refused, .tooLarge: false
        }
    }

    /// A sentence, without a capital and a full stop.
    public var detail: String {
        switch self {
        case .unauthorised: "the gateway does not accept the token"
        case .stale: "the gateway's config has changed meanwhile"
        case .refused(let why): "the gateway refuses: \(why)"
        case .limited(let milliseconds): "the gateway takes no more calls for \((milliseconds + 999) / 1000) s"
        case .unreachable(let why): "the gateway gives no answer: \(why)"
        case .tooLarge(let what): "\(what) is too large"
        case .malformed(let why): "the gateway's answer is not one of the admin RPC: \(why)"
        }
    }

    /// What an operator does about it.
    public var hint: String {
        switch self {
        case .unauthorised: "check --gateway-token-file"
        case .stale, .limited: "ask again later"
        case .refused: "look at the gateway's log"
        case .unreachable: "start the gateway, or check --gateway; it reads the config when it starts"
        case .tooLarge: "restart the gateway; it reads the config when it starts"
        case .malformed: "check --gateway, and that plugins.entries.admin-http-rpc.enabled is true"
        }
    }
}
