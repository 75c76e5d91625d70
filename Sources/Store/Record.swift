import CommandKit
import Onboarding
import Platform

/// The record at `<state>/onboarding.db`: one connection, for one thread.
public final class Record {
    public enum Mode: Sendable {
        /// Makes the file when it is not there.
        case create
        case existing
        case readOnly
    }

    let database: Database
    let clock: Clock
    let generationFile: String
    private let isReadOnly: Bool
    /// The generation this transaction has reached; written to its file after the commit.
    var reachedGeneration: Int64?
    /// Personal data was erased in this transaction: old copies in the WAL go after the commit.
    var hasErased = false
    private var isWriting = false
    /// Read once: a boot does not change under a process.
    private(set) lazy var bootID = Clock.bootID()

    /// How long a writer waits for its turn before `record-locked`.
    public var waitMilliseconds = 30_000 {
        didSet { database.setBusyTimeout(milliseconds: Int32(clamping: min(Record.busyMilliseconds, waitMilliseconds))) }
    }

    static let busyMilliseconds = 5000

    public var path: String { database.path }

    init(_ database: Database, clock: Clock, generationFile: String, isReadOnly: Bool) {
        self.database = database
        self.clock = clock
        self.generationFile = generationFile
        self.isReadOnly = isReadOnly
    }

    /// Opens the record, and makes or migrates its tables when they are missing or older.
    /// - Parameter generationFile: `<state>/.dcb/generation`.
    /// - Returns: nil when there is no file and `mode` does not make one.
    /// - Throws: `config-missing` (no state folder), `network-filesystem`, `record-damaged` (an older record that cannot be taken over),
    ///   `config-invalid` (a newer dcb's record, or another program's database), `record-locked`, and what the system says.
    public static func open(_ path: String, generationFile: String, clock: Clock, mode: Mode) throws(Problem) -> Record? {
        let path = Path.absolute(path)
        try StateFolder.check(Path.parent(path))
        guard let database = try connect(path, mode) else { return nil }
        if try database.number("PRAGMA user_version") == Schema.version, try database.first("PRAGMA journal_mode", [], { $0.text(0) }) == "wal" {
            return Record(database, clock: clock, generationFile: generationFile, isReadOnly: mode == .readOnly)
        }
        // New, older, newer, or restored without WAL: a rare road, and one that has to write.
        guard let writable = mode == .readOnly ? try connect(path, .existing) : database else { return nil }
        let record = Record(writable, clock: clock, generationFile: generationFile, isReadOnly: mode == .readOnly)
        try record.prepareTables()
        return record
    }

    private static func connect(_ path: String, _ mode: Mode) throws(Problem) -> Database? {
        var database = try Database.open(path, readOnly: mode == .readOnly)
        if database == nil, mode == .create {
            // Made here and not by SQLite, so that it is private whatever the umask says; -wal and -shm take its mode.
            do { _ = try Descriptor.open(path, .readWrite, create: 0o600) } catch { throw Problem(error) }
            database = try Database.open(path, readOnly: false)
        }
        // 256 pages: a process that is alone reads the WAL once at its start, and 1 MB takes well under a millisecond.
        try database?.configure(busyMilliseconds: Int32(busyMilliseconds), checkpointPages: 256)
        return database
    }

    // MARK: transactions

    /// One transaction: `BEGIN IMMEDIATE` … `COMMIT`; rolled back when `body` throws. Never inside another.
    ///
    /// Writers queue at a lock file first: SQLite's own waiting is a lottery that starves some of two hundred processes, flock(2) is a queue.
    /// The queue is the last lock that anyone takes, so it cannot be part of a deadlock.
    /// - Throws: `record-locked` when it was not free within `waitMilliseconds`.
    @discardableResult
    public func write<T>(_ body: (Record) throws(Problem) -> T) throws(Problem) -> T {
        if isWriting || isReadOnly {
            throw Problem(.internalError, isWriting ? "a transaction inside a transaction" : "a write to a record that is open for reading")
        }
        let turn = try waitForTurn()
        defer { turn.release() }
        let deadline = Deadline(in: waitMilliseconds)
        while true {
            // A program that does not queue (sqlite3, an older tool) may hold the database.
            do { try database.begin(); break } catch { if error.kind != .recordLocked || deadline.hasPassed { throw error } }
        }
        isWriting = true
        reachedGeneration = nil
        hasErased = false
        defer { isWriting = false }
        let result: T
        do throws(Problem) {
            result = try body(self)
            try database.commit()
        } catch {
            database.rollBack()
            throw error
        }
        if let reachedGeneration { writeGenerationFile(reachedGeneration) }
        if hasErased { try database.checkpoint(truncate: true) }
        return result
    }

    /// Part of a transaction that a refusal takes back alone: one document of a group.
    @discardableResult
    public func savepoint<T>(_ body: (Record) throws(Problem) -> T) throws(Problem) -> T {
        let generation = reachedGeneration
        let erased = hasErased
        try database.run("SAVEPOINT document")
        do throws(Problem) {
            let result = try body(self)
            try database.run("RELEASE document")
            return result
        } catch {
            reachedGeneration = generation
            hasErased = erased
            // When SQLite has rolled everything back there is no savepoint left, and the commit will say why.
            if database.isInTransaction {
                try database.run("ROLLBACK TO document")
                try database.run("RELEASE document")
            }
            throw error
        }
    }

    /// A transaction that is never committed: what `body` would answer, for a dry run. It queues for nothing and keeps nothing.
    public func rehearse<T>(_ body: (Record) throws(Problem) -> T) throws(Problem) -> T {
        if isWriting || isReadOnly { throw Problem(.internalError, "a rehearsal needs a record that is open for writing, and no transaction") }
        try database.begin()
        isWriting = true
        defer {
            isWriting = false
            database.rollBack()
        }
        return try body(self)
    }

    /// Several reads that see one state of the record.
    public func snapshot<T>(_ body: (Record) throws(Problem) -> T) throws(Problem) -> T {
        if database.isInTransaction { return try body(self) }
        try database.run("BEGIN")
        defer { database.rollBack() }
        return try body(self)
    }

    /// Copies the write-ahead log back into the file; a log that has grown beyond 8 MB is emptied. `dcb-reconcile` calls it.
    public func checkpoint() throws(Problem) {
        let log = (try? Files.status(path + "-wal"))?.sizeBytes ?? 0
        try database.checkpoint(truncate: log > 8 << 20)
    }

    func waitForTurn() throws(Problem) -> FileLock {
        do {
            if let lock = try FileLock.acquire(path + ".lock", waitMilliseconds: waitMilliseconds) { return lock }
        } catch { throw Problem(error) }
        throw Problem(.recordLocked, "cannot write the record '\(path)': others have been writing for \(waitMilliseconds) ms")
    }

    var isInWrite: Bool { isWriting }

    /// The time of day in whole seconds: stored times of one length compare as texts.
    var now: Timestamp { Timestamp(milliseconds: clock.now.milliseconds / 1000 * 1000) }
}
