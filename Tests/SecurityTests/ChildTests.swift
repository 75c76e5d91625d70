import JSON
import Platform
import TestSupport
import Testing

/// What programs of others are given: their words, their environment, the folder they work in.
@Suite struct ChildTests {
    /// What a caller may have set to lead a program astray, or has set for others.
    static let astray = [
        "LD_PRELOAD": "/nowhere/evil.so", "LD_LIBRARY_PATH": "/nowhere", "LD_AUDIT": "/nowhere/evil.so", "IFS": "x", "BASH_ENV": "/nowhere", "ENV": "/nowhere",
        "SHELLOPTS": "xtrace", "NODE_OPTIONS": "--require=/nowhere", "NODE_PATH": "/nowhere", "PYTHONSTARTUP": "/nowhere", "GZIP": "-1", "TAR_OPTIONS": "-P",
        "SWIFT_DETERMINISTIC_HASHING": "1", "HOOK_TOKEN": "secret-1", "DCB_passphrase": "secret-2", "OPENCLAW_CREDENTIALS": "secret-3",
        "openclaw_token": "secret-4", "DCB_Api_Key": "secret-5", "OPENCLAW_GATEWAY_PASSWD": "secret-6", "LISTEN_FDS": "1", "NOTIFY_SOCKET": "/nowhere",
    ]

    /// Notes what it is given, and answers nothing.
    private func recorder(_ scratch: Scratch, _ name: String) throws -> String {
        let path = scratch.folder + "/bin/" + name
        try Files.makeDirectories(scratch.folder + "/bin")
        try makeExecutable(
            path,
            """
            #!/bin/sh
            tr '\\0' '\\n' < /proc/$$/environ >> '\(scratch.folder)/environment'
            for word; do printf '%s\\n' "$word" >> '\(scratch.folder)/words'; done
            readlink /proc/$$/cwd >> '\(scratch.folder)/place'
            ls /proc/$$/fd | tr '\\n' ' ' >> '\(scratch.folder)/descriptors'
            exit 1

            """)
        return path
    }

    private func expectCareful(_ scratch: Scratch, _ names: Set<String>) throws {
        let environment = try scratch.text(scratch.folder + "/environment").split(separator: "\n").map { $0.split(separator: "=", maxSplits: 1) }
        let unknown = environment.map { String($0[0]) }.filter { !names.contains($0) }
        #expect(unknown.isEmpty, "\(unknown)")
        for (name, value) in Self.astray where value.hasPrefix("secret") || value.hasPrefix("/nowhere") {
            #expect(!environment.contains { $0.count > 1 && $0[1].contains(value) }, "\(name)")
        }
        let path = try #require(environment.first { $0[0] == "PATH" })
        #expect(path[1].split(separator: ":", omittingEmptySubsequences: false).allSatisfy { $0.hasPrefix("/") }, "\(path[1])")
        // Not where we were called: that may be an agent's workspace, with an .env of its own in it.
        #expect(try scratch.text(scratch.folder + "/place") == "/\n")
        #expect(try scratch.text(scratch.folder + "/descriptors") == "0 1 10 2 " || scratch.text(scratch.folder + "/descriptors").hasPrefix("0 1 "))
    }

    private func hostile(_ scratch: Scratch) throws -> [String: String] {
        try Files.makeDirectories(scratch.folder + "/here/relative")
        for name in ["openclaw", "docker", "probe", "gog"] {
            for folder in ["/here", "/here/relative"] {
                try makeExecutable(scratch.folder + folder + "/" + name, "#!/bin/sh\ntouch '\(scratch.folder)/astray'\n")
            }
        }
        return Self.astray.merging(["PATH": ".:relative::\(scratch.folder)/bin:/usr/bin:/bin:"]) { $1 }
    }

    private func here(_ scratch: Scratch, _ command: String, _ more: [String: String]) throws -> Output {
        // The shell itself must not obey them.
        let set = more.sorted { $0.key < $1.key }.map { "'\($0.key)=\($0.value)'" }.joined(separator: " ")
        let path = Path.absolute(Scratch.commands)
        return try scratch.shell("cd \"$DIR/here\" && /usr/bin/env \(set) \(path)/\(command)")
    }

    @Test func openclawIsGivenWhatItNeeds() throws {
        let scratch = try Scratch()
        _ = try recorder(scratch, "openclaw")
        let claimed = try scratch.claimed(Scratch.phone(1))
        try scratch.write(claimed.line, to: scratch.folder + "/in")
        var more = try hostile(scratch)
        // The loader says on standard error that there is no such library: that is the caller's own doing.
        for name in ["LD_PRELOAD", "LD_AUDIT"] { more[name] = nil }
        let output = try here(scratch, "dcb-create-agent --driver cli < \"$DIR/in\"", more)
        #expect(output.code == 69, "\(output.err)")
        try expectCareful(scratch, ["PATH", "HOME", "LANG", "TZ", "PWD", "OPENCLAW_STATE_DIR", "OPENCLAW_CONFIG_PATH"])
        let words = try scratch.text(scratch.folder + "/words").split(separator: "\n").map(String.init)
        let agent = try #require(claimed.text("agentId"))
        #expect(
            words == [
                "agents", "add", agent, "--workspace", "\(scratch.state)/workspace-\(agent)", "--agent-dir", "\(scratch.state)/agents/\(agent)/agent",
                "--non-interactive", "--json",
            ])
        #expect(!Files.exists(scratch.folder + "/astray"))
    }

    @Test func theProbeIsGivenWhatItNeeds() throws {
        let scratch = try Scratch()
        let agent = try scratch.onboarded(Scratch.phone(1))
        let probe = try recorder(scratch, "probe")
        try scratch.write("{probeCommand: ['\(probe)', '{agent}', '{workspace}']}", to: scratch.state + "/dcb.json")
        let keyring = "\(scratch.state)/workspace-\(agent)/.gog/data/keyring"
        try Files.makeDirectories(keyring)
        try scratch.write("a.b.c.d.e", to: keyring + "/token:--help@example.com")
        var more = try hostile(scratch)
        for name in ["LD_PRELOAD", "LD_AUDIT"] { more[name] = nil }
        _ = try here(scratch, "dcb-oauth-check --probe", more)
        let gog = ["GOG_HOME", "GOG_KEYRING_BACKEND", "GOG_KEYRING_PASSWORD", "XDG_CONFIG_HOME", "XDG_DATA_HOME"]
        try expectCareful(scratch, Set(["PATH", "HOME", "LANG", "TZ", "PWD", "OPENCLAW_STATE_DIR"] + gog))
        // Nothing that the agent has named is a word, and the password is none.
        let words = try scratch.text(scratch.folder + "/words").split(separator: "\n").map(String.init)
        #expect(words.prefix(2) == [agent, "\(scratch.state)/workspace-\(agent)"] && !words.contains { $0.contains("example.com") })
        let password = try #require(try scratch.configText().firstMatch(of: /"GOG_KEYRING_PASSWORD": "([A-Za-z0-9_-]{43})"/))
        #expect(!words.contains(String(password.1)))
        #expect(!Files.exists(scratch.folder + "/astray"))
    }

    /// An id can neither be an option nor begin one.
    @Test(arguments: [
        "-h", "--help", "--force", "user_", "user_../x", "user_a b", "user_a;id", "user_$(id)", "USER_1", "main", "user_a\n--force", "user_\u{e9}",
    ])
    func idsThatAreOptions(_ id: String) throws {
        let scratch = try Scratch()
        _ = try recorder(scratch, "openclaw")
        scratch.environment["PATH"] = scratch.folder + "/bin:/usr/bin:/bin"
        let claimed = try scratch.claimed(Scratch.phone(1))
        for arguments in [[], ["--undo"]] {
            let output = try scratch.step("dcb-create-agent", ["--driver", "cli"] + arguments, [claimed.with(["agentId": .string(id)])])
            #expect(output.code == 65 && output.problem == "invalid-member", "\(output.err)")
        }
        #expect(!Files.exists(scratch.folder + "/words"))
    }
}
