import HTTP
import Platform

/// One request and its answer on a connection of its own (HTTP/1.1, RFC 9112).
struct HTTPExchange {
    let address: SocketAddress
    /// More is `tooLarge`.
    let bodyLimitBytes: Int
    /// Readable when to stop.
    let interrupt: Descriptor?

    /// - Parameter authorization: the value of that header; nil: none.
    func post(_ path: String, _ body: [UInt8], authorization: String?, deadline: Deadline) throws(AdminRPCError) -> (status: Int, body: [UInt8]) {
        var head = "POST \(path) HTTP/1.1\r\nHost: \(address)\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
        if let authorization { head += "Authorization: \(authorization)\r\n" }
        head += "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
        let connection: ClientConnection
        do { connection = try ClientConnection(address, deadline: deadline, interrupt: interrupt) } catch { throw .unreachable(error.code.message) }
        var reader = HTTPResponseReader(connection, deadline: deadline, bodyLimitBytes: bodyLimitBytes)
        do throws(SystemError) { try connection.send(Array(head.utf8) + body, deadline: deadline) } catch {
            if error.code == .timedOut || error.code == .interrupted { throw .unreachable(error.code.message) }
            // A server may answer before it has read everything, and close: what it said is worth more than that it did not listen.
            reader.lost = error
        }
        return try reader.read()
    }
}

/// Takes an answer from a connection: head, then body as its head says (RFC 9112 section 6.3).
struct HTTPResponseReader {
    /// More than any server's headers need.
    private static let headLimitBytes = 64 << 10

    private static let interimLimit = 16

    private let connection: ClientConnection
    private let deadline: Deadline
    private let bodyLimitBytes: Int
    private var bytes: [UInt8] = []
    /// Why the request did not get through whole, when it did not.
    var lost: SystemError?

    init(_ connection: ClientConnection, deadline: Deadline, bodyLimitBytes: Int) {
        self.connection = connection
        self.deadline = deadline
        self.bodyLimitBytes = bodyLimitBytes
    }

    mutating func read() throws(AdminRPCError) -> (status: Int, body: [UInt8]) {
        // 1xx is not the answer yet (RFC 9110 section 15.2).
        for _ in 0...HTTPResponseReader.interimLimit {
            let head = try readHead()
            if head.status >= 200 { return (head.status, try readBody(head)) }
        }
        throw .malformed("it begins again and again")
    }

    private mutating func readHead() throws(AdminRPCError) -> HTTPResponseHead {
        while true {
            if let (head, size) = try HTTPResponseHead.parse(bytes) {
                bytes.removeFirst(size)
                return head
            }
            if bytes.count > HTTPResponseReader.headLimitBytes { throw .malformed("its head is endless") }
            if try !receive() { throw bytes.isEmpty ? .unreachable(lost?.code.message ?? "the connection was closed") : .unreachable("it ends too early") }
        }
    }

    private mutating func readBody(_ head: HTTPResponseHead) throws(AdminRPCError) -> [UInt8] {
        if head.status == 204 || head.status == 304 { return [] }
        if head.isChunked { return try readChunks() }
        if let length = head.contentLength {
            try checkSize(length)
            bytes.reserveCapacity(length)
            while bytes.count < length {
                if try !receive() { throw .unreachable("it ends too early") }
            }
            return bytes.count == length ? bytes : Array(bytes[..<length])
        }
        repeat { try checkSize(bytes.count) } while try receive()
        return bytes
    }

    private mutating func readChunks() throws(AdminRPCError) -> [UInt8] {
        var decoder = ChunkedDecoder(maxBodyBytes: bodyLimitBytes)
        var body: [UInt8] = []
        while true {
            let end = bytes.withUnsafeBufferPointer { decoder.append(to: &body, from: $0) }
            switch end {
            case .more:
                bytes.removeAll(keepingCapacity: true)
                if try !receive() { throw .unreachable("it ends too early") }
            case .end: return body
            case .refused(.bodyTooLarge): throw .tooLarge("the gateway's answer")
            case .refused(let violation): throw .malformed(violation.rawValue)
            case .data: continue
            }
        }
    }

    private func checkSize(_ count: Int) throws(AdminRPCError) {
        if count > bodyLimitBytes { throw .tooLarge("the gateway's answer") }
    }

    /// - Returns: false at the end.
    private mutating func receive() throws(AdminRPCError) -> Bool {
        do throws(SystemError) {
            let more = try connection.receive(atMost: 256 << 10, deadline: deadline)
            bytes += more
            return !more.isEmpty
        } catch { throw .unreachable((lost ?? error).code.message) }
    }
}

extension ChunkedDecoder {
    /// Takes all of the bytes.
    /// - Returns: `more`, `end` or `refused`.
    fileprivate mutating func append(to body: inout [UInt8], from bytes: UnsafeBufferPointer<UInt8>) -> Step {
        var rest = bytes[...]
        while true {
            let (step, consumed) = next(UnsafeBufferPointer(rebasing: rest))
            guard case .data(let range) = step else { return step }
            body += UnsafeBufferPointer(rebasing: UnsafeBufferPointer(rebasing: rest)[range])
            rest = rest.dropFirst(consumed)
        }
    }
}

/// Status and framing of an answer.
struct HTTPResponseHead {
    let status: Int
    private(set) var contentLength: Int?
    private(set) var isChunked = false

    /// - Returns: the head and its size with the empty line; nil when more of it must come.
    static func parse(_ bytes: [UInt8]) throws(AdminRPCError) -> (HTTPResponseHead, sizeBytes: Int)? {
        guard bytes.starts(with: "HTTP/1.".utf8.prefix(bytes.count)) else { throw .malformed("it is not HTTP/1.1") }
        guard let end = endOfHead(bytes) else { return nil }
        let lines = bytes[..<end].split(separator: 10).map { String(decoding: $0.last == 13 ? $0.dropLast() : $0, as: UTF8.self) }
        let words = (lines.first ?? "").split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].utf8.count == 8, words[1].utf8.count == 3, let status = Int(words[1]), (100...599).contains(status) else {
            throw .malformed("it has no status")
        }
        var head = HTTPResponseHead(status: status)
        // The last one is the empty line.
        for line in lines.dropFirst() where !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { throw .malformed("a header of it has no colon") }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            switch line[..<colon].lowercased() {
            case "content-length":
                let digits = value.split(separator: " ").first ?? ""
                guard digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let length = Int(digits), head.contentLength ?? length == length else {
                    throw .malformed("its length is not clear")
                }
                head.contentLength = length
            case "transfer-encoding":
                guard value.lowercased().hasPrefix("chunked") else { throw .malformed("it is encoded in a way that was not asked for") }
                head.isChunked = true
            default: continue
            }
        }
        return (head, end)
    }

    /// Behind the empty line.
    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        var lineStart = 0
        while let newline = bytes[lineStart...].firstIndex(of: 10) {
            let length = newline - lineStart
            if length == 0 || (length == 1 && bytes[lineStart] == 13) { return newline + 1 }
            lineStart = newline + 1
        }
        return nil
    }
}
