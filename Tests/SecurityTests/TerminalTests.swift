import Glibc
import JSON
import Platform
import TestSupport
import Testing

/// What others have written, on its way to a terminal, a log or a page.
@Suite struct TerminalTests {
    /// ESC, BEL, CR, LF, DEL, CSI of the C1 set, NEL, line separator, right-to-left override, an isolate.
    static let obeyed: [Unicode.Scalar] = ["\u{1b}", "\u{7}", "\r", "\n", "\u{7f}", "\u{9b}", "\u{85}", "\u{2028}", "\u{202e}", "\u{2066}"]

    private func expectPlain(_ text: String, _ what: String) {
        let found = text.unicodeScalars.filter { $0 != "\n" && ($0.value < 32 || TerminalTests.obeyed.contains($0)) }
        #expect(found.isEmpty, "\(what): \(found.map { String($0.value, radix: 16) })")
    }

    /// A text that passes through all steps comes back the same, and nothing on the way obeys it.
    @Test func whatTravelsAlong() throws {
        let scratch = try Scratch()
        let id = TerminalTests.obeyed.map { "a\($0)" }.joined()
        let document: Object = ["phone": .string(Scratch.phone(1)), "requestId": .string(id)]
        for (command, arguments) in [("dcb-onboard", []), ("dcb-validate", []), ("dcb-state", ["get"]), ("dcb-state", ["claim", "--removal"])] {
            let output = try scratch.step(command, arguments, [document])
            #expect(output.code == 0 && output.document.text("requestId") == id, "\(command): \(output.err)")
            expectPlain(output.out, command)
        }
        let refused = try scratch.step(
            "dcb-onboard", [], [["phone": "x", "requestId": .string(id)], ["phone": .string(id)], [id: .string(id), "phone": "x"]])
        #expect(refused.code == 65 && refused.problems.count == 3)
        #expect(refused.problems.first?.text("requestId") == id)
        expectPlain(refused.err, "problems")
        for format in ["text", "journal"] {
            let said = try scratch.run("dcb-onboard", ["--log", format], input: document.with(["phone": .string("+" + id)]).line)
            #expect(said.err.split(separator: "\n").count == 1, "\(said.err)")
            expectPlain(said.err, format)
        }
        expectPlain(try scratch.text(scratch.state + "/audit/audit.jsonl"), "audit")
    }

    /// A request id is counted in characters that cost something, not in what looks like one.
    @Test func aLongRequestIdIsNotSaid() throws {
        let scratch = try Scratch()
        let id = "a" + String(repeating: "\u{301}", count: 50_000)
        let output = try scratch.step("dcb-onboard", [], [["phone": .string(Scratch.phone(1)), "requestId": .string(id)]])
        #expect(output.code == 65 && output.err.utf8.count < 1000, "\(output.err.utf8.count) bytes")
    }

    /// Names of an agent's files, in every report that has some.
    @Test func namesOfFiles() throws {
        let scratch = try Scratch()
        let agent = try scratch.onboarded(Scratch.phone(1))
        let workspace = "\(scratch.state)/workspace-\(agent)"
        for (n, scalar) in TerminalTests.obeyed.enumerated() {
            #expect(mkfifo("\(workspace)/pipe\(scalar)[31m\(n)", 0o600) == 0)
            #expect(symlink("/etc/\(scalar)", "\(workspace)/link\(scalar)<script>\(n)") == 0)
            try scratch.write("x", to: "\(workspace)/.x\(scalar).dcb-1.tmp")
        }
        let created = try scratch.run("dcb-backup", ["create", "--to", scratch.folder + "/archives"])
        #expect(created.code == 0 && created.document["notesTotal"]?.intValue == 20, "\(created.out)\(created.err)")
        expectPlain(created.out + created.err, "dcb-backup create")
        for format in ["json", "text", "html"] {
            for mode in ["--check", "--repair"] {
                let output = try scratch.run("dcb-reconcile", [mode, "--format", format])
                #expect(output.out.contains("I2"), "\(output.out)")
                expectPlain(output.out + output.err, "\(format) \(mode)")
                if format == "html" { #expect(!output.out.contains("<script>")) }
            }
        }
        for format in ["json", "text"] {
            let output = try scratch.run("dcb-oauth-check", ["--format", format])
            expectPlain(output.out + output.err, "dcb-oauth-check \(format)")
        }
    }

    /// Half a surrogate pair is no text: refused where strangers write, and never passed on.
    @Test func loneSurrogates() throws {
        let scratch = try Scratch()
        for half in ["\\ud800", "\\udfff", "\\ud800\\u0041"] {
            for member in ["phone", "name", "requestId", "x\(half)"] {
                let output = try scratch.run("dcb-onboard", [], input: "{\"phone\":\"+15550000001\",\"\(member)\":\"a\(half)b\"}\n")
                #expect(output.code == 65 && output.out.isEmpty && output.problem == "not-json", "\(member): \(output.err)")
            }
        }
    }
}
