import JSON
import Platform
import TestSupport
import Testing

/// What is kept of a check.
@Suite struct RecordTests {
    @Test func recordAndActivate() throws {
        let agent = try Agent(Scratch())
        let scratch = agent.scratch
        try scratch.run("dcb-state", ["handover", agent.phone])
        #expect(try agent.check(["--record"]).output.code == 1)
        var row = try scratch.run("dcb-state", ["get", agent.phone]).document
        #expect(row["oauth"]?.at("state")?.stringValue == "none" && row["oauth"]?.at("checkedAt")?.stringValue == Agent.now && row.text("status") == "complete")
        try agent.putOld()
        // Without --record nothing is written.
        #expect(try agent.check().output.code == 0)
        #expect(try scratch.run("dcb-state", ["get", agent.phone]).document.text("status") == "complete")
        #expect(try agent.check(["--record"]).output.code == 0)
        row = try scratch.run("dcb-state", ["get", agent.phone]).document
        #expect(row["oauth"]?.at("state")?.stringValue == "present" && row.text("status") == "active")
        #expect(try scratch.run("dcb-state", ["history", agent.phone]).documents.last?.text("to") == "active")
        let trail = try scratch.run("dcb-state", ["audit", "--agent", agent.id]).documents.compactMap { $0.text("event") }
        #expect(trail.filter { $0 == "token-state" }.count == 2 && trail.contains("activated"))
        // Again: nothing new to tell.
        _ = try agent.check(["--record"])
        #expect(try scratch.run("dcb-state", ["audit", "--agent", agent.id]).documents.count == trail.count)
        let all = try scratch.run("dcb-state", ["audit"]).out
        #expect(!all.contains(agent.phone) && all.contains("+*******0001"))
    }

    @Test func aTokenBeforeTheHandoverMovesNothing() throws {
        let agent = try Agent(Scratch())
        try agent.putOld()
        #expect(try agent.check(["--record"]).output.code == 0)
        let row = try agent.scratch.run("dcb-state", ["get", agent.phone]).document
        #expect(row.text("status") == "new" && row["oauth"]?.at("state")?.stringValue == "present")
    }

    /// A job's run leaves its heartbeat, with its code; a manual run none.
    @Test func heartbeats() throws {
        let agent = try Agent(Scratch())
        _ = try agent.check()
        #expect(try agent.scratch.run("dcb-state", ["jobs"]).documents.isEmpty)
        _ = try agent.check(["--require", "--job", "oauth-check"])
        var job = try agent.scratch.run("dcb-state", ["jobs", "--now", Agent.now]).document
        #expect(job.text("job") == "oauth-check" && job["exit"]?.intValue == 1 && job["late"]?.boolValue == false)
        let late = try agent.scratch.run("dcb-state", ["jobs", "--now", "2026-11-28T00:00:01Z"])
        #expect(late.code == 1 && late.document["late"]?.boolValue == true)
        try agent.scratch.write("{", to: agent.scratch.config)
        #expect(try agent.check(["--job", "oauth-check"]).output.code == 78)
        job = try agent.scratch.run("dcb-state", ["jobs"]).document
        #expect(job["exit"]?.intValue == 78)
        #expect(try agent.check(["--job", "a b"]).output.problem == "usage")
    }
}
