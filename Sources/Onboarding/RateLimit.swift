/// So many in so long: `15/15m`.
public struct RateLimit: Sendable, Hashable, CustomStringConvertible {
    public let count: Int
    public let windowSeconds: Int

    public init(count: Int, windowSeconds: Int) {
        self.count = count
        self.windowSeconds = windowSeconds
    }

    /// `<count>/<number><s|m|h|d>`; both at least 1, the window at most 30 days.
    /// - Returns: nil when it is not one. `off` is none: see `parse`.
    public init?(_ text: String) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let count = RateLimit.number(halves[0]), let unit = halves[1].last, let size = RateLimit.unitSeconds[unit],
            let length = RateLimit.number(halves[1].dropLast()), length * size <= 30 * 86400
        else { return nil }
        self.init(count: count, windowSeconds: length * size)
    }

    /// What an option or a setting says: a limit, or `off`.
    public enum Setting: Sendable, Hashable {
        case off
        case limit(RateLimit)

        public init?(_ text: String) {
            if text == "off" {
                self = .off
            } else if let limit = RateLimit(text) {
                self = .limit(limit)
            } else {
                return nil
            }
        }
    }

    /// In the largest unit that divides it.
    public var description: String {
        for (unit, size) in [("d", 86400), ("h", 3600), ("m", 60)] where windowSeconds % size == 0 { return "\(count)/\(windowSeconds / size)\(unit)" }
        return "\(count)/\(windowSeconds)s"
    }

    private static let unitSeconds: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86400]

    private static func number(_ text: Substring) -> Int? {
        guard (1...7).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }), let n = Int(text), n > 0 else { return nil }
        return n
    }
}
