import CommandKit
import Onboarding
import Platform
import Testing

@testable import Store

@Suite struct LedgerTests {
    private func all(_ record: Record, openOnly: Bool = false) throws -> [String] {
        var seen: [String] = []
        try record.ledger(openOnly: openOnly) {
            seen.append("\($0.id) \($0.kind) \($0.agentID.suffix(1)) \($0.phone.suffix(1)) \($0.how) \($0.removedAt == nil ? "open" : "closed")")
        }
        return seen
    }

    @Test func onceWhileOpen() throws {
        let f = try Fixture()
        let record = try f.open()
        try record.write { r throws(Problem) in
            #expect(try r.enterLedger(.agent, agent: "user_1", phone: phone(1)))
            #expect(try !r.enterLedger(.agent, agent: "user_1", phone: phone(1)))
            #expect(try !r.enterLedger(.agent, agent: "user_1", phone: phone(1), how: .adopted))
            #expect(try r.closeLedger(.agent, agent: "user_1", phone: phone(1)))
            #expect(try !r.closeLedger(.agent, agent: "user_1", phone: phone(1)))
            #expect(try r.enterLedger(.agent, agent: "user_1", phone: phone(1)))
            #expect(try r.closeLedger(.agent, agent: "user_1", phone: phone(1)))
            #expect(try r.enterLedger(.agent, agent: "user_1", phone: phone(1)))
            #expect(try r.enterLedger(.binding, agent: "user_1", phone: phone(1)))
        }
        #expect(try all(record) == ["1 agent 1 1 made closed", "2 agent 1 1 made closed", "3 agent 1 1 made open", "4 binding 1 1 made open"])
        #expect(try all(record, openOnly: true).count == 2)
        #expect(try record.openLedger(phone(1)).map(\.id) == [3, 4])
        #expect(try record.openLedger(phone(1), agent: "user_2") == [])
        #expect(try record.openLedger(agent: "user_1").map(\.id) == [3, 4])
        #expect(try record.generation() == 0)
    }

    @Test func pages() throws {
        let f = try Fixture()
        let record = try f.open()
        try record.write { r throws(Problem) in for n in 1...600 { _ = try r.enterLedger(.agent, agent: agent(n).text, phone: phone(n)) } }
        #expect(try all(record).count == 600)
    }

    @Test func adopt() throws {
        let f = try Fixture()
        let record = try f.open()
        let row = try record.write { r throws(Problem) in try r.adopt(phone(1), agent: agent(1), kinds: [.agent, .binding], name: "Ana") }
        #expect(row.status == .new && row.name == "Ana")
        #expect(try all(record) == ["1 agent 1 1 adopted open", "2 binding 1 1 adopted open"])
        let generation = try record.generation()
        #expect(generation > 0)
        #expect(try record.write { r throws(Problem) in try r.adopt(phone(1), agent: agent(1), kinds: [.agent, .binding]) } == row)
        #expect(try record.generation() == generation)
        #expect(kind { try record.write { r throws(Problem) in _ = try r.adopt(phone(1), agent: agent(2), kinds: [.agent]) } } == .agentBelongsElsewhere)
        #expect(kind { try record.write { r throws(Problem) in _ = try r.adopt(phone(2), agent: agent(1), kinds: [.agent]) } } == .agentBelongsElsewhere)
        _ = try record.takeNew(3)
        #expect(kind { try record.write { r throws(Problem) in _ = try r.adopt(phone(3), agent: agent(3), kinds: [.agent]) } } == .busy)
        #expect(try record.openLedger(phone(1)).count == 2)
        try record.remove(4)
        #expect(kind { try record.write { r throws(Problem) in _ = try r.adopt(phone(4), agent: agent(4), kinds: [.agent]) } } == .cancelled)
        #expect(try record.openLedger(phone(4)).isEmpty)
    }

    @Test func configMembers() throws {
        let f = try Fixture()
        let record = try f.open()
        try record.write { r throws(Problem) in
            for p in ["/bindings", "/agents/list", "/bindings"] { try r.noteConfigMember(p) }
            try r.forgetConfigMember("/none")
        }
        #expect(try record.configMembersMade() == ["/agents/list", "/bindings"])
        try record.write { r throws(Problem) in try r.forgetConfigMember("/bindings") }
        #expect(try record.configMembersMade() == ["/agents/list"])
    }

    @Test func erase() throws {
        let f = try Fixture()
        let record = try f.open()
        let key = Array("key".utf8)
        func erase(_ n: Int) throws -> Int { try record.write { r throws(Problem) in try r.erase(phone(n), key: key) } }
        try record.remove(1, as: 1, name: "Erasmus Purge")
        try record.remove(1, as: 2, name: "Erasmus Purge")
        try record.provision(1, as: 3)
        #expect(kind { _ = try erase(1) } == .notReady)
        try record.write { r throws(Problem) in _ = try r.cancel(phone(1)) }
        #expect(kind { _ = try erase(1) } == .busy)
        guard case .removal(let claim) = try record.take(1, .removal) else { throw Problem(.internalError, "no removal") }
        try record.write { r throws(Problem) in
            try r.undoAll(1, claim.agentID)
            _ = try r.commitRemoval(phone(1), claim.agentID, fence: claim.fence)
        }
        try record.provision(2, as: 9, name: "Someone Else")
        #expect(try erase(1) == 3)
        #expect(try erase(1) == 0)
        #expect(try record.row(for: phone(1)) == nil)
        let name = KeyedHash.erased(phone(1), key: key)
        let row = try #require(try record.row(agent: agent(1).text))
        #expect(row.phone == name && row.name == nil && row.email == nil && row.language == nil && row.status == .cancelled)
        #expect(try record.database.number("SELECT count(*) FROM state_transitions WHERE phone_number = ?", [.text(name)]) == 6)
        #expect(try record.database.number("SELECT count(*) FROM ledger WHERE phone_number = ?", [.text(name)]) == 9)
        #expect(try record.row(for: phone(2))?.name == "Someone Else")
        #expect(try record.check(quick: false) == [])
        // Nothing is left of it in any file.
        for suffix in ["", "-wal"] {
            let bytes = String(decoding: try Files.read(f.path + suffix), as: UTF8.self)
            #expect(!bytes.contains("Erasmus Purge"), "\(suffix)")
            #expect(!bytes.contains(phone(1).e164), "\(suffix)")
        }
        // The phone may come back as anyone.
        #expect(try record.provision(1, as: 4).agentID == agent(4).text)
    }
}
