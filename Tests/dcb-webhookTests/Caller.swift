import Glibc
import JSON
import Platform
import TestSupport

/// One connection to a listener, as a caller has it: octets out, answers in.
final class Caller {
    private let socket: Int32
    private var input: [UInt8] = []
    private var hasEnded = false

    init(port: Int) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, size) } }
        guard result == 0 else { throw TestFailure("cannot connect to port \(port): errno \(errno)") }
    }

    init(path: String) throws {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, size) } }
        guard result == 0 else { throw TestFailure("cannot connect to \(path): errno \(errno)") }
    }

    deinit { close(socket) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            let n = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress.map { $0 + done }, bytes.count - done, Int32(MSG_NOSIGNAL)) }
            guard n > 0 else { throw TestFailure("cannot send: errno \(errno)") }
            done += n
        }
    }

    /// Fails when the kernel takes no more for a while.
    func sendNow(_ text: String) throws {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            var p = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
            guard poll(&p, 1, 500) == 1, p.revents & Int16(POLLOUT) != 0 else { throw TestFailure("it takes no more") }
            let n = bytes.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress.map { $0 + done }, bytes.count - done, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            guard n > 0 else { throw TestFailure("it takes no more: errno \(errno)") }
            done += n
        }
    }

    /// Ends its own side only.
    func endSending() { _ = shutdown(socket, Int32(SHUT_WR)) }

    private func receive(_ deadline: Deadline) throws -> Bool {
        var p = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&p, 1, Int32(clamping: deadline.remainingMilliseconds)) > 0 else {
            throw TestFailure("no answer in time; so far: \(String(decoding: input, as: UTF8.self))")
        }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let n = recv(socket, &buffer, buffer.count, 0)
        if n <= 0 {
            hasEnded = true
            return false
        }
        input += buffer[..<n]
        return true
    }

    /// The next answer.
    func answer(toHead: Bool = false, seconds: Int = 90) throws -> Reply {
        let deadline = Deadline(in: seconds * 1000 * Skip.patience)
        while true {
            if let reply = try takeReply(toHead) { return reply }
            guard try receive(deadline) else { throw TestFailure("closed without an answer: \(String(decoding: input, as: UTF8.self))") }
        }
    }

    private func takeReply(_ toHead: Bool) throws -> Reply? {
        guard let end = input.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: input[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, let status = Int(words[1]) else { throw TestFailure("no status line: \(lines)") }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw TestFailure("no field: \(line)") }
            fields[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
        }
        let length = toHead || status == 204 || status < 200 ? 0 : fields["content-length"].flatMap { Int($0) } ?? 0
        guard input.count >= end.upperBound + length else { return nil }
        let body = String(decoding: input[end.upperBound..<(end.upperBound + length)], as: UTF8.self)
        input.removeFirst(end.upperBound + length)
        return Reply(status: status, fields: fields, body: body)
    }

    /// Waits until the other side has ended.
    /// - Returns: what came beyond the answers taken.
    func end(seconds: Int = 60) throws -> String {
        let deadline = Deadline(in: seconds * 1000)
        while !hasEnded { _ = try receive(deadline) }
        return String(decoding: input, as: UTF8.self)
    }
}

struct Reply {
    let status: Int
    /// Names in lower case.
    let fields: [String: String]
    let body: String

    var object: Object { (try? Value(parsing: Array(body.utf8), dialect: .json, limits: .strict))?.objectValue ?? [:] }
    var closes: Bool { fields["connection"] == "close" }
}

extension Array where Element == UInt8 {
    fileprivate func firstRange(of other: [UInt8]) -> Range<Int>? {
        guard count >= other.count else { return nil }
        return (0...(count - other.count)).first { self[$0..<($0 + other.count)].elementsEqual(other) }.map { $0..<($0 + other.count) }
    }
}
