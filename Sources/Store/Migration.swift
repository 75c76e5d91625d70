import CommandKit
import Onboarding
import Platform

/// From an empty file or an older record to today's tables, in one transaction.
extension Record {
    /// Makes or migrates the tables; two processes may come here at once.
    func prepareTables() throws(Problem) {
        let turn = try waitForTurn()
        defer { turn.release() }
        var migrated: Int64?
        try database.begin()
        do throws(Problem) {
            // Whoever came first has done it.
            let version = try database.number("PRAGMA user_version") ?? 0
            if version > Schema.version || version < 0 {
                throw Problem(
                    .configInvalid, "the record '\(path)' is of a newer dcb (version \(version) of its tables; this one knows \(Schema.version))",
                    hint: "install the newer dcb, or restore the record from a backup of this one")
            }
            if version == 0 {
                migrated = try migrate()
                try database.run("PRAGMA user_version = 1")
            }
            try database.commit()
        } catch {
            database.rollBack()
            throw error
        }
        if let migrated {
            writeGenerationFile(migrated)
            // The older ones were made with the caller's umask.
            for suffix in ["", "-wal", "-shm"] where Files.exists(path + suffix) { _ = try? Files.setMode(path + suffix, 0o600) }
        }
        try useWriteAheadLog()
    }

    /// The journal mode is kept in the file; a restored copy may have lost it. It changes only while nobody else reads.
    private func useWriteAheadLog() throws(Problem) {
        let deadline = Deadline(in: waitMilliseconds)
        while true {
            do throws(Problem) {
                let mode = try database.first("PRAGMA journal_mode = WAL", []) { s in s.text(0) }
                if mode == "wal" { return }
                throw Problem(.io, "cannot use a write-ahead log for the record '\(path)'", hint: "the state folder must be on a local disk")
            } catch {
                if error.kind != .recordLocked || deadline.hasPassed { throw error }
                Clock.sleep(milliseconds: 5)
            }
        }
    }

    /// - Returns: the generation reached; nil when there was nothing to take over.
    private func migrate() throws(Problem) -> Int64? {
        let tables = Set(
            try database.all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'") { s in s.text(0) })
        if tables.isEmpty {
            try database.script(Schema.create)
            return nil
        }
        let taken = Schema.newTables.filter { tables.contains($0) }
        if !tables.contains("onboarding_states") || !taken.isEmpty {
            throw Problem(
                .configInvalid, "'\(path)' is another program's database", hint: "name the record with --db, or move that file away and run dcb-state init")
        }
        try OlderRecord(database, now: now, hasTransitions: tables.contains("state_transitions")).rebuild()
        try advanceGeneration()
        return try generation()
    }
}

/// The tables of a record from before `user_version`.
struct OlderRecord {
    private let database: Database
    private let now: Timestamp
    private let hasTransitions: Bool

    init(_ database: Database, now: Timestamp, hasTransitions: Bool) {
        self.database = database
        self.now = now
        self.hasTransitions = hasTransitions
    }

    /// Renames the older tables, makes today's, copies row by row, and drops the older ones.
    func rebuild() throws(Problem) {
        // For a record of many: what is written goes to five indexes at once.
        try database.run("PRAGMA cache_size = -65536")
        let sequences = try nextIDs()
        // The older indexes hold names that ours need; legacy renaming leaves views and triggers of others alone.
        try database.setLegacyRename(true)
        try database.run("ALTER TABLE onboarding_states RENAME TO older_states")
        if hasTransitions { try database.run("ALTER TABLE state_transitions RENAME TO older_transitions") }
        try database.setLegacyRename(false)
        let indexes = try database.all(
            "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name IN ('older_states', 'older_transitions') AND sql IS NOT NULL"
        ) { s in s.text(0) }
        for name in indexes { try database.script("DROP INDEX \"\(name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\"") }
        // Dropped with its table; without it each row would search all transitions.
        if hasTransitions { try database.script("CREATE INDEX older_transition_phone ON older_transitions(phone_number, transitioned_at)") }
        try database.script(Schema.create)
        try copyStates()
        if hasTransitions { try copyTransitions() }
        try database.run("UPDATE meta SET value = ifnull((SELECT max(id) FROM onboarding_states), 0) WHERE key = 'migrated_states'")
        try database.run("UPDATE meta SET value = ifnull((SELECT max(id) FROM state_transitions), 0) WHERE key = 'migrated_transitions'")
        for (table, last) in sequences { try keepSequence(table, last) }
        // Children first: dropping a parent would delete what refers to it.
        if hasTransitions { try database.script("DROP TABLE older_transitions") }
        try database.script("DROP TABLE older_states")
    }

    // MARK: rows

    private func copyStates() throws(Problem) {
        let has = try columns("older_states")
        for needed in ["id", "phone_number", "agent_id", "status"] where !has.contains(needed) {
            throw Problem(.recordDamaged, "the older record has no column '\(needed)'")
        }
        func column(_ name: String) -> String { has.contains(name) ? "o.\(name)" : "NULL" }
        let firstMove = hasTransitions ? "(SELECT min(t.transitioned_at) FROM older_transitions t WHERE t.phone_number = o.phone_number)" : "NULL"
        try database.each(
            """
            SELECT o.id, o.phone_number, o.agent_id, o.status, \(column("name")), \(column("email")), \(column("created_at")),
                \(column("updated_at")), \(column("expires_at")), \(column("oauth_status")), \(firstMove) FROM older_states o ORDER BY o.id
            """
        ) { s throws(Problem) in try copyState(s) }
    }

    private func copyState(_ s: Statement) throws(Problem) {
        let id = s.int(0)
        guard let status = Status(rawValue: s.text(3)) else { throw odd(id, "its status is none that is known") }
        let phone = s.text(1)
        let agentID = s.text(2)
        if !phone.hasPrefix("+") { throw odd(id, "its phone number does not begin with +") }
        if agentID.isEmpty { throw odd(id, "it has no agent") }
        // A time that cannot be understood is replaced by the nearest that can.
        let updated = OlderRecord.time(s.textIfPresent(7))
        let created = OlderRecord.time(s.textIfPresent(6)) ?? OlderRecord.time(s.textIfPresent(10)) ?? updated ?? now
        let isDone = status == .complete || status == .active || status == .cancelled
        let expires = isDone ? nil : OlderRecord.time(s.textIfPresent(8))
        try database.run(
            """
            INSERT INTO onboarding_states (id, phone_number, agent_id, status, name, email, created_at, updated_at, expires_at, oauth_state)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .int(id), .text(phone), .text(agentID), .text(status.rawValue), filled(s.textIfPresent(4)), filled(s.textIfPresent(5)),
                Store.time(created), Store.time(updated ?? created), .optional(expires?.description), .optional(OlderRecord.oauthState(s.textIfPresent(9))),
            ])
        if status == .cancelled { return }
        for kind in EntryKind.allCases {
            try database.run(
                "INSERT INTO ledger (kind, agent_id, phone_number, made_at, how) VALUES (?, ?, ?, ?, 'adopted')",
                [.text(kind.rawValue), .text(agentID), .text(phone), Store.time(now)])
        }
    }

    private func copyTransitions() throws(Problem) {
        let has = try columns("older_transitions")
        for needed in ["id", "phone_number", "to_status"] where !has.contains(needed) {
            throw Problem(.recordDamaged, "the older record's transitions have no column '\(needed)'")
        }
        func column(_ name: String) -> String { has.contains(name) ? "o.\(name)" : "NULL" }
        // The phone was unique in the older table; a transition of a phone that is gone stays, without a row.
        try database.each(
            """
            SELECT o.id, s.id, o.phone_number, \(column("from_status")), o.to_status, \(column("transitioned_at")), s.created_at
            FROM older_transitions o LEFT JOIN onboarding_states s ON s.phone_number = o.phone_number ORDER BY o.id
            """
        ) { s throws(Problem) in
            let at = OlderRecord.time(s.textIfPresent(5)) ?? OlderRecord.time(s.textIfPresent(6)) ?? now
            try database.run(
                "INSERT INTO state_transitions (id, state_id, phone_number, from_status, to_status, transitioned_at) VALUES (?, ?, ?, ?, ?, ?)",
                [.int(s.int(0)), .optional(s.intIfPresent(1)), .text(s.text(2)), filled(s.textIfPresent(3)), .text(s.text(4)), Store.time(at)])
        }
    }

    // MARK: parts

    private func columns(_ table: String) throws(Problem) -> Set<String> {
        Set(try database.all("SELECT name FROM pragma_table_info(?)", [.text(table)]) { s in s.text(0) })
    }

    /// What AUTOINCREMENT has reached: an id that was ever given is not given again.
    private func nextIDs() throws(Problem) -> [(String, Int64)] {
        guard try database.exists("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'") else { return [] }
        return try database.all("SELECT name, seq FROM sqlite_sequence WHERE name IN ('onboarding_states', 'state_transitions')") { s in (s.text(0), s.int(1)) }
    }

    private func keepSequence(_ table: String, _ last: Int64) throws(Problem) {
        if try database.run("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", [.int(last), .text(table)]) == 0 {
            try database.run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [.text(table), .int(last)])
        }
    }

    private func filled(_ text: String?) -> Value { .optional(text.flatMap { $0.isEmpty ? nil : $0 }) }

    private func odd(_ id: Int64, _ why: String) -> Problem {
        Problem(.recordDamaged, "cannot take over row \(id) of the older record: \(why)", hint: "mend that row with sqlite3; nothing was changed")
    }

    /// `YYYY-MM-DD HH:MM:SS` in UTC as SQLite writes it, RFC 3339, a date alone, seconds or milliseconds since 1970.
    static func time(_ text: String?) -> Timestamp? {
        guard let text else { return nil }
        var time = Timestamp(rfc3339: text) ?? Timestamp(rfc3339: text + "Z") ?? Timestamp(rfc3339: text + "T00:00:00Z")
        if time == nil, let number = Int64(text), number >= 100_000_000 {
            time = Timestamp(milliseconds: number >= 100_000_000_000 ? number : number * 1000)
        }
        guard let time, time.milliseconds > -62_135_596_800_000, time.milliseconds < 253_402_300_800_000 else { return nil }
        return Timestamp(milliseconds: time.milliseconds / 1000 * 1000)
    }

    /// The older texts in the words of dcb-oauth-check; what was not checked by it is never `valid`.
    static func oauthState(_ text: String?) -> String? {
        guard let text, !text.isEmpty else { return nil }
        switch text {
        case "none", "pending", "not_started", "sent": return "none"
        case "present", "valid", "active", "authorized", "authorised", "complete", "completed", "connected", "granted": return "present"
        case "old", "expired": return "old"
        default: return "unknown"
        }
    }
}
