import JSON
import Platform
import TestSupport
import Testing

/// Standard error in its three forms: one line a problem, whatever the input was.
@Suite struct LogTests {
    @Test func json() throws {
        let output = try Scratch(config: nil).run("dcb-validate", ["--log", "json"], input: "[]\n{\"phone\":\"555 1234\",\"requestId\":\"r\"}\n")
        #expect(output.err.split(separator: "\n").count == 2)
        let first = output.problems[0]
        #expect(first.keys == ["problem", "exit", "command", "line", "detail", "hint"])
        #expect(output.problems[1].keys == ["problem", "exit", "command", "line", "phone", "requestId", "detail", "hint"])
        #expect(first.text("command") == "dcb-validate" && first["exit"]?.intValue == 65 && first["line"]?.intValue == 1)
    }

    @Test(arguments: [("text", ""), ("journal", "<3>")]) func sentences(_ format: String, _ prefix: String) throws {
        let output = try Scratch(config: nil).run("dcb-validate", ["--log=\(format)"], input: "[]\n\n{}\n")
        let lines = output.err.split(separator: "\n").map(String.init)
        #expect(lines.contains("\(prefix)dcb-validate: line 1: the document is not a JSON object (send one JSON object a line)"))
        #expect(lines.contains("\(prefix)dcb-validate: line 3: the document has no member 'phone' (see --schema input)"))
        #expect(lines.count == 2)
    }

    /// A wrong command line is said in the form that was asked for.
    @Test(arguments: [("text", ""), ("journal", "<3>")]) func usageToo(_ format: String, _ prefix: String) throws {
        for words in [["--log", format, "--nonsense"], ["--nonsense", "--log", format]] {
            let output = try Scratch(config: nil).run("dcb-validate", words)
            #expect(output.code == 64)
            #expect(output.err == "\(prefix)dcb-validate: there is no option --nonsense (see --help)\n")
        }
    }

    /// Input never makes a second line, nor a control character on a terminal.
    @Test(
        arguments: ["text", "json", "journal"],
        [
            "--x\ny", "--x\r\n<0>evil", "--x\u{1b}[2J", "--x\u{85}y", "--x\u{2028}y", "--x\u{7f}", "--\u{9b}31m",
        ]) func wordsStayOnTheirLine(_ format: String, _ word: String) throws
    {
        let scratch = try Scratch()
        for output in [
            try scratch.run("dcb-validate", ["--log", format, word]), try scratch.run("dcb-state", ["--log", format, word]),
            try scratch.run("dcb-state", ["--log", format, "list", "--state-dir", "/nowhere/" + word]),
            try scratch.run("dcb-state", ["--log", format, "list", "--db", "/nowhere/" + word + "/x"]),
            try scratch.run("dcb-bind", ["--log", format, "--settings", "/nowhere/" + word], input: "{}"),
        ] {
            #expect(output.code == 64 || output.code == 78, "\(output.err)")
            #expect(output.err.utf8.last == 10)
            let lines = output.err.unicodeScalars.dropLast()
            // JSON is for programs: there only what ends a line must not come through.
            #expect(
                !lines.contains { $0.value < 32 || (format != "json" && ($0.value == 127 || (0x80...0x9f).contains($0.value) || $0.value == 0x2028)) },
                "\(output.err)")
        }
    }

    @Test(arguments: ["text", "json", "journal"]) func documentsStayOnTheirLine(_ format: String) throws {
        let scratch = try Scratch()
        let documents = [
            #"{"phone":"+1\n<0>555","requestId":"a\nb"}"#, #"{"phone":"+15551230001","agentId":"user_\u001b[2J\n"}"#, #"{"x\ny":1}"#,
            #"{"phone":"+15551230001","agentId":"user_\u2028","fence":"\n"}"#, #"{"phone":"+15551230001","agentId":"user_1","fence":"\n\u0085"}"#,
        ]
        for words in [
            ["dcb-validate"], ["dcb-state", "claim"], ["dcb-state", "commit"], ["dcb-create-agent"], ["dcb-bind"], ["dcb-state", "update"], ["dcb-onboard"],
        ] {
            let output = try scratch.run(words[0], words.dropFirst() + ["--log", format], input: documents.joined(separator: "\n") + "\n")
            let lines = output.err.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            #expect(lines.count + output.documents.count == documents.count, "\(words): \(output.err)")
            for line in lines {
                switch format {
                case "json": #expect(line.hasPrefix("{\"problem\":"))
                case "journal": #expect(line.hasPrefix("<3>dcb-"))
                default: #expect(line.hasPrefix("dcb-"))
                }
                #expect(!line.unicodeScalars.contains { $0.value < 32 || (format != "json" && ($0.value == 127 || (0x80...0x9f).contains($0.value))) })
            }
        }
    }

    /// `-v` says steps and `-q` nothing but problems; answers are the same.
    @Test func quietAndVerbose() throws {
        let scratch = try Scratch()
        let verbose = try scratch.run("dcb-onboard", ["-v", "+15551230001"])
        #expect(verbose.code == 0 && verbose.err.contains("\"level\":\"debug\""))
        let quiet = try scratch.run("dcb-onboard", ["-q", "+15551230002"])
        #expect(quiet.code == 0 && quiet.err.isEmpty)
        #expect(verbose.documents.count == 1 && quiet.documents.count == 1)
        #expect(try scratch.run("dcb-validate", ["-q"], input: "[]").problem == "not-json")
        for output in [verbose] { #expect(!output.err.contains("5551230001")) }
    }
}
