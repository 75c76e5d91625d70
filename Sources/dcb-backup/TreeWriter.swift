import Archive
import CommandKit
import JSON
import Onboarding
import Platform
import Store

/// Puts a folder into an archive: databases as their snapshots, everything else as it is read.
final class TreeWriter {
    private struct FileID: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    /// Files with several names that are remembered; beyond it a second name is archived as a file of its own.
    private static let greatestLinks = 100_000
    /// What is mostly holes is left out beyond so much, in all of a workspace: an agent can make any size and number of it for nothing, and reading it
    /// would never end.
    private static let greatestHoles = 64 << 30

    private struct Written {
        let name: [UInt8]
        let sum: String
        let status: FileStatus

        /// An inode that was given back may be another file's by now: one name more is only what has the same time and size, and never another agent's.
        func isAlso(_ name: [UInt8], _ status: FileStatus) -> Bool {
            Area.whose(name) == Area.whose(self.name) && status.sizeBytes == self.status.sizeBytes && status.user == self.status.user
                && status.modifiedNanoseconds == self.status.modifiedNanoseconds
        }
    }

    private let writer: ArchiveWriter
    private let snapshots: Snapshots
    /// Content that takes the place of what is on disk, by path.
    private let replaced: [[UInt8]: (bytes: [UInt8], status: FileStatus?)]
    private var written: [FileID: Written] = [:]
    private var isThere: Set<[UInt8]> = []
    private(set) var databases: [Value] = []
    /// Bytes of files that are mostly holes, by whose they are.
    private var holes: [ArraySlice<UInt8>: Int] = [:]
    var notes = Notes()

    init(_ writer: ArchiveWriter, _ snapshots: Snapshots, replaced: [[UInt8]: (bytes: [UInt8], status: FileStatus?)]) {
        self.writer = writer
        self.snapshots = snapshots
        self.replaced = replaced
    }

    /// - Parameters:
    ///   - path: the folder's own, real.
    ///   - prefix: what its content is called in the archive.
    func add(_ folder: Folder, path: String, prefix: [UInt8], leftOut: [FileStatus], isState: Bool) throws(Problem) {
        let walk = StateWalk(leftOut: leftOut, isState: isState)
        var notes = self.notes
        defer { self.notes = notes }
        try walk.each(folder, prefix: prefix, notes: &notes) { (item, notes) throws(Problem) in
            if Termination.pending != nil { throw Problem(.interrupted, "interrupted by a signal") }
            let relative = prefix.isEmpty ? item.path : Array(item.path.dropFirst(prefix.count + 1))
            try add(item, at: Array((path + "/").utf8) + relative, &notes)
        }
    }

    /// What belongs into the archive and was not met on the way.
    func addMissing() throws(Problem) {
        for (name, content) in replaced.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) where !isThere.contains(name) {
            try addFolders(above: name)
            try add(name, content.bytes, content.status)
        }
    }

    /// A database that lies elsewhere.
    func addDatabase(_ name: [UInt8], _ status: FileStatus) throws(Problem) {
        guard let copy = snapshots.copies[name], !isThere.contains(name) else { return }
        try addFolders(above: name)
        try add(name, copy, status)
    }

    func addFolders(above name: [UInt8]) throws(Problem) {
        var at = 0
        while let slash = name[at...].firstIndex(of: UInt8(ascii: "/")) {
            let folder = Array(name[..<slash])
            at = slash + 1
            if !folder.isEmpty, !writer.hasFolder(folder) { try writer.add(TarEntry(name: folder, kind: .folder, mode: 0o700)) }
        }
    }

    // MARK: items

    private func add(_ item: StateWalk.Item, at source: [UInt8], _ notes: inout Notes) throws(Problem) {
        if let content = replaced[item.path], !item.status.isDirectory { return try add(item.path, content.bytes, content.status ?? item.status) }
        if item.status.isDirectory { return try writer.add(entry(item.path, .folder, item.status)) }
        if item.status.isSymbolicLink { return try addLink(item, &notes) }
        guard item.status.isRegular else { return notes.add(.special, item.path) }
        if isCompanion(item.path) { return }
        let file: Descriptor
        let status: FileStatus
        do throws(SystemError) {
            file = try item.folder.file(item.name)
            status = try file.status()
        } catch {
            switch error.code {
            case .notFound, .loop: return notes.add(.vanished, item.path)
            // Its owner may hold a lease.
            case .denied, .notPermitted, .wouldBlock: return notes.add(.unreadable, item.path)
            // A socket since it was looked at.
            case .noDevice: return notes.add(.special, item.path)
            default: throw Problem(error)
            }
        }
        guard status.isRegular else { return notes.add(.special, item.path) }
        // With less room than half its size it is mostly holes.
        if status.allocatedBytes < status.sizeBytes / 2 {
            let owner = Area.whose(item.path)
            let before = holes[owner] ?? 0
            if status.sizeBytes > TreeWriter.greatestHoles - before { return notes.add(.unfit, item.path) }
            holes[owner] = before + status.sizeBytes
        }
        try addContent(item, file, status, at: source, &notes)
    }

    private func addContent(_ item: StateWalk.Item, _ file: Descriptor, _ status: FileStatus, at source: [UInt8], _ notes: inout Notes) throws(Problem) {
        let first = try Problem.catching { () throws(SystemError) in try file.read(atMost: SQLiteFile.magic.count) }
        let id = FileID(device: status.device, inode: status.inode)
        let isTried = first == SQLiteFile.magic && suitsSQLite(item.path, status)
        if isTried {
            var copy = snapshots.copies[item.path]
            if copy == nil { copy = try snapshots.late(item.path, at: source, bytes: status.sizeBytes) }
            if let copy {
                if let damage = copy.damage { notes.add(.damaged, item.path, detail: damage) }
                return try add(item.path, copy, status)
            }
        }
        if status.links > 1, let known = written[id], known.isAlso(item.path, status) {
            return try writer.addHardLink(entry(item.path, .hardLink(known.name), status), sum: known.sum)
        }
        if first == SQLiteFile.magic {
            notes.add(
                .damaged, item.path, detail: isTried ? "it cannot be read as a database: copied as a file" : "it has holes or several names: copied as a file")
            databases.append(["path": .string(String(decoding: item.path, as: UTF8.self)), "sound": false])
        }
        let (sum, present) = try writer.add(entry(item.path, .file, status, sizeBytes: status.sizeBytes), from: file, first: first)
        if status.links > 1, written[id] == nil, written.count < TreeWriter.greatestLinks { written[id] = Written(name: item.path, sum: sum, status: status) }
        let after = try Problem.catching { () throws(SystemError) in try file.status() }
        if present < status.sizeBytes || !after.isSame(as: status) { notes.add(.changed, item.path) }
    }

    /// Of an agent's databases, those that SQLite would make no larger than they are, once each: one with holes or several names is copied as a file.
    private func suitsSQLite(_ path: [UInt8], _ status: FileStatus) -> Bool {
        !Area.isAgents(path) || status.links == 1 && status.allocatedBytes >= status.sizeBytes / 2
    }

    private func add(_ name: [UInt8], _ copy: Snapshots.Copy, _ status: FileStatus) throws(Problem) {
        let file = try Problem.catching { () throws(SystemError) in try Descriptor.open(copy.path, .read) }
        let size = try Problem.catching { () throws(SystemError) in try file.status() }.sizeBytes
        _ = try writer.add(entry(name, .file, status, sizeBytes: size), from: file)
        isThere.insert(name)
        databases.append(["path": .string(String(decoding: name, as: UTF8.self)), "sound": .bool(copy.damage == nil)])
        snapshots.discard(name)
    }

    private func add(_ name: [UInt8], _ bytes: [UInt8], _ status: FileStatus?) throws(Problem) {
        var header = TarEntry(name: name, kind: .file, mode: 0o600, sizeBytes: bytes.count)
        if let status { header = entry(name, .file, status, sizeBytes: bytes.count) }
        try writer.add(header, content: bytes)
        isThere.insert(name)
    }

    private func addLink(_ item: StateWalk.Item, _ notes: inout Notes) throws(Problem) {
        let target: [UInt8]
        do throws(SystemError) { target = try item.folder.link(item.name) } catch {
            if error.code == .notFound || error.code == .invalid { return notes.add(.vanished, item.path) }
            throw Problem(error)
        }
        let depth = item.path.reduce(0) { $0 + ($1 == UInt8(ascii: "/") ? 1 : 0) }
        if let why = EntryRules.objection(to: target, depth: depth) {
            return notes.add(.link, item.path, detail: "it \(why): \(String(decoding: target.prefix(200), as: UTF8.self))")
        }
        try writer.add(entry(item.path, .symbolicLink(target), item.status))
    }

    /// The log of a database whose snapshot has what it holds.
    private func isCompanion(_ path: [UInt8]) -> Bool {
        for suffix in SQLiteFile.companions where path.count > suffix.utf8.count && path.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) {
            if snapshots.copies[Array(path.dropLast(suffix.utf8.count))] != nil { return true }
        }
        return false
    }

    private func entry(_ name: [UInt8], _ kind: TarEntry.Kind, _ status: FileStatus, sizeBytes: Int = 0) -> TarEntry {
        // Down to the whole second, also before 1970; at the ends of all time nothing may be multiplied again.
        let second: Int64 = 1_000_000_000
        let rest = status.modifiedNanoseconds % second
        let whole = status.modifiedNanoseconds / second - (rest < 0 ? 1 : 0)
        return TarEntry(
            name: name, kind: kind, mode: status.permissions, user: status.user, group: status.group, sizeBytes: sizeBytes, modifiedSeconds: whole,
            modifiedNanoseconds: rest < 0 ? rest + second : rest)
    }
}
