import Archive
import CommandKit
import Platform
import Store

/// Copies each database of an archive to a private place while it is read, and checks it.
final class DatabaseCheck: EntrySink {
    private let folder: String
    private let environment: [String: String]
    private var entry: TarEntry?
    private var first: [UInt8] = []
    private var spool: Descriptor?
    private(set) var databases = 0
    /// Why, by name.
    private(set) var damaged: [(name: String, why: String)] = []

    /// - Parameter temporary: where a folder of our own can be made.
    init(temporary: String, environment: [String: String]) throws(Problem) {
        self.environment = environment
        do throws(SystemError) {
            folder = Path.join(temporary, "dcb-backup-\(try Random.hex(bytes: 8))")
            try Files.makeDirectories(temporary)
            try Files.makeDirectory(folder)
        } catch { throw Problem(error) }
    }

    deinit { _ = try? Files.removeTree(folder) }

    func begin(_ entry: TarEntry) throws(Problem) {
        self.entry = entry
        first = []
        spool = nil
    }

    func content(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
        guard let entry, entry.sizeBytes >= 512 else { return }
        do throws(SystemError) {
            if let spool { return try spool.writeAll(bytes) }
            let magic = SQLiteFile.magic
            if first.count >= magic.count { return }
            // The first bytes may come in two pieces.
            let earlier = first
            first += bytes.prefix(magic.count - first.count)
            guard first == magic else { return }
            let file = try Descriptor.open(path, .write, create: 0o600, exclusive: true)
            try file.writeAll(earlier)
            try file.writeAll(bytes)
            spool = file
        } catch { throw Problem(error) }
    }

    func end() throws(Problem) {
        guard let entry, spool != nil else { return }
        spool = nil
        databases += 1
        if let why = try damage(entry) { damaged.append((String(decoding: entry.name, as: UTF8.self), why)) }
        _ = try? Files.remove(path)
    }

    private func damage(_ entry: TarEntry) throws(Problem) -> String? {
        if !Area.isAgents(entry.name) { return try SQLiteFile.damage(of: path) }
        switch try ForeignDatabase.run(nil, path, bytes: entry.sizeBytes, environment: environment) {
        case .judged(let damage): return damage
        case .failed(let why): return why
        }
    }

    private var path: String { Path.join(folder, "database") }
}
