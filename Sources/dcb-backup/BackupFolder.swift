import CommandKit
import JSON
import Platform

/// The folder that archives are kept in.
struct BackupFolder {
    struct Archive: Equatable {
        let name: String
        /// From its name: the clock may have been set back since, and a copy has another file time.
        let createdAt: Timestamp
        /// Of several of one second.
        let number: Int
    }

    let path: String

    /// - Returns: whether another run makes an archive there now, nil; else the lock.
    func lock() throws(Problem) -> FileLock {
        do throws(SystemError) {
            try Files.makeDirectories(path)
            if let lock = try FileLock.acquire(Path.join(path, ".dcb-backup.lock"), waitMilliseconds: 0) { return lock }
        } catch { throw Problem(error) }
        throw Problem(.busy, "another dcb-backup works on '\(path)'", hint: "wait until it has finished")
    }

    /// Where an archive is made. Emptied of what a killed run left; only the holder of the lock may ask.
    func staging() throws(Problem) -> String {
        let staging = stagingPath
        do throws(SystemError) {
            try Files.removeTree(staging)
            // Somebody else's folder would give them the archive.
            guard try Files.makeDirectory(staging) else { throw SystemError("create folder", staging, .exists) }
        } catch { throw Problem(error) }
        return staging
    }

    var stagingPath: String { Path.join(path, ".dcb-backup.tmp") }

    /// A name for one made now that no other has.
    func freshName(_ now: Timestamp) -> String {
        let base = "dcb-\(now.compact)"
        var name = base + BackupFolder.suffix
        var number = 1
        while Files.exists(Path.join(path, name)) {
            number += 1
            name = "\(base)-\(number)\(BackupFolder.suffix)"
        }
        return name
    }

    /// Oldest first.
    func archives() throws(Problem) -> [Archive] {
        let names: [String]
        do throws(SystemError) { names = try Files.list(path) } catch {
            if error.code == .notFound { throw Problem(.io, "there is no folder '\(path)'", hint: "give the folder that holds the archives") }
            throw Problem(error)
        }
        return names.compactMap(BackupFolder.archive).sorted { ($0.createdAt.milliseconds, $0.number) < ($1.createdAt.milliseconds, $1.number) }
    }

    /// Removes the oldest beyond `keep`, never `newest`.
    /// - Returns: their names.
    func retain(_ keep: Int, newest: String) throws(Problem) -> [String] {
        let old = try archives().filter { $0.name != newest }
        let gone = old.prefix(max(0, old.count - (keep - 1))).map(\.name)
        do throws(SystemError) { for name in gone { try Files.remove(Path.join(path, name)) } } catch { throw Problem(error) }
        return gone
    }

    // MARK: what was verified

    private var journal: String { Path.join(path, ".dcb-backup.verified") }

    /// When a file was verified as it is now; nil when it was not, or has been written since.
    func verifiedAt(_ name: String, _ status: FileStatus) -> Timestamp? {
        for entry in entries() where entry["archive"] == .string(name) && entry["sizeBytes"]?.intValue == status.sizeBytes {
            if entry["modified"] == .string("\(status.modifiedNanoseconds)") { return entry["verifiedAt"]?.stringValue.flatMap(Timestamp.init(rfc3339:)) }
        }
        return nil
    }

    /// Notes the outcome for an archive that lies in this folder. Only for `list`: that it cannot be written is no failure.
    func note(_ name: String, verifiedAt: Timestamp?) {
        guard BackupFolder.archive(name) != nil else { return }
        var kept = entries().filter { entry in
            guard let other = entry["archive"]?.stringValue else { return false }
            return other != name && Files.exists(Path.join(path, other))
        }
        if let verifiedAt, let status = (try? Files.status(Path.join(path, name))) ?? nil {
            kept.append([
                "archive": .string(name), "sizeBytes": .number("\(status.sizeBytes)"), "modified": .string("\(status.modifiedNanoseconds)"),
                "verifiedAt": .string(verifiedAt.description),
            ])
        }
        _ = try? Files.replace(journal, with: kept.flatMap { Value.object($0).compact() + [10] }, mode: 0o600)
    }

    private func entries() -> [Object] {
        let bytes = ((try? Files.readIfPresent(journal, limit: 1 << 20)) ?? nil) ?? []
        return bytes.split(separator: 10).compactMap { (try? Value(parsing: Array($0)))?.objectValue }
    }

    // MARK: names

    private static let suffix = ".tar.gz"

    /// `dcb-20260201T030000Z.tar.gz`, and `dcb-20260201T030000Z-2.tar.gz` for the second of one second.
    static func archive(_ name: String) -> Archive? {
        guard name.hasPrefix("dcb-"), name.hasSuffix(suffix) else { return nil }
        let parts = name.dropFirst(4).dropLast(suffix.count).split(separator: "-", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let text = parts.first, text.utf8.count == 16 else { return nil }
        let digits = Array(text)
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        let time = "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))\(part(8..<9))\(part(9..<11)):\(part(11..<13)):\(part(13..<15))\(part(15..<16))"
        guard let createdAt = Timestamp(rfc3339: time) else { return nil }
        guard parts.count == 2 else { return Archive(name: name, createdAt: createdAt, number: 1) }
        guard let number = Int(parts[1]), number > 1 else { return nil }
        return Archive(name: name, createdAt: createdAt, number: number)
    }
}
