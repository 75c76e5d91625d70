import CommandKit
import Onboarding
import Platform

/// Making and moving rows. Every move is a compare-and-swap with its transition.
extension Record {
    static let expiryMilliseconds: Int64 = 24 * 3600 * 1000

    /// Changes what is given; a row of which name and e-mail become known moves to `ready_for_handover` by itself when no status is asked for.
    /// - Parameter expect: the status it must have.
    /// - Returns: the row afterwards; nil when the phone has none.
    /// - Throws: `changed-meanwhile`, `illegal-transition`, `cancelled`, `busy` (a removal is under way).
    public func update(
        _ phone: PhoneNumber, status: Status? = nil, name: String? = nil, email: String? = nil, language: String? = nil, expect: Status? = nil
    ) throws(Problem) -> Row? {
        guard var row = try row(for: phone) else { return nil }
        if try !admit(row, phone, expect: expect, cancel: status == .cancelled) {
            if name != nil || email != nil || language != nil { throw isCancelled(phone) }
            return row
        }
        if let status, status != row.status, !row.status.allows(status, by: .update) { throw illegal(row, status) }
        row = try setMembers(row, name: name, email: email, language: language)
        if let status {
            if status == row.status { return row }
            return status == .cancelled ? try cancel(row, phone) : try move(row, to: status)
        }
        if row.name != nil, row.email != nil, row.status.allows(.readyForHandover, by: .bothKnown) { return try move(row, to: .readyForHandover) }
        return row
    }

    /// Onboarding is done.
    /// - Returns: the row afterwards; nil when the phone has none.
    /// - Throws: as `update`.
    public func handover(_ phone: PhoneNumber, expect: Status? = nil) throws(Problem) -> Row? {
        try advance(phone, to: .complete, by: .handover, expect: expect)
    }

    /// Moves a row to a status for a reason other than someone's `update`: what the gateway, a session or a token shows.
    /// - Returns: the row afterwards; nil when the phone has none.
    /// - Throws: as `update`.
    public func advance(_ phone: PhoneNumber, to status: Status, by cause: Status.Cause, expect: Status? = nil) throws(Problem) -> Row? {
        if status == .cancelled { return try cancel(phone, by: cause, expect: expect) }
        guard let row = try row(for: phone) else { return nil }
        if try !admit(row, phone, expect: expect, cancel: false) { return row }
        if row.status == status { return row }
        if !row.status.allows(status, by: cause) { throw illegal(row, status) }
        return try move(row, to: status)
    }

    /// Cancels the row and opens the removal of what it has, in one transaction; reconcile or the next claim finishes that.
    /// - Returns: the row afterwards; nil when the phone has none.
    /// - Throws: as `update`; from `complete` on only a removal cancels: `illegal-transition`.
    public func cancel(_ phone: PhoneNumber, by cause: Status.Cause = .cancel, expect: Status? = nil) throws(Problem) -> Row? {
        guard let row = try row(for: phone) else { return nil }
        if try !admit(row, phone, expect: expect, cancel: true) { return row }
        if !row.status.allows(.cancelled, by: cause) { throw illegal(row, .cancelled) }
        return try cancel(row, phone)
    }

    /// The running gateway has it: noted once, and a `new` row moves to `pending_welcome`.
    /// - Returns: the row afterwards; nil when that agent has none or it is cancelled.
    public func markApplied(agent agentID: String) throws(Problem) -> Row? {
        guard let row = try row(agent: agentID), row.status != .cancelled else { return nil }
        if row.appliedAt == nil {
            try database.run("UPDATE onboarding_states SET applied_at = ?, updated_at = ? WHERE id = ?", [time(now), time(now), .int(row.id)])
        }
        if row.status.allows(.pendingWelcome, by: .applied) { return try move(row, to: .pendingWelcome) }
        return try self.row(id: row.id)
    }

    /// What `dcb-oauth-check` saw; a `present` or better moves nothing here, `advance(…, by: .token)` does.
    /// - Returns: the row afterwards; nil when that agent has none.
    public func setOAuth(agent agentID: String, state: String) throws(Problem) -> Row? {
        guard let row = try row(agent: agentID) else { return nil }
        try database.run("UPDATE onboarding_states SET oauth_state = ?, oauth_checked_at = ? WHERE id = ?", [.text(state), time(now), .int(row.id)])
        return try self.row(id: row.id)
    }

    // MARK: parts

    /// - Returns: false when there is nothing to do (a cancel of what is cancelled).
    private func admit(_ row: Row, _ phone: PhoneNumber, expect: Status?, cancel: Bool) throws(Problem) -> Bool {
        if let expect, expect != row.status {
            throw Problem(.changedMeanwhile, "\(redacted(phone)) is \(row.status.rawValue), not \(expect.rawValue)", hint: "read it again")
        }
        if row.status == .cancelled {
            if cancel { return false }
            throw isCancelled(phone)
        }
        if let claim = try claim(for: phone), claim.kind == .removal || cancel { throw busy(claim) }
        return true
    }

    private func cancel(_ row: Row, _ phone: PhoneNumber) throws(Problem) -> Row {
        let cancelled = try move(row, to: .cancelled)
        try openRemoval(row, phone)
        return cancelled
    }

    private func setMembers(_ row: Row, name: String?, email: String?, language: String?) throws(Problem) -> Row {
        // What is so already is not written: a repeated update costs no sync.
        if (name ?? row.name) == row.name, (email ?? row.email) == row.email, (language ?? row.language) == row.language { return row }
        try database.run(
            "UPDATE onboarding_states SET name = ifnull(?, name), email = ifnull(?, email), language = ifnull(?, language), updated_at = ? WHERE id = ?",
            [.optional(name), .optional(email), .optional(language), time(now), .int(row.id)])
        return try self.row(id: row.id)
    }

    /// Sets the status where it still is what `row` says, and writes the transition.
    func move(_ row: Row, to status: Status) throws(Problem) -> Row {
        let expires = status == .complete || status == .active || status == .cancelled
        let changed = try database.run(
            "UPDATE onboarding_states SET status = ?, updated_at = ?, expires_at = iif(?, NULL, expires_at) WHERE id = ? AND status = ?",
            [.text(status.rawValue), time(now), .int(expires ? 1 : 0), .int(row.id), .text(row.status.rawValue)])
        if changed != 1 { throw Problem(.changedMeanwhile, "row \(row.id) has changed meanwhile", hint: "read it again") }
        try insertTransition(row.id, row.phone, from: row.status, to: status)
        return try self.row(id: row.id)
    }

    func insertRow(_ phone: PhoneNumber, _ agentID: String, name: String?, email: String?, language: String?) throws(Problem) -> Row {
        try database.run(
            """
            INSERT INTO onboarding_states (phone_number, agent_id, status, name, email, language, created_at, updated_at, expires_at)
            VALUES (?, ?, 'new', ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(phone.e164), .text(agentID), .optional(name), .optional(email), .optional(language), time(now), time(now),
                time(now.adding(milliseconds: Record.expiryMilliseconds)),
            ])
        let id = database.lastInsertedID
        try insertTransition(id, phone.e164, from: nil, to: .new)
        return try row(id: id)
    }

    private func insertTransition(_ id: Int64, _ phone: String, from: Status?, to: Status) throws(Problem) {
        try database.run(
            "INSERT INTO state_transitions (state_id, phone_number, from_status, to_status, transitioned_at) VALUES (?, ?, ?, ?, ?)",
            [.int(id), .text(phone), .optional(from?.rawValue), .text(to.rawValue), time(now)])
    }

    private func isCancelled(_ phone: PhoneNumber) -> Problem {
        Problem(.cancelled, "\(redacted(phone)) is cancelled", hint: "onboard the phone again")
    }

    private func illegal(_ row: Row, _ to: Status) -> Problem {
        Problem(.illegalTransition, "\(Redaction.phone(row.phone)) cannot go from \(row.status.rawValue) to \(to.rawValue)")
    }
}
