import JSON
import Platform
import TestSupport
import Testing

/// A stream is a unit.
@Suite struct GroupTests {
    /// The same document twice in a group is one piece of work, there and back.
    @Test func theSameTwiceIsOnce() throws {
        let scratch = try Scratch()
        let claimed = try scratch.claimed(Scratch.phone(1))
        let made = try scratch.step("dcb-create-agent", [], [claimed, claimed])
        #expect(made.documents.map { $0["agentCreated"] == true } == [true, false])
        let bound = try scratch.step("dcb-bind", [], [made.documents[0], made.documents[0]])
        #expect(bound.documents.map { $0["allowlisted"] == true } == [true, true])
        #expect(try scratch.run("dcb-state", ["ledger"]).documents.compactMap { $0.text("kind") }.sorted() == ["agent", "allow", "binding"])
        #expect(try scratch.configValue().at("bindings")?.arrayValue?.count == 1)
        #expect(try scratch.step("dcb-bind", ["--undo"], [claimed, claimed]).code == 0)
        #expect(try scratch.step("dcb-create-agent", ["--undo"], [claimed, claimed]).code == 0)
        #expect(try scratch.configText() == Scratch.plainConfig)
        #expect(try Files.list(scratch.state + "/trash").count == 1)
        try scratch.only(try scratch.step("dcb-state", ["release"], [claimed]))
    }

    /// However many documents: one replacement of the config each step, and refused ones cost only themselves.
    @Test func oneReplacementForAll() throws {
        let scratch = try Scratch()
        let claimed = try scratch.step("dcb-state", ["claim"], (1...40).map { ["phone": .string(Scratch.phone($0)), "requestId": .string("r\($0)")] }).documents
        #expect(claimed.count == 40)
        var documents = claimed
        for at in [3, 17, 39] { documents[at]["fence"] = "0000000000000000" }
        var inode = try Files.status(scratch.config)?.inode
        let held = try Descriptor.open(scratch.config, .read)
        let made = try scratch.step("dcb-create-agent", [], documents)
        #expect(made.documents.count == 37)
        #expect(made.problems.map { $0["line"]?.intValue ?? 0 } == [4, 18, 40])
        #expect(made.problems.map { $0.text("requestId") ?? "" } == ["r4", "r18", "r40"])
        #expect(try Files.status(scratch.config)?.inode != inode)
        inode = try Files.status(scratch.config)?.inode
        let bound = try scratch.step("dcb-bind", [], made.documents + [claimed[3]])
        #expect(bound.documents.count == 37)
        #expect(bound.problem == "no-such-agent")
        #expect(try Files.status(scratch.config)?.inode != inode)
        // Each replacement is one entry of the audit trail for each document, and no more.
        let audit = try scratch.text(scratch.state + "/audit/audit.jsonl").split(separator: "\n")
        #expect(audit.filter { $0.contains("\"bound\"") }.count == 37)
        #expect(try scratch.configValue().at("bindings")?.arrayValue?.count == 37)
        let undone = try scratch.step("dcb-bind", ["--undo"], bound.documents)
        #expect(undone.documents.count == 37)
        #expect(try scratch.step("dcb-create-agent", ["--undo"], bound.documents).documents.count == 37)
        #expect(try scratch.configText() == Scratch.plainConfig)
        held.close()
    }
}
