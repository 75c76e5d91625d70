import CommandKit
import HTTP
import JSON
import Onboarding
import Platform

/// Everything together: who may ask what, and who carries it out.
final class Server {
    let loop: Loop
    private(set) var settings: Settings
    let log: AccessLog
    private let command: Command
    private var token: Token
    private var rates: RateTable
    private var badTokens: RateTable
    private let refusedTokens: RefusedTokens
    private let idPrefix: String
    private var requests = 0
    private var connections: [Int32: Connection] = [:]
    private var nextDeadline = Int64.max
    private let acceptors: Acceptors
    private let signals: SignalWatch
    private let manager: ServiceManager
    private(set) var isDraining = false
    var metrics = Metrics()
    var children = Children()
    private(set) var second: Int64 = 0
    private(set) var date = HTTPDate(secondsSince1970: 0)
    private(set) lazy var dispatcher = Dispatcher(self)
    private(set) lazy var confirmation = Confirmation(self)
    private lazy var health = Health(self)
    private lazy var life = Life(self, manager, signals)

    /// - Parameter auditFolder: nil when there is no state folder yet.
    init(_ command: Command, _ settings: Settings, _ token: Token, _ acceptors: Acceptors, auditFolder: String?) throws(SystemError) {
        self.command = command
        self.settings = settings
        self.token = token
        self.acceptors = acceptors
        log = AccessLog(command: command.console.command, quiet: command.arguments.has("quiet"))
        refusedTokens = RefusedTokens(folder: auditFolder, log: log)
        rates = RateTable(settings.rate)
        badTokens = RateTable(settings.rate)
        idPrefix = try Random.hex(bytes: 4)
        loop = try Loop()
        signals = try SignalWatch()
        manager = ServiceManager(command.context.environment)
    }

    /// Serves until it is told to end.
    /// - Returns: whether everything that was accepted was answered.
    func run() throws(SystemError) -> Bool {
        try loop.watch(signals.descriptor, .read, life)
        health.onFirst = { [unowned self] in
            acceptors.open(self)
            lookAtTokenFile()
            log.say("info", "listening on \(acceptors.names.joined(separator: ", "))")
            life.begin()
        }
        health.check()
        try loop.run { endRound() }
        acceptors.close(self)
        refusedTokens.write()
        log.flush()
        return life.isClean
    }

    private func endRound() {
        let now = Clock().now.milliseconds / 1000
        if now != second {
            second = now
            date = HTTPDate(secondsSince1970: Int(now))
        }
        if loop.now >= nextDeadline { sweep() }
        dispatcher.startGroups()
        refusedTokens.writeWhenDue(now: loop.now)
        log.flush()
    }

    // MARK: connections

    var openConnections: Int { connections.count }

    func accepted(_ socket: Descriptor, _ peer: IPAddress?) {
        metrics.connections += 1
        if connections.count >= settings.maxConnections {
            // The one that has been silent longest makes room, if it is between two requests.
            let idle = connections.values.filter(\.mayMakeRoom).min { $0.idleSince < $1.idleSince }
            guard let idle else {
                metrics.refused("connections")
                return socket.close()
            }
            metrics.refused("idle")
            idle.close()
        }
        let connection = Connection(self, socket, peer: peer)
        do throws(SystemError) { try loop.watch(socket, .read, connection) } catch { return socket.close() }
        connections[socket.number] = connection
    }

    func closed(_ connection: Connection) {
        connections[connection.number] = nil
        acceptors.roomAgain(self)
        mayHaveDrained()
    }

    func deadlineChanged(_ deadline: Int64) {
        if deadline >= nextDeadline { return }
        nextDeadline = deadline
        // Tenths of a second are near enough: many deadlines share one look.
        loop.after(Int(max(0, deadline - loop.now)) + 100) {}
    }

    private func sweep() {
        nextDeadline = .max
        for connection in Array(connections.values) where connection.deadline <= loop.now { connection.expire() }
        let next = connections.values.reduce(Int64.max) { min($0, $1.deadline) }
        if next != .max { deadlineChanged(max(next, loop.now + 100)) }
    }

    // MARK: requests

    /// - Parameter head: nil when none could be read.
    func exchange(for connection: Connection, _ head: RequestHead?, method: Method = .other, begunMicroseconds: Int64) -> Exchange {
        requests += 1
        let client = Client(peer: connection.peer, forwarded: settings.trusted.isEmpty ? [] : head?.values("x-forwarded-for") ?? [], trusted: settings.trusted)
        let found: (route: Route, phone: [UInt8]?) = head?.withPath(Route.find) ?? (.none, nil)
        return Exchange(
            id: idPrefix + "-" + String(requests, radix: 36), client: client, method: head?.method ?? method, route: found.route, segment: found.phone,
            begunMicroseconds: begunMicroseconds, connection: connection)
    }

    /// Judges a request by its header alone, in this order: authentication, method and route, what the body claims to be.
    /// - Returns: the answer when there is nothing to carry out.
    func admit(_ exchange: Exchange, _ head: RequestHead) -> Answer? {
        let route = exchange.route
        let isOpen = route == .health || route == .metrics && settings.openMetrics
        if !isOpen, let refusal = authenticate(exchange, head) { return refusal }
        if head.method == .other { return .refused(501, "method", "the method is not known") }
        if head.target?.form == .asterisk { return Answer(status: 204).with("Allow", "GET, HEAD, POST, OPTIONS") }
        if route == .none { return .refused(404, "not-found", "there is no such resource") }
        if head.method == .options { return Answer(status: 204).with("Allow", route.allow) }
        if !route.methods.contains(head.method) { return Answer.refused(405, "method", "the method does not go with this resource").with("Allow", route.allow) }
        if isDraining, route != .health { return .unavailable("draining", "the listener is ending; try again", seconds: 5) }
        if head.method != .post { return nil }
        if !head.announcesBody { return .refused(411, "length-required", "the request has no Content-Length", hint: "send a JSON object") }
        if head.value("content-encoding") != nil { return .refused(415, "media-type", "the body is encoded", hint: "send plain JSON") }
        guard let (type, isRepeated) = head.value("content-type"), !isRepeated, MediaType.isJSON(type) else {
            return .refused(415, "media-type", "the body is not announced as JSON", hint: "send Content-Type: application/json")
        }
        return nil
    }

    private func authenticate(_ exchange: Exchange, _ head: RequestHead) -> Answer? {
        guard let (value, isRepeated) = head.value("authorization") else {
            return Answer.refused(401, "no-token", "a token is needed", hint: "send Authorization: Bearer TOKEN").with("WWW-Authenticate", "Bearer")
        }
        if isRepeated { return .refused(400, "bad-request", "Authorization is given twice") }
        guard let shown = MediaType.bearer(value) else {
            return Answer.refused(401, "no-token", "a bearer token is needed", hint: "send Authorization: Bearer TOKEN").with("WWW-Authenticate", "Bearer")
        }
        if token.isSame(as: shown) { return nil }
        refusedTokens.note(exchange.client.text, now: loop.now)
        if case .refused(_, let seconds) = badTokens.take(RateTable.key(0, exchange.client.text), now: loop.now) {
            return tooMany(.badTokens, seconds)
        }
        return Answer.refused(403, "wrong-token", "the token is wrong")
    }

    enum Limit { case rate, badTokens, maxNew }

    func tooMany(_ limit: Limit, _ seconds: Int) -> Answer {
        let (name, setting): (String, RateLimit.Setting) =
            switch limit {
            case .rate: ("rate", settings.rate)
            case .badTokens: ("wrong-tokens", settings.rate)
            case .maxNew: ("max-new", settings.maxNew)
            }
        var answer = Answer.refused(429, name, "too many requests; try again later").with("Retry-After", "\(seconds)")
        if case .limit(let limit) = setting {
            answer = answer.with("RateLimit-Limit", "\(limit.count)").with("RateLimit-Remaining", "0").with("RateLimit-Reset", "\(seconds)")
                .with("RateLimit-Policy", "\(limit.count);w=\(limit.windowSeconds)")
        }
        return answer
    }

    /// An admitted request whose body is there: the document, the phone, the rate, then a child.
    func carryOut(_ exchange: Exchange, _ body: [UInt8]) {
        switch exchange.route {
        case .health: return deliver(exchange, health.answer)
        case .metrics:
            let gauges = Metrics.Gauges(
                openConnections: connections.count, runningChildren: children.count, waitingDocuments: dispatcher.waitingCount, lostLogLines: log.lostLines,
                isHealthy: health.isGood, isDraining: isDraining)
            return deliver(exchange, Answer(200, text: metrics.text(gauges), "text/plain; version=0.0.4; charset=utf-8"))
        default: break
        }
        let phone: PhoneNumber
        var members: Object
        do throws(Problem) {
            if exchange.route == .state {
                guard let text = Route.decoded(exchange.segment ?? []) else { throw Problem(.invalidPhone, "the phone number is not UTF-8") }
                phone = try Documents.phone(text)
                members = ["phone": .string(phone.e164)]
            } else {
                (phone, members) = try Documents.read(body, for: exchange.route)
            }
        } catch { return deliver(exchange, .of(error)) }
        exchange.phone = phone.e164
        // The gateway is one address for all users: who is on this machine is counted by phone.
        let key =
            exchange.client.isLocal ? RateTable.key(exchange.route.rawValue, phone.e164) : RateTable.key(exchange.route.rawValue + 100, exchange.client.text)
        if case .refused(_, let seconds) = rates.take(key, now: loop.now) { return deliver(exchange, tooMany(.rate, seconds)) }
        if let refusal = dispatcher.submit(exchange.route, phone.e164, members, exchange) { deliver(exchange, refusal) }
    }

    /// Gives an answer to its caller; who has gone is only counted.
    func deliver(_ exchange: Exchange, _ answer: Answer) {
        if let connection = exchange.connection { connection.answer(exchange, answer) } else { answered(exchange, answer, bytes: 0, aborted: true) }
    }

    func answered(_ exchange: Exchange, _ answer: Answer, bytes: Int, aborted: Bool) {
        if exchange.isAnswered { return }
        exchange.isAnswered = true
        let microseconds = exchange.microseconds
        metrics.answered(exchange.route, answer.status, microseconds: microseconds)
        if let refusal = answer.refusal { metrics.refused(refusal) }
        log.request(exchange, status: answer.status, bytes: bytes, microseconds: microseconds, aborted: aborted)
    }

    // MARK: its life

    /// Token and limits anew; what cannot be read leaves the old ones. No connection notices.
    func reload() {
        manager.reloading()
        do throws(Problem) {
            let new = try Token.load(file: settings.tokenFile, environment: command.context.environment)
            let (rate, maxNew) = try Settings.rates(command)
            token = new
            (settings.rate, settings.maxNew) = (rate, maxNew)
            rates.setting = rate
            badTokens.setting = rate
            dispatcher.reload()
            log.say("info", "token and settings are read again")
            lookAtTokenFile()
        } catch {
            log.problem(error)
            log.say("warning", "the old token and settings stay")
        }
        manager.ready()
    }

    private func lookAtTokenFile() {
        guard let file = settings.tokenFile, let status = (try? Files.status(file)) ?? nil, status.permissions & 0o007 != 0 else { return }
        log.say("warning", "every user of this machine may read the token's file: chmod 600, and a new token")
    }

    /// Accepts nobody any more; what has been asked is answered.
    func drain() {
        if isDraining { return }
        acceptors.takeAll(self)
        for connection in Array(connections.values) { connection.readWhatHasCome() }
        isDraining = true
        acceptors.close(self)
        confirmation.stop()
        log.say("info", "ending: \(connections.count) connections, \(children.count) children, \(dispatcher.waitingCount) waiting")
        for connection in Array(connections.values) { connection.drain() }
        mayHaveDrained()
    }

    func mayHaveDrained() {
        // Who still types a request is not waited for longer than its own deadline; who waits for an answer gets it.
        if isDraining, connections.isEmpty, dispatcher.isIdle { loop.stop() }
    }
}
