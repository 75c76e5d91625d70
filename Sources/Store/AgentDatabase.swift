import CSQLite
import Platform

/// OpenClaw's own database of one agent (`agents/<id>/agent/openclaw-agent.sqlite`): looked into, never written, never waited for.
public enum AgentDatabase {
    /// Tables that hold a row for each session (OpenClaw 2026.9: `session_nodes`, with its transcripts beside it).
    private static let sessionTables = ["session_nodes", "session_windows", "transcript_events", "sessions"]

    /// Whether the agent has a session.
    /// - Returns: nil when the file does not tell: it is of another shape, or another process has it in a state that cannot be read without writing.
    public static func hasSession(_ path: String) -> Bool? { look(path) { hasRows($0, in: sessionTables) } }

    /// Whether the agent has a credential of a model of its own (`auth_profile_store`).
    /// - Returns: nil when the file does not tell.
    public static func hasAuthProfile(_ path: String) -> Bool? { look(path) { hasRows($0, in: ["auth_profile_store"]) } }

    private static func look(_ path: String, _ ask: (OpaquePointer) -> Bool?) -> Bool? {
        guard let file = try? Files.status(path, followLinks: false) else { return false }
        guard file.isRegular else { return nil }
        if file.sizeBytes == 0 { return false }
        let logBytes = ((try? Files.status(path + "-wal")) ?? nil)?.sizeBytes ?? 0
        if logBytes == 0 { return query(path, "immutable=1", ask) }
        // A log in use: its index is opened for reading only. Without an index the file alone is older than what is true.
        if Files.exists(path + "-shm") { return query(path, "readonly_shm=1", ask) }
        return query(path, "immutable=1", ask) == true ? true : nil
    }

    private static func query(_ path: String, _ how: String, _ question: (OpaquePointer) -> Bool?) -> Bool? {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX
        guard sqlite3_open_v2("file:\(escaped(path))?mode=ro&\(how)", &handle, flags, nil) == SQLITE_OK, let handle else { return nil }
        // Its content is another program's, and its schema is not trusted.
        _ = dcb_sqlite3_db_config_flag(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
        _ = dcb_sqlite3_db_config_flag(handle, SQLITE_DBCONFIG_DEFENSIVE, 1)
        return question(handle)
    }

    private static func hasRows(_ handle: OpaquePointer, in tables: [String]) -> Bool? {
        var known = false
        for table in tables {
            guard let isThere = first(handle, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '\(table)'") else { return nil }
            if isThere == 0 { continue }
            guard let rows = first(handle, "SELECT EXISTS (SELECT 1 FROM \(table))") else { return nil }
            if rows > 0 { return true }
            known = true
        }
        return known ? false : nil
    }

    private static func first(_ handle: OpaquePointer, _ sql: String) -> Int64? {
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, sqlite3_step(statement) == SQLITE_ROW else { return nil }
        return sqlite3_column_int64(statement, 0)
    }

    /// For a URI (https://www.sqlite.org/uri.html).
    private static func escaped(_ path: String) -> String {
        var text = ""
        for b in path.utf8 {
            switch b {
            case UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"), 48...57, 65...90, 97...122:
                text.unicodeScalars.append(Unicode.Scalar(b))
            default:
                let digits = Array("0123456789ABCDEF")
                text += "%\(digits[Int(b >> 4)])\(digits[Int(b & 15)])"
            }
        }
        return text
    }
}
