import JSON
import Platform
import TestSupport
import Testing

@Suite struct QuestionTests {
    static let members = ["id", "phone", "agentId", "status", "name", "email", "language", "createdAt", "updatedAt", "expiresAt", "applied", "oauth"]

    @Test func initMakesEverythingOnce() throws {
        let scratch = try Scratch(config: nil)
        let first = try scratch.state("init", "--state-dir", scratch.folder + "/new/deep")
        #expect(first.code == 0 && first.document.keys == ["ok", "stateDir", "db", "created"])
        #expect(first.document["created"] == true)
        #expect(try scratch.state("init", "--state-dir", scratch.folder + "/new/deep").document["created"] == false)
        #expect(try Files.status(scratch.folder + "/new/deep")?.permissions == 0o700)
        #expect(try Files.status(scratch.folder + "/new/deep/onboarding.db")?.permissions == 0o600)
        #expect(try SQL.run(scratch.folder + "/new/deep/onboarding.db", "PRAGMA journal_mode; PRAGMA user_version") == [["wal"], ["1"]])
    }

    /// A question makes no record, and has its answer all the same.
    @Test func withoutARecord() throws {
        let scratch = try Scratch(config: nil)
        for verb in ["list", "claims", "ledger", "jobs", "audit"] {
            let output = try scratch.state(verb)
            #expect(output.code == 0 && output.out.isEmpty, "\(verb)")
        }
        for verb in ["get", "history", "update", "handover", "cancel"] {
            let output = try scratch.state(verb, input: "{\"phone\":\"+15551230001\",\"requestId\":\"r\"}\n")
            #expect(output.code == 1 && output.out == "{\"found\":false,\"phone\":\"+15551230001\",\"requestId\":\"r\"}\n", "\(verb)")
            // What is no phone is refused all the same.
            #expect(try scratch.state(verb, input: "{\"phone\":\"555\"}\n").code == 65, "\(verb)")
        }
        #expect(try scratch.state("update", input: "{\"phone\":\"+15551230001\",\"nonsense\":1}\n").problem == "unknown-member")
        #expect(try scratch.state("check").code == 1)
        #expect(try scratch.state("get", "--agent", "user_1").out == "{\"found\":false,\"agentId\":\"user_1\"}\n")
        #expect(try Files.list(scratch.state).isEmpty)
    }

    @Test func getGivesTheRow() throws {
        let scratch = try Scratch()
        let made = try scratch.onboard("+15551230001", more: ",\"name\":\"Ada\",\"language\":\"es\",\"requestId\":\"r\"")
        let row = try scratch.state("get", "+1 (555) 123-0001").document
        #expect(row.keys == QuestionTests.members)
        #expect(row.text("agentId") == made.text("agentId") && row.text("name") == "Ada" && row.text("language") == "es" && row["email"] == .null)
        #expect(row["applied"] == .null && row["oauth"]?.objectValue?.keys == ["state", "checkedAt"])
        for name in ["status", "createdAt", "updatedAt", "expiresAt"] { #expect(row[name] == made[name]) }
        #expect(try scratch.state("get", "--agent", made.text("agentId") ?? "").document == row)
        #expect(try scratch.state("get", input: "{\"phone\":\"+15551230001\",\"requestId\":\"q\"}\n").document.keys == QuestionTests.members + ["requestId"])
        #expect(try scratch.state("list").document == row)
        #expect(try scratch.state("list").document.keys == QuestionTests.members)
        // 24 hours after it was made.
        let created = Timestamp(rfc3339: row.text("createdAt") ?? ""), expires = Timestamp(rfc3339: row.text("expiresAt") ?? "")
        #expect(expires == created?.adding(milliseconds: 86_400_000))
        let audit = try scratch.state("audit").documents
        #expect(!audit.isEmpty && audit.allSatisfy { $0["at"] != nil && $0["event"] != nil })
        #expect(try !scratch.state("audit").out.contains("5551230001"))
        #expect(try scratch.state("audit", "--agent", made.text("agentId") ?? "").documents.count <= audit.count)
        #expect(try scratch.state("audit", "--agent", "user_none").out.isEmpty)
        #expect(try scratch.state("audit", "--since", "2999-01-01T00:00:00Z").out.isEmpty)
    }

    /// The row that is not cancelled, else the newest.
    @Test func getPrefersTheLiving() throws {
        let scratch = try Scratch(config: nil)
        let phone = try scratch.rows(["cancelled"])[0]
        try SQL.run(
            scratch.record,
            "INSERT INTO onboarding_states (phone_number, agent_id, status, created_at, updated_at) VALUES ('\(phone)', 'user_b', 'cancelled', '2026-02-01T03:00:00Z', '2026-02-01T03:00:00Z')"
        )
        #expect(try scratch.state("get", phone).document.text("agentId") == "user_b")
        try SQL.run(scratch.record, "UPDATE onboarding_states SET status = 'active' WHERE agent_id = 'user_0'")
        #expect(try scratch.state("get", phone).document.text("agentId") == "user_0")
    }

    @Test func listFiltersAndPages() throws {
        let scratch = try Scratch(config: nil)
        let statuses = ["new", "active", "pending_welcome", "cancelled", "collecting_info", "complete", "ready_for_handover", "new"]
        let phones = try scratch.rows(statuses)
        func list(_ words: String...) throws -> [String?] { try scratch.run("dcb-state", ["list"] + words).documents.map { $0.text("phone") } }
        #expect(try list() == phones)
        #expect(try list("--status", "new") == [phones[0], phones[7]])
        #expect(try list("--status", "new", "--status=active") == [phones[0], phones[1], phones[7]])
        #expect(try list("--limit", "3") == Array(phones[..<3]))
        #expect(try list("--limit", "3", "--after", phones[2]) == Array(phones[3..<6]))
        #expect(try list("--after", phones[7]).isEmpty)
        #expect(try list("--limit", "1", "--status", "cancelled") == [phones[3]])
        // Made on 1 February at 3:00, expiring a day later; stale after the policy's 24 hours.
        #expect(try list("--stale", "--now", "2026-02-02T03:00:00Z").isEmpty)
        #expect(try list("--stale", "--now", "2026-02-02T03:00:01Z") == [phones[0], phones[2], phones[4], phones[7]])
        #expect(try list("--expired", "--now", "2026-02-02T02:59:59Z").isEmpty)
        #expect(try list("--expired", "--now", "2026-02-02T03:00:00Z") == [phones[0], phones[2], phones[4], phones[6], phones[7]])
        try scratch.write("{reconcile:{staleAfterHours:1}}", to: scratch.state + "/dcb.json")
        #expect(try list("--stale", "--now", "2026-02-01T04:00:01Z").count == 4)
    }

    /// Jobs: late after two periods.
    @Test func jobs() throws {
        let scratch = try Scratch(config: nil)
        _ = try scratch.state("init")
        try SQL.run(scratch.record, "INSERT INTO heartbeats VALUES ('backup', '2026-02-01T00:00:00Z', 0, 3600), ('other', '2026-01-01T00:00:00Z', 75, NULL)")
        let good = try scratch.state("jobs", "--now", "2026-02-01T02:00:00Z")
        #expect(good.code == 0 && good.documents.allSatisfy { $0.keys == ["job", "lastRun", "exit", "ageSeconds", "late"] })
        #expect(good.out.hasPrefix(#"{"job":"backup","lastRun":"2026-02-01T00:00:00Z","exit":0,"ageSeconds":7200,"late":false}"#))
        let late = try scratch.state("jobs", "--now", "2026-02-01T02:00:01Z")
        #expect(late.code == 1 && late.documents.map { $0["late"] } == [true, false])
    }

    /// What a check finds, one fault at a time.
    @Test(arguments: [
        (
            "claim",
            "INSERT INTO claims SELECT phone_number, agent_id, 'provision', 'f', 0, 0, 0, 0, 0, 'b', NULL, NULL, NULL, created_at FROM onboarding_states"
        ),
        ("ledger", "DELETE FROM ledger WHERE kind = 'agent'"), ("status", "UPDATE onboarding_states SET status = 'active'"),
        (
            "transition",
            "INSERT INTO state_transitions (state_id, phone_number, from_status, to_status, transitioned_at) SELECT id, phone_number, 'active', 'new', created_at FROM onboarding_states"
        ),
        (
            "foreign-key",
            "PRAGMA foreign_keys = OFF; INSERT INTO state_transitions (state_id, phone_number, to_status, transitioned_at) VALUES (99, '+15551230001', 'new', '2026-02-01T03:00:00Z')"
        ),
        ("phone", "UPDATE onboarding_states SET phone_number = '+0'"), ("older", "UPDATE meta SET value = 0 WHERE key = 'generation'"),
    ]) func check(_ finding: String, _ damage: String) throws {
        let scratch = try Scratch()
        try scratch.onboard("+15551230001")
        #expect(try scratch.state("check").out == "{\"ok\":true,\"findings\":[]}\n")
        try SQL.run(scratch.record, damage)
        let output = try scratch.state("check")
        #expect(output.code == 1 && output.document["ok"] == false)
        let ids = output.document["findings"]?.arrayValue?.compactMap { $0.at("id")?.stringValue } ?? []
        #expect(ids.contains(finding), "\(output.out)")
        #expect(!output.out.contains("5551230001"))
        #expect(try scratch.state("check", "--quick").code == (finding == "older" ? 1 : 0))
    }

    @Test func aDamagedFileIsFound() throws {
        let scratch = try Scratch(config: nil)
        _ = try scratch.state("init")
        try SQL.run(scratch.record, "PRAGMA wal_checkpoint(TRUNCATE)")
        for suffix in ["-wal", "-shm"] { try Files.remove(scratch.record + suffix) }
        try scratch.shell("printf 'this is no database, whatever its name is' | dd of=\"$DIR/state/onboarding.db\" conv=notrunc 2> /dev/null")
        for verb in ["list", "claims", "check"] {
            let output = try scratch.state(verb)
            #expect(output.code == 74 && output.problem == "record-damaged" && output.out.isEmpty, "\(verb): \(output.out)\(output.err)")
        }
    }

    /// As many rows as one likes, in the memory that a few need: the kernel's account of the writer's greatest size, near the end of its output.
    @Test func listsStream() throws {
        let scratch = try Scratch(config: nil)
        _ = try scratch.rows(["new"])
        let count = Skip.isLong ? 1_000_000 : 100_000
        try SQL.run(
            scratch.record,
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
            INSERT INTO onboarding_states (phone_number, agent_id, status, name, created_at, updated_at)
            SELECT '+1' || (4000000000 + i), 'user_x' || i, 'active', 'A name of some length', '2026-02-01T03:00:00Z', '2026-02-01T03:00:00Z' FROM n;
            INSERT INTO ledger (kind, agent_id, phone_number, made_at, how) SELECT 'agent', agent_id, phone_number, created_at, 'made' FROM onboarding_states;
            """)
        for verb in ["list", "ledger"] {
            let lines = try scratch.shell("dcb-state \(verb) | wc -l", timeoutSeconds: 300)
            #expect(Int(lines.out.filter(\.isNumber)) == count + 1)
            if Skip.sanitizer != nil {
                Skip.say("the memory of dcb-state \(verb): a sanitizer's own counts")
                continue
            }
            let peak = try scratch.shell(
                "cd \"$DIR\"; mkfifo p; dcb-state \(verb) > p & { head -n \(count - 3000) > /dev/null; grep VmHWM /proc/$!/status; cat > /dev/null; } < p; wait $!; code=$?; rm p; exit $code",
                timeoutSeconds: 300)
            #expect(peak.code == 0)
            let kilobytes = try #require(Int(peak.out.filter(\.isNumber)), "\(peak.out)\(peak.err)")
            // The answers alone are over 12 MB for the shorter of the two.
            #expect(kilobytes < 24_000, "\(verb): \(kilobytes) kB")
        }
    }

    /// Numbers that no clock gives: of a record that somebody has edited.
    @Test(arguments: ["lease_end_boot_ms = -9223372036854775808", "lease_ms = 9223372036854775807"]) func leasesBeyondAllTime(_ change: String) throws {
        let scratch = try Scratch()
        let claimed = try scratch.claimed(Scratch.phone(1))
        try SQL.run(scratch.state + "/onboarding.db", "UPDATE claims SET \(change)")
        for (command, words) in [("dcb-state", ["claims"]), ("dcb-create-agent", []), ("dcb-state", ["claim", "--wait", "0s"])] {
            let output = try scratch.step(command, words, [claimed])
            #expect([0, 75].contains(output.code), "\(command) \(words): \(output.code) \(output.err)")
        }
        try SQL.run(
            scratch.state + "/onboarding.db",
            "INSERT INTO heartbeats (job, last_run, exit_code, period_seconds) VALUES ('x', '2026-01-01T00:00:00Z', 0, 9223372036854775807)")
        #expect(try scratch.run("dcb-state", ["jobs"]).code == 0)
    }
}
