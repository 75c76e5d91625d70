import CommandKit
import Onboarding
import Platform
import Testing

@testable import Store

@Suite struct RowTests {
    private func update(
        _ record: Record, _ n: Int = 1, _ status: Status? = nil, name: String? = nil, email: String? = nil, expect: Status? = nil
    ) throws -> Row? {
        try record.write { r throws(Problem) in try r.update(phone(n), status: status, name: name, email: email, expect: expect) }
    }

    private func moves(_ record: Record, _ n: Int = 1) throws -> [String] {
        var moves: [String] = []
        _ = try record.history(phone(n)) { moves.append("\($0.from ?? "-")>\($0.to)") }
        return moves
    }

    /// A user whose row is set to a status without asking the matrix.
    private func user(_ status: Status) throws -> (Fixture, Record) {
        let f = try Fixture()
        let record = try f.open()
        let row = try record.provision(1)
        if status != .new { try record.write { r throws(Problem) in _ = try r.move(row, to: status) } }
        return (f, record)
    }

    @Test(arguments: Status.allCases, Status.allCases) func matrixOfUpdate(from: Status, to: Status) throws {
        let (f, record) = try user(from)
        _ = f
        let before = try moves(record)
        let result = kind { _ = try update(record, 1, to) }
        if from == to {
            #expect(result == nil)
            #expect(try moves(record) == before)
        } else if from == .cancelled {
            #expect(result == .cancelled)
        } else if from.allows(to, by: .update) {
            #expect(result == nil)
            #expect(try moves(record) == before + ["\(from.rawValue)>\(to.rawValue)"])
            let row = try #require(try record.row(for: phone(1)))
            #expect(row.status == to)
            #expect((row.expiresAt == nil) == [.complete, .active, .cancelled].contains(to))
        } else {
            #expect(result == .illegalTransition)
            #expect(try moves(record) == before)
        }
        // A cancelled row has its removal opened, ready for anyone.
        let claim = try record.claim(for: phone(1))
        #expect((claim != nil) == (to == .cancelled && from != .cancelled && result == nil))
        if let claim {
            #expect(claim.kind == .removal && claim.owner == nil && claim.done == EntryKind.allCases && claim.leaseSeconds() <= 0)
            guard case .removal = try record.take(1, .removal) else { throw Problem(.internalError, "not takeable") }
        }
    }

    @Test(arguments: Status.allCases) func handover(from: Status) throws {
        let (f, record) = try user(from)
        _ = f
        let result = kind { try record.write { r throws(Problem) in _ = try r.handover(phone(1)) } }
        switch from {
        case .new, .pendingWelcome, .collectingInfo, .readyForHandover, .complete:
            #expect(result == nil)
            #expect(try record.row(for: phone(1))?.status == .complete)
            #expect(try record.row(for: phone(1))?.expiresAt == nil)
        case .active: #expect(result == .illegalTransition)
        case .cancelled: #expect(result == .cancelled)
        }
    }

    @Test(arguments: Status.allCases) func cancel(from: Status) throws {
        let (f, record) = try user(from)
        _ = f
        let result = kind { try record.write { r throws(Problem) in _ = try r.cancel(phone(1)) } }
        switch from {
        case .new, .pendingWelcome, .collectingInfo, .readyForHandover, .cancelled:
            #expect(result == nil)
            #expect(try record.row(for: phone(1))?.status == .cancelled)
            #expect(try (record.claim(for: phone(1)) != nil) == (from != .cancelled))
        case .complete, .active: #expect(result == .illegalTransition)
        }
    }

    @Test func notFound() throws {
        let f = try Fixture()
        let record = try f.open()
        #expect(try update(record, 1, .complete) == nil)
        try record.write { r throws(Problem) in
            #expect(try r.handover(phone(1)) == nil)
            #expect(try r.cancel(phone(1)) == nil)
            #expect(try r.markApplied(agent: agent(1).text) == nil)
            #expect(try r.setOAuth(agent: agent(1).text, state: "none") == nil)
        }
        #expect(try record.history(phone(1)) { _ in } == false)
    }

    @Test func expect() throws {
        let (f, record) = try user(.new)
        _ = f
        #expect(kind { _ = try update(record, 1, .pendingWelcome, expect: .collectingInfo) } == .changedMeanwhile)
        #expect(kind { _ = try update(record, 1, name: "Ana", expect: .collectingInfo) } == .changedMeanwhile)
        #expect(try record.row(for: phone(1))?.name == nil)
        #expect(try update(record, 1, .pendingWelcome, expect: .new)?.status == .pendingWelcome)
        #expect(kind { _ = try update(record, 1, .pendingWelcome, expect: .new) } == .changedMeanwhile)
    }

    @Test(arguments: [Status.new, .pendingWelcome, .collectingInfo]) func bothKnown(from: Status) throws {
        let (f, record) = try user(from)
        let later = try f.open(at: f.now.adding(milliseconds: 5000))
        #expect(try update(later, 1, name: "Ana")?.status == from)
        let row = try #require(try update(later, 1, email: "ana@example.com"))
        #expect(row.status == .readyForHandover && row.name == "Ana" && row.email == "ana@example.com")
        #expect(row.createdAt == f.now && row.updatedAt == f.now.adding(milliseconds: 5000))
        #expect(try moves(record).last == "\(from.rawValue)>ready_for_handover")
        // Names may still change, and nothing moves any more.
        #expect(try update(record, 1, name: "Bea")?.status == .readyForHandover)
        #expect(try moves(record).count == (from == .new ? 2 : 3))
    }

    @Test func askedStatusWins() throws {
        let (f, record) = try user(.new)
        _ = f
        let row = try #require(try update(record, 1, .pendingWelcome, name: "Ana", email: "a@example.com"))
        #expect(row.status == .pendingWelcome && row.name == "Ana")
        #expect(try update(record, 1, .pendingWelcome, name: "Bea")?.name == "Bea")
        // A refused status changes nothing at all.
        #expect(kind { _ = try update(record, 1, .active, name: "Cis") } == .illegalTransition)
        #expect(try record.row(for: phone(1))?.name == "Bea")
    }

    @Test func nothingNewIsNotWritten() throws {
        let (f, record) = try user(.new)
        let later = try f.open(at: f.now.adding(milliseconds: 5000))
        _ = try update(record, 1, name: "Ana")
        #expect(try update(later, 1, .new, name: "Ana")?.updatedAt == f.now)
    }

    @Test func cancelledRows() throws {
        let (f, record) = try user(.new)
        _ = f
        _ = try update(record, 1, .cancelled)
        #expect(try update(record, 1, .cancelled)?.status == .cancelled)
        #expect(kind { _ = try update(record, 1, .cancelled, name: "Ana") } == .cancelled)
        #expect(kind { _ = try update(record, 1, name: "Ana") } == .cancelled)
        #expect(kind { try record.write { r throws(Problem) in _ = try r.handover(phone(1)) } } == .cancelled)
        #expect(try record.write { r throws(Problem) in try r.cancel(phone(1)) }?.status == .cancelled)
        #expect(try record.check(quick: false) == [])
    }

    @Test func whileBeingRemoved() throws {
        let (f, record) = try user(.new)
        _ = f
        _ = try record.take(1, .removal)
        for body in [
            { _ = try update(record, 1, name: "Ana") }, { _ = try update(record, 1, .cancelled) },
            { try record.write { r throws(Problem) in _ = try r.handover(phone(1)) } },
            { try record.write { r throws(Problem) in _ = try r.cancel(phone(1)) } },
        ] as [() throws -> Void] { #expect(kind(body) == .busy) }
    }

    @Test func cancelledPhoneComesBack() throws {
        let f = try Fixture()
        let record = try f.open()
        try record.remove(1)
        let row = try record.provision(1, as: 2)
        #expect(row.agentID == agent(2).text && row.id == 2)
        #expect(try record.row(for: phone(1)) == row)
        #expect(try moves(record) == ["->new", "new>cancelled", "->new"])
        try record.write { r throws(Problem) in _ = try r.update(phone(1), name: "Ana") }
        #expect(try record.row(agent: agent(1).text)?.name == nil)
        // With both gone, the newest speaks.
        _ = try update(record, 1, .cancelled)
        #expect(try record.row(for: phone(1))?.id == 2)
    }

    @Test func evidence() throws {
        let (f, record) = try user(.new)
        let a = agent(1).text
        let applied = try record.write { r throws(Problem) in try r.markApplied(agent: a) }
        #expect(applied?.status == .pendingWelcome && applied?.appliedAt == f.now)
        let later = try f.open(at: f.now.adding(milliseconds: 60_000))
        #expect(try later.write { r throws(Problem) in try r.markApplied(agent: a) }?.appliedAt == f.now)
        #expect(try record.write { r throws(Problem) in try r.advance(phone(1), to: .collectingInfo, by: .signOfLife) }?.status == .collectingInfo)
        #expect(kind { try record.write { r throws(Problem) in _ = try r.advance(phone(1), to: .active, by: .token) } } == .illegalTransition)
        try record.write { r throws(Problem) in
            _ = try r.handover(phone(1))
            _ = try r.advance(phone(1), to: .active, by: .token, expect: .complete)
        }
        let row = try later.write { r throws(Problem) in try r.setOAuth(agent: a, state: "present") }
        #expect(row?.status == .active && row?.oauthState == "present" && row?.oauthCheckedAt == f.now.adding(milliseconds: 60_000))
        #expect(try record.write { r throws(Problem) in try r.markApplied(agent: a) }?.status == .active)
        #expect(try record.check(quick: false) == [])
    }

    @Test func staleIsCancelled() throws {
        let (f, record) = try user(.collectingInfo)
        _ = f
        #expect(try record.write { r throws(Problem) in try r.cancel(phone(1), by: .stale) }?.status == .cancelled)
        #expect(try record.claim(for: phone(1))?.kind == .removal)
    }

    @Test func oddTexts() throws {
        let (f, record) = try user(.new)
        _ = f
        for name in ["'; DROP TABLE claims; --", "Zoë\u{0}x", "👩‍👩‍👧", "\"", String(repeating: "x", count: 200)] {
            #expect(try update(record, 1, name: name)?.name == name)
        }
    }

    @Test func secondsOnly() throws {
        let f = try Fixture(now: "2026-02-01T03:00:00.999Z")
        #expect(try f.open().provision(1).createdAt.description == "2026-02-01T03:00:00Z")
    }
}
