import Glibc
import JSON
import Platform
import TestSupport

/// A listener that runs beside the test, on a port of its own; killed when the test is over.
final class Listener {
    static let token = "0123456789abcdef0123456789abcdef"

    let scratch: Scratch
    let started: Started
    let port: Int
    let pid: Int32

    /// - Parameters:
    ///   - onboard, state, bind: stand-ins, as lines of shell; nil: the real commands.
    ///   - limits: false: rate and new agents are limited as they are by default.
    init(
        _ scratch: Scratch? = nil, _ arguments: [String] = [], onboard: String? = nil, state: String? = nil, bind: String? = nil, limits: Bool = false,
        environment: [String: String] = [:], listen: String = "127.0.0.1:0"
    ) throws {
        let scratch = try scratch ?? Scratch()
        self.scratch = scratch
        var words = ["--listen", listen] + (limits ? [] : ["--rate", "off", "--max-new", "off"]) + arguments
        for (name, script) in [("onboard", onboard), ("state", state), ("bind", bind)] {
            if let script { words += ["--\(name)", try Listener.standin(scratch, name, script)] }
        }
        started = try scratch.start("dcb-webhook", words, [], environment: ["HOOK_TOKEN": Listener.token].merging(environment) { $1 })
        let started = started
        try until(seconds: 90, "the listener: \(started.errors)") { started.errors.contains("listening on") || started.hasEnded }
        guard started.errors.contains("listening on"), let pid = started.pid else { throw TestFailure("it does not listen: \(started.errors)") }
        self.pid = pid
        port = started.errors.firstMatch(of: /listening on 127\.0\.0\.1:([0-9]+)/).flatMap { Int($0.1) } ?? 0
    }

    deinit {
        kill(pid, SIGKILL)
        // Nothing of the scratch folder is written while it is removed.
        _ = try? started.wait()
    }

    /// A program made of lines of shell.
    static func standin(_ scratch: Scratch, _ name: String, _ script: String) throws -> String {
        let path = scratch.folder + "/standin-" + name
        try makeExecutable(path, "#!/bin/sh\n" + script + "\n")
        return path
    }

    /// Answers every document as dcb-onboard does a phone that is there; keeps what each run was given as `given.N`.
    static let existing = #"""
        in=$(mktemp "$(dirname "$0")/given.XXXXXX"); cat > "$in"
        sed -n 's/.*"phone":"\([^"]*\)".*"requestId":"\([^"]*\)".*/{"phone":"\1","agentId":"user_1","outcome":"existing","requestId":"\2"}/p' "$in"
        """#

    /// Says of the record that it is well, and of every phone that it is not there.
    static let emptyState = #"""
        if [ "$1" = check ]; then echo '{"ok":true,"findings":[]}'; exit 0; fi
        sed -n 's/.*"phone":"\([^"]*\)".*"requestId":"\([^"]*\)".*/{"found":false,"phone":"\1","requestId":"\2"}/p'
        exit 1
        """#

    /// What the stand-in `existing` was given, a text a run.
    func given() throws -> [String] {
        try Files.list(scratch.folder).filter { $0.hasPrefix("given.") }.sorted().map { try scratch.text(scratch.folder + "/" + $0) }
    }

    func caller() throws -> Caller { try Caller(port: port) }

    static func request(_ method: String, _ path: String, token: String? = Listener.token, body: String? = nil, _ fields: [String] = []) -> String {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: localhost"]
        if let token { lines.append("Authorization: Bearer \(token)") }
        if let body { lines += ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"] }
        return (lines + fields).joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
    }

    /// One request on a connection of its own.
    @discardableResult
    func ask(_ method: String, _ path: String, token: String? = Listener.token, body: String? = nil, _ fields: [String] = []) throws -> Reply {
        let caller = try caller()
        try caller.send(Listener.request(method, path, token: token, body: body, fields))
        return try caller.answer(toHead: method == "HEAD")
    }

    @discardableResult
    func onboard(_ phone: String) throws -> Reply { try ask("POST", "/webhook/onboarding", body: Listener.document(phone)) }

    static func document(_ phone: String) -> String { #"{"phone":"\#(phone)"}"# }

    /// A value of `/metrics`; 0 when the line is not there.
    func metric(_ name: String) throws -> Int {
        let text = try ask("GET", "/metrics").body
        let line = text.split(separator: "\n").first { $0.hasPrefix("dcb_webhook_\(name) ") }
        return line.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) } ?? 0
    }

    // MARK: what it holds

    var descriptors: Int { (try? Files.list("/proc/\(pid)/fd").count) ?? 0 }

    /// Children, dead ones included.
    var children: [String] {
        ((try? Files.read("/proc/\(pid)/task/\(pid)/children")) ?? []).split(separator: 32).map { String(decoding: $0, as: UTF8.self) }
    }

    var residentKiB: Int {
        let status = (try? Files.read("/proc/\(pid)/status")) ?? []
        return String(decoding: status, as: UTF8.self).firstMatch(of: /VmRSS:\s+([0-9]+)/).flatMap { Int($0.1) } ?? 0
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Processor time used so far, in hundredths of a second.
    static func processorTicks(_ pid: Int32) throws -> Int {
        let fields = String(decoding: try Files.read("/proc/\(pid)/stat"), as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12 else { throw TestFailure("no stat of \(pid)") }
        return (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
    }

    /// The log's lines of requests.
    var requests: [Object] { Output.objects(started.errors).filter { $0["route"] != nil } }
}
