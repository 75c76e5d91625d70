import CommandKit
import Onboarding
import Platform
import Testing

@testable import Store

/// Records as the first version of the system made them.
enum OlderSQL {
    static func tables(oauth: Bool, autoincrement: Bool = true, indexes: Bool = true) -> String {
        let id = "id INTEGER PRIMARY KEY" + (autoincrement ? " AUTOINCREMENT" : "")
        var sql = """
            CREATE TABLE onboarding_states (\(id), phone_number TEXT NOT NULL UNIQUE CHECK(phone_number LIKE '+%'), agent_id TEXT NOT NULL UNIQUE,
                status TEXT NOT NULL DEFAULT 'new', name TEXT, email TEXT, created_at TEXT, updated_at TEXT, expires_at TEXT
                \(oauth ? ", oauth_nonce TEXT, oauth_status TEXT" : ""));
            CREATE TABLE state_transitions (\(id), phone_number TEXT REFERENCES onboarding_states(phone_number) ON DELETE CASCADE,
                from_status TEXT, to_status TEXT NOT NULL, transitioned_at TEXT);
            """
        if indexes {
            sql += """
                CREATE INDEX idx_phone_lookup ON onboarding_states(phone_number) WHERE status != 'cancelled';
                CREATE INDEX idx_agent_lookup ON onboarding_states(agent_id);
                CREATE INDEX idx_expiration ON onboarding_states(expires_at) WHERE expires_at IS NOT NULL;
                """
        }
        return sql
    }

    static let rows = """
        INSERT INTO onboarding_states (id, phone_number, agent_id, status, name, email, created_at, updated_at, expires_at) VALUES
        (3, '+15550000001', 'user_0000000000000001', 'new', 'Ana', 'ana@example.com', '2026-01-01 10:00:00', '2026-01-02 11:00:00', '2026-01-02 10:00:00'),
        (4, '+15550000002', 'user_0000000000000002', 'cancelled', NULL, '', '2026-01-01 10:00:00', '2026-01-02 11:00:00', '2026-01-02 10:00:00'),
        (9, '+15550000003', 'legacy agent/3', 'complete', '', NULL, '2026-01-01 10:00:00', '2026-01-02 11:00:00', '2026-01-02 10:00:00');
        INSERT INTO state_transitions (id, phone_number, from_status, to_status, transitioned_at) VALUES
        (1, '+15550000001', NULL, 'new', '2026-01-01 10:00:00'), (2, '+15550000002', NULL, 'new', '2026-01-01 10:00:00'),
        (5, '+15550000002', 'new', 'cancelled', '2026-01-02 11:00:00'), (6, '+15550000003', NULL, 'complete', '2026-01-02 11:00:00');
        """
}

@Suite struct MigrationTests {
    @Test(arguments: [(true, true, true), (false, true, true), (true, false, false), (false, false, true)])
    func keepsEverything(oauth: Bool, autoincrement: Bool, indexes: Bool) throws {
        let f = try Fixture()
        try f.older(OlderSQL.tables(oauth: oauth, autoincrement: autoincrement, indexes: indexes) + OlderSQL.rows)
        let record = try f.open(.existing)
        let first = try #require(try record.row(for: phone(1)))
        #expect(first.id == 3)
        #expect(first.status == .new)
        #expect(first.name == "Ana" && first.email == "ana@example.com" && first.language == nil)
        #expect(first.createdAt.description == "2026-01-01T10:00:00Z")
        #expect(first.updatedAt.description == "2026-01-02T11:00:00Z")
        #expect(first.expiresAt?.description == "2026-01-02T10:00:00Z")
        let second = try #require(try record.row(for: phone(2)))
        #expect(second.id == 4 && second.status == .cancelled && second.email == nil && second.expiresAt == nil)
        let third = try #require(try record.row(agent: "legacy agent/3"))
        #expect(third.id == 9 && third.status == .complete && third.name == nil && third.expiresAt == nil)
        var moves: [TransitionEntry] = []
        #expect(try record.history(phone(2)) { moves.append($0) })
        #expect(moves.map(\.id) == [2, 5])
        #expect(moves.map(\.to) == ["new", "cancelled"])
        #expect(moves.last?.at.description == "2026-01-02T11:00:00Z")
        // What is not cancelled is adopted.
        var ledger: [String] = []
        try record.ledger { ledger.append("\($0.agentID) \($0.kind) \($0.how) \($0.removedAt == nil)") }
        #expect(ledger == ["user_0000000000000001", "legacy agent/3"].flatMap { a in ["agent", "binding", "allow"].map { "\(a) \($0) adopted true" } })
        #expect(try record.generation() == 1)
        #expect(try String(decoding: Files.read(f.generationFile), as: UTF8.self) == "00000000000000000001\n")
        #expect(try record.check(quick: false) == [Finding(id: "agent-id", detail: "row 9 has an agent id of an older kind")])
        // Older ids are not given again, and the cancelled phone may come back.
        #expect(try record.provision(7).id == 10)
        try record.write { r throws(Problem) in _ = try r.database.run("DELETE FROM onboarding_states WHERE id = 10") }
        #expect(try record.provision(8).id == 11)
    }

    @Test func sameTablesAsANewOne() throws {
        let (f, g) = (try Fixture(), try Fixture())
        try f.older(OlderSQL.tables(oauth: true) + OlderSQL.rows)
        let sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        func schema(_ record: Record) throws -> [[String]] { try record.database.all(sql) { s in [s.text(0), s.text(1), s.text(2), s.text(3)] } }
        let migrated = try schema(f.open())
        #expect(try schema(g.open()) == migrated)
        for name in ["onboarding_states", "state_transitions", "idx_phone_lookup", "idx_agent_lookup", "idx_expiration"] {
            #expect(migrated.contains { $0[1] == name })
        }
    }

    @Test func sequenceIsKept() throws {
        let f = try Fixture()
        try f.older(OlderSQL.tables(oauth: false) + OlderSQL.rows + "DELETE FROM onboarding_states WHERE id = 9; DELETE FROM state_transitions WHERE id = 6;")
        let record = try f.open()
        #expect(try record.provision(7).id == 10)
        var ids: [Int64] = []
        _ = try record.history(phone(7)) { ids.append($0.id) }
        #expect(ids == [7])
    }

    @Test func emptyOlderTables() throws {
        let f = try Fixture()
        try f.older(OlderSQL.tables(oauth: true) + "INSERT INTO sqlite_sequence VALUES ('onboarding_states', 41);")
        #expect(try f.open().provision(1).id == 42)
    }

    @Test(arguments: [
        ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z"), ("2026-01-01T10:00:00.750Z", "2026-01-01T10:00:00Z"),
        ("2026-01-01T12:00:00+02:00", "2026-01-01T10:00:00Z"), ("2026-01-01", "2026-01-01T00:00:00Z"), ("2026-01-01T10:00:00", "2026-01-01T10:00:00Z"),
        ("2026-01-01 10:00:00.123456", "2026-01-01T10:00:00Z"), ("1767261600", "2026-01-01T10:00:00Z"), ("1767261600000", "2026-01-01T10:00:00Z"),
        ("yesterday", nil), ("", nil), ("2026-13-01 10:00:00", nil), ("17", nil), ("9999999999999999", nil),
    ])
    func times(_ text: String, _ expected: String?) {
        #expect(OlderRecord.time(text)?.description == expected)
    }

    @Test func badTimesAreReplaced() throws {
        let f = try Fixture()
        try f.older(
            OlderSQL.tables(oauth: false) + """
                INSERT INTO onboarding_states (phone_number, agent_id, created_at, updated_at, expires_at) VALUES
                ('+15550000001', 'user_1', 'once', 'later', 'never'), ('+15550000002', 'user_2', NULL, '2026-01-05 00:00:00', NULL),
                ('+15550000003', 'user_3', NULL, NULL, NULL);
                INSERT INTO state_transitions (phone_number, to_status, transitioned_at) VALUES ('+15550000001', 'new', '2026-01-01 10:00:00'),
                ('+15550000003', 'new', 'x');
                """)
        let record = try f.open()
        let one = try #require(try record.row(for: phone(1)))
        #expect(one.createdAt.description == "2026-01-01T10:00:00Z" && one.updatedAt == one.createdAt && one.expiresAt == nil)
        #expect(try record.row(for: phone(2))?.createdAt.description == "2026-01-05T00:00:00Z")
        #expect(try record.row(for: phone(3))?.createdAt == f.now)
        #expect(try record.check(quick: false) == [])
    }

    @Test func oauthStates() throws {
        let f = try Fixture()
        try f.older(
            OlderSQL.tables(oauth: true) + """
                INSERT INTO onboarding_states (phone_number, agent_id, created_at, updated_at, oauth_nonce, oauth_status) VALUES
                ('+15550000001', 'user_1', '2026-01-01', '2026-01-01', 'secret-nonce', 'valid'), ('+15550000002', 'user_2', '2026-01-01', '2026-01-01', NULL, NULL),
                ('+15550000003', 'user_3', '2026-01-01', '2026-01-01', 'n', 'pending'), ('+15550000004', 'user_4', '2026-01-01', '2026-01-01', '', 'weird'),
                ('+15550000005', 'user_5', '2026-01-01', '2026-01-01', '', ''), ('+15550000006', 'user_6', '2026-01-01', '2026-01-01', '', 'expired');
                """)
        let record = try f.open()
        #expect(try (1...6).map { try record.row(for: phone($0))?.oauthState } == ["present", nil, "none", "unknown", nil, "old"])
    }

    @Test(arguments: ["done", "NEW", ""])
    func unknownStatusIsRefused(_ status: String) throws {
        let f = try Fixture()
        try f.older(OlderSQL.tables(oauth: false) + OlderSQL.rows + "UPDATE onboarding_states SET status = '\(status)' WHERE id = 9;")
        let before = try Files.read(f.path)
        let problem = problem { _ = try f.open() }
        #expect(problem?.kind == .recordDamaged)
        #expect(problem?.detail.contains("row 9") == true)
        #expect(try Files.read(f.path) == before)
        #expect(!Files.exists(f.generationFile))
    }

    @Test func orphanedTransitionsStay() throws {
        let f = try Fixture()
        try f.older(
            OlderSQL.tables(oauth: false) + OlderSQL.rows + "INSERT INTO state_transitions VALUES (77, '+15559999999', 'new', 'gone', '2026-01-01 10:00:00');")
        let record = try f.open()
        #expect(try record.database.number("SELECT count(*) FROM state_transitions") == 5)
        #expect(
            try record.database.first("SELECT state_id IS NULL, to_status FROM state_transitions WHERE id = 77") { s in "\(s.int(0)) \(s.text(1))" } == "1 gone"
        )
        #expect(try record.check(quick: false).map(\.id) == ["agent-id"])
    }

    @Test func withoutTransitions() throws {
        let f = try Fixture()
        try f.older(
            OlderSQL.tables(oauth: false)
                + "DROP TABLE state_transitions; INSERT INTO onboarding_states (phone_number, agent_id) VALUES ('+15550000001', 'user_1');")
        let record = try f.open(.readOnly)
        #expect(try record.row(for: phone())?.status == .new)
        #expect(try record.check(quick: false) == [])
    }

    @Test func otherTablesAndViewsAndTriggersStay() throws {
        let f = try Fixture()
        try f.older(
            OlderSQL.tables(oauth: false) + """
                CREATE TABLE notes (text TEXT);
                CREATE INDEX "odd ""index" ON onboarding_states(name);
                CREATE VIEW users AS SELECT phone_number FROM onboarding_states;
                CREATE TRIGGER touch AFTER UPDATE ON onboarding_states BEGIN UPDATE onboarding_states SET updated_at = 'now' WHERE id = new.id; END;
                """ + OlderSQL.rows)
        let record = try f.open()
        #expect(try record.database.number("SELECT count(*) FROM users") == 3)
        #expect(try record.database.number("SELECT count(*) FROM notes") == 0)
        #expect(try record.database.number("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'") == 0)
    }

    @Test func oldSettingsOfARealOne() throws {
        // The first version ran in WAL mode too.
        let f = try Fixture()
        try f.older("PRAGMA journal_mode = WAL;" + OlderSQL.tables(oauth: true) + OlderSQL.rows)
        for suffix in ["", "-wal", "-shm"] where Files.exists(f.path + suffix) { try Files.setMode(f.path + suffix, 0o644) }
        let record = try f.open()
        #expect(try record.row(for: phone(1))?.id == 3)
        for suffix in ["", "-wal", "-shm"] { #expect(try Files.status(f.path + suffix)?.permissions == 0o600, "\(suffix)") }
    }

    @Test func adoptedUserCanBeRemoved() throws {
        let f = try Fixture()
        try f.older(OlderSQL.tables(oauth: true) + OlderSQL.rows)
        let record = try f.open()
        // No step could be told of the agent 'legacy agent/3'.
        #expect(kind { _ = try record.take(3, .removal) } == .invalidMember)
        guard case .removal(let claim) = try record.take(1, .removal) else { throw Problem(.internalError, "no removal") }
        #expect(claim.agentID == "user_0000000000000001" && claim.done == EntryKind.allCases)
        try record.write { r throws(Problem) in
            try r.undoAll(1, claim.agentID)
            _ = try r.commitRemoval(phone(1), claim.agentID, fence: claim.fence)
        }
        #expect(try record.row(for: phone(1))?.status == .cancelled)
        #expect(try record.check(quick: false).map(\.id) == ["agent-id"])
    }
}
