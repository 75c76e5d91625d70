/// A version of OpenClaw, such as 2026.9.6.
public struct OpenClawVersion: Comparable, Hashable, Sendable, CustomStringConvertible {
    public let year: Int
    public let month: Int
    public let patch: Int

    init(_ year: Int, _ month: Int, _ patch: Int) {
        self.year = year
        self.month = month
        self.patch = patch
    }

    /// Takes `2026.9.6` and what is written around it: a leading `v`, a suffix such as `-1` or `-beta.2`; a missing patch is 0.
    /// - Returns: nil when year and month cannot be read.
    public init?(_ text: String) {
        var rest = Substring(text).drop { $0 == " " || $0 == "v" }
        func number() -> Int? {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            return digits.count > 6 ? nil : Int(digits)
        }
        func dot() -> Bool {
            guard rest.first == "." else { return false }
            rest.removeFirst()
            return true
        }
        guard let year = number(), dot(), let month = number() else { return nil }
        self.init(year, month, dot() ? number() ?? 0 : 0)
    }

    public static func < (a: OpenClawVersion, b: OpenClawVersion) -> Bool { (a.year, a.month, a.patch) < (b.year, b.month, b.patch) }

    public var description: String { "\(year).\(month).\(patch)" }

    /// The versions whose verdicts were observed (OPENCLAW.md), oldest first.
    public static let known: [OpenClawVersion] = [
        OpenClawVersion(2026, 1, 30), OpenClawVersion(2026, 2, 9), OpenClawVersion(2026, 7, 1), OpenClawVersion(2026, 8, 1), newest,
    ]
    public static let newest = OpenClawVersion(2026, 9, 6)

    /// From here on the roster is `agents.entries`; a list is still read.
    var hasEntries: Bool { self >= OpenClawVersion(2026, 8, 0) }
    /// From here on there is a published schema: more keys, and a binding must name an agent that is there.
    var hasSchema: Bool { self >= OpenClawVersion(2026, 7, 0) }
    /// From here on a direct chat's kind may be `direct`.
    var knowsDirect: Bool { self >= OpenClawVersion(2026, 2, 0) }

    /// The known version that judges like this one: the newest that is not newer, else the oldest.
    var observed: OpenClawVersion { OpenClawVersion.known.last { $0 <= self } ?? OpenClawVersion(2026, 1, 30) }

    func reads(_ shape: RosterShape) -> Bool { shape == .list || hasEntries }
}

/// Where the agents stand in openclaw.json.
public enum RosterShape: Sendable { case entries, list }

/// How a binding says that its peer is one person: `direct`; `dm` before 2026.2.
public enum PeerKind: String, Sendable { case direct, dm }
