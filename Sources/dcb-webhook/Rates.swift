import Onboarding

/// Counts what each key has done in its window: so many, from its first one on.
struct RateTable {
    /// More keys than this are not kept: the oldest quarter goes.
    private static let keyLimit = 1 << 16

    private struct Window {
        var start: Int64
        var count: Int32
    }

    private var windows: [Int: Window] = [:]
    var setting: RateLimit.Setting

    init(_ setting: RateLimit.Setting) { self.setting = setting }

    enum Verdict {
        case allowed
        case refused(RateLimit, retryAfterSeconds: Int)
    }

    /// Counts one more for a key.
    mutating func take(_ key: Int, now: Int64) -> Verdict { verdict(key, now: now, adds: 1) }

    private mutating func verdict(_ key: Int, now: Int64, adds: Int32) -> Verdict {
        guard case .limit(let limit) = setting else { return .allowed }
        let length = Int64(limit.windowSeconds) * 1000
        var window = windows[key] ?? Window(start: now, count: 0)
        if now - window.start >= length { window = Window(start: now, count: 0) }
        if window.count >= limit.count { return .refused(limit, retryAfterSeconds: Int((window.start + length - now + 999) / 1000)) }
        window.count += adds
        if windows.count >= RateTable.keyLimit, windows[key] == nil { forgetOldest(now, length) }
        windows[key] = window
        return .allowed
    }

    private mutating func forgetOldest(_ now: Int64, _ length: Int64) {
        windows = windows.filter { now - $0.value.start < length }
        if windows.count < RateTable.keyLimit * 3 / 4 { return }
        let starts = windows.values.map(\.start).sorted()
        let bound = starts[starts.count / 4]
        windows = windows.filter { $0.value.start > bound }
    }

    /// A key that nobody outside can aim at: the hash is seeded for this process.
    static func key(_ kind: Int, _ text: some Hashable) -> Int {
        var hasher = Hasher()
        hasher.combine(kind)
        hasher.combine(text)
        return hasher.finalize()
    }
}

/// How many agents were made lately (`--max-new`).
struct NewAgentCap {
    var setting: RateLimit.Setting
    private var times: [Int64] = []

    init(_ setting: RateLimit.Setting) { self.setting = setting }

    mutating func made(now: Int64) {
        if case .limit = setting { times.append(now) }
    }

    /// Whether `more` could make too many.
    mutating func isFull(with more: Int, now: Int64) -> Bool {
        guard case .limit(let limit) = setting else { return false }
        let old = now - Int64(limit.windowSeconds) * 1000
        if let first = times.firstIndex(where: { $0 > old }) { times.removeFirst(first) } else { times.removeAll() }
        return times.count + more >= limit.count
    }

    /// When the oldest that counts stops counting.
    func retryAfterSeconds(now: Int64) -> Int {
        guard case .limit(let limit) = setting, let first = times.first else { return 1 }
        return max(1, Int((first + Int64(limit.windowSeconds) * 1000 - now + 999) / 1000))
    }
}
