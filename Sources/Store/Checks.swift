import CommandKit
import Onboarding

/// Whether the record is sound.
extension Record {
    /// Findings beyond this many are counted, not kept.
    static let findingLimit = 1000

    /// - Parameter quick: only that the tables can be read and the generation is not behind its file; else also SQLite's own checks and what the tables
    ///   say of each other.
    /// - Returns: nothing when all is well. Phones are redacted.
    public func check(quick: Bool) throws(Problem) -> [Finding] {
        var found = Findings(limit: Record.findingLimit)
        do throws(Problem) {
            try quickChecks(&found)
            if !quick { try fullChecks(&found) }
        } catch {
            // Damage is what a check is for; any other problem is the caller's.
            if error.kind != .recordDamaged { throw error }
            found.add("damaged", error.detail)
        }
        return found.all
    }

    private func quickChecks(_ found: inout Findings) throws(Problem) {
        for table in ["onboarding_states", "state_transitions"] + Schema.newTables { _ = try database.exists("SELECT 1 FROM \(table) LIMIT 1") }
        if try isOlderThanStateFolder {
            found.add("older", "the record is older than the state folder: it was restored from a copy of generation \(try generation())")
        }
    }

    private func fullChecks(_ found: inout Findings) throws(Problem) {
        try database.each("PRAGMA integrity_check(100)") { s in
            // SQLite's words tell tables and row numbers, and no values.
            if s.text(0) != "ok" { found.add("integrity", s.text(0)) }
        }
        try database.each("PRAGMA foreign_key_check") { s in found.add("foreign-key", "row \(s.int(1)) of \(s.text(0)) refers to nothing") }
        try checkRows(&found)
        try checkTransitions(&found)
        try checkClaims(&found)
        try checkLedger(&found)
    }

    private func checkRows(_ found: inout Findings) throws(Problem) {
        try database.each("SELECT \(Columns.row) FROM onboarding_states ORDER BY id") { s throws(Problem) in
            let row = try s.row()
            if PhoneNumber(e164: row.phone) == nil, !row.phone.hasPrefix("erased:") { found.add("phone", "row \(row.id) has a phone number that is none") }
            if AgentID(row.agentID) == nil { found.add("agent-id", "row \(row.id) has an agent id of an older kind") }
        }
        // Rows from before this toolkit may have no transitions, or none that fit.
        try database.each(
            """
            SELECT s.id, s.status, t.to_status FROM onboarding_states s LEFT JOIN state_transitions t
            ON t.id = (SELECT max(id) FROM state_transitions WHERE state_id = s.id) WHERE s.status IS NOT t.to_status
            AND (s.id > (SELECT value FROM meta WHERE key = 'migrated_states') OR t.id > (SELECT value FROM meta WHERE key = 'migrated_transitions'))
            ORDER BY s.id
            """
        ) { s in
            found.add("status", "row \(s.int(0)) is \(s.text(1)), its last transition says \(s.textIfPresent(2) ?? "nothing")")
        }
    }

    private func checkTransitions(_ found: inout Findings) throws(Problem) {
        let since = try database.number("SELECT value FROM meta WHERE key = 'migrated_transitions'") ?? 0
        let causes: [Status.Cause] = [.applied, .signOfLife, .update, .bothKnown, .handover, .token, .cancel, .stale, .removal]
        var state: Int64 = -1
        var before: String?
        try database.each(
            "SELECT id, state_id, from_status, to_status, transitioned_at FROM state_transitions WHERE state_id IS NOT NULL ORDER BY state_id, id"
        ) { s throws(Problem) in
            if s.int(1) != state { (state, before) = (s.int(1), nil) }
            defer { before = s.text(3) }
            if s.int(0) <= since { return }
            _ = try s.time(4)
            let from = s.textIfPresent(2)
            if from != before {
                found.add("transition", "transition \(s.int(0)) of row \(state) begins at \(from ?? "nothing"), the one before ended at \(before ?? "nothing")")
                return
            }
            let to = Status(rawValue: s.text(3))
            let isLegal =
                from == nil ? to == .new : Status(rawValue: from ?? "").map { f in to.map { t in causes.contains { f.allows(t, by: $0) } } ?? false } ?? false
            if !isLegal { found.add("transition", "transition \(s.int(0)) of row \(state) from \(from ?? "nothing") to \(s.text(3)) is not a legal one") }
        }
    }

    private func checkClaims(_ found: inout Findings) throws(Problem) {
        try database.each(
            "SELECT \(Columns.claim) FROM claims ORDER BY phone_number"
        ) { s throws(Problem) in
            let claim = try s.claim()
            let phone = redacted(claim.phone)
            if let row = try liveRow(for: claim.phone) {
                if row.agentID != claim.agentID { found.add("claim", "the claim on \(phone) is of another agent than row \(row.id)") }
                if claim.kind == .provision { found.add("claim", "\(phone) is being provisioned, and row \(row.id) says that it is committed") }
            }
            if let row = try row(agent: claim.agentID), row.phone != claim.phone.e164 {
                found.add("claim", "the claim on \(phone) is of the agent of row \(row.id), which has another phone")
            }
        }
    }

    private func checkLedger(_ found: inout Findings) throws(Problem) {
        try database.each(
            """
            SELECT l.id, l.kind, (SELECT id FROM onboarding_states s WHERE s.agent_id = l.agent_id AND s.phone_number != l.phone_number) FROM ledger l
            WHERE l.removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.phone_number = l.phone_number AND c.agent_id = l.agent_id)
            AND NOT EXISTS (SELECT 1 FROM onboarding_states s WHERE s.agent_id = l.agent_id AND s.phone_number = l.phone_number AND s.status != 'cancelled')
            ORDER BY l.id
            """
        ) { s in
            let why = s.intIfPresent(2).map { "its agent is of row \($0), which has another phone" } ?? "no row and no claim has it"
            found.add("ledger", "entry \(s.int(0)) (\(s.text(1))) of the ledger is open: \(why)")
        }
        try database.each(
            """
            SELECT s.id, k.kind FROM onboarding_states s CROSS JOIN (SELECT 'agent' AS kind UNION ALL SELECT 'binding') k
            WHERE s.status != 'cancelled' AND NOT EXISTS (SELECT 1 FROM ledger l WHERE l.agent_id = s.agent_id AND l.kind = k.kind
                AND l.phone_number = s.phone_number AND l.removed_at IS NULL)
            AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.phone_number = s.phone_number AND c.kind = 'removal') ORDER BY s.id
            """
        ) { s in
            found.add("ledger", "row \(s.int(0)) has no \(s.text(1)) in the ledger")
        }
    }
}

/// Findings, as many as memory is meant for.
private struct Findings {
    private let limit: Int
    private var kept: [Finding] = []
    private var more = 0

    init(limit: Int) { self.limit = limit }

    mutating func add(_ id: String, _ detail: String) {
        if kept.count < limit { kept.append(Finding(id: id, detail: detail)) } else { more += 1 }
    }

    var all: [Finding] { more == 0 ? kept : kept + [Finding(id: "more", detail: "\(more) more findings")] }
}
