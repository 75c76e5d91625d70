import Platform

/// Material beside the repository (other people's suites, recorded verdicts): an extra that a user's clone has not.
public enum Shared {
    /// The folder, or nil; then the test says `skipped` and checks nothing.
    public static func folder(_ name: String, for test: String) -> String? {
        let environment = ProcessContext.current().environment
        let root = environment["DCB_SHARED"].flatMap { $0.isEmpty ? nil : $0 } ?? "../shared"
        let path = Path.absolute(Path.join(root, name))
        if Files.exists(path) { return path }
        try? Descriptor.standardError.writeAll(Array("skipped: \(test) needs \(name), which is not here\n".utf8))
        return nil
    }
}
