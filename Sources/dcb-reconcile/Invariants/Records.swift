import CommandKit
import Platform

/// The record, its clock and its jobs.
extension Invariant {
    static let records = [
        Invariant("I13", "each row's status is its last transition, and only legal moves were made", .error, transitions),
        Invariant("I14", "the record is whole, and not an older copy", .critical, whole),
        Invariant("I15", "each job has run within two periods, and ended well", .error, jobs),
        Invariant("I18", "the clock does not run before the newest row", .error, clock),
    ]

    private static func transitions(_ facts: Facts, _ found: inout Findings) {
        for fault in facts.record?.faults ?? [] where fault.id == "status" || fault.id == "transition" {
            found.add("record", fault.detail, hint: "see dcb-state history; somebody wrote into the record by hand")
        }
    }

    private static func whole(_ facts: Facts, _ found: inout Findings) {
        if let problem = facts.recordProblem {
            found.add(facts.paths.record, problem.detail, hint: "restore the newest backup; nothing is removed until then")
        }
        guard let record = facts.record else {
            if facts.recordProblem == nil, facts.users.contains(where: { $0.entry != nil }) {
                found.add(
                    facts.paths.record, "there is no record, and openclaw.json has agents of users",
                    hint: "restore the newest backup, or run dcb-reconcile --adopt")
            }
            return
        }
        for fault in record.faults where ["integrity", "foreign-key", "damaged", "more"].contains(fault.id) {
            found.add(facts.paths.record, fault.detail, hint: "restore the newest backup with dcb-backup")
        }
        if record.isOlder {
            found.add(
                facts.paths.record, "the record is older than the state folder: it was restored from a copy",
                hint: "restore the newest backup, or run dcb-reconcile --adopt")
        } else if record.isEmpty, facts.users.contains(where: { $0.entry != nil }) {
            found.add(
                facts.paths.record, "the record is empty, and openclaw.json has agents of users",
                hint: "restore the newest backup, or run dcb-reconcile --adopt")
        }
    }

    private static func jobs(_ facts: Facts, _ found: inout Findings) {
        for beat in facts.record?.heartbeats ?? [] where beat.job != facts.job {
            if beat.isLate(at: facts.now) {
                found.add(beat.job, "job \(beat.job) last ran \(beat.ageSeconds(at: facts.now)) s ago", hint: "look at its cron entry and its log")
            }
            if !beat.endedWell { found.add(beat.job, "job \(beat.job) ended with \(beat.exitCode)", hint: "run it by hand to see why") }
        }
    }

    private static func clock(_ facts: Facts, _ found: inout Findings) {
        // Others write while we read, and clocks are set by seconds.
        guard let newest = facts.record?.newestTime, newest > facts.now.adding(milliseconds: 60_000) else { return }
        found.add("clock", "it is \(facts.now), and the newest row is of \(newest)", hint: "set the clock; nothing becomes old until then")
    }
}
