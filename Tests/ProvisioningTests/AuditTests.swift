import JSON
import Platform
import TestSupport
import Testing

/// The audit trail: who did what, in lines that anyone may append to and nobody rewrites.
@Suite struct AuditTests {
    @Test func aLifeInLines() throws {
        let scratch = try Scratch()
        let sizes = try Files.read(scratch.config).count
        try scratch.only(
            try scratch.step("dcb-onboard", [], [["phone": "+15551230001", "name": "Ada Secret", "email": "ada@example.com", "requestId": "r-1"]]))
        try scratch.run("dcb-onboard", ["--undo", "+15551230001"])
        let lines = try scratch.run("dcb-state", ["audit"]).documents
        #expect(lines.compactMap { $0.text("event") } == ["agent-created", "bound", "unbound", "agent-removed"])
        for line in lines {
            #expect(line["uid"]?.intValue != nil && line["pid"]?.intValue != nil && line.text("command")?.hasPrefix("dcb-") == true && line.text("at") != nil)
            #expect(line.text("phone") == "+*******0001")
        }
        let id = lines.first?.text("agentId") ?? ""
        func config(_ index: Int) -> ([String], Int, Int) {
            let config = lines[index]["config"]
            return (
                (config?.at("members")?.arrayValue ?? []).compactMap(\.stringValue), config?.at("sizeBefore")?.intValue ?? -1,
                config?.at("sizeAfter")?.intValue ?? -1
            )
        }
        #expect(config(0).0 == ["/agents/entries/\(id)"] && config(0).1 == sizes && config(0).2 > sizes)
        #expect(config(1).0 == ["/bindings", "/channels/whatsapp/allowFrom"] && config(1).1 == config(0).2)
        #expect(config(2).0 == ["/bindings", "/channels/whatsapp/allowFrom"] && config(2).2 == config(1).1)
        #expect(config(3).0 == ["/agents/entries/\(id)"] && config(3).2 == sizes)
        let raw = try scratch.text(scratch.state + "/audit/audit.jsonl")
        #expect(!raw.contains("5551230001") && !raw.contains("Ada") && !raw.contains("ada@"))
        #expect(try Files.status(scratch.state + "/audit/audit.jsonl")?.permissions == 0o600)
        #expect(try scratch.run("dcb-state", ["audit", "--agent", "user_nobody"]).documents.isEmpty)
        #expect(try scratch.run("dcb-state", ["audit", "--since", "2100-01-01T00:00:00Z"]).documents.isEmpty)
        #expect(try scratch.run("dcb-state", ["audit", "--since", "2020-01-01T00:00:00Z", "--agent", id]).documents.count == 4)
    }

    /// Rotated away between two groups: the next one makes a new file. A line that a crash cut off is passed over.
    @Test func rotationAndACutLine() throws {
        let scratch = try Scratch()
        try scratch.onboarded("+15551230001")
        try scratch.shell("mv $DIR/state/audit/audit.jsonl $DIR/state/audit/audit.jsonl.1; printf '{\"at\":\"2026' > $DIR/state/audit/audit.jsonl")
        try scratch.onboarded("+15551230002")
        #expect(try scratch.run("dcb-state", ["audit"]).documents.compactMap { $0.text("event") } == ["agent-created", "bound"])
        #expect(try scratch.run("dcb-state", ["check"]).code == 0)
    }

    /// A trail that cannot be written is said, and takes nothing back.
    @Test func aTrailThatCannotBeWritten() throws {
        let scratch = try Scratch()
        try scratch.shell("echo x > $DIR/state/audit")
        let output = try scratch.run("dcb-onboard", ["+15551230001"])
        #expect(output.code == 0 && output.document.text("outcome") == "created")
    }
}
