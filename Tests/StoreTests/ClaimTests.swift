import CommandKit
import Onboarding
import Platform
import Testing

@testable import Store

@Suite struct ClaimTests {
    private let someoneElse = ProcessIdentity(pid: 4_000_000, startTicks: 1, namespace: "pid:[1]")

    /// A process that has ended: its number may be given again, its start time not.
    private func dead() throws -> ProcessIdentity {
        let own = ProcessIdentity.current
        return ProcessIdentity(pid: own.pid, startTicks: own.startTicks &+ 1, namespace: own.namespace)
    }

    @Test func newAndBusyAndExisting() throws {
        let f = try Fixture()
        let record = try f.open()
        let claim = try record.takeNew(1)
        #expect(claim.kind == .provision && claim.done == [] && claim.agentID == agent(1).text)
        #expect(claim.fence.count == 16 && claim.fence.allSatisfy { $0.isHexDigit && !$0.isUppercase })
        #expect((58...60).contains(claim.leaseSeconds()))
        #expect(claim.createdAt == f.now)
        #expect(try record.take(1, agent: 2) == .busy(claim))
        #expect(try record.take(1, .removal) == .busy(claim))
        // Another phone is another matter, but never with the same agent.
        #expect(kind { _ = try record.take(2, agent: 1) } == .agentBelongsElsewhere)
        _ = try record.take(2)
        let row = try record.provision(3)
        #expect(try record.take(3, agent: 4) == .existing(row))
        #expect(kind { _ = try record.take(4, agent: 3) } == .agentBelongsElsewhere)
    }

    @Test func takeoverWhenTheOwnerIsDead() throws {
        let f = try Fixture()
        let record = try f.open()
        let first = try record.takeNew(1, owner: try dead())
        try record.write { r throws(Problem) in try r.setProgress(phone(1), agent: .made, binding: .intended) }
        guard case .resumed(let second) = try record.take(1, agent: 2, lease: 30_000, owner: .current) else { throw Problem(.internalError, "not resumed") }
        #expect(second.agentID == first.agentID && second.fence != first.fence)
        #expect(second.agent == .made && second.binding == .intended && second.allow == .none)
        #expect(second.owner == .current && second.leaseMilliseconds == 30_000)
    }

    @Test func ownerThatLives() throws {
        let f = try Fixture()
        let record = try f.open()
        _ = try record.takeNew(1, owner: .current)
        for ago in [Int64(1), 299] {
            try record.expire(1, secondsAgo: ago)
            guard case .busy = try record.take(1) else { throw Problem(.internalError, "not busy \(ago)") }
        }
        try record.expire(1, secondsAgo: 300)
        guard case .resumed = try record.take(1) else { throw Problem(.internalError, "not resumed") }
    }

    @Test func ownerThatIsAChild() throws {
        let f = try Fixture()
        let record = try f.open()
        // The child lives while its input is open; its identity is what it says of itself.
        let child = ChildProcess("/bin/sh", ["-c", "cut -d ' ' -f 1,22 /proc/self/stat; exit 0"], environment: ["PATH": "/usr/bin:/bin"])
        let said = String(decoding: try child.run(input: [], deadline: Deadline(in: 10_000)).output, as: UTF8.self).split(whereSeparator: {
            $0 == " " || $0 == "\n"
        })
        let owner = ProcessIdentity(pid: try #require(Int32(said[0])), startTicks: try #require(UInt64(said[1])), namespace: ProcessIdentity.ownNamespace)
        _ = try record.takeNew(1, owner: owner)
        guard case .resumed = try record.take(1) else { throw Problem(.internalError, "a child that has ended still owns") }
    }

    @Test(arguments: [true, false]) func ownerThatCannotBeJudged(_ given: Bool) throws {
        let f = try Fixture()
        let record = try f.open()
        _ = try record.takeNew(1, owner: given ? someoneElse : nil)
        guard case .busy = try record.take(1) else { throw Problem(.internalError, "not busy") }
        try record.expire(1, secondsAgo: 0)
        guard case .resumed = try record.take(1) else { throw Problem(.internalError, "not resumed") }
    }

    @Test func anotherBoot() throws {
        let f = try Fixture()
        let record = try f.open()
        let first = try record.takeNew(1, owner: .current)
        try record.database.run("UPDATE claims SET boot_id = 'another', lease_end_boot_ms = ?", [.int(.max)])
        #expect(try record.claim(for: phone(1))?.leaseSeconds() == 0)
        guard case .resumed(let second) = try record.take(1) else { throw Problem(.internalError, "not resumed") }
        #expect(second.bootID == first.bootID)
    }

    @Test func removalOfACommittedUser() throws {
        let f = try Fixture()
        let record = try f.open()
        let row = try record.provision(1)
        guard case .removal(let claim) = try record.take(1, .removal, agent: 2) else { throw Problem(.internalError, "no removal") }
        #expect(claim.agentID == row.agentID && claim.kind == .removal && claim.done == EntryKind.allCases)
        #expect(try record.take(1, .removal) == .busy(claim))
        #expect(try record.take(1, .provision) == .busy(claim))
        try record.expire(1)
        guard case .unfinishedRemoval(let taken) = try record.take(1, .provision, agent: 2) else { throw Problem(.internalError, "no unfinished removal") }
        #expect(taken.fence != claim.fence && taken.kind == .removal && taken.agentID == row.agentID)
        try record.expire(1)
        guard case .removal(let again) = try record.take(1, .removal) else { throw Problem(.internalError, "no removal") }
        #expect(again.fence != taken.fence)
    }

    @Test func removalTakesAProvisionOver() throws {
        let f = try Fixture()
        let record = try f.open()
        let claim = try record.takeNew(1)
        try record.write { r throws(Problem) in try r.makeAll(1, claim.agentID) }
        try record.expire(1)
        guard case .removal(let removal) = try record.take(1, .removal) else { throw Problem(.internalError, "no removal") }
        #expect(removal.agentID == claim.agentID && removal.done == EntryKind.allCases && removal.fence != claim.fence)
        try record.write { r throws(Problem) in
            try r.undoAll(1, claim.agentID)
            _ = try r.commitRemoval(phone(1), claim.agentID, fence: removal.fence)
        }
        #expect(try record.row(for: phone(1)) == nil)
        #expect(try record.claim(for: phone(1)) == nil)
        #expect(try record.take(1, .removal) == .absent)
        #expect(try record.check(quick: false) == [])
    }

    @Test func nothingToRemove() throws {
        let f = try Fixture()
        let record = try f.open()
        #expect(try record.take(1, .removal) == .absent)
        #expect(try record.claim(for: phone(1)) == nil)
    }

    @Test func leftoversUnderACancelledRow() throws {
        let f = try Fixture()
        let record = try f.open()
        let row = try record.provision(1)
        try record.database.run("UPDATE onboarding_states SET status = 'cancelled'")
        try record.write { r throws(Problem) in _ = try r.closeLedger(.agent, agent: row.agentID, phone: phone(1)) }
        guard case .unfinishedRemoval(let claim) = try record.take(1, .provision, agent: 2) else { throw Problem(.internalError, "no unfinished removal") }
        #expect(claim.agentID == row.agentID && claim.kind == .removal && claim.done == [.binding, .allow])
        try record.database.run("DELETE FROM claims")
        guard case .removal(let other) = try record.take(1, .removal) else { throw Problem(.internalError, "no removal") }
        #expect(other.done == [.binding, .allow])
        try record.write { r throws(Problem) in
            try r.undoAll(1, row.agentID)
            #expect(try r.commitRemoval(phone(1), row.agentID, fence: other.fence)?.status == .cancelled)
        }
        // Then the phone may come back, with another agent.
        #expect(try record.provision(1, as: 2).agentID == agent(2).text)
        #expect(try record.row(for: phone(1))?.agentID == agent(2).text)
    }

    @Test func renewAndAbandon() throws {
        let f = try Fixture()
        let record = try f.open()
        let claim = try record.takeNew(1, owner: .current)
        try record.expire(1)
        try record.write { r throws(Problem) in try r.renewLease(phone(1), fence: claim.fence) }
        #expect(try (record.claim(for: phone(1))?.leaseSeconds() ?? 0) > 50)
        #expect(kind { try record.write { r throws(Problem) in try r.renewLease(phone(1), fence: "0") } } == .claimLost)
        #expect(kind { try record.write { r throws(Problem) in try r.abandon(phone(1), fence: "0") } } == .claimLost)
        try record.write { r throws(Problem) in try r.abandon(phone(1), fence: claim.fence) }
        guard case .resumed = try record.take(1) else { throw Problem(.internalError, "not resumed") }
    }

    @Test func claimsAreListed() throws {
        let f = try Fixture()
        let record = try f.open()
        try record.write { r throws(Problem) in
            for n in (1...600).reversed() { _ = try r.takeClaim(phone(n), .provision, agentID: agent(n), leaseMilliseconds: 1, owner: .current) }
        }
        var seen: [String] = []
        try record.claims { seen.append($0.phone.e164) }
        #expect(seen == (1...600).map { phone($0).e164 })
    }
}
