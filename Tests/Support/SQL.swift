import CSQLite

/// A test's own hand on a SQLite file, beside the commands: makes an older record, or looks at what was written.
public enum SQL {
    /// Runs statements; gives the columns of every row as text, nil for NULL.
    @discardableResult
    public static func run(_ path: String, _ statements: String) throws -> [[String?]] {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil) == SQLITE_OK else { throw failure(handle) }
        sqlite3_busy_timeout(handle, 10_000)
        let rows = Rows()
        let code = sqlite3_exec(
            handle, statements,
            { rows, count, texts, _ in
                guard let rows, let texts else { return 0 }
                let row = (0..<Int(count)).map { i in texts[i].map { String(cString: $0) } }
                Unmanaged<Rows>.fromOpaque(rows).takeUnretainedValue().all.append(row)
                return 0
            }, Unmanaged.passUnretained(rows).toOpaque(), nil)
        guard code == SQLITE_OK else { throw failure(handle) }
        return rows.all
    }

    private final class Rows { var all: [[String?]] = [] }

    private static func failure(_ handle: OpaquePointer?) -> TestFailure { TestFailure("SQLite: " + String(cString: sqlite3_errmsg(handle))) }
}
