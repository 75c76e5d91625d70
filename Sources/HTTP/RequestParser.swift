/// Reads requests of one connection, one after the other (RFC 9112). Strict: what two readers could understand differently is refused.
///
/// Give it what has come; it says what the first part of it is and how long that part is. A line is judged when it is complete, so any way
/// of cutting the input gives the same requests and the same verdict. Time is linear, and nothing is allocated for a byte.
public struct RequestParser: Sendable {
    /// What the next part of the input is.
    public enum Step: Sendable, Equatable {
        /// All was taken, and the request goes on.
        case more
        /// `head` is complete.
        case head
        /// This range of the bytes given is body.
        case body(Range<Int>)
        /// The request is complete; what follows is the next one.
        case end
        case refused(Violation)
    }

    private enum State { case requestLine, fields, framing, body, chunked, refused }

    /// The request that is being read; whole from `.head` to `.end`.
    public private(set) var head = RequestHead()
    private let limits: MessageLimits
    private var state = State.requestLine
    /// Where the line that has not ended begins in `head.bytes`.
    private var lineStart = 0
    private var emptyLines = 0
    private var headBytes = 0
    private var remaining = 0
    private var chunks: ChunkedDecoder
    private var hostCount = 0
    private var codings: [Range<Int>] = []

    /// Empty lines before a request line that are passed over (RFC 9112 section 2.2).
    private static let emptyLineLimit = 4

    public init(limits: MessageLimits = MessageLimits()) {
        self.limits = limits
        chunks = ChunkedDecoder(maxBodyBytes: limits.bodyBytes, maxTrailerBytes: limits.trailerBytes)
    }

    /// Nothing of a next request has come yet.
    public var isBetweenRequests: Bool { state == .requestLine && headBytes == 0 }

    /// Takes a first part of the bytes. After `refused` nothing more may be given.
    /// - Returns: what it is, and how many bytes were taken. Call it again with the rest, also when the rest is empty, until it is `.more`.
    public mutating func next(_ bytes: UnsafeBufferPointer<UInt8>) -> (step: Step, consumed: Int) {
        switch state {
        case .requestLine, .fields: return readHead(bytes)
        case .framing:
            if head.isChunked {
                state = .chunked
                chunks = ChunkedDecoder(maxBodyBytes: limits.bodyBytes, maxTrailerBytes: limits.trailerBytes)
            } else {
                remaining = head.contentLength ?? 0
                state = .body
            }
            return next(bytes)
        case .body:
            if remaining == 0 { return (finish(), 0) }
            let n = min(remaining, bytes.count)
            if n == 0 { return (.more, 0) }
            remaining -= n
            return (.body(0..<n), n)
        case .chunked:
            let (step, consumed) = chunks.next(bytes)
            switch step {
            case .more: return (.more, consumed)
            case .data(let range): return (.body(range), consumed)
            case .end: return (finish(), consumed)
            case .refused(let violation): return refuse(violation, consumed)
            }
        case .refused: return (.refused(.requestLine), 0)
        }
    }

    private mutating func finish() -> Step {
        state = .requestLine
        return .end
    }

    private mutating func refuse(_ violation: Violation, _ consumed: Int) -> (step: Step, consumed: Int) {
        state = .refused
        return (.refused(violation), consumed)
    }

    private mutating func readHead(_ bytes: UnsafeBufferPointer<UInt8>) -> (step: Step, consumed: Int) {
        if state == .requestLine, headBytes == 0, !head.bytes.isEmpty || head.target != nil { begin() }
        var i = 0
        while i < bytes.count {
            var end = i
            while end < bytes.count, bytes[end] != 10 { end += 1 }
            let isComplete = end < bytes.count
            let stop = isComplete ? end + 1 : end
            headBytes += stop - i
            if headBytes > limits.headBytes { return refuse(state == .requestLine ? .targetTooLong : .headTooLarge, i) }
            head.bytes.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[i..<stop]))
            i = stop
            if !isComplete { break }
            let lineEnd = head.bytes.count - 2
            guard lineEnd >= lineStart, head.bytes[lineEnd] == 13 else { return refuse(.lineEnd, i) }
            let line = lineStart..<lineEnd
            lineStart = head.bytes.count
            if let violation = take(line) { return refuse(violation, i) }
            if state == .framing { return (.head, i) }
        }
        return (.more, i)
    }

    private mutating func begin() {
        head.clear()
        lineStart = 0
        emptyLines = 0
        hostCount = 0
        codings.removeAll(keepingCapacity: true)
    }

    private mutating func take(_ line: Range<Int>) -> Violation? {
        if state == .requestLine {
            if line.isEmpty {
                emptyLines += 1
                return emptyLines > RequestParser.emptyLineLimit ? .requestLine : nil
            }
            let verdict = head.bytes.withUnsafeBufferPointer { requestLine($0, line) }
            switch verdict {
            case .success(let (method, target, minor)):
                head.method = method
                head.target = target
                head.minorVersion = minor
                head.keepsAlive = minor == 1
                state = .fields
                return nil
            case .failure(let violation): return violation
            }
        }
        if line.isEmpty { return complete() }
        if head.fields.count >= limits.fields { return .tooManyFields }
        guard !Octets.isSpace(head.bytes[line.lowerBound]) else { return .folded }
        guard let field = head.bytes.withUnsafeBufferPointer({ RequestParser.field($0, line) }) else { return .fieldLine }
        head.fields.append(field)
        return note(field)
    }

    private func requestLine(_ b: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) -> Result<(Method, RequestTarget, Int), Violation> {
        guard let space = line.first(where: { b[$0] == 32 }), space > line.lowerBound, Octets.all(b, line.lowerBound..<space, are: Octets.token) else {
            return .failure(.requestLine)
        }
        // `HTTP/1.1`, and a space before it.
        let versionStart = line.upperBound - 8
        guard versionStart > space + 1, b[versionStart - 1] == 32 else { return .failure(.requestLine) }
        for (i, c) in "HTTP/".utf8.enumerated() where b[versionStart + i] != c { return .failure(.requestLine) }
        guard Octets.isDigit(b[versionStart + 5]), b[versionStart + 6] == UInt8(ascii: "."), Octets.isDigit(b[versionStart + 7]) else {
            return .failure(.requestLine)
        }
        let range = (space + 1)..<(versionStart - 1)
        guard !range.isEmpty, range.allSatisfy({ b[$0] > 32 && b[$0] < 127 }) else { return .failure(range.contains { b[$0] == 32 } ? .requestLine : .target) }
        guard b[versionStart + 5] == 49, b[versionStart + 7] <= 49 else { return .failure(.version) }
        let method = Method(UnsafeBufferPointer(rebasing: b[line.lowerBound..<space]))
        guard let target = RequestTarget(b, range, method: method) else { return .failure(.target) }
        return .success((method, target, Int(b[versionStart + 7]) - 48))
    }

    /// `name: value` with nothing between name and colon (RFC 9112 section 5.1).
    static func field(_ b: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) -> RequestHead.Field? {
        guard let colon = line.first(where: { b[$0] == UInt8(ascii: ":") }), colon > line.lowerBound,
            Octets.all(b, line.lowerBound..<colon, are: Octets.token)
        else { return nil }
        var start = colon + 1
        var end = line.upperBound
        while start < end, Octets.isSpace(b[start]) { start += 1 }
        while end > start, Octets.isSpace(b[end - 1]) { end -= 1 }
        return Octets.all(b, start..<end, are: Octets.fieldValue) ? RequestHead.Field(name: line.lowerBound..<colon, value: start..<end) : nil
    }

    /// Fields that say where the message ends, or for whom it is.
    private mutating func note(_ field: RequestHead.Field) -> Violation? {
        switch field.name.count {
        case 4 where head.matches(field.name, "host"):
            hostCount += 1
            let isValid = head.bytes.withUnsafeBufferPointer { Authority.isValid($0, field.value) }
            return hostCount > 1 || !isValid ? .host : nil
        case 6 where head.matches(field.name, "expect"):
            // HTTP/1.0 knows no expectations (RFC 9110 section 10.1.1).
            if head.minorVersion == 0 { return nil }
            if !head.matches(field.value, "100-continue") { return .expectation }
            head.expectsContinue = true
        case 10 where head.matches(field.name, "connection"):
            for item in items(field.value) {
                if head.matches(item, "close") { closes = true }
                if head.matches(item, "keep-alive") { asksToKeep = true }
            }
        case 14 where head.matches(field.name, "content-length"):
            guard head.contentLength == nil, let length = decimal(field.value) else { return .contentLength }
            head.contentLength = length
        case 17 where head.matches(field.name, "transfer-encoding"):
            let found = items(field.value)
            if found.isEmpty { return .transferCoding }
            codings += found
        default: break
        }
        return nil
    }

    private var closes = false
    private var asksToKeep = false

    /// The items of a comma-separated list, empty ones left out.
    private func items(_ range: Range<Int>) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var start = range.lowerBound
        for i in range.lowerBound...range.upperBound where i == range.upperBound || head.bytes[i] == UInt8(ascii: ",") {
            var from = start
            var to = i
            while from < to, Octets.isSpace(head.bytes[from]) { from += 1 }
            while to > from, Octets.isSpace(head.bytes[to - 1]) { to -= 1 }
            if from < to { found.append(from..<to) }
            start = i + 1
        }
        return found
    }

    /// Digits alone; a number beyond any body counts as the largest.
    private func decimal(_ range: Range<Int>) -> Int? {
        if range.isEmpty { return nil }
        var number = 0
        for i in range {
            guard Octets.isDigit(head.bytes[i]) else { return nil }
            if number < 1 << 55 { number = number * 10 + Int(head.bytes[i] - 48) }
        }
        return number
    }

    /// The header is over: where does the message end (RFC 9112 section 6.3)?
    private mutating func complete() -> Violation? {
        defer {
            (closes, asksToKeep) = (false, false)
            headBytes = 0
        }
        if hostCount == 0, head.minorVersion == 1 { return .host }
        if !codings.isEmpty {
            if head.contentLength != nil { return .lengthAndCoding }
            // HTTP/1.0 knows no transfer codings: somebody in between may have missed it.
            if head.minorVersion == 0 { return .transferCoding }
            guard let last = codings.last, head.matches(last, "chunked") else {
                return codings.contains { head.matches($0, "chunked") || head.matches($0, "identity") } ? .transferCoding : unknownCoding()
            }
            if codings.dropLast().contains(where: { head.matches($0, "chunked") || head.matches($0, "identity") }) { return .transferCoding }
            if codings.count > 1 { return unknownCoding() }
            head.isChunked = true
        }
        if let length = head.contentLength, length > limits.bodyBytes { return .bodyTooLarge }
        if closes { head.keepsAlive = false } else if asksToKeep { head.keepsAlive = true }
        if !head.hasBody { head.expectsContinue = false }
        state = .framing
        return nil
    }

    /// Codings with a name that could be one are not known here; others are malformed.
    private func unknownCoding() -> Violation {
        let areNames = codings.allSatisfy { range in head.bytes.withUnsafeBufferPointer { Octets.all($0, range, are: Octets.token) } }
        return areNames ? .unknownCoding : .transferCoding
    }
}
