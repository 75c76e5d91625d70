/// Something in openclaw.json that a version of OpenClaw does not accept.
public struct Finding: Sendable, Equatable, CustomStringConvertible {
    /// JSON Pointer to the place; empty: the whole file.
    public let pointer: String
    /// A lower-case fragment: `unknown member 'dcb'`.
    public let reason: String
    /// Whose it is, whatever its index: an agent's id, or a binding's agent; else the pointer.
    public let subject: String
    /// A member that this version does not know. A version newer than the newest known may know it.
    public let isUnknownMember: Bool

    init(_ pointer: String, _ reason: String, subject: String? = nil, isUnknownMember: Bool = false) {
        self.pointer = pointer
        self.reason = reason
        self.subject = subject ?? pointer
        self.isUnknownMember = isUnknownMember
    }

    public var description: String { "\(pointer.isEmpty ? "openclaw.json" : "'\(pointer)'"): \(reason)" }

    /// What stays the same when elements before it come and go.
    var identity: String { subject + "\u{0}" + reason }
}
