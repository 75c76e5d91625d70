/// The grammar a text is read by.
public enum Dialect: Sendable {
    /// RFC 8259, and nothing more: a byte order mark is refused (section 8.1).
    case json
    /// The JSON5 specification 1.0.0 (spec.json5.org), a superset of JSON.
    case json5
}
