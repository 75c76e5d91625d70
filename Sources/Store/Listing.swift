import CommandKit
import Onboarding
import Platform

/// Which rows `list` gives.
public struct RowFilter: Sendable {
    /// Empty: any.
    public var statuses: Set<Status> = []
    /// Created before this and not yet `ready_for_handover`.
    public var staleBefore: Timestamp?
    /// Expired by then.
    public var expiredAt: Timestamp?
    /// At most so many; the rows of one phone stay together, so the last page may run over.
    public var limit: Int?
    /// Rows of phones after this one, in the order of their texts.
    public var after: String?

    public init() {}
}

/// Lists in a stable order, however long, in constant memory.
///
/// Read in pages with a key, not in one read: a reader that waits for its pipe would keep the write-ahead log from being emptied.
extension Record {
    static let page = 256

    /// Rows by phone, then by age.
    public func list(_ filter: RowFilter = RowFilter(), each body: (Row) throws(Problem) -> Void) throws(Problem) {
        // A set of seven: one parameter each, so that the statement stays one and the same.
        let statuses = Status.allCases.map { Value.optional(filter.statuses.isEmpty || filter.statuses.contains($0) ? $0.rawValue : nil) }
        func text(_ t: Timestamp?) -> Value { .optional(t.map { Timestamp(milliseconds: $0.milliseconds / 1000 * 1000).description }) }
        var key = (phone: filter.after ?? "", id: filter.after == nil ? 0 : Int64.max)
        var given = 0
        while true {
            // The index gives the order, and nothing is sorted; + keeps the planner from another.
            let rows = try database.all(
                """
                SELECT \(Columns.row) FROM onboarding_states WHERE (phone_number, id) > (?1, ?2)
                AND +status IN (?3, ?4, ?5, ?6, ?7, ?8, ?9)
                AND (?10 IS NULL OR (+created_at < ?10 AND +status IN ('new', 'pending_welcome', 'collecting_info')))
                AND (?11 IS NULL OR +expires_at <= ?11) ORDER BY phone_number, id LIMIT \(Record.page)
                """, [.text(key.phone), .int(key.id)] + statuses + [text(filter.staleBefore), text(filter.expiredAt)]
            ) { s throws(Problem) in try s.row() }
            for row in rows {
                if let limit = filter.limit, given >= limit, row.phone != key.phone || given == 0 { return }
                try body(row)
                given += 1
                key = (row.phone, row.id)
            }
            if rows.count < Record.page { return }
        }
    }

    /// The transitions of every row that the phone has or had, oldest first: a phone that came back shows both agents.
    /// - Returns: false when the phone has no row.
    public func history(_ phone: PhoneNumber, each body: (TransitionEntry) throws(Problem) -> Void) throws(Problem) -> Bool {
        guard try row(for: phone) != nil else { return false }
        var last: Int64 = 0
        while true {
            let entries = try database.all(
                """
                SELECT t.id, t.transitioned_at, t.from_status, t.to_status, s.agent_id FROM onboarding_states s
                JOIN state_transitions t ON t.state_id = s.id WHERE s.phone_number = ? AND t.id > ? ORDER BY t.id LIMIT \(Record.page)
                """, [.text(phone.e164), .int(last)]
            ) { s throws(Problem) in
                TransitionEntry(id: s.int(0), at: try s.time(1), from: s.textIfPresent(2), to: s.text(3), agentID: s.text(4))
            }
            for entry in entries { try body(entry) }
            guard entries.count == Record.page, let end = entries.last else { return true }
            last = end.id
        }
    }

    /// Claims by phone.
    public func claims(each body: (Claim) throws(Problem) -> Void) throws(Problem) {
        var last = ""
        while true {
            let claims = try database.all(
                "SELECT \(Columns.claim) FROM claims WHERE phone_number > ? ORDER BY phone_number LIMIT \(Record.page)", [.text(last)]
            ) { s throws(Problem) in try s.claim() }
            for claim in claims { try body(claim) }
            guard claims.count == Record.page, let end = claims.last else { return }
            last = end.phone.e164
        }
    }

    /// The ledger, oldest entry first.
    /// - Parameter openOnly: without what is removed.
    public func ledger(openOnly: Bool = false, each body: (LedgerEntry) throws(Problem) -> Void) throws(Problem) {
        var last: Int64 = 0
        while true {
            let entries = try database.all(
                "SELECT \(Columns.ledger) FROM ledger WHERE id > ? AND (? = 0 OR removed_at IS NULL) ORDER BY id LIMIT \(Record.page)",
                [.int(last), .int(openOnly ? 1 : 0)]
            ) { s throws(Problem) in try s.ledgerEntry() }
            for entry in entries { try body(entry) }
            guard entries.count == Record.page, let end = entries.last else { return }
            last = end.id
        }
    }

    /// How many rows have each status.
    public func counts() throws(Problem) -> [Status: Int] {
        var counts: [Status: Int] = [:]
        try database.each("SELECT status, count(*) FROM onboarding_states GROUP BY status") { s in
            if let status = Status(rawValue: s.text(0)) { counts[status] = Int(s.int(1)) }
        }
        return counts
    }
}
