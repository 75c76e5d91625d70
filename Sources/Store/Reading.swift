import CommandKit
import Onboarding
import Platform

/// Columns as values of the domain. What does not fit is damage: the tables' checks and our own writes leave no other way.
extension Statement {
    func time(_ column: Int32) throws(Problem) -> Timestamp {
        guard let time = Timestamp(rfc3339: text(column)) else { throw damaged("a time") }
        return time
    }

    func timeIfPresent(_ column: Int32) throws(Problem) -> Timestamp? { isNull(column) ? nil : try time(column) }

    func row() throws(Problem) -> Row {
        guard let status = Status(rawValue: text(3)) else { throw damaged("the status of row \(int(0))") }
        return Row(
            id: int(0), phone: text(1), agentID: text(2), status: status, name: textIfPresent(4), email: textIfPresent(5),
            language: textIfPresent(6), createdAt: try time(7), updatedAt: try time(8), expiresAt: try timeIfPresent(9),
            appliedAt: try timeIfPresent(10), oauthState: textIfPresent(11), oauthCheckedAt: try timeIfPresent(12))
    }

    func claim() throws(Problem) -> Claim {
        guard let phone = PhoneNumber(e164: text(0)), let kind = Claim.Kind(rawValue: text(2)), let agent = Progress(rawValue: Int(int(4))),
            let binding = Progress(rawValue: Int(int(5))), let allow = Progress(rawValue: Int(int(6)))
        else { throw damaged("a claim") }
        var owner: ProcessIdentity?
        if let pid = intIfPresent(10) {
            owner = ProcessIdentity(pid: Int32(clamping: pid), startTicks: UInt64(bitPattern: int(11)), namespace: text(12))
        }
        return Claim(
            phone: phone, agentID: text(1), kind: kind, fence: text(3), agent: agent, binding: binding, allow: allow,
            leaseEndBootMilliseconds: sane(7), leaseMilliseconds: sane(8), bootID: text(9), owner: owner, createdAt: try time(13))
    }

    /// Far beyond any clock is far enough, and sums stay in 64 bits.
    private func sane(_ column: Int32) -> Int64 { min(max(int(column), -1 << 60), 1 << 60) }

    func ledgerEntry() throws(Problem) -> LedgerEntry {
        guard let kind = EntryKind(rawValue: text(1)), let how = LedgerEntry.How(rawValue: text(6)) else { throw damaged("entry \(int(0)) of the ledger") }
        return LedgerEntry(
            id: int(0), kind: kind, agentID: text(2), phone: text(3), madeAt: try time(4), removedAt: try timeIfPresent(5), how: how)
    }

    private func damaged(_ what: String) -> Problem {
        Problem(.recordDamaged, "cannot understand \(what) in the record", hint: "see what dcb-state check finds, and restore with dcb-backup")
    }
}

/// The column lists that the readers above count on.
enum Columns {
    static let row = "id, phone_number, agent_id, status, name, email, language, created_at, updated_at, expires_at, applied_at, oauth_state, oauth_checked_at"
    static let claim =
        "phone_number, agent_id, kind, fence, agent_progress, binding_progress, allow_progress, lease_end_boot_ms, lease_ms, boot_id, owner_pid, owner_start, owner_ns, created_at"
    static let ledger = "id, kind, agent_id, phone_number, made_at, removed_at, how"
}

func time(_ timestamp: Timestamp) -> Value { .text(timestamp.description) }
func redacted(_ phone: PhoneNumber) -> String { Redaction.phone(phone.e164) }
