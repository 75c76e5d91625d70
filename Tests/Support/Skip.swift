import Platform

/// Says what a test could not check here; scripts/test shows the line.
public enum Skip {
    public static func say(_ text: String) {
        try? Descriptor.standardError.writeAll(Array("skipped: \(text)\n".utf8))
    }

    /// Whether the long runs are asked for (`DCB_LONG`).
    public static var isLong: Bool { ProcessContext.current().environment["DCB_LONG"].map { !$0.isEmpty } ?? false }
}
