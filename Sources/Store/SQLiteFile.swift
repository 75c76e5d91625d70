import CSQLite
import CommandKit
import Platform

/// Any SQLite file, ours or somebody else's: a consistent copy while others write, and whether a copy is sound.
///
/// It reads as every reader does and no more: nothing is rolled back, no log is copied back into a file that has one.
public final class SQLiteFile {
    /// What every such file begins with (https://www.sqlite.org/fileformat.html section 1.3).
    public static let magic = Array("SQLite format 3\u{0}".utf8)
    /// Its companions while it is in use.
    public static let companions = ["-wal", "-shm", "-journal"]

    private let handle: OpaquePointer
    private let shown: String

    /// Opens it for reading.
    /// - Parameters:
    ///   - path: absolute, in bytes, without symbolic links: one is refused.
    ///   - isTrusted: nobody else than OpenClaw and we could have made it. A foreign one might name files for SQLite to delete (its super-journal), which
    ///     only a connection that may write does.
    ///   - waitMilliseconds: how long a writer that locks everybody out is waited for.
    public init(_ path: [UInt8], isTrusted: Bool, waitMilliseconds: Int) throws(Problem) {
        shown = String(decoding: path, as: UTF8.self)
        // Whether somebody has left a log: then it is theirs to copy back. Else SQLite takes away what reading had to make, if it may write.
        let name = shown
        let hasLog = Files.exists(name + "-wal")
        let isClosed = !hasLog && !Files.exists(name + "-journal")
        let access = isTrusted && isClosed ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY
        handle = try SQLiteFile.open(path, shown, flags: access | SQLITE_OPEN_NOFOLLOW)
        for (option, on) in [(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0), (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, hasLog ? 1 : 0)]
            as [(Int32, Int32)]
        {
            _ = dcb_sqlite3_db_config_flag(handle, option, on)
        }
        sqlite3_busy_timeout(handle, Int32(clamping: waitMilliseconds))
        // This read ends only with the connection: what it sees stays as it is, whatever is written meanwhile.
        try run("BEGIN", "read")
        try run("PRAGMA schema_version", "read")
    }

    deinit { sqlite3_close_v2(handle) }

    /// Copies what it was when it was opened, in one step (https://www.sqlite.org/backup.html), to a file that is not there.
    public func copy(to path: String) throws(Problem) {
        let bytes = Array(path.utf8)
        let target = try SQLiteFile.open(bytes, path, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        defer { sqlite3_close_v2(target) }
        // A copy that a crash interrupts is thrown away: it needs neither journal nor sync.
        for sql in ["PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF"] { sqlite3_exec(target, sql, nil, nil, nil) }
        guard let backup = sqlite3_backup_init(target, "main", handle, "main") else { throw SQLiteFile.problem(target, sqlite3_errcode(target), "copy", shown) }
        let code = sqlite3_backup_step(backup, -1)
        let finished = sqlite3_backup_finish(backup)
        if code != SQLITE_DONE { throw SQLiteFile.problem(target, code, "copy", shown) }
        if finished != SQLITE_OK { throw SQLiteFile.problem(target, finished, "copy", shown) }
    }

    /// `integrity_check` of a copy that nobody uses.
    /// - Returns: what it found first; nil when the file is sound.
    public static func damage(of path: String) throws(Problem) -> String? {
        // Immutable: no log is looked for or made beside it.
        var escaped: [UInt8] = Array("file:".utf8)
        for byte in path.utf8 {
            if byte == UInt8(ascii: "%") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") {
                escaped += Array("%\(String(byte, radix: 16))".utf8)
            } else {
                escaped.append(byte)
            }
        }
        let handle: OpaquePointer
        do { handle = try open(escaped + Array("?immutable=1".utf8), path, flags: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI) } catch {
            if error.kind == .recordDamaged { return error.detail }
            throw error
        }
        defer { sqlite3_close_v2(handle) }
        _ = dcb_sqlite3_db_config_flag(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
        _ = dcb_sqlite3_db_config_flag(handle, SQLITE_DBCONFIG_DEFENSIVE, 1)
        // No value that is stored is larger than the file; one that an expression of its schema makes need not be.
        if let size = ((try? Files.status(path)) ?? nil)?.sizeBytes { _ = sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, Int32(clamping: size + 4096)) }
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        var code = sqlite3_prepare_v2(handle, "PRAGMA integrity_check(1)", -1, &statement, nil)
        if code == SQLITE_OK {
            code = sqlite3_step(statement)
            if code == SQLITE_ROW, let text = sqlite3_column_text(statement, 0) {
                let answer = String(cString: text)
                return answer == "ok" ? nil : String(answer.prefix(200))
            }
        }
        let problem = problem(handle, code, "check", path)
        // What the file brings with it (a virtual table of a module that is not here) is no damage, but cannot be judged either.
        if problem.kind == .recordDamaged || problem.kind == .internalError { return String(cString: sqlite3_errmsg(handle)) }
        throw problem
    }

    /// What SQLite may have of memory in this process.
    public static func limitMemory(_ bytes: Int64) { _ = sqlite3_hard_heap_limit64(bytes) }

    // MARK: parts

    /// SQLITE_READONLY_ROLLBACK and SQLITE_READONLY_RECOVERY, macros that Swift cannot import.
    private static let readOnlyRollback = SQLITE_READONLY | 3 << 8
    private static let readOnlyRecovery = SQLITE_READONLY | 1 << 8

    private func run(_ sql: String, _ verb: String) throws(Problem) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        if code != SQLITE_OK { throw SQLiteFile.problem(handle, code, verb, shown) }
    }

    private static func open(_ path: [UInt8], _ shown: String, flags: Int32) throws(Problem) -> OpaquePointer {
        var handle: OpaquePointer?
        let code = (path + [0]).withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { sqlite3_open_v2($0.baseAddress, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil) }
        }
        guard let handle else { throw Problem(.internalError, "cannot open the database '\(shown)': out of memory") }
        if code == SQLITE_OK { return handle }
        let problem = problem(handle, code, "open", shown)
        sqlite3_close_v2(handle)
        throw problem
    }

    private static func problem(_ handle: OpaquePointer, _ code: Int32, _ verb: String, _ shown: String) -> Problem {
        var system = Errno(sqlite3_system_errno(handle))
        if system.rawValue == 0, code & 0xff == SQLITE_IOERR { system = Errno(dcb_sqlite3_file_errno(handle)) }
        let kind: Problem.Kind
        switch code & 0xff {
        case SQLITE_BUSY, SQLITE_LOCKED: kind = .recordLocked
        case SQLITE_CORRUPT, SQLITE_NOTADB: kind = .recordDamaged
        case SQLITE_FULL: kind = .noSpace
        case SQLITE_CANTOPEN: kind = system.isPermission ? .notPermitted : system.isNoSpace ? .noSpace : .cannotCreate
        // A hot journal: a transaction that was interrupted, which only a writer may take back.
        case SQLITE_READONLY: kind = code == readOnlyRollback || code == readOnlyRecovery ? .recordDamaged : .notPermitted
        case SQLITE_PERM, SQLITE_AUTH: kind = .notPermitted
        case SQLITE_IOERR: kind = system.isNoSpace ? .noSpace : .io
        default: kind = .internalError
        }
        let why = system.rawValue == 0 ? String(cString: sqlite3_errstr(code)) : system.message
        return Problem(kind, "cannot \(verb) the database '\(shown)': \(why) (\(code))")
    }
}
