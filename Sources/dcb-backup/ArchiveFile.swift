import CommandKit
import Platform

/// An archive that is there, and the look into it that verify and restore share.
struct ArchiveFile {
    let path: String
    let descriptor: Descriptor
    let status: FileStatus

    init(_ path: String) throws(Problem) {
        self.path = Path.absolute(path)
        do throws(SystemError) {
            // A FIFO would wait, and could not be read twice.
            if let status = try Files.status(self.path), !status.isRegular { throw SystemError("read", path, status.isDirectory ? .isDirectory : .invalid) }
            descriptor = try Descriptor.open(self.path, .read)
            status = try descriptor.status()
        } catch { throw Problem(error) }
    }

    /// What all files of it may have together when the caller does not say: gzip makes a thousand bytes of one, and a bomb is made of that.
    private static let factor = 100
    private static let least = 64 << 30

    /// - Throws: `usage`.
    func greatestTotal(_ command: Command) throws(Problem) -> Int {
        guard let text = command.arguments.value("max-size") else { return max(ArchiveFile.least, status.sizeBytes * ArchiveFile.factor) }
        guard let gibibytes = Int(text), (1...1 << 20).contains(gibibytes) else { throw Problem(.usage, "option --max-size takes whole GiB") }
        return gibibytes << 30
    }

    /// Reads it whole, and checks every database in it.
    /// - Throws: `archive-damaged`, and what the system says.
    func check(_ command: Command) throws(Problem) -> (scan: ArchiveScan, databases: Int, unsound: [String]) {
        let environment = command.context.environment
        let scan = ArchiveScan(descriptor, environment: environment, greatestTotal: try greatestTotal(command))
        let temporary = environment["TMPDIR"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
        let check = try DatabaseCheck(temporary: temporary, environment: environment)
        try scan.run(into: check)
        let known = Manifest.unsound(scan.manifest)
        for (name, why) in check.damaged where !known.contains(Array(name.utf8)) {
            throw Problem(.archiveDamaged, "the archive holds a damaged database '\(name)': \(why)")
        }
        return (scan, check.databases, check.damaged.map(\.name))
    }
}
