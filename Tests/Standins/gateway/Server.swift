import Glibc
import Platform

struct Request {
    var method = ""
    var path = ""
    var headers: [String: String] = [:]
    var body: [UInt8] = []
    /// More than the gateway takes: nothing of it was kept.
    var isTooLarge = false
}

/// What goes out, byte for byte; nil: the connection is closed without a word.
typealias Answer = [UInt8]?

/// One connection and one request at a time: an event loop that is busy while it works.
final class Server {
    private var listener: Int32 = -1
    private(set) var port: UInt16

    init(port: UInt16) throws {
        self.port = port
        try open()
    }

    private func open() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var one: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) != 0 || listen(listener, 128) != 0 || getsockname(listener, $0, &size) != 0
            }
        }
        if failed { throw Refused("cannot listen: errno \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
    }

    /// Refuses connections for a while.
    func pause(milliseconds: Int) throws {
        close(listener)
        Clock.sleep(milliseconds: milliseconds)
        try open()
    }

    /// - Returns: whether somebody calls.
    func waitForCall(also watch: Int32, milliseconds: Int) throws -> Bool {
        var set = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0), pollfd(fd: watch, events: Int16(POLLIN), revents: 0)]
        poll(&set, 2, Int32(clamping: milliseconds))
        return set[0].revents != 0
    }

    func serve(_ answer: (Request) throws -> Answer) throws {
        let connection = accept(listener, nil, nil)
        if connection < 0 { return }
        defer { close(connection) }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard let request = read(connection), let bytes = try answer(request) else { return }
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let n = send(connection, buffer.baseAddress.map { $0 + done }, buffer.count - done, Int32(MSG_NOSIGNAL))
                if n <= 0 { return }
                done += n
            }
        }
        // What was not read would turn the close into a reset, and lose the answer.
        shutdown(connection, Int32(SHUT_WR))
        var rest = [UInt8](repeating: 0, count: 65536)
        while request.isTooLarge, recv(connection, &rest, rest.count, 0) > 0 {}
    }

    private func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        func more() -> Bool {
            let n = recv(connection, &buffer, buffer.count, 0)
            if n > 0 { bytes += buffer[..<n] }
            return n > 0
        }
        while !bytes.contains(10) || bytes.firstRange(of: Array("\r\n\r\n".utf8)) == nil {
            if !more() { return nil }
        }
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        var request = Request()
        let words = (lines.first ?? "").split(separator: " ")
        if words.count > 1 { (request.method, request.path) = (String(words[0]), String(words[1])) }
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            request.headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        bytes.removeFirst(end.upperBound)
        let length = Int(request.headers["content-length"] ?? "0") ?? 0
        if length > 1 << 20 {
            request.isTooLarge = true
            return request
        }
        while bytes.count < length { if !more() { return nil } }
        request.body = bytes
        return request
    }
}
