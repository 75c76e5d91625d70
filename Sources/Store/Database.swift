import CSQLite
import CommandKit
import Platform

/// One connection to a SQLite file: prepared statements, transactions, and SQLite's codes as problems.
final class Database {
    let path: String
    let handle: OpaquePointer
    private var statements: [String: Statement] = [:]
    /// Why SQLite rolled the transaction back by itself, kept for whoever tries to commit it.
    private var lostTransaction: Problem?
    private var expectsTransaction = false

    private init(_ handle: OpaquePointer, path: String) {
        self.handle = handle
        self.path = path
    }

    deinit {
        for statement in statements.values { statement.finalize() }
        sqlite3_close_v2(handle)
    }

    /// Opens a file that is there.
    /// - Returns: nil when it cannot be opened because nothing is there.
    static func open(_ path: String, readOnly: Bool) throws(Problem) -> Database? { try open(path, readOnly, again: true) }

    private static func open(_ path: String, _ readOnly: Bool, again: Bool) throws(Problem) -> Database? {
        var handle: OpaquePointer?
        // A connection stays in one thread; the path is never a URI since it is absolute.
        let flags = (readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        guard let handle else { throw Problem(.internalError, "cannot open the record '\(path)': out of memory") }
        let database = Database(handle, path: path)
        if code == SQLITE_OK { return database }
        if code & 0xff == SQLITE_CANTOPEN {
            guard Files.exists(path) else { return nil }
            // Another process may have made it between SQLite's look and ours.
            if again { return try open(path, readOnly, again: false) }
        }
        throw database.problem(code, "open")
    }

    /// What every connection is set to (https://www.sqlite.org/c3ref/c_dbconfig_defensive.html).
    func configure(busyMilliseconds: Int32, checkpointPages: Int32) throws(Problem) {
        let flags: [(Int32, Int32)] = [
            (SQLITE_DBCONFIG_ENABLE_FKEY, 1), (SQLITE_DBCONFIG_DQS_DML, 0), (SQLITE_DBCONFIG_DQS_DDL, 0), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
            (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1),
        ]
        for (option, on) in flags {
            let code = dcb_sqlite3_db_config_flag(handle, option, on)
            if code != SQLITE_OK { throw problem(code, "configure") }
        }
        sqlite3_busy_timeout(handle, busyMilliseconds)
        sqlite3_wal_autocheckpoint(handle, checkpointPages)
        // The -wal and -shm files stay on close: the next commit writes over old frames and needs one sync.
        _ = dcb_sqlite3_file_control_int(handle, SQLITE_FCNTL_PERSIST_WAL, 1)
        // What is deleted is overwritten; distributions build SQLite so, others may not.
        if sqlite3_compileoption_used("SECURE_DELETE") == 0 { try run("PRAGMA secure_delete = ON") }
        if sqlite3_compileoption_used("DEFAULT_SYNCHRONOUS=2") == 0 || sqlite3_compileoption_used("DEFAULT_WAL_SYNCHRONOUS=2") == 0 {
            try run("PRAGMA synchronous = FULL")
        }
    }

    func setBusyTimeout(milliseconds: Int32) { sqlite3_busy_timeout(handle, milliseconds) }

    func setLegacyRename(_ on: Bool) throws(Problem) {
        let code = dcb_sqlite3_db_config_flag(handle, SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, on ? 1 : 0)
        if code != SQLITE_OK { throw problem(code, "configure") }
    }

    // MARK: statements

    private func statement(_ sql: String) throws(Problem) -> Statement {
        // A full disk or an I/O error inside may have rolled everything back, and its problem may have been swallowed since:
        // without this, what follows would be committed statement by statement.
        if expectsTransaction, !isInTransaction { throw lostTransaction ?? Problem(.internalError, "the record's transaction ended early") }
        if let known = statements[sql] { return known }
        var raw: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &raw, nil)
        guard code == SQLITE_OK, let raw else { throw problem(code, "read", preparing: true) }
        let made = Statement(raw, of: self, writes: sqlite3_stmt_readonly(raw) == 0 || sql == "COMMIT" || sql == "BEGIN IMMEDIATE")
        statements[sql] = made
        return made
    }

    /// Runs to the end.
    /// - Returns: how many rows an INSERT, UPDATE or DELETE changed.
    @discardableResult
    func run(_ sql: String, _ values: [Value] = []) throws(Problem) -> Int {
        let s = try statement(sql)
        defer { s.reset() }
        try s.bind(values)
        while try s.step() {}
        return Int(sqlite3_changes64(handle))
    }

    /// The first row, as `read` makes it of the columns.
    func first<T>(_ sql: String, _ values: [Value] = [], _ read: (Statement) throws(Problem) -> T) throws(Problem) -> T? {
        let s = try statement(sql)
        defer { s.reset() }
        try s.bind(values)
        return try s.step() ? try read(s) : nil
    }

    func all<T>(_ sql: String, _ values: [Value] = [], _ read: (Statement) throws(Problem) -> T) throws(Problem) -> [T] {
        let s = try statement(sql)
        defer { s.reset() }
        try s.bind(values)
        var found: [T] = []
        while try s.step() { found.append(try read(s)) }
        return found
    }

    /// Each row in turn while the read stays open; for work inside this module only.
    func each(_ sql: String, _ values: [Value] = [], _ body: (Statement) throws(Problem) -> Void) throws(Problem) {
        let s = try statement(sql)
        defer { s.reset() }
        try s.bind(values)
        while try s.step() { try body(s) }
    }

    func number(_ sql: String, _ values: [Value] = []) throws(Problem) -> Int64? { try first(sql, values) { $0.int(0) } }
    func exists(_ sql: String, _ values: [Value] = []) throws(Problem) -> Bool { try first(sql, values) { _ in true } ?? false }

    /// Several statements without parameters: the schema.
    func script(_ sql: String) throws(Problem) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        if code != SQLITE_OK { throw problem(code, "write", preparing: true) }
    }

    var lastInsertedID: Int64 { sqlite3_last_insert_rowid(handle) }

    // MARK: transactions

    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    func begin() throws(Problem) {
        lostTransaction = nil
        try run("BEGIN IMMEDIATE")
        expectsTransaction = true
    }

    func commit() throws(Problem) {
        try run("COMMIT")
        expectsTransaction = false
    }

    func rollBack() {
        expectsTransaction = false
        if isInTransaction { _ = try? run("ROLLBACK") }
    }

    /// Copies WAL content back into the database file.
    /// - Parameter truncate: also empties the WAL file, waiting for readers as long as the busy timeout says.
    func checkpoint(truncate: Bool) throws(Problem) {
        let code = sqlite3_wal_checkpoint_v2(handle, nil, truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, nil, nil)
        // Busy: readers hold it back; the next one does it.
        if code != SQLITE_OK, code & 0xff != SQLITE_BUSY, code & 0xff != SQLITE_LOCKED { throw problem(code, "write") }
    }

    // MARK: problems

    /// SQLite's answer as a problem (https://www.sqlite.org/rescode.html). The text never holds a value of the record.
    func problem(_ code: Int32, _ verb: String, preparing: Bool = false) -> Problem {
        var system = Errno(sqlite3_system_errno(handle))
        if system.rawValue == 0, code & 0xff == SQLITE_IOERR { system = Errno(dcb_sqlite3_file_errno(handle)) }
        // Only our own SQL is prepared, with parameters for values: its error text cannot tell one.
        let text = preparing ? String(cString: sqlite3_errmsg(handle)) : String(cString: sqlite3_errstr(code))
        let detail = "cannot \(verb) the record '\(path)': "
        let kind: Problem.Kind
        var why = "\(text) (\(code))"
        var hint: String?
        switch code & 0xff {
        case SQLITE_BUSY, SQLITE_LOCKED: kind = .recordLocked
        case SQLITE_CORRUPT, SQLITE_NOTADB: (kind, hint) = (.recordDamaged, "restore it with dcb-backup, then run dcb-reconcile")
        case SQLITE_FULL: kind = .noSpace
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: kind = .notPermitted
        case SQLITE_CANTOPEN: kind = system.isPermission ? .notPermitted : .cannotCreate
        // The write-ahead log's locks failed for ten seconds; writers queue before it, so it is no race with others.
        case SQLITE_PROTOCOL: kind = .io
        case SQLITE_IOERR:
            kind = system.isNoSpace ? .noSpace : .io
            if system.rawValue != 0 { why = "\(system.message) (\(code))" }
        default: kind = .internalError
        }
        let problem = Problem(kind, detail + why, hint: hint)
        if !isInTransaction { lostTransaction = problem }
        return problem
    }
}
