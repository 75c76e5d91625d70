import HTTP
import Platform

/// One caller's connection: reads requests one after the other, answers them in order, and waits for no one longer than it may.
final class Connection: Watcher {
    private enum Phase {
        case reading
        /// A request is being carried out; what comes meanwhile is the next one's.
        case waiting
        case writing
        /// The last answer is out; what the caller still sends is read and dropped, so that the answer is not lost to a reset.
        case lingering
        case closed
    }

    /// Requests that may wait in `input` while one is carried out.
    private static let aheadLimitBytes = 65536
    private static let lingerMilliseconds = 2000
    private static let newcomerMilliseconds: Int64 = 1000

    private let server: Server
    private let socket: Descriptor
    let peer: IPAddress?
    private var parser: RequestParser
    private var phase = Phase.reading
    private var interest = Poller.Interest.read
    private var input: [UInt8] = []
    private var position = 0
    private var output: [UInt8] = []
    private var written = 0
    private var body: [UInt8] = []
    private var exchange: Exchange?
    /// Known before the body has come; it is read and dropped.
    private var early: Answer?
    private var keepsAlive = true
    private var inputEnded = false
    private var isProcessing = false
    private var begunMicroseconds: Int64 = 0
    private var isFirst = true
    /// Monotonic milliseconds; when it passes, `expire` is called.
    private(set) var deadline = Int64.max
    /// Since when nothing of a request has come.
    private(set) var idleSince: Int64

    init(_ server: Server, _ socket: Descriptor, peer: IPAddress?) {
        self.server = server
        self.socket = socket
        self.peer = peer
        parser = RequestParser(limits: server.settings.limits)
        idleSince = server.loop.now
        // A caller that says nothing at all is dropped as one that is slow.
        set(server.settings.headerTimeout)
    }

    var number: Int32 { socket.number }
    /// Between two requests: it can go without anyone losing an answer.
    var isIdle: Bool { phase == .reading && parser.isBetweenRequests && position == input.count }
    /// Idle, and not just because it has only come.
    var mayMakeRoom: Bool { isIdle && (!isFirst || server.loop.now - idleSince > Connection.newcomerMilliseconds) }

    private func set(_ milliseconds: Int) {
        deadline = server.loop.now + Int64(milliseconds)
        server.deadlineChanged(deadline)
    }

    private func want(_ interest: Poller.Interest) {
        if interest == self.interest || phase == .closed { return }
        self.interest = interest
        server.loop.change(socket, interest)
    }

    // MARK: events

    func isReady(_ event: Poller.Event, on descriptor: Descriptor) {
        // Both sides are over: no answer can reach anyone, and the event would come again and again. The work goes on.
        if phase == .waiting, inputEnded, event.isHungUp { return close() }
        if phase == .writing, event.isWritable { return flush(thenProcess: true) }
        if event.isReadable, phase == .reading || phase == .waiting || phase == .lingering { return read() }
        if event.isHungUp { close() }
    }

    private func read() {
        let loop = server.loop
        switch socket.receive(into: loop.buffer) {
        case .wouldBlock: break
        case .failed: close()
        case .ended:
            switch phase {
            // A caller may end its side and wait for the answer.
            case .waiting:
                inputEnded = true
                want([])
            default: close()
            }
        case .bytes(let n):
            switch phase {
            case .lingering: break
            case .waiting:
                input.append(contentsOf: UnsafeRawBufferPointer(rebasing: loop.buffer[..<n]))
                if input.count - position > Connection.aheadLimitBytes { want([]) }
            default:
                input.append(contentsOf: UnsafeRawBufferPointer(rebasing: loop.buffer[..<n]))
                process()
            }
        }
    }

    /// Takes what has come in the kernel before a drain begins.
    func readWhatHasCome() { if phase == .reading { read() } }

    // MARK: requests

    private func process() {
        if isProcessing { return }
        isProcessing = true
        defer { isProcessing = false }
        while phase == .reading {
            if parser.isBetweenRequests {
                if position == input.count { break }
                begunMicroseconds = Clock.realNanoseconds / 1000
                set(server.settings.headerTimeout)
            }
            let start = position
            let (step, n) = input.withUnsafeBufferPointer { parser.next(UnsafeBufferPointer(rebasing: $0[start...])) }
            position += n
            switch step {
            case .more: return compact()
            case .head: begin()
            case .body(let range): if early == nil { body.append(contentsOf: input[(start + range.lowerBound)..<(start + range.upperBound)]) }
            case .end: complete()
            case .refused(let violation): refuse(violation)
            }
        }
        compact()
        if phase == .reading, parser.isBetweenRequests {
            if inputEnded { return close() }
            idleSince = server.loop.now
            set(isFirst ? server.settings.headerTimeout : server.settings.idleTimeout)
        }
    }

    private func compact() {
        if position == input.count { input.removeAll(keepingCapacity: input.capacity <= 2048) } else if position > 0 { input.removeFirst(position) }
        position = 0
    }

    private func begin() {
        isFirst = false
        let head = parser.head
        keepsAlive = head.keepsAlive
        let new = server.exchange(for: self, head, begunMicroseconds: begunMicroseconds)
        exchange = new
        early = server.admit(new, head)
        if !head.hasBody { return }
        set(server.settings.bodyTimeout)
        if head.expectsContinue, position == input.count {
            if let early {
                // Whether the body comes now is the caller's choice: there is no telling where the next request begins.
                keepsAlive = false
                return answer(new, early)
            }
            output += "HTTP/1.1 100 Continue\r\n\r\n".utf8
            flush(thenProcess: false)
        }
    }

    private func complete() {
        guard let exchange else { return }
        deadline = .max
        phase = .waiting
        if let early {
            answer(exchange, early)
        } else {
            let whole = body
            body = []
            server.carryOut(exchange, whole)
        }
    }

    private func refuse(_ violation: Violation) {
        keepsAlive = false
        // What was read of it tells at least whether its answer has content.
        let method = parser.head.target == nil ? Method.other : parser.head.method
        let refused = exchange ?? server.exchange(for: self, nil, method: method, begunMicroseconds: begunMicroseconds)
        answer(refused, .refused(violation))
    }

    // MARK: answers

    /// Writes the answer of the request that is being read or carried out.
    func answer(_ exchange: Exchange, _ answer: Answer) {
        if phase == .closed || phase == .lingering { return }
        if server.isDraining || inputEnded && position == input.count { keepsAlive = false }
        var head = ResponseHead(status: answer.status, date: server.date)
        let hasContent = answer.status != 204
        if hasContent {
            head.add("Content-Type", UnsafeBufferPointer(start: answer.contentType.utf8Start, count: answer.contentType.utf8CodeUnitCount))
            head.add("Content-Length", answer.body.count)
        }
        for (name, value) in answer.fields { head.add(name, value) }
        head.add("Cache-Control", "no-store")
        if !keepsAlive { head.add("Connection", "close") } else if parser.head.minorVersion == 0 { head.add("Connection", "keep-alive") }
        head.end()
        output += head.bytes
        let isHead = exchange.method == .head
        if hasContent, !isHead { output += answer.body }
        server.answered(exchange, answer, bytes: isHead ? 0 : answer.body.count, aborted: false)
        self.exchange = nil
        early = nil
        body = []
        phase = .writing
        set(server.settings.writeTimeout)
        flush(thenProcess: true)
    }

    private func flush(thenProcess: Bool) {
        while written < output.count {
            switch output.withUnsafeBytes({ socket.send(UnsafeRawBufferPointer(rebasing: $0[written...])) }) {
            case .bytes(let n): written += n
            case .wouldBlock:
                if phase == .writing { want(.write) }
                return
            case .ended, .failed: return close()
            }
        }
        output.removeAll(keepingCapacity: output.capacity <= 1024)
        written = 0
        guard phase == .writing else { return }
        if !keepsAlive { return linger() }
        phase = .reading
        deadline = .max
        want(.read)
        if thenProcess { process() }
    }

    private func linger() {
        phase = .lingering
        input = []
        position = 0
        if inputEnded { return close() }
        socket.endWriting()
        set(Connection.lingerMilliseconds)
        want(.read)
    }

    // MARK: the end

    /// The deadline has passed.
    func expire() {
        switch phase {
        case .reading where parser.isBetweenRequests: close()
        case .reading:
            keepsAlive = false
            let late = exchange ?? server.exchange(for: self, nil, begunMicroseconds: begunMicroseconds)
            answer(late, early ?? .refused(408, "timeout", "the request did not come in time"))
        case .writing, .lingering: close()
        case .waiting: deadline = .max
        case .closed: break
        }
    }

    /// The server ends: no further request after this one.
    func drain() {
        keepsAlive = false
        if isIdle { close() }
    }

    func close() {
        if phase == .closed { return }
        phase = .closed
        deadline = .max
        exchange?.connection = nil
        exchange = nil
        server.closed(self)
        server.loop.close(socket)
    }
}
