import JSON
import Platform
import TestSupport
import Testing

/// A record from before `user_version`, taken over by whatever command comes first.
@Suite struct MigrationTests {
    /// The tables as older programs made them.
    static func older(oauth: Bool) -> String {
        """
        CREATE TABLE onboarding_states (id INTEGER PRIMARY KEY AUTOINCREMENT, phone_number TEXT NOT NULL UNIQUE CHECK(phone_number LIKE '+%'),
            agent_id TEXT NOT NULL UNIQUE, status TEXT NOT NULL DEFAULT 'new', name TEXT, email TEXT, created_at TEXT, updated_at TEXT,
            expires_at TEXT\(oauth ? ", oauth_nonce TEXT, oauth_status TEXT" : ""));
        CREATE TABLE state_transitions (id INTEGER PRIMARY KEY AUTOINCREMENT,
            phone_number TEXT REFERENCES onboarding_states(phone_number) ON DELETE CASCADE, from_status TEXT, to_status TEXT NOT NULL, transitioned_at TEXT);
        CREATE INDEX idx_phone_lookup ON onboarding_states(phone_number) WHERE status != 'cancelled';
        CREATE INDEX idx_agent_lookup ON onboarding_states(agent_id);
        CREATE INDEX idx_expiration ON onboarding_states(expires_at) WHERE expires_at IS NOT NULL;
        INSERT INTO onboarding_states (id, phone_number, agent_id, status, name, email, created_at, updated_at, expires_at) VALUES
            (3, '+15551230001', 'user_old-1', 'collecting_info', 'Ada', NULL, '2026-01-02 03:04:05', '2026-01-03 03:04:05', '2026-01-03 03:04:05'),
            (5, '+15551230002', 'user_old-2', 'cancelled', NULL, NULL, '2026-01-02 03:04:05', '2026-01-02 03:04:05', NULL),
            (9, '+15551230003', 'user_old-3', 'active', 'Bo', 'bo@example.com', '2026-01-02 03:04:05', '2026-01-02 03:04:05', NULL);
        INSERT INTO state_transitions VALUES (1, '+15551230001', NULL, 'new', '2026-01-02 03:04:05'), (4, '+15551230001', 'new', 'collecting_info', '2026-01-03 03:04:05');
        DELETE FROM onboarding_states WHERE id = 99;
        """
    }

    /// An older record may name any agent of openclaw.json, and no step removes one that is not a user's: it is said before a claim stands in the way.
    @Test(arguments: ["main", "Ada"]) func anAgentThatIsNoUsers(_ agent: String) throws {
        let config = Scratch.plainConfig.replacing("\"entries\": {", with: "\"entries\": {\"Ada\": {}, \"\(agent)2\": {},")
        let scratch = try Scratch(config: config)
        try SQL.run(scratch.record, MigrationTests.older(oauth: false).replacing("user_old-1", with: agent).replacing("user_old-3", with: agent + "2"))
        for number in ["1", "3"] {
            let phone: Object = ["phone": .string("+1555123000" + number)]
            for (command, words) in [("dcb-state", ["claim", "--removal"]), ("dcb-state", ["cancel"]), ("dcb-onboard", ["--undo"])] {
                let output = try scratch.step(command, words, [phone])
                #expect(output.code == 65 && output.problems.count == 1, "\(command) \(words): \(output.code) \(output.err)")
            }
            #expect(try scratch.step("dcb-state", ["claim"], [phone]).document.text("claim") == "existing")
        }
        #expect(try scratch.state("claims").out.isEmpty)
        #expect(try scratch.configText() == config)
        // Taken out by hand, as the hint says: then nothing is left to remove but what is known of the person.
        try scratch.write(Scratch.plainConfig, to: scratch.config)
        let gone: Object = ["phone": "+15551230003"]
        #expect(try scratch.step("dcb-onboard", ["--undo", "-n"], [gone]).code == 0)
        #expect(try scratch.step("dcb-state", ["get"], [gone]).document.text("status") == "active")
        #expect(try scratch.step("dcb-onboard", ["--undo", "--purge"], [gone]).code == 0)
        #expect(try scratch.step("dcb-state", ["get"], [gone]).code == 1)
        #expect(try scratch.state("ledger").documents.allSatisfy { $0.text("agentId") != agent + "2" || $0["removedAt"] != .null })
        #expect(try scratch.step("dcb-onboard", [], [gone]).document.text("outcome") == "created")
    }

    @Test(arguments: [true, false], ["init", "list", "get", "claim", "check", "history", "update"]) func everyVerbTakesItOver(_ oauth: Bool, _ verb: String)
        throws
    {
        let scratch = try Scratch()
        try SQL.run(scratch.record, MigrationTests.older(oauth: oauth))
        let first = try scratch.state(verb, input: ["get", "claim", "history", "update"].contains(verb) ? "{\"phone\":\"+15551230001\"}\n" : "")
        #expect(first.code == 0, "\(first.err)")
        let rows = try scratch.state("list").documents
        #expect(rows.map { $0["id"]?.intValue } == [3, 5, 9])
        #expect(rows.map { $0.text("phone") } == ["+15551230001", "+15551230002", "+15551230003"])
        #expect(rows.map { $0.text("agentId") } == ["user_old-1", "user_old-2", "user_old-3"])
        #expect(rows.map { $0.text("status") } == ["collecting_info", "cancelled", "active"])
        #expect(rows.map { $0.text("createdAt") } == [String](repeating: "2026-01-02T03:04:05Z", count: 3))
        #expect(rows[0].text("updatedAt") == "2026-01-03T03:04:05Z" && rows[0].text("expiresAt") == "2026-01-03T03:04:05Z")
        #expect(rows[2].text("email") == "bo@example.com")
        let history = try scratch.state("history", "+15551230001").documents
        #expect(history.map { $0.text("to") } == ["new", "collecting_info"])
        #expect(history.map { $0.text("at") } == ["2026-01-02T03:04:05Z", "2026-01-03T03:04:05Z"])
        // Who is not cancelled is in the ledger, as somebody else's work.
        let ledger = try scratch.state("ledger").documents
        #expect(Set(ledger.map { $0.text("agentId") }) == ["user_old-1", "user_old-3"])
        #expect(ledger.allSatisfy { $0.text("how") == "adopted" && $0["removedAt"] == .null })
        #expect(try scratch.state("check").out == "{\"ok\":true,\"findings\":[]}\n")
        #expect(try SQL.run(scratch.record, "PRAGMA user_version; PRAGMA journal_mode") == [["1"], ["wal"]])
        let names = try SQL.run(
            scratch.record, "SELECT name FROM sqlite_schema WHERE type = 'index' AND name IN ('idx_phone_lookup','idx_agent_lookup','idx_expiration')")
        #expect(names.count == 3)
    }

    /// The phone of a cancelled row may come back, which the older table forbade; ids go on.
    @Test func afterwardsItIsOurs() throws {
        let scratch = try Scratch()
        try SQL.run(scratch.record, MigrationTests.older(oauth: false))
        #expect(try scratch.state("claim", input: "{\"phone\":\"+15551230001\"}\n").document.text("claim") == "existing")
        let back = try scratch.onboard("+15551230002")
        #expect(back.text("status") == "new")
        #expect(try (scratch.state("get", "+15551230002").document["id"]?.intValue ?? 0) >= 10)
        #expect(try scratch.state("list").documents.count == 4)
        // A transition that the older matrix would not have is refused as anywhere.
        #expect(try scratch.state("update", input: "{\"phone\":\"+15551230003\",\"status\":\"new\"}\n").problem == "illegal-transition")
        #expect(try scratch.state("check").code == 0)
    }

    /// Many come at once to an older record: it is taken over once.
    @Test func manyAtOnce() throws {
        let scratch = try Scratch()
        try SQL.run(scratch.record, MigrationTests.older(oauth: true))
        let output = try scratch.shell("for i in $(seq 12); do { dcb-state list > /dev/null || echo failed; } & done; wait")
        #expect(output.out.isEmpty && output.err.isEmpty)
        #expect(try scratch.state("ledger").documents.count == 6)
    }

    /// What cannot be taken over is left as it is.
    @Test(arguments: [
        ("INSERT INTO onboarding_states (phone_number, agent_id, status) VALUES ('+15551230009', 'user_x', 'weird')", "record-damaged", 74),
        ("PRAGMA user_version = 7", "config-invalid", 78), ("ALTER TABLE onboarding_states RENAME TO others", "config-invalid", 78),
        ("CREATE TABLE claims (x)", "config-invalid", 78),
    ]) func whatIsNotOurs(_ change: String, _ problem: String, _ code: Int32) throws {
        let scratch = try Scratch()
        try SQL.run(scratch.record, MigrationTests.older(oauth: false) + ";" + change)
        let before = try SQL.run(scratch.record, "SELECT name, sql FROM sqlite_schema ORDER BY name")
        for verb in ["list", "init", "claim"] {
            let output = try scratch.state(verb, input: "{\"phone\":\"+15551230001\"}\n")
            #expect(output.code == code && output.problem == problem && output.out.isEmpty, "\(verb): \(output.err)")
        }
        #expect(try SQL.run(scratch.record, "SELECT name, sql FROM sqlite_schema ORDER BY name") == before)
    }
}
