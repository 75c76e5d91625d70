import CommandKit
import Onboarding

/// What the steps ask beyond single rows.
extension Record {
    /// Every agent that the phone has or ever had, oldest first.
    public func agents(everOf phone: PhoneNumber) throws(Problem) -> [String] {
        try database.all(
            """
            SELECT agent_id FROM (SELECT agent_id, min(created_at) AS since FROM onboarding_states WHERE phone_number = ?1 GROUP BY agent_id
            UNION SELECT agent_id, min(made_at) FROM ledger WHERE phone_number = ?1 GROUP BY agent_id) GROUP BY agent_id ORDER BY min(since)
            """, [.text(phone.e164)]
        ) { s in s.text(0) }
    }

    /// Whether a claim's holder has provably gone or has had its time.
    public func mayTakeOver(_ claim: Claim) -> Bool { canTakeOver(claim, moment) }
}
