import CommandKit
import Platform

/// How many commits the record has seen; kept in a file too, so that a restored older record is noticed.
extension Record {
    /// The number in the record.
    public func generation() throws(Problem) -> Int64 {
        try database.number("SELECT value FROM meta WHERE key = 'generation'") ?? 0
    }

    /// The record has seen less than the state folder: it was restored from an older copy. A file that cannot be read says nothing.
    public var isOlderThanStateFolder: Bool {
        get throws(Problem) {
            guard let known = generationInFile else { return false }
            return try generation() < known
        }
    }

    /// One more, in the caller's transaction.
    func advanceGeneration() throws(Problem) {
        reachedGeneration = try database.number("UPDATE meta SET value = value + 1 WHERE key = 'generation' RETURNING value")
    }

    /// What the state folder's file says.
    var knownGeneration: Int64? { generationInFile }

    private var generationInFile: Int64? {
        guard let bytes = (try? Files.readOwn(generationFile, limit: 64)) ?? nil else { return nil }
        return Int64(String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self))
    }

    /// In place and without sync: a crash may leave a smaller number, which raises no alarm. The commit stands, so a failure here is not one of it.
    func writeGenerationFile(_ number: Int64) {
        if let known = generationInFile, known >= number { return }
        let digits = String(number)
        let text = String(repeating: "0", count: max(0, 20 - digits.utf8.count)) + digits + "\n"
        guard let file = openGenerationFile() else { return }
        _ = try? file.write(Array(text.utf8), at: 0)
    }

    private func openGenerationFile() -> Descriptor? {
        if let file = try? Descriptor.open(generationFile, .write, create: 0o600, followLinks: false, waits: false) { return file }
        _ = try? Files.makeDirectory(Path.parent(generationFile), mode: 0o700)
        return try? Descriptor.open(generationFile, .write, create: 0o600, followLinks: false, waits: false)
    }
}
