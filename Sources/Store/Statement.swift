import CSQLite
import CommandKit

/// A value bound to a parameter.
enum Value {
    case null
    case int(Int64)
    case text(String)

    static func optional(_ text: String?) -> Value { text.map { .text($0) } ?? .null }
    static func optional(_ number: Int64?) -> Value { number.map { .int($0) } ?? .null }
}

/// A prepared statement; columns are read by position while it stands on a row.
final class Statement {
    private let handle: OpaquePointer
    private unowned let database: Database
    private let writes: Bool

    init(_ handle: OpaquePointer, of database: Database, writes: Bool) {
        self.handle = handle
        self.writes = writes
        self.database = database
    }

    func finalize() { sqlite3_finalize(handle) }

    /// Ends the read that an unfinished statement holds open, and forgets the bound values.
    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    func bind(_ values: [Value]) throws(Problem) {
        for (i, value) in values.enumerated() {
            let position = Int32(i + 1)
            let code: Int32
            switch value {
            case .null: code = sqlite3_bind_null(handle, position)
            case .int(let number): code = sqlite3_bind_int64(handle, position, number)
            case .text(let text):
                var copy = text
                code = copy.withUTF8 { bytes in
                    // An empty buffer may have no address, and no address means NULL to SQLite.
                    guard let base = bytes.baseAddress else { return dcb_sqlite3_bind_text(handle, position, "", 0) }
                    return base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                        dcb_sqlite3_bind_text(handle, position, $0, sqlite3_uint64(bytes.count))
                    }
                }
            }
            if code != SQLITE_OK { throw database.problem(code, "bind a value for") }
        }
    }

    /// - Returns: whether there is a row.
    func step() throws(Problem) -> Bool {
        let code = sqlite3_step(handle)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw database.problem(code, writes ? "write" : "read")
        }
    }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
    func int(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
    func intIfPresent(_ column: Int32) -> Int64? { isNull(column) ? nil : int(column) }
    func text(_ column: Int32) -> String { textIfPresent(column) ?? "" }

    func textIfPresent(_ column: Int32) -> String? {
        guard let bytes = sqlite3_column_text(handle, column) else { return nil }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }
}
