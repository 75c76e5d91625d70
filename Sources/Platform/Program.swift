/// Finding other programs.
public enum Program {
    /// The first executable of that name in the absolute folders of `PATH`.
    public static func find(_ name: String, environment: [String: String]) -> String? {
        (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").lazy.filter { $0.hasPrefix("/") }
            .map { Path.join(String($0), name) }.first { Files.isExecutable($0) }
    }

    /// A program that is installed beside this one.
    public static func beside(_ name: String) -> String? {
        guard let own = CurrentProcess.executablePath else { return nil }
        let path = Path.join(Path.parent(own), name)
        return Files.isExecutable(path) ? path : nil
    }
}
