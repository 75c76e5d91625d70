/// What a child process may know of our environment.
public enum ChildEnvironment {
    private static let secretWords = ["TOKEN", "PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "CREDENTIAL", "_KEY"]

    /// `PATH HOME TZ LANG OPENCLAW_* DCB_*`, nothing that looks like a secret. Of the PATH the absolute folders: what another one means, who made the
    /// working folder decides.
    public static func allowed(from environment: [String: String]) -> [String: String] {
        var allowed = environment.filter { name, _ in
            if ["HOME", "TZ", "LANG"].contains(name) { return true }
            guard name.hasPrefix("OPENCLAW_") || name.hasPrefix("DCB_") else { return false }
            // A file's name is not a secret: DCB_GATEWAY_TOKEN_FILE passes.
            let upper = name.uppercased()
            return upper.hasSuffix("_FILE") || !secretWords.contains { upper.contains($0) }
        }
        if let path = environment["PATH"] { allowed["PATH"] = path.split(separator: ":").filter { $0.hasPrefix("/") }.joined(separator: ":") }
        return allowed
    }
}
