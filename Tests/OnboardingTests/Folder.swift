import Platform

/// A folder of a test's own, gone afterwards.
final class Folder: Sendable {
    let path: String

    init() throws {
        let above = ProcessContext.current().environment["TMPDIR"] ?? "/tmp"
        path = Path.join(try Files.resolve(above), "dcb-onboarding-\(try Random.hex(bytes: 8))")
        try Files.makeDirectory(path)
    }

    deinit { try? Files.removeTree(path) }

    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = Path.join(path, name)
        try Files.makeDirectories(Path.parent(file))
        try Files.replace(file, with: bytes, mode: 0o600)
    }

    func link(_ name: String, to target: String) throws {
        let file = Path.join(path, name)
        try Files.makeDirectories(Path.parent(file))
        let environment = ["PATH": ProcessContext.current().environment["PATH"] ?? "/usr/bin:/bin"]
        _ = try ChildProcess("/usr/bin/env", ["ln", "-s", target, file], environment: environment).run(input: [], deadline: Deadline(in: 10000))
    }
}
