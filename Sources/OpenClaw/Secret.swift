/// A text that never gets into a log by accident: its description is `[REDACTED]`.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    public init(_ text: String) { self.text = text }

    /// The text itself, for openclaw.json (and `entry.json` in the trash) alone.
    public func revealForConfig() -> String { text }

    /// The text itself, for the `Authorization` header of a request alone.
    func revealForAuthorization() -> String { text }

    public var isEmpty: Bool { text.isEmpty }
    public var description: String { "[REDACTED]" }
    public var debugDescription: String { "[REDACTED]" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
