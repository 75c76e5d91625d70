import Platform

/// Says what a test could not check here; scripts/test shows the line.
public enum Skip {
    public static func say(_ text: String) {
        try? Descriptor.standardError.writeAll(Array("skipped: \(text)\n".utf8))
    }

    /// Whether the long runs are asked for (`DCB_LONG`).
    public static var isLong: Bool { ProcessContext.current().environment["DCB_LONG"].map { !$0.isEmpty } ?? false }

    /// The sanitizer under which everything runs (`DCB_SANITIZER`, scripts/sanitize): its own memory counts, and debug builds are slow.
    public static var sanitizer: String? { ProcessContext.current().environment["DCB_SANITIZER"].flatMap { $0.isEmpty ? nil : $0 } }

    /// How much longer than usual a test waits before it calls something stuck.
    public static var patience: Int { sanitizer == nil ? 1 : 6 }
}
