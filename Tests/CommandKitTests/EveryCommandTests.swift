import JSON
import Platform
import TestSupport
import Testing

/// What all commands share, in one table: each row is a call, and every command answers it alike.
@Suite struct EveryCommandTests {
    static let commands = [
        "dcb-validate", "dcb-state", "dcb-create-agent", "dcb-bind", "dcb-onboard", "dcb-oauth-check", "dcb-backup", "dcb-reconcile", "dcb-webhook",
    ]
    /// Those that read documents about a phone.
    static let steps = commands.filter { $0 != "dcb-oauth-check" && $0 != "dcb-backup" && $0 != "dcb-reconcile" && $0 != "dcb-webhook" }
    /// A call that reads documents.
    static let readers = [["dcb-validate"], ["dcb-state", "claim"], ["dcb-state", "get"], ["dcb-create-agent"], ["dcb-bind"], ["dcb-onboard"]]
    /// A call that prints without input.
    static let printers = commands.map { [$0, "--help"] } + commands.map { [$0, "--version"] } + commands.map { [$0, "--schema", "output"] }

    // MARK: help, version, schema

    @Test(arguments: commands, [["--help"], ["-h"], ["-h", "--log", "text"], ["--help", "anything"], ["-qh"]]) func help(_ command: String, _ words: [String])
        throws
    {
        let output = try Scratch(config: nil).run(command, words)
        #expect(output.code == 0 && output.err.isEmpty)
        #expect(output.out.hasPrefix("\(command) - "))
        #expect(output.out.contains("usage: \(command) "))
        for option in ["--help", "--version", "--log text|json|journal", "--schema", "--state-dir DIR", "--config FILE", "--db FILE", "--now RFC3339"] {
            #expect(output.out.contains(option))
        }
        #expect(output.out.split(separator: "\n").allSatisfy { $0.count <= 160 })
    }

    @Test(arguments: commands) func version(_ command: String) throws {
        let output = try Scratch(config: nil).run(command, ["--version"])
        #expect(output.code == 0 && output.err.isEmpty)
        let words = output.out.split(separator: " ")
        #expect(words.count == 2 && words.first.map(String.init) == command)
        #expect(words.last?.split(separator: ".").count == 3)
    }

    @Test(arguments: commands, ["input", "output"]) func schema(_ command: String, _ which: String) throws {
        let output = try Scratch(config: nil).run(command, ["--schema", which])
        #expect(output.code == 0 && output.err.isEmpty)
        let schema = try Value(parsing: Array(output.out.utf8))
        #expect(schema.at("$schema")?.stringValue == "https://json-schema.org/draft/2020-12/schema")
        #expect(schema.at("type")?.stringValue == "object")
        if EveryCommandTests.steps.contains(command) { #expect(schema.at("properties", "phone") != nil) }
    }

    @Test(arguments: commands) func anUnknownSchema(_ command: String) throws {
        let output = try Scratch(config: nil).run(command, ["--schema", "nonsense"])
        #expect(output.code == 64 && output.out.isEmpty && output.problem == "usage")
    }

    // MARK: wrong command lines

    static let wrong: [[String]] = [
        ["--nonsense"], ["--nonsense=1"], ["-x"], ["-qx"], ["--" + "hel"], ["--state", "/tmp"], ["--vers"], ["--quie"], ["--state-dir"], ["--log"],
        ["--log", "xml"],
        ["--log="], ["--state-dir", "/tmp", "--state-dir", "/tmp"], ["--log", "json", "--log=json"], ["--help=1"], ["--quiet=yes"], ["--now", "yesterday"],
        ["--now="],
        ["--driver", "magic"], ["--openclaw-version", "x"], ["one", "two", "three", "four"], ["-", "-", "-", "-"], ["--Help"], ["—help", "x", "y"], ["--=x"],
    ]

    @Test(arguments: commands, wrong) func aWrongCommandLine(_ command: String, _ words: [String]) throws {
        // The version of OpenClaw is looked at by those that read its config.
        if ["dcb-validate", "dcb-onboard", "dcb-webhook"].contains(command), words.first == "--openclaw-version" { return }
        // Of the listener this is an option, and no abbreviation.
        if command == "dcb-webhook", words.first == "--state" { return }
        let scratch = try Scratch()
        let output = try scratch.run(
            command, (command == "dcb-state" ? ["get"] : command == "dcb-backup" ? ["create", "--to", scratch.folder + "/a"] : []) + words, input: "")
        #expect(output.code == 64)
        #expect(output.out.isEmpty)
        #expect(output.problem == "usage" && output.problems.count == 1)
        #expect(output.problems.first?.text("command") == command)
        #expect(output.err.split(separator: "\n").count == 1)
        #expect(try Files.list(scratch.state) == ["openclaw.json"])
    }

    @Test(arguments: [
        ["dcb-create-agent", "+15551230001"], ["dcb-bind", "+15551230001"], ["dcb-state", "list", "x"], ["dcb-state", "claims", "x"],
        ["dcb-state", "check", "x"],
        ["dcb-state", "init", "x"], ["dcb-state", "commit", "+15551230001"], ["dcb-state", "release", "+15551230001"], ["dcb-state", "ledger", "x"],
        ["dcb-state", "jobs", "x"],
        ["dcb-state", "audit", "x"], ["dcb-validate", "a", "b"], ["dcb-onboard", "a", "b"], ["dcb-state", "get", "a", "b"], ["dcb-state"],
        ["dcb-state", "nonsense"],
        ["dcb-bind", "--undo", "--ask"], ["dcb-bind", "--wait", "1s"], ["dcb-bind", "--require-applied"], ["dcb-bind", "--ask", "--wait", "soon"],
        ["dcb-create-agent", "--purge"], ["dcb-create-agent", "--undo", "--new-keyring"], ["dcb-onboard", "--purge"], ["dcb-onboard", "--timeout", "x"],
        ["dcb-onboard", "--confirm", "-1"], ["dcb-state", "claim", "--lease", "0"], ["dcb-state", "claim", "--lease", "2d"],
        ["dcb-state", "claim", "--wait", "1w"],
        ["dcb-state", "claim", "--owner-pid", "0"], ["dcb-state", "claim", "--owner-pid", "-5"], ["dcb-state", "claim", "--owner-pid", "4194305"],
        ["dcb-state", "get", "--removal"], ["dcb-state", "list", "--lease", "5s"], ["dcb-state", "list", "--status", "canceled"],
        ["dcb-state", "list", "--limit", "0"],
        ["dcb-backup"], ["dcb-backup", "nonsense"], ["dcb-backup", "create", "--to", "a", "x"], ["dcb-backup", "create"], ["dcb-backup", "verify"],
        ["dcb-backup", "verify", "a", "b"], ["dcb-backup", "list"], ["dcb-backup", "create", "--into", "x"], ["dcb-backup", "verify", "--keep", "1", "a"],
        ["dcb-backup", "create", "--to", "a", "--job", "a b"], ["dcb-oauth-check", "--max-age", "long"], ["dcb-oauth-check", "x"],
        ["dcb-oauth-check", "--format", "html"], ["dcb-oauth-check", "--job", ""],
        ["dcb-state", "list", "--limit", "many"], ["dcb-state", "audit", "--since", "today"], ["dcb-state", "list", "-n"], ["dcb-state", "get", "--dry-run"],
    ]) func whatDoesNotGoTogether(_ words: [String]) throws {
        let scratch = try Scratch()
        let output = try scratch.run(words[0], Array(words.dropFirst()), input: "{\"phone\":\"+15551230001\"}\n")
        #expect(output.code == 64)
        #expect(output.out.isEmpty && output.problem == "usage")
        #expect(try Files.list(scratch.state) == ["openclaw.json"])
    }

    @Test func dashesEndTheOptions() throws {
        let scratch = try Scratch()
        #expect(try scratch.run("dcb-validate", ["--", "+15551230001"]).out == "{\"phone\":\"+15551230001\"}\n")
        #expect(try scratch.run("dcb-validate", ["-q", "--", "--help"]).problem == "invalid-phone")
        #expect(try scratch.run("dcb-state", ["get", "--", "+15551230001"]).code == 1)
        #expect(try scratch.run("dcb-bind", ["--", "--help"]).code == 64)
    }

    // MARK: standard input, output, error

    /// A terminal where documents are wanted is a mistake, said at once.
    @Test(arguments: readers) func aTerminalIsNoInput(_ words: [String]) throws {
        guard Files.isExecutable("/usr/bin/script") else { return Skip.say("terminal input needs script(1)") }
        let scratch = try Scratch()
        let output = try scratch.shell(
            "script -qec '\(words.joined(separator: " ")) 2> '\"$DIR\"'/err' /dev/null < /dev/null > /dev/null; echo $?", timeoutSeconds: 30)
        #expect(output.out == "64\n")
        let problem = try Value(parsing: try Files.read(scratch.folder + "/err")).objectValue
        #expect(problem?.text("problem") == "usage")
        #expect(problem?.text("detail")?.contains("terminal") == true)
    }

    /// On a terminal one sentence, not JSON.
    @Test(arguments: commands) func aTerminalGetsASentence(_ command: String) throws {
        guard Files.isExecutable("/usr/bin/script") else { return Skip.say("terminal output needs script(1)") }
        let output = try Scratch().shell("script -qec '\(command) --nonsense' /dev/null < /dev/null", timeoutSeconds: 30)
        #expect(output.code == 64)
        #expect(output.out.hasPrefix("\(command): there is no option --nonsense (see --help)"))
    }

    /// The last write counts.
    @Test(arguments: printers) func aFullDeviceLosesTheOutput(_ words: [String]) throws {
        let output = try Scratch().shell(words.joined(separator: " ") + " > /dev/full")
        #expect(output.code == 74 && output.problem == "output-lost")
    }

    @Test(arguments: printers) func aClosedOutputLosesTheOutput(_ words: [String]) throws {
        let output = try Scratch().shell(words.joined(separator: " ") + " >&-")
        #expect(output.code == 74 && output.problem == "output-lost")
    }

    /// Every step of the pipeline, and every question, with an output that takes nothing: 74, and nothing is written anywhere else instead.
    @Test(arguments: ["> /dev/full", ">&-"]) func aLostAnswerIsAFailure(_ redirect: String) throws {
        let scratch = try Scratch()
        func expectLost(_ line: String) throws {
            let output = try scratch.shell("cd \"$DIR\"; \(line) \(redirect)")
            #expect(output.code == 74, "\(line): \(output.err)")
            #expect(output.problem == "output-lost", "\(line)")
        }
        try scratch.shell(
            "cd \"$DIR\"; echo '{\"phone\":\"+15551230001\"}' > ask; dcb-state claim < ask > claimed; dcb-create-agent < claimed > made; dcb-bind < made > bound"
        )
        for line in [
            "dcb-validate < ask", "dcb-validate +15551230001", "echo '{\"phone\":\"+15551230002\"}' | dcb-state claim", "dcb-create-agent < claimed",
            "dcb-bind < made",
            "dcb-bind --ask < bound", "dcb-state commit < bound", "dcb-state get < ask", "dcb-state list", "dcb-state claims", "dcb-state ledger",
            "dcb-state check",
            "dcb-state history < ask", "dcb-state audit", "dcb-state init", "dcb-onboard +15551230003", "dcb-onboard --undo +15551230003",
            "dcb-state cancel < ask",
        ] { try expectLost(line) }
        let check = try scratch.run("dcb-state", ["check"])
        #expect(check.out == "{\"ok\":true,\"findings\":[]}\n")
        // Answers look like documents: none has landed in a file of the state folder.
        let found = try scratch.shell(
            "cd \"$DIR/state\"; grep -l '^{\"phone\"' -r . --include='*lock*' --include='*.db*' --include='generation' --include='openclaw.json'")
        #expect(found.out.isEmpty)
        #expect(try scratch.configValue().at("gateway", "mode") == "local")
    }

    /// Closed input and error: an error, or silence, never another file.
    @Test(arguments: readers) func aClosedInputIsAnError(_ words: [String]) throws {
        let output = try Scratch().shell(words.joined(separator: " ") + " <&-")
        #expect(output.code == 74 && output.problem == "io")
    }

    @Test(arguments: readers) func aClosedErrorIsSilence(_ words: [String]) throws {
        let scratch = try Scratch()
        let output = try scratch.shell("cd \"$DIR\"; echo '[]' | \(words.joined(separator: " ")) 2>&-")
        #expect(output.code == 65 && output.out.isEmpty && output.err.isEmpty)
        #expect(try scratch.run("dcb-state", ["check", "--quick"]).code <= 1)
    }

    /// A reader that has gone: no death by signal, 74.
    @Test(arguments: [
        "dcb-validate --help", "dcb-state --schema input", "dcb-onboard --help", "dcb-bind --help", "dcb-create-agent --help", "dcb-validate < many",
        "dcb-state claim < many",
    ]) func aReaderThatHasGone(_ line: String) throws {
        let scratch = try Scratch()
        try scratch.write((0..<400).map { "{\"phone\":\"+1555\(1_000_000 + $0)\"}\n" }.joined(), to: scratch.folder + "/many")
        // The writer begins when nobody has the reading end any more: neither the reader nor the shell that made the pipe.
        let writer =
            "exec 3>&1; read -r go < p; pipe=$(stat -L -c %i /proc/self/fd/3); exec 3>&-; "
            + "while find -L /proc/$$/fd -inum $pipe 2> /dev/null | grep -q .; do :; done; \(line); echo $? > code"
        let output = try scratch.shell("cd \"$DIR\"; mkfifo p; { \(writer); } | { exec 0<&-; echo go > p; }; cat code", timeoutSeconds: 60)
        #expect(output.out == "74\n")
        #expect(output.problem == "output-lost")
    }

    // MARK: settings

    @Test(arguments: ["--state-dir", "--config", "--db", "--settings", "--templates", "--gateway", "--gateway-token-file", "--driver", "--openclaw-version"])
    func everyCommandTakesTheSettings(_ option: String) throws {
        for command in EveryCommandTests.commands {
            let value = option == "--openclaw-version" ? "2026.9.6" : "file"
            #expect(try Scratch(config: nil).run(command, [option, value, "--version"]).code == 0)
        }
    }

    /// An option wins over its environment variable, and an empty variable is none.
    @Test func optionsThenEnvironmentThenDefault() throws {
        let scratch = try Scratch()
        let a = scratch.folder + "/a", b = scratch.folder + "/b"
        let bare = ["OPENCLAW_STATE_DIR": ""]
        #expect(try scratch.run("dcb-state", ["init"], environment: bare).document.text("stateDir") == scratch.folder + "/.openclaw")
        #expect(try scratch.run("dcb-state", ["init"], environment: ["OPENCLAW_STATE_DIR": a]).document.text("stateDir") == a)
        let both = try scratch.run("dcb-state", ["init", "--state-dir", b], environment: ["OPENCLAW_STATE_DIR": a])
        #expect(both.document.text("stateDir") == b && both.document.text("db") == b + "/onboarding.db")
        #expect(try scratch.run("dcb-state", ["init"], environment: ["DCB_DB": a + "/x.db"]).document.text("db") == a + "/x.db")
        #expect(try scratch.run("dcb-state", ["init", "--db", b + "/y.db"], environment: ["DCB_DB": a + "/x.db"]).document.text("db") == b + "/y.db")
        #expect(try scratch.run("dcb-state", ["init", "--db="], environment: ["DCB_DB": ""]).document.text("db") == scratch.state + "/onboarding.db")
        #expect(
            try scratch.run("dcb-state", ["init"], environment: ["DCB_DRIVER": "", "DCB_OPENCLAW_VERSION": "", "DCB_SETTINGS": "", "DCB_TEMPLATES": ""]).code
                == 0)
        #expect(try scratch.run("dcb-state", ["init", "--state-dir", "~/tilde"]).document.text("stateDir") == scratch.folder + "/tilde")
    }

    @Test(arguments: [
        ("DCB_DRIVER", "magic", 64), ("DCB_OPENCLAW_VERSION", "x", 64), ("DCB_SETTINGS", "/nowhere/dcb.json", 78),
        ("OPENCLAW_STATE_DIR", "/nowhere/state", 78),
    ])
    func wrongEnvironment(_ name: String, _ value: String, _ code: Int32) throws {
        for command in ["dcb-create-agent", "dcb-bind"] {
            let output = try Scratch().run(command, input: "{\"phone\":\"+15551230001\"}\n", environment: [name: value])
            #expect(output.code == code && output.out.isEmpty, "\(command): \(output.err)")
            #expect(output.problems.count == 1)
        }
    }

    @Test(arguments: [
        ("{", "settings-invalid"), ("[]", "settings-invalid"), (#"{"sandbx":{}}"#, "settings-invalid"), (#"{"sandbox":{"mode":"off"}}"#, "settings-invalid"),
        ("", "settings-invalid"),
    ]) func wrongSettings(_ text: String, _ problem: String) throws {
        let scratch = try Scratch()
        try scratch.write(text, to: scratch.state + "/dcb.json")
        for words in [
            ["dcb-state", "list"], ["dcb-create-agent"], ["dcb-bind"], ["dcb-state", "claim"], ["dcb-oauth-check"],
            ["dcb-backup", "create", "--to", "/nowhere"],
        ] {
            let output = try scratch.run(words[0], Array(words.dropFirst()), input: "{\"phone\":\"+15551230001\"}\n")
            #expect(output.code == 78 && output.problem == problem && output.problems.count == 1, "\(words)")
        }
        #expect(!Files.exists(scratch.state + "/onboarding.db"))
    }

    /// A settings file that is far too large is a wrong one, not a full disk.
    @Test func hugeSettings() throws {
        let scratch = try Scratch()
        try scratch.shell("head -c 40000000 /dev/zero | tr '\\0' ' ' > \"$DIR/state/dcb.json\"")
        let output = try scratch.run("dcb-state", ["list"])
        #expect(output.code == 78 && output.problem == "settings-invalid")
    }

    @Test func aSettingsFolderIsNoFile() throws {
        let scratch = try Scratch()
        let output = try scratch.run("dcb-state", ["list", "--settings", scratch.state])
        #expect(output.code == 78 && output.problem == "settings-invalid")
    }
}
