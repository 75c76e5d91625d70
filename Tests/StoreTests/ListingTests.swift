import CommandKit
import Onboarding
import Platform
import Testing

@testable import Store

@Suite struct ListingTests {
    private func list(_ record: Record, _ set: (inout RowFilter) -> Void = { _ in }) throws -> [String] {
        var filter = RowFilter()
        set(&filter)
        var seen: [String] = []
        try record.list(filter) { seen.append("\($0.phone.suffix(3))/\($0.agentID.suffix(3))") }
        return seen
    }

    @Test func orderAndPages() throws {
        let f = try Fixture()
        let record = try f.open()
        #expect(try list(record) == [])
        try record.write { r throws(Problem) in
            for n in (1...700).reversed() { _ = try r.insertRow(phone(n), agent(n).text, name: nil, email: nil, language: nil) }
        }
        let all = try list(record)
        #expect(all.count == 700 && all == all.sorted())
        // Any page size gives the same, however it is cut.
        for limit in [1, 7, 256, 257, 699, 700, 1000] where limit > 6 {
            var paged: [String] = []
            var after: String?
            while true {
                var filter = RowFilter()
                filter.limit = limit
                filter.after = after
                let before = paged.count
                try record.list(filter) { row in
                    paged.append("\(row.phone.suffix(3))/\(row.agentID.suffix(3))")
                    after = row.phone
                }
                if paged.count == before { break }
            }
            #expect(paged == all, "limit \(limit)")
        }
        #expect(try list(record) { $0.limit = 0 } == [])
    }

    @Test func aPhoneIsNotCut() throws {
        let f = try Fixture()
        let record = try f.open()
        try record.remove(1, as: 1)
        try record.remove(1, as: 2)
        try record.provision(1, as: 3)
        try record.provision(2, as: 4)
        #expect(try list(record) { $0.limit = 1 } == ["001/001", "001/002", "001/003"])
        #expect(
            try list(record) {
                $0.limit = 1; $0.after = phone(1).e164
            } == ["002/004"])
    }

    @Test func filters() throws {
        let f = try Fixture()
        let record = try f.open()
        let later = try f.open(at: f.now.adding(milliseconds: 3_600_000))
        for n in 1...3 { try record.provision(n) }
        for n in 4...6 { try later.provision(n) }
        try record.write { r throws(Problem) in
            _ = try r.update(phone(2), status: .readyForHandover)
            _ = try r.handover(phone(3))
            _ = try r.cancel(phone(4))
        }
        #expect(try list(record) { $0.statuses = [.new] } == ["001/001", "005/005", "006/006"])
        #expect(try list(record) { $0.statuses = [.complete, .cancelled] } == ["003/003", "004/004"])
        #expect(try list(record) { $0.staleBefore = f.now } == [])
        #expect(try list(record) { $0.staleBefore = f.now.adding(milliseconds: 1000) } == ["001/001"])
        #expect(try list(record) { $0.staleBefore = f.now.adding(milliseconds: 7_200_000) } == ["001/001", "005/005", "006/006"])
        #expect(try list(record) { $0.expiredAt = f.now.adding(milliseconds: 86_399_000) } == [])
        #expect(try list(record) { $0.expiredAt = f.now.adding(milliseconds: 86_400_999) } == ["001/001", "002/002"])
        #expect(
            try list(record) {
                $0.expiredAt = f.now.adding(milliseconds: 90_000_000); $0.statuses = [.new]
            } == ["001/001", "005/005", "006/006"])
        #expect(try list(record) { $0.after = phone(5).e164 } == ["006/006"])
        #expect(try record.counts() == [.new: 3, .readyForHandover: 1, .complete: 1, .cancelled: 1])
    }

    @Test func writingWhileListing() throws {
        let f = try Fixture()
        let record = try f.open()
        try record.write { r throws(Problem) in
            for n in 1...600 { _ = try r.insertRow(phone(n), agent(n).text, name: nil, email: nil, language: nil) }
        }
        var count = 0
        try record.list { row throws(Problem) in
            count += 1
            if count % 100 == 0 { try record.write { r throws(Problem) in try r.beat("job", exitCode: 0) } }
        }
        #expect(count == 600)
    }

    @Test func noSortAndNoScanWhereAnIndexIs() throws {
        let f = try Fixture()
        let d = try f.open().database
        func plan(_ sql: String) throws -> String { try d.all("EXPLAIN QUERY PLAN " + sql) { s in s.text(3) }.joined(separator: "; ") }
        let listing = try plan(
            "SELECT \(Columns.row) FROM onboarding_states WHERE (phone_number, id) > ('a', 1) AND +status IN ('new') ORDER BY phone_number, id LIMIT 256")
        #expect(listing.contains("idx_phone_order") && !listing.contains("TEMP B-TREE"))
        for sql in [
            "SELECT 1 FROM onboarding_states WHERE phone_number = 'a' AND status != 'cancelled'", "SELECT 1 FROM onboarding_states WHERE agent_id = 'a'",
            "SELECT 1 FROM onboarding_states WHERE phone_number = 'a' ORDER BY id DESC LIMIT 1",
            "SELECT 1 FROM ledger WHERE phone_number = 'a' AND removed_at IS NULL AND (NULL IS NULL OR agent_id = 'b') ORDER BY id",
            "SELECT 1 FROM ledger WHERE agent_id = 'a' AND removed_at IS NULL", "SELECT 1 FROM claims WHERE agent_id = 'a'",
            "SELECT 1 FROM claims WHERE phone_number = 'a'", "SELECT 1 FROM state_transitions WHERE state_id = 1 AND id > 2 ORDER BY id",
            "UPDATE ledger SET removed_at = 'x' WHERE agent_id = 'a' AND kind = 'agent' AND phone_number = 'b' AND removed_at IS NULL",
        ] {
            let plan = try plan(sql)
            #expect(plan.contains("SEARCH") && !plan.contains("SCAN"), "\(sql): \(plan)")
        }
    }
}
