import Platform
import TestSupport
import Testing

/// The completions of the built commands, as bash and zsh use them.
@Suite struct CompletionTests {
    static let commands = EveryCommandTests.commands

    /// The options that the help shows, with both dashes.
    private func options(_ command: String) throws -> Set<String> {
        let help = try Scratch(config: nil).run(command, ["--help"]).out
        return Set(help.matches(of: /\n  (-\w, |    )--([a-z-]+)/).flatMap { ["--\($0.2)"] + ($0.1.first == "-" ? [String($0.1.prefix(2))] : []) })
    }

    /// What bash offers for a line whose last word is being typed.
    private func bash(_ command: String, _ words: [String], in scratch: Scratch) throws -> Set<String> {
        let script = try scratch.run(command, ["--completions", "bash"])
        try #require(script.code == 0 && script.err.isEmpty)
        try scratch.write(script.out, to: scratch.folder + "/completion")
        let function = "_" + command.replacing("-", with: "_")
        let line = """
            compopt() { :; }; source ./completion; complete -p \(command) >/dev/null || exit 9
            COMP_WORDS=(\(([command] + words).map { "'\($0)'" }.joined(separator: " "))); COMP_CWORD=\(words.count); \(function)
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let output = try scratch.run("/bin/bash", ["-c", "cd \(scratch.folder) && " + line])
        #expect(output.code == 0 && output.err.isEmpty, "\(output.err)")
        return Set(output.out.split(separator: "\n").map(String.init))
    }

    @Test(arguments: commands) func bashOffersWhatTheHelpShows(_ command: String) throws {
        guard Files.isExecutable("/bin/bash") else { return Skip.say("completions need bash") }
        let scratch = try Scratch()
        let all = try options(command)
        #expect(all.count > 15 && all.contains("--completions") && all.contains("-h"))
        #expect(try bash(command, ["-"], in: scratch) == all)
        #expect(try bash(command, ["--lo"], in: scratch) == ["--log"])
        #expect(try bash(command, ["--log", ""], in: scratch) == ["text", "json", "journal"])
        #expect(try bash(command, ["--log", "=", "j"], in: scratch) == ["json", "journal"])
        #expect(try bash(command, ["--log", "="], in: scratch) == ["text", "json", "journal"])
        #expect(try bash(command, ["--state-dir", "st"], in: scratch) == ["state"])
        #expect(try bash(command, ["--config", "state/"], in: scratch) == ["state/openclaw.json"])
        #expect(try bash(command, ["--now", ""], in: scratch).isEmpty)
    }

    @Test func bashKnowsTheVerbs() throws {
        guard Files.isExecutable("/bin/bash") else { return Skip.say("completions need bash") }
        let scratch = try Scratch()
        #expect(try bash("dcb-state", ["cl"], in: scratch) == ["claim", "claims"])
        let claim = try bash("dcb-state", ["claim", "-"], in: scratch)
        #expect(claim.isSuperset(of: ["--lease", "--owner-pid", "--removal", "-n", "--db"]) && !claim.contains("--expired"))
        let list = try bash("dcb-state", ["--db", "x", "list", "-"], in: scratch)
        #expect(list.isSuperset(of: ["--expired", "--after"]) && !list.contains("--lease"))
        #expect(try bash("dcb-state", ["claim", "cl"], in: scratch).isEmpty)
    }

    @Test(arguments: commands) func zshIsGivenWhatTheHelpShows(_ command: String) throws {
        let scratch = try Scratch()
        let script = try scratch.run(command, ["--completions", "zsh"])
        #expect(script.code == 0 && script.out.hasPrefix("#compdef \(command)\n"))
        guard Files.isExecutable("/usr/bin/zsh") else { return Skip.say("completions for zsh need zsh") }
        try scratch.write(script.out, to: scratch.folder + "/completion")
        // Each verb's turn together shows every option: what _arguments is given, up to the first bracket, colon or equals sign.
        let verbs = [
            "", "init", "claim", "commit", "release", "get", "list", "update", "handover", "cancel", "history", "claims", "ledger", "check", "audit", "create",
            "verify", "restore",
        ]
        let line = """
            _arguments() { print -rl -- "$@" }
            complete() { local -a words; words=(\(command) $1); source ./completion }
            for verb in \(verbs.map { "'\($0)'" }.joined(separator: " ")); do complete $verb; done
            """
        let output = try scratch.run("/usr/bin/zsh", ["-f", "-c", "cd \(scratch.folder) && " + line])
        #expect(output.code == 0 && output.err.isEmpty, "\(output.err)")
        let lines = output.out.split(separator: "\n")
        let given = lines.compactMap { $0.firstMatch(of: /^(\([^)]*\))?\*?(--?[a-z-]+)/)?.2 }.map(String.init)
        #expect(try Set(given.filter { $0 != "-s" && $0 != "-S" }) == options(command))
        #expect(lines.contains { $0.hasPrefix("--log=[") && $0.hasSuffix(":FORMAT:(text json journal)") })
        #expect(lines.contains { $0.hasPrefix("--state-dir=[") && $0.hasSuffix(":DIR:_files -/") })
    }

    @Test func anUnknownShell() throws {
        let output = try Scratch(config: nil).run("dcb-bind", ["--completions", "fish"])
        #expect(output.code == 64 && output.out.isEmpty && output.problem == "usage")
    }
}
