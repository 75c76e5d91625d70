import JSON
import Onboarding
import Platform

/// openclaw.json at one moment, and its hashes: they are the gateway's own, nobody can compute them from the file.
struct Seen {
    let bytes: [UInt8]
    /// nil: it cannot be loaded.
    let document: Document?
    let hash: String
    let revision: String

    init(_ path: String, key: [UInt8]) {
        bytes = ((try? Files.readIfPresent(path)) ?? nil) ?? []
        let parsed = try? Document(parsing: bytes, dialect: .json5)
        document = parsed?.root.kind == .object ? parsed : nil
        hash = Seen.keyed(key + [1], bytes)
        revision = Seen.keyed(key + [2], document?.compactJSON() ?? [])
    }

    private static func keyed(_ key: [UInt8], _ message: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let hex = Array(KeyedHash.hmac(key: key, message: message).utf8).map { $0 < 58 ? UInt32($0 - 48) : UInt32($0 - 87) }
        var text: [UInt8] = []
        var (held, bits): (UInt32, Int) = (0, 0)
        for digit in hex {
            held = held << 4 | digit
            bits += 4
            if bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(held >> UInt32(bits) & 63)])
            }
        }
        if bits > 0 { text.append(alphabet[Int(held << UInt32(6 - bits) & 63)]) }
        return "hmac-sha256:v1:" + String(decoding: text, as: UTF8.self)
    }
}

/// What runs, and how an edit of the file comes to run.
final class Gateway {
    let config: String
    let version: String
    let watch: Watch
    private(set) var applied: Seen
    private let speed: Double
    private let key: [UInt8]
    private let log: String?
    private var noticeAt: Int64?
    private var reload: (of: Seen, endsAt: Int64)?

    init(config: String, version: String, speed: Double, isPolling: Bool, log: String?) throws {
        self.config = config
        self.version = version
        self.speed = speed
        self.log = log
        key = try Random.bytes(32)
        watch = try Watch(config, isPolling: isPolling)
        applied = Seen(config, key: key)
    }

    func seen() -> Seen { Seen(config, key: key) }

    /// As measured: 1.2 s and 0.4 ms for the square of the agents.
    private func reloadMilliseconds(_ seen: Seen) -> Int64 {
        let agents = seen.document.map { Double($0.node(at: "/agents/entries")?.count ?? 0) + Double($0.node(at: "/agents/list")?.count ?? 0) } ?? 0
        return Int64((1200 + 0.4 * agents * agents) * speed)
    }

    var isReloading: Bool { reload != nil }

    var millisecondsToNextTurn: Int {
        let now = Clock.monotonicMilliseconds
        return Int(max(0, min(reload?.endsAt ?? .max, noticeAt ?? .max, now + 500) - now))
    }

    /// What time has brought.
    func turn() {
        let now = Clock.monotonicMilliseconds
        let changes = watch.changes()
        if changes > 0, !watch.isBlind { noticeAt = noticeAt ?? now + Int64(700 * speed) }
        if changes > 0, watch.isBlind { note("missed", ["changes": .number("\(changes)")]) }
        if let running = reload, now >= running.endsAt {
            applied = running.of
            reload = nil
            note("applied", [:])
        }
        guard reload == nil, let at = noticeAt, now >= at else { return }
        noticeAt = nil
        let seen = seen()
        if seen.document == nil { return note("config reload skipped (invalid config)", [:]) }
        if seen.revision != applied.revision { reload = (seen, now + reloadMilliseconds(seen)) }
    }

    /// Loads what was written by a call; a blind watcher is made anew by that.
    func load(_ seen: Seen) {
        Clock.sleep(milliseconds: Int(reloadMilliseconds(seen)))
        _ = watch.changes()
        watch.open()
        (applied, reload, noticeAt) = (seen, nil, nil)
        note("applied", [:])
    }

    /// As at its start.
    func restart() {
        _ = watch.changes()
        watch.open()
        (applied, reload, noticeAt) = (seen(), nil, nil)
        note("started", [:])
    }

    func note(_ event: String, _ more: Object) {
        guard let log, let file = try? Descriptor.open(log, .write, create: 0o600, append: true) else { return }
        var line: Object = ["event": .string(event)]
        for (name, value) in more { line[name] = value }
        try? file.writeAll(Value.object(line).compact() + [10])
    }
}
