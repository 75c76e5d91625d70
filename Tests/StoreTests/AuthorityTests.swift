import CommandKit
import Onboarding
import Platform
import Testing

@testable import Store

@Suite struct AuthorityTests {
    private func judge(_ record: Record, _ n: Int, _ id: Int, _ fence: String?, undo: Bool) throws -> Authority {
        try record.write { r throws(Problem) in try r.authorise(phone(n), agent(id).text, fence: fence, undo: undo) }
    }

    @Test(arguments: [true, false]) func underAProvision(undo: Bool) throws {
        let f = try Fixture()
        let record = try f.open()
        let claim = try record.takeNew(1)
        #expect(try judge(record, 1, 1, claim.fence, undo: undo) == .claim(claim))
        #expect(kind { _ = try judge(record, 1, 1, nil, undo: undo) } == .claimLost)
        #expect(kind { _ = try judge(record, 1, 1, "0000000000000000", undo: undo) } == .claimLost)
        // The agent of the document must be the claim's, right fence or none.
        #expect(kind { _ = try judge(record, 1, 2, claim.fence, undo: undo) } == .agentBelongsElsewhere)
        #expect(kind { _ = try judge(record, 1, 2, nil, undo: undo) } == .agentBelongsElsewhere)
        #expect(kind { _ = try judge(record, 2, 1, claim.fence, undo: undo) } == .agentBelongsElsewhere)
    }

    @Test func underARemoval() throws {
        let f = try Fixture()
        let record = try f.open()
        try record.provision(1)
        guard case .removal(let claim) = try record.take(1, .removal) else { throw Problem(.internalError, "no removal") }
        #expect(try judge(record, 1, 1, claim.fence, undo: true) == .claim(claim))
        #expect(kind { _ = try judge(record, 1, 1, claim.fence, undo: false) } == .unfinished)
        #expect(kind { _ = try judge(record, 1, 1, nil, undo: false) } == .claimLost)
        #expect(kind { _ = try judge(record, 1, 1, nil, undo: true) } == .claimLost)
    }

    @Test func underTheRow() throws {
        let f = try Fixture()
        let record = try f.open()
        let row = try record.provision(1)
        #expect(try judge(record, 1, 1, nil, undo: false) == .row(row))
        #expect(try judge(record, 1, 1, "old", undo: false) == .row(row))
        #expect(kind { _ = try judge(record, 1, 1, nil, undo: true) } == .committed)
        #expect(kind { _ = try judge(record, 1, 2, nil, undo: true) } == .agentBelongsElsewhere)
        #expect(kind { _ = try judge(record, 1, 2, nil, undo: false) } == .agentBelongsElsewhere)
        #expect(kind { _ = try judge(record, 2, 1, nil, undo: false) } == .agentBelongsElsewhere)
        #expect(kind { _ = try judge(record, 2, 1, nil, undo: true) } == .agentBelongsElsewhere)
    }

    @Test func underNothing() throws {
        let f = try Fixture()
        let record = try f.open()
        #expect(try judge(record, 1, 1, nil, undo: true) == .nothing)
        #expect(kind { _ = try judge(record, 1, 1, nil, undo: false) } == .claimLost)
        try record.write { r throws(Problem) in _ = try r.enterLedger(.agent, agent: agent(1).text, phone: phone(1)) }
        #expect(kind { _ = try judge(record, 1, 1, nil, undo: true) } == .unfinished)
        // What the ledger still holds of an agent is that phone's.
        #expect(kind { _ = try judge(record, 2, 1, nil, undo: true) } == .agentBelongsElsewhere)
        try record.write { r throws(Problem) in _ = try r.closeLedger(.agent, agent: agent(1).text, phone: phone(1)) }
        #expect(try judge(record, 1, 1, nil, undo: true) == .nothing)
    }

    @Test func underACancelledRow() throws {
        let f = try Fixture()
        let record = try f.open()
        try record.remove(1)
        #expect(try judge(record, 1, 1, nil, undo: true) == .nothing)
        #expect(kind { _ = try judge(record, 1, 1, nil, undo: false) } == .claimLost)
        #expect(kind { _ = try judge(record, 2, 1, nil, undo: true) } == .agentBelongsElsewhere)
    }

    @Test func leaseIsProlonged() throws {
        let f = try Fixture()
        let record = try f.open()
        let claim = try record.takeNew(1, lease: 100_000)
        #expect(try judge(record, 1, 1, claim.fence, undo: false) == .claim(claim))
        try record.database.run("UPDATE claims SET lease_end_boot_ms = lease_end_boot_ms - 30000")
        // Outside a transaction nothing is written.
        #expect(try record.authorise(phone(1), agent(1).text, fence: claim.fence, undo: false) == .claim(try #require(try record.claim(for: phone(1)))))
        #expect(try (record.claim(for: phone(1))?.leaseSeconds() ?? 0) < 75)
        guard case .claim(let renewed) = try judge(record, 1, 1, claim.fence, undo: false) else { throw Problem(.internalError, "no claim") }
        #expect(renewed.leaseSeconds() > 95 && renewed.fence == claim.fence)
    }

    @Test func formerOwnerCanDoNothing() throws {
        let f = try Fixture()
        let record = try f.open()
        let claim = try record.takeNew(1)
        try record.expire(1)
        _ = try record.take(1)
        for undo in [true, false] { #expect(kind { _ = try judge(record, 1, 1, claim.fence, undo: undo) } == .claimLost) }
        #expect(kind { try record.write { r throws(Problem) in try r.release(phone(1), agent(1).text, fence: claim.fence) } } == .claimLost)
        #expect(kind { try record.commit(1, claim.fence) } == .claimLost)
    }

    // MARK: commit

    @Test func commit() throws {
        let f = try Fixture()
        let record = try f.open()
        let claim = try record.takeNew(1)
        #expect(kind { try record.commit(1, claim.fence) } == .notReady)
        try record.write { r throws(Problem) in try r.setProgress(phone(1), agent: .made, binding: .intended) }
        #expect(kind { try record.commit(1, claim.fence) } == .notReady)
        try record.write { r throws(Problem) in try r.makeAll(1, claim.agentID) }
        #expect(kind { try record.commit(1, nil) } == .claimLost)
        #expect(kind { try record.commit(1, "0") } == .claimLost)
        #expect(kind { try record.commit(1, claim.fence, as: 2) } == .agentBelongsElsewhere)
        #expect(try record.generation() == 0)
        let row = try record.commit(1, claim.fence)
        #expect(row.status == .new && row.name == "Ana" && row.language == "es" && row.agentID == claim.agentID)
        #expect(row.createdAt == f.now && row.updatedAt == f.now)
        #expect(row.expiresAt == f.now.adding(milliseconds: 24 * 3_600_000))
        #expect(try record.claim(for: phone(1)) == nil)
        #expect(try record.generation() == 1)
        var moves: [String] = []
        _ = try record.history(phone(1)) { moves.append("\($0.from ?? "-") \($0.to)") }
        #expect(moves == ["- new"])
        // Twice is once.
        #expect(try record.commit(1, claim.fence) == row)
        #expect(try record.commit(1, nil) == row)
        #expect(try record.generation() == 1)
        #expect(kind { try record.commit(1, nil, as: 2) } == .agentBelongsElsewhere)
        #expect(kind { try record.commit(2, nil) } == .claimLost)
        #expect(try record.check(quick: false) == [])
    }

    @Test func commitOfARemoval() throws {
        let f = try Fixture()
        let record = try f.open()
        try record.provision(1)
        #expect(kind { try record.commitRemoval(1, nil) } == .claimLost)
        guard case .removal(let claim) = try record.take(1, .removal) else { throw Problem(.internalError, "no removal") }
        #expect(kind { try record.commit(1, claim.fence) } == .unfinished)
        #expect(kind { try record.commitRemoval(1, claim.fence) } == .notReady)
        // The ledger alone is reason enough, and so is the claim.
        try record.write { r throws(Problem) in try r.setProgress(phone(1), agent: Progress.none, binding: Progress.none, allow: Progress.none) }
        #expect(kind { try record.commitRemoval(1, claim.fence) } == .notReady)
        try record.write { r throws(Problem) in
            try r.undoAll(1, claim.agentID)
            try r.setProgress(phone(1), allow: .intended)
        }
        #expect(kind { try record.commitRemoval(1, claim.fence) } == .notReady)
        try record.write { r throws(Problem) in try r.undoAll(1, claim.agentID) }
        #expect(kind { try record.commitRemoval(1, "0") } == .claimLost)
        let row = try #require(try record.commitRemoval(1, claim.fence))
        #expect(row.status == .cancelled && row.expiresAt == nil)
        #expect(try record.generation() == 2)
        #expect(try record.commitRemoval(1, claim.fence) == row)
        #expect(try record.commitRemoval(2, nil) == nil)
        #expect(try record.generation() == 2)
        #expect(try record.check(quick: false) == [])
    }

    @Test func commitOfARemovalNeedsARemoval() throws {
        let f = try Fixture()
        let record = try f.open()
        let claim = try record.takeNew(1)
        #expect(kind { try record.commitRemoval(1, claim.fence) } == .notReady)
    }

    // MARK: release

    @Test func release() throws {
        let f = try Fixture()
        let record = try f.open()
        func release(_ n: Int, _ fence: String?, as id: Int? = nil) throws {
            try record.write { r throws(Problem) in try r.release(phone(n), agent(id ?? n).text, fence: fence) }
        }
        let claim = try record.takeNew(1)
        #expect(kind { try release(1, nil) } == .claimLost)
        #expect(kind { try release(1, claim.fence, as: 2) } == .agentBelongsElsewhere)
        try record.write { r throws(Problem) in try r.setProgress(phone(1), agent: .intended) }
        #expect(kind { try release(1, claim.fence) } == .notReady)
        try record.write { r throws(Problem) in
            try r.setProgress(phone(1), agent: Progress.none)
            try r.enterLedger(.binding, agent: claim.agentID, phone: phone(1))
        }
        #expect(kind { try release(1, claim.fence) } == .notReady)
        try record.write { r throws(Problem) in try r.undoAll(1, claim.agentID) }
        #expect(kind { try release(1, claim.fence) } == nil)
        #expect(try record.claim(for: phone(1)) == nil)
        #expect(kind { try release(1, claim.fence) } == nil)
        #expect(try record.row(for: phone(1)) == nil)
        try record.provision(2)
        #expect(kind { try release(2, nil) } == .committed)
        #expect(kind { try release(2, nil, as: 3) } == .agentBelongsElsewhere)
        guard case .removal(let removal) = try record.take(2, .removal) else { throw Problem(.internalError, "no removal") }
        #expect(kind { try release(2, removal.fence) } == .unfinished)
        #expect(kind { try release(2, nil) } == .claimLost)
    }

    @Test func phonesAreNeverTold() throws {
        let f = try Fixture()
        let record = try f.open()
        try record.provision(1)
        for undo in [true, false] {
            let problem = problem { _ = try judge(record, 1, 2, nil, undo: undo) }
            #expect(problem?.detail.contains(phone(1).e164) == false)
            #expect(problem?.detail.contains("0001") == true)
        }
    }
}
