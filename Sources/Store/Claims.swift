import CommandKit
import Onboarding
import Platform

/// Beginning and taking over work on a phone.
extension Record {
    /// What a takeover is judged by.
    struct Moment {
        let bootMilliseconds = Clock.bootMilliseconds
        let bootID: String
    }

    var moment: Moment { Moment(bootID: bootID) }

    /// How long an owner that is alive keeps its claim after the lease.
    static let graceMilliseconds: Int64 = 300_000

    /// Begins work on a phone, or takes over what another left.
    /// - Parameters:
    ///   - agentID: a fresh one, used when a provision is new.
    ///   - owner: who is judged for a takeover; nil: only the lease counts.
    /// - Throws: `agent-belongs-elsewhere` when the fresh id is not fresh.
    public func takeClaim(
        _ phone: PhoneNumber, _ kind: Claim.Kind, agentID: AgentID, leaseMilliseconds: Int64, owner: ProcessIdentity?
    ) throws(Problem) -> ClaimOutcome {
        let moment = self.moment
        if let claim = try claim(for: phone) {
            // Who asks again has given up what it held: a stream meets what an earlier group of its own could not finish.
            let isOwn = owner != nil && claim.owner == owner && claim.bootID == moment.bootID
            if !isOwn, !canTakeOver(claim, moment) { return .busy(claim) }
            // A removal takes a provision over; it never goes back.
            let becomes = kind == .removal ? .removal : claim.kind
            let taken = try renew(claim, as: becomes, moment, leaseMilliseconds: leaseMilliseconds, owner: owner)
            if kind == .removal { return .removal(taken) }
            return becomes == .provision ? .resumed(taken) : .unfinishedRemoval(taken)
        }
        let row = try liveRow(for: phone)
        if kind == .provision {
            if let row { return .existing(row) }
        } else if let row {
            try refuseUnnameable(row)
            // An allow-list entry that is not in the ledger is an operator's own.
            let all = (Progress.made, Progress.made, try ledgerProgress(phone, row.agentID).allow)
            return .removal(try insertClaim(phone, row.agentID, .removal, all, moment, leaseMilliseconds: leaseMilliseconds, owner: owner))
        }
        // Left over under a cancelled row or under none.
        if let left = try openLedger(phone).first {
            let progress = try ledgerProgress(phone, left.agentID)
            let claim = try insertClaim(phone, left.agentID, .removal, progress, moment, leaseMilliseconds: leaseMilliseconds, owner: owner)
            return kind == .removal ? .removal(claim) : .unfinishedRemoval(claim)
        }
        if kind == .removal { return .absent }
        try refuseUsed(agentID)
        let none = (Progress.none, Progress.none, Progress.none)
        return .new(try insertClaim(phone, agentID.text, .provision, none, moment, leaseMilliseconds: leaseMilliseconds, owner: owner))
    }

    /// Opens the removal of a user that was cancelled: anyone may take it at once.
    func openRemoval(_ row: Row, _ phone: PhoneNumber) throws(Problem) {
        try refuseUnnameable(row)
        let moment = self.moment
        _ = try insertClaim(
            phone, row.agentID, .removal, try ledgerProgress(phone, row.agentID), moment, leaseMilliseconds: 0, owner: nil)
    }

    /// Records how far a claim's effects have come; nil leaves one as it is. Without a claim (a committed row is mended) there is nothing to record.
    public func setProgress(_ phone: PhoneNumber, agent: Progress? = nil, binding: Progress? = nil, allow: Progress? = nil) throws(Problem) {
        func value(_ p: Progress?) -> Value { .optional(p.map { Int64($0.rawValue) }) }
        try database.run(
            """
            UPDATE claims SET agent_progress = ifnull(?, agent_progress), binding_progress = ifnull(?, binding_progress),
                allow_progress = ifnull(?, allow_progress) WHERE phone_number = ?
            """, [value(agent), value(binding), value(allow), .text(phone.e164)])
    }

    /// Prolongs the lease of a claim: for a step that takes long.
    /// - Throws: `claim-lost`.
    public func renewLease(_ phone: PhoneNumber, fence: String) throws(Problem) {
        guard let claim = try claim(for: phone), claim.isHeld(with: fence) else { throw claimLost(phone) }
        try prolong(claim, moment)
    }

    /// Whether its holder has provably gone or has had its time.
    func canTakeOver(_ claim: Claim, _ moment: Moment) -> Bool {
        if claim.bootID != moment.bootID { return true }
        let past = moment.bootMilliseconds - claim.leaseEndBootMilliseconds
        switch claim.owner?.life ?? .unknown {
        case .dead: return true
        case .unknown: return past >= 0
        case .alive: return past >= Record.graceMilliseconds
        }
    }

    /// Lets a claim be taken over from now on by whoever asks next; its fence stays.
    /// - Throws: `claim-lost`.
    public func abandon(_ phone: PhoneNumber, fence: String) throws(Problem) {
        let changed = try database.run(
            "UPDATE claims SET lease_end_boot_ms = ?, owner_pid = NULL, owner_start = NULL, owner_ns = NULL WHERE phone_number = ? AND fence = ?",
            [.int(Clock.bootMilliseconds), .text(phone.e164), .text(fence)])
        if changed == 0 { throw claimLost(phone) }
    }

    func prolong(_ claim: Claim, _ moment: Moment) throws(Problem) {
        try database.run(
            "UPDATE claims SET lease_end_boot_ms = ?, boot_id = ? WHERE phone_number = ? AND fence = ?",
            [.int(moment.bootMilliseconds + claim.leaseMilliseconds), .text(moment.bootID), .text(claim.phone.e164), .text(claim.fence)])
    }

    // MARK: parts

    private func renew(
        _ claim: Claim, as kind: Claim.Kind, _ moment: Moment, leaseMilliseconds: Int64, owner: ProcessIdentity?
    ) throws(Problem) -> Claim {
        try database.run(
            """
            UPDATE claims SET kind = ?, fence = ?, lease_end_boot_ms = ?, lease_ms = ?, boot_id = ?, owner_pid = ?, owner_start = ?, owner_ns = ?
            WHERE phone_number = ?
            """,
            [
                .text(kind.rawValue), .text(try newFence()), .int(moment.bootMilliseconds + leaseMilliseconds), .int(leaseMilliseconds),
                .text(moment.bootID), .optional(owner.map { Int64($0.pid) }), .optional(owner.map { Int64(bitPattern: $0.startTicks) }),
                .optional(owner?.namespace), .text(claim.phone.e164),
            ])
        return try claimThatIsThere(claim.phone)
    }

    private func insertClaim(
        _ phone: PhoneNumber, _ agentID: String, _ kind: Claim.Kind, _ progress: (agent: Progress, binding: Progress, allow: Progress), _ moment: Moment,
        leaseMilliseconds: Int64, owner: ProcessIdentity?
    ) throws(Problem) -> Claim {
        try database.run(
            """
            INSERT INTO claims (phone_number, agent_id, kind, fence, agent_progress, binding_progress, allow_progress, lease_end_boot_ms, lease_ms,
                boot_id, owner_pid, owner_start, owner_ns, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(phone.e164), .text(agentID), .text(kind.rawValue), .text(try newFence()), .int(Int64(progress.agent.rawValue)),
                .int(Int64(progress.binding.rawValue)), .int(Int64(progress.allow.rawValue)), .int(moment.bootMilliseconds + leaseMilliseconds),
                .int(leaseMilliseconds), .text(moment.bootID), .optional(owner.map { Int64($0.pid) }),
                .optional(owner.map { Int64(bitPattern: $0.startTicks) }), .optional(owner?.namespace), time(now),
            ])
        return try claimThatIsThere(phone)
    }

    private func claimThatIsThere(_ phone: PhoneNumber) throws(Problem) -> Claim {
        guard let claim = try claim(for: phone) else { throw Problem(.internalError, "a claim that was just made is gone") }
        return claim
    }

    private func newFence() throws(Problem) -> String {
        do { return try Random.hex(bytes: 8) } catch { throw Problem(error) }
    }

    private func ledgerProgress(_ phone: PhoneNumber, _ agentID: String) throws(Problem) -> (agent: Progress, binding: Progress, allow: Progress) {
        let kinds = Set(try openLedger(phone, agent: agentID).map(\.kind))
        func made(_ kind: EntryKind) -> Progress { kinds.contains(kind) ? .made : .none }
        return (made(.agent), made(.binding), made(.allow))
    }

    /// An older record may bind a phone to an agent of any name, `main` too: no step can be told to remove that, so its removal is not begun.
    private func refuseUnnameable(_ row: Row) throws(Problem) {
        if row.isNameable { return }
        throw Problem(
            .invalidMember,
            "agent '\(row.agentID.prefix(64))' of \(Redaction.phone(row.phone)) is not user_ and letters, digits, _ or -: no agent that dcb may remove",
            hint: "take that agent and its bindings out of openclaw.json by hand, then run dcb-onboard --undo for the phone")
    }

    /// Cancels the row of such an agent, which the caller has seen to be gone; nothing else is left to remove.
    public func cancelUnnameable(_ row: Row, _ phone: PhoneNumber) throws(Problem) {
        for entry in try openLedger(phone, agent: row.agentID) { try closeLedger(entry.kind, agent: row.agentID, phone: phone) }
        try advanceGeneration()
        _ = try move(row, to: .cancelled)
    }

    /// A fresh agent id must be nobody's: not even a removed one of the same phone.
    private func refuseUsed(_ agentID: AgentID) throws(Problem) {
        let used = try database.exists(
            """
            SELECT 1 FROM onboarding_states WHERE agent_id = ?1 UNION ALL SELECT 1 FROM claims WHERE agent_id = ?1
            UNION ALL SELECT 1 FROM ledger WHERE agent_id = ?1 AND removed_at IS NULL LIMIT 1
            """, [.text(agentID.text)])
        if used { throw Problem(.agentBelongsElsewhere, "agent '\(agentID.text)' is not a fresh one") }
    }

    func claimLost(_ phone: PhoneNumber) -> Problem {
        Problem(.claimLost, "the claim on \(redacted(phone)) is not held with this fence", hint: "claim it again")
    }

    func busy(_ claim: Claim) -> Problem {
        Problem(.busy, "a \(claim.kind.rawValue) of \(redacted(claim.phone)) is under way")
    }
}
