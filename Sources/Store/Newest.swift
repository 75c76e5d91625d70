import CommandKit
import Onboarding
import Platform

/// What dcb-reconcile asks and does beyond single rows.
extension Record {
    /// The newest time that any row or transition bears; nil when there is none.
    public func newestTime() throws(Problem) -> Timestamp? {
        let texts = try database.all(
            "SELECT max(updated_at) FROM onboarding_states UNION ALL SELECT transitioned_at FROM (SELECT transitioned_at FROM state_transitions ORDER BY id DESC LIMIT 1)"
        ) { s in s.textIfPresent(0) }
        return texts.compactMap { $0.flatMap { Timestamp(rfc3339: $0) } }.max()
    }

    /// Whether it holds nothing at all: no row, no claim, nothing in the ledger.
    public func isEmpty() throws(Problem) -> Bool {
        try !database.exists("SELECT 1 FROM onboarding_states UNION ALL SELECT 1 FROM claims UNION ALL SELECT 1 FROM ledger LIMIT 1")
    }

    /// Takes a restored older record for the true one from now on: its generation goes beyond the state folder's.
    public func acceptAsNewest() throws(Problem) {
        let known = knownGeneration ?? 0
        try database.run("UPDATE meta SET value = max(value, ?) WHERE key = 'generation'", [.int(known)])
        try advanceGeneration()
    }

    /// Gives back a removal that was opened and of which nothing has been done: the row stays as it is.
    public func withdrawRemoval(_ phone: PhoneNumber, fence: String) throws(Problem) {
        try database.run("DELETE FROM claims WHERE phone_number = ? AND fence = ? AND kind = 'removal'", [.text(phone.e164), .text(fence)])
    }
}
