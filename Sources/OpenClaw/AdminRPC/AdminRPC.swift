import CommandKit
import JSON
import Platform

/// The admin RPC of a running gateway (plugin `admin-http-rpc`, OpenClaw 2026.7.1 and newer; OPENCLAW.md section 4).
///
/// Each call is a connection of its own to a literal address. The token stands in the request's header and nowhere else.
public struct AdminRPC: Sendable {
    /// What the gateway takes in one request; above it answers 413.
    public static let requestLimitBytes = 1 << 20
    /// What is read of an answer.
    public static let answerLimitBytes = 64 << 20
    private static let path = "/api/v1/admin/rpc"

    public let address: GatewayAddress
    private let token: Secret?
    /// Readable when every call is to end early (a signal descriptor).
    public var interrupt: Descriptor?

    /// - Parameter tokenFile: holds the gateway's token, white space around it ignored; nil: the gateway asks for none.
    /// - Throws: `settings-invalid`, `not-permitted`. The file's name is not repeated: it may be the token itself, given by mistake.
    public init(_ address: GatewayAddress, tokenFile: String?) throws(Problem) {
        self.address = address
        token = try tokenFile.map { path throws(Problem) in try AdminRPC.readToken(path) }
    }

    private static func readToken(_ path: String) throws(Problem) -> Secret {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try Files.read(path, limit: 4096) } catch {
            throw Problem(
                error.code.isPermission ? .notPermitted : .settingsInvalid, "cannot read the gateway's token: \(error.code.message)",
                hint: "check --gateway-token-file (DCB_GATEWAY_TOKEN_FILE)")
        }
        let isSpace = { (b: UInt8) in b == 32 || (9...13).contains(b) }
        let text = bytes.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        // A line break within it would begin a header of its own.
        guard !text.isEmpty, text.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw Problem(
                .settingsInvalid, "the gateway's token is not one word of printable ASCII", hint: "put the token alone into the file of --gateway-token-file")
        }
        return Secret(String(decoding: text, as: UTF8.self))
    }

    // MARK: - Calls

    /// `config.get`: the config as the gateway sees it, and whether it is the applied one.
    public func configGet(deadline: Deadline) throws(AdminRPCError) -> GatewayConfig {
        try GatewayConfig(try call("config.get", [:], deadline))
    }

    /// `config.apply`: lets the gateway write and load a whole config; it refuses when the file is not the one of `baseHash` any more.
    /// - Parameter raw: the config's text.
    /// - Throws: `stale`, `tooLarge` (before anything is sent), `limited`, `refused` and the others.
    public func configApply(raw: [UInt8], baseHash: String, deadline: Deadline) throws(AdminRPCError) {
        _ = try call("config.apply", ["raw": .string(String(decoding: raw, as: UTF8.self)), "baseHash": .string(baseHash)], deadline)
    }

    /// `agents.list`: the ids of the agents that the gateway has loaded.
    public func agentsList(deadline: Deadline) throws(AdminRPCError) -> Set<String> {
        let payload = try call("agents.list", [:], deadline)
        guard let agents = payload["agents"], agents.kind == .array else { throw .malformed("agents.list without agents") }
        return Set(agents.elements.compactMap { $0["id"]?.stringValue.map(AgentKey.normalise) })
    }

    /// `health`.
    public func health(deadline: Deadline) throws(AdminRPCError) -> GatewayHealth {
        GatewayHealth(try call("health", [:], deadline))
    }

    // MARK: - One call

    /// - Returns: the payload.
    private func call(_ method: String, _ parameters: Object, _ deadline: Deadline) throws(AdminRPCError) -> JSON.Node {
        let body = Value.object(["id": "1", "method": .string(method), "params": .object(parameters)]).compact()
        if body.count > AdminRPC.requestLimitBytes { throw .tooLarge("the request \(method)") }
        let exchange = HTTPExchange(address: address.socket, bodyLimitBytes: AdminRPC.answerLimitBytes, interrupt: interrupt)
        let (status, bytes) = try exchange.post(AdminRPC.path, body, authorization: token.map { "Bearer \($0.revealForAuthorization())" }, deadline: deadline)
        if status == 401 || status == 403 { throw .unauthorised }
        if status == 413 { throw .tooLarge("the request \(method)") }
        guard let answer = (try? JSON.Document(parsing: bytes, dialect: .json))?.root, answer.kind == .object else {
            // What stands before a gateway answers so while that starts.
            if status == 502 || status == 503 || status == 504 { throw .unreachable("status \(status)") }
            throw .malformed("status \(status), and no JSON object")
        }
        if status == 200, answer["ok"]?.boolValue == true, let payload = answer["payload"], payload.kind == .object { return payload }
        throw error(status, answer)
    }

    private func error(_ status: Int, _ answer: JSON.Node) -> AdminRPCError {
        let error = answer["error"]
        let message = clean(error?["message"]?.stringValue ?? "")
        switch (status, error?["code"]?.stringValue ?? "") {
        case (503, _), (429, _):
            if let milliseconds = error?["retryAfterMs"]?.doubleValue, milliseconds >= 0, milliseconds < 1e9 {
                return .limited(retryAfterMilliseconds: Int(milliseconds))
            }
            return .unreachable(message.isEmpty ? "status \(status)" : message)
        case (400, "INVALID_REQUEST"):
            // The words of 2026.9.6; a base hash that is missing is refused in others.
            if message.contains("changed since last load") { return .stale }
            return .refused(message)
        case (400, _), (405, _): return .refused(message.isEmpty ? "status \(status)" : message)
        default: return .malformed("status \(status)")
        }
    }

    /// The gateway's words as a log may have them: one line, not endless, no phone number, and not the token, should somebody echo it.
    private func clean(_ text: String) -> String {
        if let token, text.contains(token.revealForAuthorization()) { return "\(token)" }
        return Inspection.shownLine(text)
    }
}
