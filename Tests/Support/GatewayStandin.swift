import Glibc
import JSON
import Platform

/// A stand-in gateway beside a test, on a free port of the loopback address; it ends with this object.
public final class GatewayStandin: @unchecked Sendable {
    public static let token = "standin-gateway-token-0123456789"

    public let scratch: Scratch
    private let base: String
    private var pid: Int32 = -1
    public private(set) var port = 0
    public var url: String { "http://127.0.0.1:\(port)" }
    private var control: String { base + ".control" }

    /// Starts it on the scratch's config, and makes the scratch's commands know it.
    /// - Parameters:
    ///   - lines: how it misbehaves from the start (Tests/Standins/gateway/Control.swift).
    ///   - speed: a reload's time, as a part of what was measured.
    public init(_ scratch: Scratch, _ lines: [String] = [], version: String = "2026.9.6", speed: Double = 0.05, isPolling: Bool = false) throws {
        self.scratch = scratch
        base = scratch.folder + "/gateway-" + (try Random.hex(bytes: 4))
        try scratch.write(GatewayStandin.token + "\n", to: base + ".token")
        try misbehave(lines)
        try start(version: version, speed: speed, isPolling: isPolling, port: 0)
        scratch.environment["DCB_GATEWAY_URL"] = url
        scratch.environment["DCB_GATEWAY_TOKEN_FILE"] = base + ".token"
    }

    private func start(version: String, speed: Double, isPolling: Bool, port: Int) throws {
        try Files.remove(base + ".out")
        let command = try Scratch.standin("openclaw-gateway-standin")
        let words =
            "--config '\(scratch.config)' --token-file \(base).token --port \(port) --version \(version) --speed \(speed) --control \(control) --log \(base).log"
        let started = try scratch.run(
            "/bin/sh", ["-c", "'\(command)' \(words) > \(base).out 2> \(base).err < /dev/null & echo $!"],
            environment: isPolling ? ["CHOKIDAR_USEPOLLING": "1"] : [:])
        pid = Int32(started.out.filter { $0.isNumber }) ?? -1
        try until("the stand-in gateway") { try Files.readIfPresent(base + ".out")?.last == 10 || Files.readIfPresent(base + ".err")?.last == 10 }
        guard let line = Optional(try scratch.text(base + ".out")), line.hasPrefix("port "), let number = Int(line.dropFirst(5).filter { $0.isNumber }) else {
            throw TestFailure("the stand-in gateway did not start: \(try scratch.text(base + ".err"))")
        }
        self.port = number
    }

    deinit { stop() }

    /// Ends it, as a crash would.
    public func stop() {
        if pid <= 0 { return }
        kill(pid, SIGKILL)
        // Until it is gone its socket still takes connections.
        let deadline = Deadline(in: 30_000)
        while ProcessIdentity.life(pid: pid, startTicks: nil) != .dead, !deadline.hasPassed { Clock.sleep(milliseconds: 2) }
        pid = -1
    }

    /// Starts it again on the same port.
    public func startAgain(speed: Double = 0.05) throws { try start(version: "2026.9.6", speed: speed, isPolling: false, port: port) }

    /// Stops it in its tracks, and lets it go on.
    public func freeze() { if pid > 0 { kill(pid, SIGSTOP) } }
    public func thaw() { if pid > 0 { kill(pid, SIGCONT) } }

    /// From the next call on.
    public func misbehave(_ lines: [String]) throws {
        let temporary = base + ".next"
        try scratch.write(lines.map { $0 + "\n" }.joined(), to: temporary)
        try Files.rename(temporary, to: control)
    }

    /// What it has noted so far.
    public func log() throws -> [Object] { Output.objects(String(decoding: try Files.readIfPresent(base + ".log") ?? [], as: UTF8.self)) }

    /// How many calls of a method it has answered with a status.
    public func calls(_ method: String, _ status: Int = 200) throws -> Int {
        try log().filter { $0.text("event") == "call" && $0.text("method") == method && $0["status"]?.intValue == status }.count
    }

    /// How many times it has applied a config.
    public func reloads() throws -> Int { try log().filter { $0.text("event") == "applied" }.count }

    /// A call past the commands under test.
    public func call(_ method: String, _ parameters: Object = [:]) throws -> Object {
        let body = Value.object(["id": "1", "method": .string(method), "params": .object(parameters)]).compact()
        return try post(body, token: GatewayStandin.token).body
    }

    /// A POST by hand, or another method.
    public func post(_ body: [UInt8], token: String?, method: String = "POST") throws -> (status: Int, body: Object) {
        guard let address = SocketAddress(host: "127.0.0.1", port: UInt16(port)) else { throw TestFailure("no address") }
        let deadline = Deadline(in: 60_000)
        let connection = try ClientConnection(address, deadline: deadline)
        let authorization = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        let head = "\(method) /api/v1/admin/rpc HTTP/1.1\r\nHost: x\r\n\(authorization)Content-Length: \(body.count)\r\n\r\n"
        try connection.send(Array(head.utf8) + body, deadline: deadline)
        var bytes: [UInt8] = []
        while true {
            let more = try connection.receive(atMost: 65536, deadline: deadline)
            if more.isEmpty { break }
            bytes += more
        }
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)), let status = Int(String(decoding: bytes.dropFirst(9).prefix(3), as: UTF8.self)) else {
            throw TestFailure("the stand-in gateway gave no HTTP answer")
        }
        return (status, Output.objects(String(decoding: bytes[end.upperBound...], as: UTF8.self)).first ?? [:])
    }
}
