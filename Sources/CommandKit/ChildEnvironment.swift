/// What a child process may know of our environment.
public enum ChildEnvironment {
    /// `PATH HOME TZ LANG OPENCLAW_* DCB_*`, nothing that looks like a secret.
    public static func allowed(from environment: [String: String]) -> [String: String] {
        environment.filter { name, _ in
            if ["PATH", "HOME", "TZ", "LANG"].contains(name) { return true }
            guard name.hasPrefix("OPENCLAW_") || name.hasPrefix("DCB_") else { return false }
            // A file's name is not a secret: DCB_GATEWAY_TOKEN_FILE passes.
            return name.hasSuffix("_FILE") || !["TOKEN", "PASSWORD", "SECRET", "_KEY"].contains { name.contains($0) }
        }
    }
}
