import CommandKit
import Onboarding
import Platform
import Store

/// One read of the record.
struct RecordFacts {
    /// By phone, then by age; cancelled ones too.
    var rows: [Row] = []
    var claims: [(claim: Claim, isFree: Bool)] = []
    /// What is still open.
    var ledger: [LedgerEntry] = []
    var heartbeats: [Heartbeat] = []
    /// What `Record.check` says.
    var faults: [Store.Finding] = []
    var isOlder = false
    var isEmpty = false
    var newestTime: Timestamp?

    init(_ record: Record) throws(Problem) {
        try record.list { (row) throws(Problem) in rows.append(row) }
        try record.claims { (claim) throws(Problem) in claims.append((claim, record.mayTakeOver(claim))) }
        try record.ledger(openOnly: true) { (entry) throws(Problem) in ledger.append(entry) }
        heartbeats = try record.heartbeats()
        faults = try record.check(quick: false)
        isOlder = try record.isOlderThanStateFolder
        isEmpty = try record.isEmpty()
        newestTime = try record.newestTime()
    }
}
