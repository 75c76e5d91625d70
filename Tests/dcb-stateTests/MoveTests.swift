import JSON
import Platform
import TestSupport
import Testing

/// The table of statuses, through the commands.
@Suite struct MoveTests {
    static let statuses = ["new", "pending_welcome", "collecting_info", "ready_for_handover", "complete", "active", "cancelled"]

    /// COMMANDS.md, written out: what `update` may do.
    static func updateAllows(_ from: String, _ to: String) -> Bool {
        switch (from, to) {
        case ("new", "pending_welcome"), ("new", "collecting_info"), ("pending_welcome", "collecting_info"): true
        case ("new", "ready_for_handover"), ("pending_welcome", "ready_for_handover"), ("collecting_info", "ready_for_handover"): true
        case ("new", "cancelled"), ("pending_welcome", "cancelled"), ("collecting_info", "cancelled"), ("ready_for_handover", "cancelled"): true
        case ("ready_for_handover", "complete"), ("complete", "active"): true
        default: false
        }
    }

    /// What each move must leave: the row, one transition or none, the claim of a removal or none.
    private func expectMove(_ scratch: Scratch, _ output: Output, _ phone: String, _ from: String, _ to: String, allowed: Bool) throws {
        let shown = "\(from) to \(to): \(output.err)"
        if from == to {
            #expect(output.code == 0 && output.document.text("status") == to, "\(shown)")
            #expect(try scratch.transitions(phone).isEmpty, "\(shown)")
        } else if allowed {
            #expect(output.code == 0 && output.document.text("status") == to, "\(shown)")
            #expect(try scratch.transitions(phone) == [[from, to]], "\(shown)")
        } else {
            #expect(output.code == 65 && output.out.isEmpty, "\(shown)")
            #expect(output.problem == (from == "cancelled" ? "cancelled" : "illegal-transition"), "\(shown)")
            #expect(try scratch.transitions(phone).isEmpty, "\(shown)")
            #expect(try SQL.run(scratch.record, "SELECT status FROM onboarding_states WHERE phone_number = '\(phone)'") == [[from]], "\(shown)")
        }
        let claims = try SQL.run(scratch.record, "SELECT kind FROM claims WHERE phone_number = '\(phone)'")
        #expect(claims == (allowed && from != to && to == "cancelled" ? [["removal"]] : []), "\(shown)")
    }

    @Test(arguments: statuses) func update(_ from: String) throws {
        let scratch = try Scratch(config: nil)
        let phones = try scratch.rows([String](repeating: from, count: MoveTests.statuses.count))
        for (phone, to) in zip(phones, MoveTests.statuses) {
            let output = try scratch.state("update", "--now", "2026-02-01T12:00:00Z", input: "{\"phone\":\"\(phone)\",\"status\":\"\(to)\"}\n")
            try expectMove(scratch, output, phone, from, to, allowed: MoveTests.updateAllows(from, to))
            guard output.code == 0 else { continue }
            // Onboarding has an end until it is complete; a move shows when it was.
            let open = ["new", "pending_welcome", "collecting_info", "ready_for_handover"].contains(to)
            #expect(output.document["expiresAt"] == (open ? "2026-02-02T03:00:00Z" : .null))
            #expect(output.document.text("updatedAt") == (from == to ? "2026-02-01T03:00:00Z" : "2026-02-01T12:00:00Z"))
        }
    }

    @Test func handover() throws {
        let scratch = try Scratch(config: nil)
        let phones = try scratch.rows(MoveTests.statuses)
        for (phone, from) in zip(phones, MoveTests.statuses) {
            try expectMove(scratch, scratch.state("handover", phone), phone, from, "complete", allowed: !["active", "cancelled"].contains(from))
        }
    }

    @Test func cancel() throws {
        let scratch = try Scratch(config: nil)
        let phones = try scratch.rows(MoveTests.statuses)
        for (phone, from) in zip(phones, MoveTests.statuses) {
            try expectMove(scratch, scratch.state("cancel", phone), phone, from, "cancelled", allowed: !["complete", "active"].contains(from))
        }
    }

    /// A compare-and-swap: what is not as expected is not moved.
    @Test(arguments: [["update"], ["handover"], ["cancel"]]) func expectation(_ words: [String]) throws {
        let scratch = try Scratch(config: nil)
        let phone = try scratch.rows(["collecting_info"])[0]
        let to = words == ["update"] ? ",\"status\":\"ready_for_handover\"" : ""
        let wrong = try scratch.run("dcb-state", words, input: "{\"phone\":\"\(phone)\",\"expect\":\"new\"\(to)}\n")
        #expect(wrong.code == 75 && wrong.problem == "changed-meanwhile" && wrong.out.isEmpty)
        #expect(try scratch.transitions(phone).isEmpty)
        let odd = try scratch.run("dcb-state", words, input: "{\"phone\":\"\(phone)\",\"expect\":\"collecting\"\(to)}\n")
        #expect(odd.code == 65 && odd.problem == "invalid-status")
        #expect(try scratch.run("dcb-state", words, input: "{\"phone\":\"\(phone)\",\"expect\":\"collecting_info\"\(to)}\n").code == 0)
        #expect(try scratch.transitions(phone).count == 1)
    }

    /// Name and e-mail both known: the row is ready by itself, whichever came first, unless a status is asked for.
    @Test func bothKnownIsReady() throws {
        let scratch = try Scratch(config: nil)
        let phones = try scratch.rows(["new", "pending_welcome", "collecting_info", "new", "complete"])
        func update(_ i: Int, _ more: String) throws -> Object { try scratch.state("update", input: "{\"phone\":\"\(phones[i])\",\(more)}\n").document }
        #expect(try update(0, #""name":"Ada""#).text("status") == "new")
        #expect(try update(0, #""email":"ada@example.com""#).text("status") == "ready_for_handover")
        #expect(try scratch.transitions(phones[0]) == [["new", "ready_for_handover"]])
        #expect(try update(1, #""email":"b@example.com""#).text("status") == "pending_welcome")
        #expect(try update(1, #""name":"B""#).text("status") == "ready_for_handover")
        #expect(try update(2, #""name":"C","email":"c@example.com""#).text("status") == "ready_for_handover")
        #expect(try update(3, #""name":"D","email":"d@example.com","status":"collecting_info""#).text("status") == "collecting_info")
        let done = try update(4, #""name":"E","email":"e@example.com""#)
        #expect(done.text("status") == "complete" && done.text("name") == "E" && done.text("email") == "e@example.com")
        // Again is no move.
        #expect(try update(0, #""name":"Ada","email":"ada@example.com""#).text("status") == "ready_for_handover")
        #expect(try scratch.transitions(phones[0]).count == 1)
    }

    @Test func whatUpdateRefuses() throws {
        let scratch = try Scratch(config: nil)
        let phone = try scratch.rows(["new"])[0]
        for (more, problem) in [
            (#""stat":"new""#, "unknown-member"), (#""status":"done""#, "invalid-status"), (#""status":null"#, "invalid-status"),
            (#""name":"""#, "invalid-name"),
            (#""name":5"#, "invalid-member"), (#""email":"x""#, "invalid-email"), (#""agentId":"user_1""#, "unknown-member"),
        ] {
            let output = try scratch.state("update", input: "{\"phone\":\"\(phone)\",\(more)}\n")
            #expect(output.code == 65 && output.problem == problem && output.out.isEmpty, "\(more)")
        }
        #expect(
            try scratch.state("update", input: "{\"phone\":\"\(phone)\",\"stat\":1}").problems.first?.text("hint")?.hasPrefix("did you mean 'status'?") == true)
        #expect(try scratch.transitions(phone).isEmpty)
    }

    /// A refused document of a group takes only itself back; answers and problems say which, and the gravest code is told.
    @Test func aGroupIsManyDocuments() throws {
        let scratch = try Scratch(config: nil)
        let phones = try scratch.rows(["new", "complete", "collecting_info", "new"])
        let lines = [
            "{\"phone\":\"\(phones[0])\",\"status\":\"collecting_info\",\"requestId\":\"a\"}",
            "{\"phone\":\"\(phones[1])\",\"status\":\"new\",\"name\":\"X\",\"requestId\":\"b\"}",
            "not json", "{\"phone\":\"\(phones[2])\",\"status\":\"complete\",\"expect\":\"new\",\"requestId\":\"c\"}",
            "{\"phone\":\"+15550000000\",\"requestId\":\"d\"}",
            "{\"phone\":\"\(phones[3])\",\"name\":\"N\",\"requestId\":\"e\"}",
        ]
        let output = try scratch.state("update", input: lines.joined(separator: "\n") + "\n")
        #expect(output.code == 75)
        #expect(output.documents.map { $0.text("requestId") } == ["a", "d", "e"])
        #expect(output.documents[1]["found"] == false)
        let found = output.problems.sorted { ($0["line"]?.intValue ?? 0) < ($1["line"]?.intValue ?? 0) }
        #expect(found.map { $0["line"]?.intValue } == [2, 3, 4])
        #expect(found.map { $0.text("requestId") } == ["b", nil, "c"])
        #expect(found.map { $0.text("problem") } == ["illegal-transition", "not-json", "changed-meanwhile"])
        #expect(
            try SQL.run(scratch.record, "SELECT status, name FROM onboarding_states ORDER BY id") == [
                ["collecting_info", nil], ["complete", nil], ["collecting_info", nil], ["new", "N"],
            ])
        // Without the grave one the code is the lesser.
        #expect(try scratch.state("update", input: lines[4] + "\n" + lines[1] + "\n").code == 65)
        #expect(try scratch.state("update", input: lines[4] + "\n").code == 1)
    }

    @Test func aDryMoveMovesNothing() throws {
        let scratch = try Scratch(config: nil)
        let phone = try scratch.rows(["new"])[0]
        for words in [["handover", "-n"], ["cancel", "--dry-run"], ["update", "-n"]] {
            let output = try scratch.run(
                "dcb-state", words, input: "{\"phone\":\"\(phone)\"\(words[0] == "update" ? ",\"status\":\"collecting_info\"" : "")}\n")
            #expect(output.code == 0)
            #expect(output.document.text("status") == ["handover": "complete", "cancel": "cancelled", "update": "collecting_info"][words[0]])
        }
        #expect(try scratch.transitions(phone).isEmpty)
        #expect(try SQL.run(scratch.record, "SELECT (SELECT count(*) FROM claims), status FROM onboarding_states") == [["0", "new"]])
    }
}
