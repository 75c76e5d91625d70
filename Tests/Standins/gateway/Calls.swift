import JSON
import Platform

/// The admin RPC: four calls, and everything that it says no to.
final class Calls {
    private let gateway: Gateway
    private let token: String?
    private let control: Control
    private var counts: [String: Int] = [:]
    private var writes: [String: [Int64]] = [:]

    init(_ gateway: Gateway, token: String?, control: Control) {
        self.gateway = gateway
        self.token = token
        self.control = control
    }

    func answer(_ request: Request, _ server: Server) throws -> Answer {
        if let text = control.always("slow"), let milliseconds = Int(text) { Clock.sleep(milliseconds: milliseconds) }
        guard request.path == "/api/v1/admin/rpc" else { return Calls.http(404, ["error": ["message": "Not Found", "type": "not_found"]]) }
        if control.always("unauthorised") != nil || (token.map { request.headers["authorization"] != "Bearer \($0)" } ?? false) {
            gateway.note("call", ["status": 401])
            return Calls.http(401, ["error": ["message": "Unauthorized", "type": "unauthorized"]])
        }
        if request.method != "POST" { return Calls.http(405, ["ok": false, "error": ["type": "method_not_allowed", "message": "Method Not Allowed"]]) }
        if request.isTooLarge { return Calls.http(413, ["ok": false, "error": ["type": "invalid_request", "message": "Payload too large"]]) }
        guard let call = (try? Value(parsing: request.body))?.objectValue else {
            return Calls.http(400, ["ok": false, "error": ["type": "invalid_request", "message": "request body must be valid JSON"]])
        }
        let method = call["method"]?.stringValue ?? ""
        let number = counts[method, default: 0] + 1
        counts[method] = number
        if try misbehave("before", method, number, server) { return nil }
        if let kind = control.always("rubbish"), let bytes = Calls.rubbish(kind) {
            gateway.note("call", ["method": .string(method), "status": "rubbish"])
            return bytes
        }
        var body: [UInt8]
        var status = 200
        do throws(Failure) { body = Array("\"ok\":true,\"payload\":".utf8) + (try payload(method, call["params"]?.objectValue ?? [:])) } catch {
            status = error.status
            body = Array("\"ok\":false,\"error\":".utf8) + Value.object(error.error).compact()
        }
        gateway.note("call", ["method": .string(method), "status": .number("\(status)")])
        if try misbehave("after", method, number, server) { return nil }
        body = Array("{\"id\":".utf8) + (call["id"] ?? .null).compact() + [44] + body + [125]
        switch control.always("rubbish") {
        case "chunked": return Calls.chunked(body)
        case "until-closed": return Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8) + body
        default: return Calls.http(status, body)
        }
    }

    /// - Returns: whether the call gets no answer.
    private func misbehave(_ when: String, _ method: String, _ number: Int, _ server: Server) throws -> Bool {
        var isSilent = false
        for action in control.actions(when, method, number) {
            gateway.note("misbehaves", ["when": .string(when), "method": .string(method)])
            switch action {
            case .die: CurrentProcess.exit(1)
            case .load: gateway.load(gateway.seen())
            case .restart(let milliseconds):
                try server.pause(milliseconds: milliseconds)
                gateway.restart()
                isSilent = true
            case .run(let command):
                _ = try ChildProcess("/bin/sh", ["-c", command], environment: ["PATH": "/usr/bin:/bin"]).run(input: [], deadline: Deadline(in: 30_000))
            }
        }
        return isSilent
    }

    // MARK: - Calls

    private struct Failure: Error {
        var status = 400
        let error: Object

        static func invalid(_ message: String) -> Failure { Failure(error: ["code": "INVALID_REQUEST", "message": .string(message)]) }
    }

    private func payload(_ method: String, _ parameters: Object) throws(Failure) -> [UInt8] {
        switch method {
        case "config.get": return ConfigAnswer(gateway, path: control.always("path")).bytes
        case "config.apply": return try apply(parameters)
        case "agents.list": return agents().compact()
        case "health":
            return Value.object([
                "ok": true, "ts": .number("\(Clock().now.milliseconds)"), "durationMs": 18,
                "plugins": ["loaded": ["admin-http-rpc"], "errors": [], "unavailable": []], "configReload": ["hotReloadStatus": "active"], "channels": [:],
            ]).compact()
        default: throw .invalid("admin HTTP RPC method is not supported: \(method)")
        }
    }

    private func apply(_ parameters: Object) throws(Failure) -> [UInt8] {
        try limit("config.apply")
        guard let raw = parameters["raw"]?.stringValue else { throw .invalid("invalid config.apply params: raw is required") }
        guard let base = parameters["baseHash"]?.stringValue else {
            throw .invalid("config base hash required; re-run config.get and retry with baseHash")
        }
        guard let value = try? Value(parsing: Array(raw.utf8), dialect: .json5, limits: .standard), var object = value.objectValue else {
            throw .invalid("invalid config: <root>: not an object")
        }
        let lock = gateway.config + ".lock"
        let deadline = Deadline(in: 20_000)
        while (try? Files.create(lock, Array("{\"pid\":\(CurrentProcess.pid)}".utf8), mode: 0o600, sync: false)) == nil, !deadline.hasPassed {
            Clock.sleep(milliseconds: 2)
        }
        defer { _ = try? Files.remove(lock) }
        if gateway.seen().hash != base { throw .invalid("config changed since last load; re-run config.get and retry") }
        if object["meta"] == nil { object["meta"] = ["lastTouchedVersion": .string(gateway.version)] }
        do {
            let temporary = Path.parent(gateway.config) + "/.fs-safe-replace.\(CurrentProcess.pid).tmp"
            try Files.remove(temporary)
            try Files.create(temporary, Value.object(object).pretty() + [10], mode: 0o600, sync: false)
            try Files.rename(temporary, to: gateway.config)
        } catch { throw .invalid("cannot write") }
        let seen = gateway.seen()
        gateway.load(seen)
        return Value.object(["ok": true, "path": .string(gateway.config), "hash": .string(seen.hash), "config": .object(object)]).compact()
    }

    private func limit(_ method: String) throws(Failure) {
        let now = Clock.monotonicMilliseconds
        let recent = (writes[method] ?? []).filter { now - $0 < 60_000 }
        let forced = control.always("limited").flatMap { Int($0) }
        guard forced != nil || recent.count >= 30 else {
            writes[method] = recent + [now]
            return
        }
        let left = forced ?? Int(60_000 - (now - (recent.first ?? now)))
        throw Failure(
            status: 503,
            error: [
                "code": "UNAVAILABLE", "message": .string("rate limit exceeded for \(method); retry after \((left + 999) / 1000)s"), "retryable": true,
                "retryAfterMs": .number("\(left)"), "details": ["method": .string(method), "limit": "30 per 60s"],
            ])
    }

    private func agents() -> Value {
        let root = gateway.applied.document?.root
        var list: [Value] = []
        for member in (root?["agents"]?["entries"]?.members ?? root?.members).map(Array.init) ?? [] where root?["agents"]?["entries"] != nil {
            list.append(["id": .string(member.key), "workspace": .string(member.value["workspace"]?.stringValue ?? "")])
        }
        for element in root?["agents"]?["list"]?.elements.map({ $0 }) ?? [] {
            list.append(["id": .string(element["id"]?.stringValue ?? ""), "workspace": .string(element["workspace"]?.stringValue ?? "")])
        }
        return [
            "defaultId": list.first?.objectValue?["id"] ?? "main", "ownership": "explicit", "selectionRequired": true, "mainKey": "main",
            "scope": "per-sender", "agents": .array(list),
        ]
    }

    // MARK: - HTTP

    private static let reasons = [200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed", 413: "Payload Too Large"]

    static func http(_ status: Int, _ body: Value) -> [UInt8] { http(status, body.compact()) }

    static func http(_ status: Int, _ body: [UInt8]) -> [UInt8] {
        let head = "HTTP/1.1 \(status) \(reasons[status] ?? "Service Unavailable")\r\nContent-Type: application/json; charset=utf-8\r\n"
        return Array("\(head)Content-Length: \(body.count)\r\nConnection: close\r\n\r\n".utf8) + body
    }

    private static func chunked(_ body: [UInt8]) -> [UInt8] {
        var out = Array("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        for start in stride(from: 0, to: body.count, by: 1000) {
            let part = body[start..<min(start + 1000, body.count)]
            out += Array("\(String(part.count, radix: 16));part=yes\r\n".utf8) + part + [13, 10]
        }
        return out + Array("0\r\nTrailer: x\r\n\r\n".utf8)
    }

    private static func rubbish(_ kind: String) -> [UInt8]? {
        switch kind {
        case "html": Array("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>hi</html>".utf8)
        case "not-http": Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)
        case "cut-off": Array("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{\"id\":\"1\",\"ok\":true,".utf8)
        case "nothing": []
        case "no-payload": http(200, ["id": "1", "ok": true])
        case "wrong-types": http(200, ["id": "1", "ok": true, "payload": ["hash": 5, "config": [], "configRevisionHash": [], "valid": "no"]])
        case "huge": Array("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n".utf8)
        case "endless-head": Array("HTTP/1.1 200 OK\r\n".utf8) + [UInt8](repeating: 65, count: 200_000)
        case "bad-chunks": Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n".utf8)
        case "two-lengths": Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}}".utf8)
        default: nil
        }
    }
}
