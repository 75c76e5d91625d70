import CommandKit
import Onboarding

extension Record {
    /// Purges a phone whose removal is finished: name, e-mail and language go, and the number becomes `erased:<keyed hash>` in rows, transitions and ledger.
    ///
    /// After the commit the write-ahead log is emptied, so that old copies are gone from it too.
    /// - Returns: how many rows were erased.
    /// - Throws: `busy` while there is a claim; `not-ready` while the phone has a row that is not cancelled or something in the ledger.
    @discardableResult
    public func erase(_ phone: PhoneNumber, key: [UInt8]) throws(Problem) -> Int {
        if let claim = try claim(for: phone) { throw busy(claim) }
        let leftovers = try openLedger(phone)
        if try liveRow(for: phone) != nil || !leftovers.isEmpty {
            throw Problem(.notReady, "cannot erase \(redacted(phone)): it is not removed", hint: "run dcb-onboard --undo --purge")
        }
        let name = KeyedHash.erased(phone, key: key)
        hasErased = true
        try database.run("UPDATE state_transitions SET phone_number = ? WHERE state_id IS NULL AND phone_number = ?", [.text(name), .text(phone.e164)])
        try database.run(
            "UPDATE state_transitions SET phone_number = ? WHERE state_id IN (SELECT id FROM onboarding_states WHERE phone_number = ?)",
            [.text(name), .text(phone.e164)])
        try database.run("UPDATE ledger SET phone_number = ? WHERE phone_number = ?", [.text(name), .text(phone.e164)])
        return try database.run(
            """
            UPDATE onboarding_states SET phone_number = ?, name = NULL, email = NULL, language = NULL, updated_at = ? WHERE phone_number = ?
            """, [.text(name), time(now), .text(phone.e164)])
    }
}
