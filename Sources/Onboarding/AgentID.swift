import Platform

/// The id of one person's agent: `user_[A-Za-z0-9_-]+`, at most 64 characters; safe as a file name and as a key of OpenClaw's roster.
public struct AgentID: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// - Returns: nil when it is not such an id.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard text.utf8.starts(with: AgentID.prefix.utf8), (6...64).contains(bytes.count) else { return nil }
        for b in bytes.dropFirst(5) {
            switch b {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "_"), UInt8(ascii: "-"):
                continue
            default: return nil
            }
        }
        self.text = text
    }

    private init(random hex: String) { text = AgentID.prefix + hex }

    /// A new one: `user_` and 16 lower-case hexadecimal digits of 8 random bytes.
    public static func random() throws(SystemError) -> AgentID { AgentID(random: try Random.hex(bytes: 8)) }

    /// As OpenClaw compares ids: two ids that are equal in this are one agent to it.
    public var normalised: String { text.lowercased() }

    public var description: String { text }

    private static let prefix = "user_"
}
