import JSON
import Platform
import TestSupport

/// Calls of dcb-state as these tests need them.
extension Scratch {
    var record: String { state + "/onboarding.db" }

    func state(_ words: String..., input: String = "", environment: [String: String] = [:]) throws -> Output {
        try run("dcb-state", words, input: input, environment: environment)
    }

    /// A user, made through the steps; gives the committed document.
    @discardableResult
    func onboard(_ phone: String, more: String = "") throws -> Object {
        let output = try shell("echo '{\"phone\":\"\(phone)\"\(more)}' | dcb-state claim | dcb-create-agent | dcb-bind | dcb-state commit")
        guard output.code == 0, output.documents.count == 1 else { throw TestFailure("cannot onboard: \(output.err)") }
        return output.document
    }

    /// Puts a committed row straight into a status, as its history would have.
    func put(_ phone: String, into status: String) throws {
        try SQL.run(
            record,
            """
            UPDATE onboarding_states SET status = '\(status)', expires_at = iif('\(status)' IN ('complete', 'active'), NULL, expires_at) WHERE phone_number = '\(phone)';
            INSERT INTO state_transitions (state_id, phone_number, from_status, to_status, transitioned_at)
            SELECT id, phone_number, 'new', '\(status)', created_at FROM onboarding_states WHERE phone_number = '\(phone)' AND '\(status)' != 'new';
            """)
    }

    /// A record with a row for each status, without agents: what only asks or moves needs no config.
    func rows(_ statuses: [String]) throws -> [String] {
        _ = try state("init")
        var phones: [String] = []
        for (i, status) in statuses.enumerated() {
            let phone = "+1555777\(1000 + i)"
            try SQL.run(
                record,
                """
                INSERT INTO onboarding_states (phone_number, agent_id, status, created_at, updated_at, expires_at)
                VALUES ('\(phone)', 'user_\(i)', '\(status)', '2026-02-01T03:00:00Z', '2026-02-01T03:00:00Z',
                iif('\(status)' IN ('complete', 'active', 'cancelled'), NULL, '2026-02-02T03:00:00Z'));
                """)
            phones.append(phone)
        }
        return phones
    }

    func transitions(_ phone: String) throws -> [[String?]] {
        try SQL.run(record, "SELECT from_status, to_status FROM state_transitions WHERE phone_number = '\(phone)' ORDER BY id")
    }
}
