import Platform

/// A folder or file of the host inside the sandbox: `source:target[:options]`.
public struct BindMount: Sendable, Equatable {
    /// Absolute, without `.`, `..` and doubled slashes.
    public let source: String
    public let target: String
    public let options: [String]

    public struct Fault: Error, Sendable, Equatable { public let reason: String }

    /// - Returns: the mount, or what is wrong with its form.
    public static func parse(_ text: String) -> Result<BindMount, Fault> {
        let parts = BindMount.parts(text)
        guard (2...3).contains(parts.count), Path.isAbsolute(parts[0]), Path.isAbsolute(parts[1]) else {
            return .failure(Fault(reason: "must be source:target[:options] with absolute paths"))
        }
        let options = parts.count == 3 ? parts[2].split(separator: ",", omittingEmptySubsequences: false).map(String.init) : []
        guard options.allSatisfy(knownOptions.contains) else {
            return .failure(Fault(reason: "has an option that is none of \(knownOptions.joined(separator: ", "))"))
        }
        return .success(BindMount(source: Path.absolute(parts[0]), target: Path.absolute(parts[1]), options: options))
    }

    /// What stands between the colons, as Docker takes it apart: by bytes, for a colon with a combining mark behind it is another Character.
    public static func parts(_ text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { String(Substring($0)) }
    }

    /// The same with the links in its source resolved; nil when there is no such source.
    public var resolved: BindMount? {
        guard let real = try? Files.resolve(source) else { return nil }
        return BindMount(source: real, target: target, options: options)
    }

    /// Why it must not be: what OpenClaw refuses when it makes the container (although `config validate` takes it), what holds it (`/`), and what is private.
    /// - Parameter privatePaths: absolute paths that no sandbox may see, such as the state folder with everybody's workspaces.
    public func refusal(home: String?, privatePaths: [String] = []) -> String? {
        let parts = Path.names(of: source, below: "/") ?? []
        if parts.contains(where: BindMount.sockets.contains) { return "would give the sandbox the container engine, and so the host" }
        var blocked = BindMount.systemFolders
        if let home { blocked += BindMount.homeFolders.map { Path.join(home, $0) } }
        if let hit = blocked.first(where: { BindMount.overlap(source, $0) }) { return "would show the sandbox \(hit), which OpenClaw refuses" }
        if parts.contains(where: { BindMount.homeFolders.contains($0) }) {
            return "would show the sandbox somebody's credentials, which OpenClaw refuses"
        }
        if let hit = privatePaths.first(where: { BindMount.overlap(source, $0) }) { return "would show every sandbox \(hit), which is private" }
        if target == "/" || BindMount.reservedTargets.contains(where: { Path.isInside(target, $0) }) {
            return "has a target that is reserved for the workspace"
        }
        return nil
    }

    /// One holds the other.
    private static func overlap(_ a: String, _ b: String) -> Bool { Path.isInside(a, b) || Path.isInside(b, a) }

    private static let systemFolders = ["/etc", "/proc", "/sys", "/dev", "/boot", "/root", "/run", "/var/run"]
    private static let homeFolders = [".aws", ".cargo", ".config", ".docker", ".gnupg", ".netrc", ".npm", ".ssh"]
    private static let sockets = ["docker.sock", "podman.sock", "containerd.sock", "crio.sock"]
    private static let reservedTargets = ["/workspace", "/agent"]
    private static let knownOptions = ["ro", "rw", "z", "Z", "cached", "delegated", "consistent", "private", "rprivate", "slave", "rslave", "nocopy"]
}
