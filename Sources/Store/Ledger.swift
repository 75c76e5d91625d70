import CommandKit
import Onboarding

/// What this toolkit made or adopted: it removes nothing else.
extension Record {
    /// What is still there of a phone, of one agent or of all.
    public func openLedger(_ phone: PhoneNumber, agent agentID: String? = nil) throws(Problem) -> [LedgerEntry] {
        try database.all(
            "SELECT \(Columns.ledger) FROM ledger WHERE phone_number = ?1 AND removed_at IS NULL AND (?2 IS NULL OR agent_id = ?2) ORDER BY id",
            [.text(phone.e164), .optional(agentID)]
        ) { s throws(Problem) in try s.ledgerEntry() }
    }

    /// What is still there of an agent, whatever its phone.
    public func openLedger(agent agentID: String) throws(Problem) -> [LedgerEntry] {
        try database.all(
            "SELECT \(Columns.ledger) FROM ledger WHERE agent_id = ? AND removed_at IS NULL ORDER BY id", [.text(agentID)]
        ) { s throws(Problem) in try s.ledgerEntry() }
    }

    /// Records something before it is made; once, however often it is called while the entry is open.
    /// - Returns: false when it was there.
    @discardableResult
    public func enterLedger(_ kind: EntryKind, agent agentID: String, phone: PhoneNumber, how: LedgerEntry.How = .made) throws(Problem) -> Bool {
        let made = try database.run(
            "INSERT INTO ledger (kind, agent_id, phone_number, made_at, how) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [.text(kind.rawValue), .text(agentID), .text(phone.e164), time(now), .text(how.rawValue)])
        if made > 0, how == .adopted { try advanceGeneration() }
        return made > 0
    }

    /// Records that something is gone.
    /// - Returns: false when nothing was open.
    @discardableResult
    public func closeLedger(_ kind: EntryKind, agent agentID: String, phone: PhoneNumber) throws(Problem) -> Bool {
        try database.run(
            "UPDATE ledger SET removed_at = ? WHERE agent_id = ? AND kind = ? AND phone_number = ? AND removed_at IS NULL",
            [time(now), .text(agentID), .text(kind.rawValue), .text(phone.e164)]) > 0
    }

    /// Takes over a user whose agent and binding are in the config already: ledger entries, and the row when there is none.
    /// - Throws: `agent-belongs-elsewhere`; `busy` while there is a claim; `cancelled` when the agent was removed.
    public func adopt(
        _ phone: PhoneNumber, agent agentID: AgentID, kinds: [EntryKind], name: String? = nil, email: String? = nil, language: String? = nil
    ) throws(Problem) -> Row {
        try refuseForeign(agentID.text, for: phone)
        if let claim = try claim(for: phone) { throw busy(claim) }
        for kind in kinds { try enterLedger(kind, agent: agentID.text, phone: phone, how: .adopted) }
        if let row = try liveRow(for: phone) {
            if row.agentID != agentID.text { throw belongsElsewhere(agentID.text, phone) }
            return row
        }
        if try row(agent: agentID.text) != nil {
            throw Problem(.cancelled, "agent '\(agentID.text)' was removed, and its id is not given again", hint: "take it out of openclaw.json by hand")
        }
        try advanceGeneration()
        return try insertRow(phone, agentID.text, name: name, email: email, language: language)
    }

    // MARK: members of openclaw.json

    /// Containers and members of openclaw.json that were made for our entries, as JSON pointers; an undo removes no others.
    public func configMembersMade() throws(Problem) -> [String] {
        try database.all("SELECT pointer FROM config_members ORDER BY pointer") { s in s.text(0) }
    }

    public func noteConfigMember(_ pointer: String) throws(Problem) {
        try database.run("INSERT INTO config_members (pointer, made_at) VALUES (?, ?) ON CONFLICT DO NOTHING", [.text(pointer), time(now)])
    }

    public func forgetConfigMember(_ pointer: String) throws(Problem) {
        try database.run("DELETE FROM config_members WHERE pointer = ?", [.text(pointer)])
    }
}
