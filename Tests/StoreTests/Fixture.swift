import CommandKit
import Onboarding
import Platform
import Testing

@testable import Store

/// An empty state folder with a record, gone when the test ends.
final class Fixture {
    let folder: String
    var path: String { Path.join(folder, "onboarding.db") }
    var generationFile: String { Path.join(folder, ".dcb/generation") }
    let now: Timestamp

    init(now: String = "2026-02-01T03:00:00Z") throws {
        folder = "/tmp/dcb-store-\(try Random.hex(bytes: 8))"
        self.now = try #require(Timestamp(rfc3339: now))
        try Files.makeDirectory(folder)
    }

    deinit { try? Files.removeTree(folder) }

    func open(_ mode: Record.Mode = .create, at time: Timestamp? = nil) throws -> Record {
        try #require(try Record.open(path, generationFile: generationFile, clock: Clock(now: time ?? now), mode: mode))
    }

    /// Makes an older record with the sqlite3 shell's library: plain SQL, no configuration of ours.
    func older(_ sql: String) throws {
        try Files.create(path, [], mode: 0o600)
        let database = try #require(try Database.open(path, readOnly: false))
        try database.script(sql)
    }

    func raw() throws -> Database { try #require(try Database.open(path, readOnly: false)) }
}

func phone(_ n: Int = 1) -> PhoneNumber {
    let digits = String(n)
    // A number that is none is a fault of the test itself.
    return PhoneNumber(e164: "+1555" + String(repeating: "0", count: 7 - digits.count) + digits) ?? phone(1)
}

func agent(_ n: Int) -> AgentID { AgentID("user_" + String(repeating: "0", count: 16 - String(n).count) + String(n)) ?? agent(1) }

/// The problem that `body` ends with; nil: none.
func problem(_ body: () throws -> Void) -> Problem? {
    do { try body() } catch { return error as? Problem ?? Problem(.internalError, "\(error)") }
    return nil
}

func kind(_ body: () throws -> Void) -> Problem.Kind? { problem(body)?.kind }

extension Record {
    /// Claims, makes and commits a user.
    @discardableResult
    func provision(_ n: Int, as id: Int? = nil, name: String? = nil, email: String? = nil) throws -> Row {
        try write { record throws(Problem) in
            guard case .new(let claim) = try record.takeClaim(phone(n), .provision, agentID: agent(id ?? n), leaseMilliseconds: 60_000, owner: nil) else {
                throw Problem(.internalError, "not new")
            }
            try record.makeAll(n, claim.agentID)
            return try record.commitProvision(phone(n), claim.agentID, fence: claim.fence, name: name, email: email, language: "en")
        }
    }

    /// Provisions and removes a user.
    func remove(_ n: Int, as id: Int? = nil, name: String? = nil) throws {
        try provision(n, as: id, name: name)
        try write { r throws(Problem) in
            guard case .removal(let claim) = try r.takeClaim(phone(n), .removal, agentID: agent(n), leaseMilliseconds: 1000, owner: nil) else {
                throw Problem(.internalError, "no removal")
            }
            try r.undoAll(n, claim.agentID)
            _ = try r.commitRemoval(phone(n), claim.agentID, fence: claim.fence)
        }
    }

    @discardableResult
    func commit(_ n: Int, _ fence: String?, as id: Int? = nil) throws -> Row {
        try write { r throws(Problem) in
            try r.commitProvision(phone(n), agent(id ?? n).text, fence: fence, name: "Ana", email: nil, language: "es")
        }
    }

    @discardableResult
    func commitRemoval(_ n: Int, _ fence: String?) throws -> Row? {
        try write { r throws(Problem) in try r.commitRemoval(phone(n), agent(n).text, fence: fence) }
    }

    func makeAll(_ n: Int, _ agentID: String) throws(Problem) {
        for kind in EntryKind.allCases { try enterLedger(kind, agent: agentID, phone: phone(n)) }
        try setProgress(phone(n), agent: .made, binding: .made, allow: .made)
    }

    func undoAll(_ n: Int, _ agentID: String) throws(Problem) {
        for kind in EntryKind.allCases { try closeLedger(kind, agent: agentID, phone: phone(n)) }
        try setProgress(phone(n), agent: Progress.none, binding: Progress.none, allow: Progress.none)
    }

    func take(_ n: Int, _ kind: Claim.Kind = .provision, agent id: Int? = nil, lease: Int64 = 60_000, owner: ProcessIdentity? = nil) throws -> ClaimOutcome {
        try write { record throws(Problem) in
            try record.takeClaim(phone(n), kind, agentID: agent(id ?? n), leaseMilliseconds: lease, owner: owner)
        }
    }

    func takeNew(_ n: Int, lease: Int64 = 60_000, owner: ProcessIdentity? = nil) throws -> Claim {
        guard case .new(let claim) = try take(n, lease: lease, owner: owner) else { throw Problem(.internalError, "not new") }
        return claim
    }

    /// Turns a claim into one whose lease ended some seconds ago.
    func expire(_ n: Int, secondsAgo: Int64 = 1) throws {
        try database.run(
            "UPDATE claims SET lease_end_boot_ms = ? WHERE phone_number = ?", [.int(Clock.bootMilliseconds - secondsAgo * 1000), .text(phone(n).e164)])
    }
}
