import Onboarding
import OpenClaw
import Store

/// Everything that is known of one agent id, whoever says it.
struct User {
    /// As the record has it, else as the config has it.
    let agentID: String
    /// Of its row that is not cancelled; a cancelled one only when there is no other.
    var row: Row?
    var claim: Claim?
    /// The claim may be taken over now.
    var isFree = false
    /// What the ledger holds open.
    var ledger: Set<EntryKind> = []
    /// Of the ledger's entries.
    var ledgerPhone: String?
    var entry: AgentEntry?
    /// The config has it more than once.
    var isDoubled = false
    /// Positions in `ConfigModel.allBindings`.
    var bindings: [Int] = []
    var files = AgentFiles()

    init(_ agentID: String) { self.agentID = agentID }

    var liveRow: Row? { row.flatMap { $0.status == .cancelled ? nil : $0 } }
    /// Somebody works on it at this moment: nothing of it is judged.
    var isInProgress: Bool { claim != nil && !isFree }
    var isUnfinished: Bool { claim != nil && isFree }
    /// The row's, the claim's or the ledger's.
    var phone: String? { liveRow?.phone ?? claim?.phone.e164 ?? ledgerPhone ?? row?.phone }
    /// Our ledger says that we made or adopted it.
    var isOurs: Bool { !ledger.isEmpty || claim != nil }
    /// It was removed: its id is not given again.
    var isCancelled: Bool { row?.status == .cancelled }
    var isForeign: Bool { entry != nil && !isOurs && liveRow == nil }
}
