// A process of its own for the tests: one that races, holds, or dies on the spot.
import CommandKit
import Onboarding
import Platform
import Store

let words = ProcessContext.current().arguments

func number(_ index: Int) -> Int { words.count > index ? Int(words[index]) ?? 0 : 0 }

func phone(_ n: Int) -> PhoneNumber {
    let digits = String(n)
    guard let phone = PhoneNumber(e164: "+1555" + String(repeating: "0", count: max(0, 7 - digits.count)) + digits) else { CurrentProcess.exit(64) }
    return phone
}

func say(_ text: String) { _ = try? Descriptor.standardOutput.writeAll(Array((text + "\n").utf8)) }

func fresh() throws(Problem) -> AgentID {
    do { return try AgentID.random() } catch { throw Problem(error) }
}

func open(_ mode: Record.Mode = .existing) throws(Problem) -> Record {
    guard let record = try Record.open(words[2], generationFile: words[3], clock: Clock(), mode: mode) else { throw Problem(.configMissing, "no record") }
    return record
}

/// The writes of one user: claim, intent, effect, commit.
func provision(_ record: Record, _ phone: PhoneNumber, dieAt: Int = -1) throws(Problem) {
    var count = 0
    func point() {
        if count == dieAt { CurrentProcess.die(by: 9) }
        count += 1
    }
    let outcome = try record.write { r throws(Problem) in
        point()
        let outcome = try r.takeClaim(phone, .provision, agentID: try fresh(), leaseMilliseconds: 60_000, owner: .current)
        point()
        return outcome
    }
    point()
    let claim: Claim
    switch outcome {
    case .new(let c), .resumed(let c): claim = c
    default: return
    }
    try record.write { r throws(Problem) in
        _ = try r.authorise(phone, claim.agentID, fence: claim.fence, undo: false)
        for kind in EntryKind.allCases { try r.enterLedger(kind, agent: claim.agentID, phone: phone) }
        point()
        try r.setProgress(phone, agent: .intended, binding: .intended, allow: .intended)
        point()
    }
    point()
    try record.write { r throws(Problem) in
        _ = try r.authorise(phone, claim.agentID, fence: claim.fence, undo: false)
        point()
        try r.setProgress(phone, agent: .made, binding: .made, allow: .made)
        point()
    }
    point()
    try record.write { r throws(Problem) in
        _ = try r.commitProvision(phone, claim.agentID, fence: claim.fence, name: nil, email: nil, language: nil)
        point()
    }
    point()
}

do throws(Problem) {
    switch words.count > 3 ? words[1] : "" {
    case "open":
        _ = try open(.create)
    case "provision":  // FIRST COUNT [POINT]
        let record = try open(.create)
        var longest: Int64 = 0
        for n in number(4)..<(number(4) + number(5)) {
            let start = Clock.monotonicMilliseconds
            try provision(record, phone(n), dieAt: words.count > 6 ? number(6) : -1)
            longest = max(longest, Clock.monotonicMilliseconds - start)
        }
        say("\(longest)")
    case "count":  // TIMES: a number is read and written one higher
        let record = try open(.create)
        for _ in 0..<number(4) {
            try record.write { r throws(Problem) in
                let last = try r.heartbeats().first?.exitCode ?? 0
                try r.beat("count", exitCode: last + 1)
            }
        }
    case "hold":  // MILLISECONDS
        let record = try open()
        try record.write { r throws(Problem) in
            try r.beat("hold", exitCode: 0)
            say("held")
            Clock.sleep(milliseconds: number(4))
        }
    case "impatient":  // MILLISECONDS
        let record = try open()
        record.waitMilliseconds = number(4)
        try record.write { r throws(Problem) in try r.beat("impatient", exitCode: 0) }
    case "fill":  // COUNT: until it fails
        let record = try open(.create)
        for n in 0..<number(4) { try record.write { r throws(Problem) in try r.beat("job \(n) " + String(repeating: "x", count: 3000), exitCode: 0) } }
    case "bench":  // COUNT: opens and reads, then writes
        var start = Clock.realNanoseconds
        for n in 0..<number(4) { _ = try open().row(for: phone(n)) }
        say("open and read: \((Clock.realNanoseconds - start) / Int64(max(1, number(4))) / 1000) us")
        if words.count > 5 { CurrentProcess.exit(0) }
        let record = try open()
        start = Clock.realNanoseconds
        for n in 0..<number(4) { try record.write { r throws(Problem) in try r.beat("bench", exitCode: Int32(n & 1)) } }
        say("write: \((Clock.realNanoseconds - start) / Int64(max(1, number(4))) / 1000) us")
    default:
        say("usage: store-helper WHAT RECORD GENERATION …")
        CurrentProcess.exit(64)
    }
} catch {
    say("\(error.kind.rawValue) \(error.detail)")
    CurrentProcess.exit(error.kind.exit.rawValue)
}
