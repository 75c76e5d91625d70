import CommandKit
import Onboarding

/// Whether a step may act, and the ends of a claim.
extension Record {
    /// Judges a step's right to act on a phone and an agent, and prolongs the lease of the claim that gives it.
    ///
    /// Called twice by a step: before its intent is recorded, and again in the transaction that is held over its effect.
    /// - Parameter undo: the step takes something back.
    /// - Throws: `agent-belongs-elsewhere`, `claim-lost`, `unfinished` (a removal is), `committed` (an undo of a user that exists).
    public func authorise(_ phone: PhoneNumber, _ agentID: String, fence: String?, undo: Bool) throws(Problem) -> Authority {
        try refuseForeign(agentID, for: phone)
        if let claim = try claim(for: phone) {
            try check(claim, agentID, fence)
            if !undo, claim.kind == .removal { throw unfinished(phone, "its removal is not finished") }
            return .claim(try prolongWhenDue(claim))
        }
        if let row = try liveRow(for: phone) {
            if row.agentID != agentID { throw belongsElsewhere(agentID, phone) }
            if undo { throw committed(phone) }
            return .row(row)
        }
        if !undo { throw claimLost(phone) }
        try refuseLeftovers(phone, agentID)
        return .nothing
    }

    /// The point of no return: makes the row and its first transition, and ends the claim. Twice is once.
    /// - Throws: `not-ready` (agent or binding not recorded as made), `claim-lost`, `agent-belongs-elsewhere`, `unfinished` (a removal is).
    public func commitProvision(
        _ phone: PhoneNumber, _ agentID: String, fence: String?, name: String?, email: String?, language: String?
    ) throws(Problem) -> Row {
        try refuseForeign(agentID, for: phone)
        let row = try liveRow(for: phone)
        guard let claim = try claim(for: phone) else {
            guard let row else { throw claimLost(phone) }
            if row.agentID != agentID { throw belongsElsewhere(agentID, phone) }
            return row
        }
        try check(claim, agentID, fence)
        if claim.kind == .removal { throw unfinished(phone, "its removal is not finished") }
        if let row, row.agentID != agentID { throw belongsElsewhere(agentID, phone) }
        if claim.agent != .made || claim.binding != .made {
            let missing = claim.agent != .made ? "agent" : "binding"
            throw Problem(
                .notReady, "cannot commit \(redacted(phone)): its \(missing) is not recorded as made", hint: "run dcb-create-agent and dcb-bind first")
        }
        try deleteClaim(phone)
        if let row { return row }
        try advanceGeneration()
        return try insertRow(phone, agentID, name: name, email: email, language: language)
    }

    /// Ends a removal whose steps are all undone, and cancels the row. Twice is once.
    /// - Returns: the cancelled row; nil when the removed never had one.
    /// - Throws: `not-ready`, `claim-lost`, `agent-belongs-elsewhere`, `unfinished` (things are left and no claim is held).
    public func commitRemoval(_ phone: PhoneNumber, _ agentID: String, fence: String?) throws(Problem) -> Row? {
        try refuseForeign(agentID, for: phone)
        let row = try row(agent: agentID)
        guard let claim = try claim(for: phone) else {
            if let live = try liveRow(for: phone) { throw live.agentID == agentID ? claimLost(phone) : belongsElsewhere(agentID, phone) }
            try refuseLeftovers(phone, agentID)
            return row
        }
        try check(claim, agentID, fence)
        if claim.kind == .provision {
            throw Problem(.notReady, "cannot commit the removal of \(redacted(phone)): it is being provisioned", hint: "claim it with --removal first")
        }
        try refuseUndone(claim, "commit the removal of")
        try deleteClaim(phone)
        try advanceGeneration()
        if let row, row.status != .cancelled { return try move(row, to: .cancelled) }
        return row
    }

    /// Ends a provision of which nothing is left. Twice is once.
    /// - Throws: `not-ready` (something is recorded as done), `committed`, `claim-lost`, `agent-belongs-elsewhere`, `unfinished` (a removal only goes forward).
    public func release(_ phone: PhoneNumber, _ agentID: String, fence: String?) throws(Problem) {
        try refuseForeign(agentID, for: phone)
        guard let claim = try claim(for: phone) else {
            if let row = try liveRow(for: phone) { throw row.agentID == agentID ? committed(phone) : belongsElsewhere(agentID, phone) }
            try refuseLeftovers(phone, agentID)
            return
        }
        try check(claim, agentID, fence)
        if claim.kind == .removal { throw unfinished(phone, "a removal cannot be released") }
        try refuseUndone(claim, "release")
        try deleteClaim(phone)
    }

    // MARK: parts

    private func check(_ claim: Claim, _ agentID: String, _ fence: String?) throws(Problem) {
        if claim.agentID != agentID { throw belongsElsewhere(agentID, claim.phone) }
        if !claim.isHeld(with: fence) { throw claimLost(claim.phone) }
    }

    /// Only when a quarter of the lease is gone, and only where something can be written: an early step costs no sync of its own.
    private func prolongWhenDue(_ claim: Claim) throws(Problem) -> Claim {
        guard isInWrite else { return claim }
        let moment = self.moment
        let left = claim.leaseEndBootMilliseconds - moment.bootMilliseconds
        if claim.bootID == moment.bootID, left >= claim.leaseMilliseconds / 4 * 3 { return claim }
        try prolong(claim, moment)
        return try self.claim(for: claim.phone) ?? claim
    }

    private func refuseUndone(_ claim: Claim, _ verb: String) throws(Problem) {
        var left = claim.done.map(\.rawValue)
        for entry in try openLedger(claim.phone, agent: claim.agentID) where !left.contains(entry.kind.rawValue) { left.append(entry.kind.rawValue) }
        if left.isEmpty { return }
        throw Problem(
            .notReady, "cannot \(verb) \(redacted(claim.phone)): still recorded as made: \(left.joined(separator: ", "))",
            hint: "run dcb-bind --undo and dcb-create-agent --undo first")
    }

    private func refuseLeftovers(_ phone: PhoneNumber, _ agentID: String) throws(Problem) {
        if try openLedger(phone, agent: agentID).isEmpty { return }
        throw unfinished(phone, "the ledger still holds something of it")
    }

    private func deleteClaim(_ phone: PhoneNumber) throws(Problem) {
        try database.run("DELETE FROM claims WHERE phone_number = ?", [.text(phone.e164)])
    }

    private func unfinished(_ phone: PhoneNumber, _ why: String) -> Problem {
        Problem(.unfinished, "\(redacted(phone)): \(why)", hint: "run dcb-onboard --undo, or let dcb-reconcile finish it")
    }

    private func committed(_ phone: PhoneNumber) -> Problem {
        Problem(.committed, "\(redacted(phone)) is committed: the user exists", hint: "to remove the user, use dcb-onboard --undo")
    }
}
