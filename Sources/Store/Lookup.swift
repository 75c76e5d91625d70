import CommandKit
import Onboarding

/// Single things by phone or agent, each one index search.
extension Record {
    public func claim(for phone: PhoneNumber) throws(Problem) -> Claim? {
        try database.first("SELECT \(Columns.claim) FROM claims WHERE phone_number = ?", [.text(phone.e164)]) { s throws(Problem) in try s.claim() }
    }

    public func claim(agent agentID: String) throws(Problem) -> Claim? {
        try database.first("SELECT \(Columns.claim) FROM claims WHERE agent_id = ?", [.text(agentID)]) { s throws(Problem) in try s.claim() }
    }

    /// The row that is not cancelled, else the newest.
    public func row(for phone: PhoneNumber) throws(Problem) -> Row? {
        if let row = try liveRow(for: phone) { return row }
        return try database.first(
            "SELECT \(Columns.row) FROM onboarding_states WHERE phone_number = ? ORDER BY id DESC LIMIT 1", [.text(phone.e164)]
        ) { s throws(Problem) in try s.row() }
    }

    public func row(agent agentID: String) throws(Problem) -> Row? {
        try database.first("SELECT \(Columns.row) FROM onboarding_states WHERE agent_id = ?", [.text(agentID)]) { s throws(Problem) in try s.row() }
    }

    /// The row that is not cancelled.
    public func liveRow(for phone: PhoneNumber) throws(Problem) -> Row? {
        try database.first(
            "SELECT \(Columns.row) FROM onboarding_states WHERE phone_number = ? AND status != 'cancelled'", [.text(phone.e164)]
        ) { s throws(Problem) in try s.row() }
    }

    /// Whether any row is there at all; false when even the tables' first is empty.
    public func hasRows() throws(Problem) -> Bool { try database.exists("SELECT 1 FROM onboarding_states LIMIT 1") }

    func row(id: Int64) throws(Problem) -> Row {
        guard
            let row = try database.first(
                "SELECT \(Columns.row) FROM onboarding_states WHERE id = ?", [.int(id)], { s throws(Problem) in try s.row() })
        else { throw Problem(.internalError, "row \(id) is gone") }
        return row
    }

    /// Refuses an agent id that another phone has, in rows, claims or what the ledger still holds.
    func refuseForeign(_ agentID: String, for phone: PhoneNumber) throws(Problem) {
        let taken = try database.exists(
            """
            SELECT 1 FROM onboarding_states WHERE agent_id = ?1 AND phone_number != ?2
            UNION ALL SELECT 1 FROM claims WHERE agent_id = ?1 AND phone_number != ?2
            UNION ALL SELECT 1 FROM ledger WHERE agent_id = ?1 AND removed_at IS NULL AND phone_number != ?2 LIMIT 1
            """, [.text(agentID), .text(phone.e164)])
        if taken { throw belongsElsewhere(agentID, phone) }
    }

    func belongsElsewhere(_ agentID: String, _ phone: PhoneNumber) -> Problem {
        Problem(.agentBelongsElsewhere, "agent '\(agentID.prefix(64))' is not the one of \(redacted(phone))")
    }
}
