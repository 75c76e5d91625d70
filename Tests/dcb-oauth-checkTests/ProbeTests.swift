import JSON
import Platform
import TestSupport
import Testing

/// What gog says, folded in.
@Suite struct ProbeTests {
    /// An agent with a token, `gog` and `docker` on the PATH.
    static func agent(_ policy: String? = #"{"probeCommand":["gog"]}"#, docker: Bool = true) throws -> Agent {
        let scratch = try Scratch()
        let agent = try Agent(scratch)
        try agent.putOld()
        try Files.makeDirectories(scratch.folder + "/bin")
        for name in docker ? ["gog", "docker"] : ["gog"] {
            try scratch.run("/bin/ln", ["-s", try Scratch.standin("gog-standin"), scratch.folder + "/bin/" + name])
        }
        scratch.environment["PATH"] = scratch.folder + "/bin:/usr/bin:/bin"
        scratch.environment["DCB_GOG_LOG"] = scratch.folder + "/gog.log"
        if let policy { try scratch.write(policy, to: scratch.state + "/dcb.json") }
        return agent
    }

    static func calls(_ agent: Agent) throws -> [Object] {
        Output.objects(String(decoding: try Files.readIfPresent(agent.scratch.folder + "/gog.log") ?? [], as: UTF8.self))
    }

    static let verdicts: [(String, String)] = [
        ("valid", "valid"), ("nothing", "unreadable"), ("revoked", "old"), ("reauth", "old"), ("client", "damaged"), ("unauthorized", "damaged"),
        ("deleted", "damaged"),
        ("refused", "unknown"), ("dns", "unknown"), ("tls", "unknown"), ("slow", "unknown"), ("server", "unknown"), ("html", "unknown"),
        ("password", "unreadable"),
        ("no-password", "unreadable"), ("damaged", "damaged"), ("truncated", "damaged"), ("garbled", "damaged"), ("denied", "unreadable"),
        ("no-credentials", "damaged"), ("wrapped", "damaged"), ("service-account", "present"), ("newer-error", "unreadable"), ("unknown-error", "unknown"),
        ("not-json", "unknown"), ("two", "old"), ("floods", "unknown"), ("dies", "unknown"),
    ]

    @Test(arguments: 0..<verdicts.count) func eachAnswer(_ index: Int) throws {
        let (answer, state) = ProbeTests.verdicts[index]
        let agent = try ProbeTests.agent()
        let (output, seen) = try agent.check(["--probe"], environment: ["DCB_GOG_ANSWER": answer])
        #expect(seen.text("state") == state, "\(answer): \(output.out)\(output.err)")
        #expect(output.code == (["valid", "present"].contains(state) ? 0 : 1))
        // Matched, never copied.
        for word in ["alice", "SECRET-OF", "http", "invalid_", "aes.", "/workspace/.gog-config"] {
            #expect(!output.out.contains(word) && !output.err.contains(word), "\(answer): \(word)")
        }
    }

    @Test func withoutAProbeNothingIsValid() throws {
        let agent = try ProbeTests.agent()
        #expect(try agent.check().agent.text("state") == "present")
        #expect(try ProbeTests.calls(agent).isEmpty)
    }

    /// By default in the sandbox that OpenClaw runs for this agent: its user, its environment, the password in no argument, no terminal, no input.
    @Test func dockerExec() throws {
        let agent = try ProbeTests.agent(nil)
        let ps = "agent:other\tffff\nagent:\(agent.id)\tabc123\n"
        let (output, seen) = try agent.check(["--probe"], environment: ["DCB_DOCKER_PS": ps])
        #expect(output.code == 0 && seen.text("state") == "valid", "\(output.out)\(output.err)")
        let calls = try ProbeTests.calls(agent)
        #expect(calls.count == 1)
        let call = try #require(calls.first)
        let arguments = (call["arguments"]?.arrayValue ?? []).compactMap(\.stringValue)
        #expect(arguments.contains("abc123") && arguments.contains("--check") && call["terminal"]?.boolValue == false && call.text("input") == "/dev/null")
        let password = call["environment"]?.at("GOG_KEYRING_PASSWORD")?.stringValue ?? ""
        #expect(password.utf8.count > 40 && !arguments.contains { $0.contains(password) })
        #expect(try agent.scratch.configText().contains(password) && !output.out.contains(password))
        #expect(call["environment"]?.at("HOME")?.stringValue == "/workspace" && call["environment"]?.at("GOG_HOME")?.stringValue == "/workspace/.gog")
        #expect(call.text("user")?.contains(":") == true)
    }

    @Test func aSandboxThatDoesNotRun() throws {
        let agent = try ProbeTests.agent(nil)
        let (output, seen) = try agent.check(["--probe"], environment: ["DCB_DOCKER_PS": "agent:other\tffff\n"])
        #expect(output.code == 1 && seen.text("state") == "unknown" && seen.text("detail")?.contains("does not run") == true)
        // A session's own sandbox counts too.
        #expect(try agent.check(["--probe"], environment: ["DCB_DOCKER_PS": "agent:\(agent.id):main\tabc\n"]).agent.text("state") == "valid")
    }

    @Test func aPolicysOwnCommand() throws {
        let agent = try ProbeTests.agent(#"{"probeCommand":["gog","{agent}","{user}"]}"#)
        _ = try agent.check(["--probe"])
        let call = try #require(try ProbeTests.calls(agent).first)
        #expect((call["words"]?.arrayValue ?? []).first?.stringValue == agent.id)
        #expect(call["environment"]?.at("GOG_HOME")?.stringValue == "/workspace/.gog")
    }

    /// Missing helpers are a failure of the probe alone.
    @Test func missingHelpers() throws {
        let agent = try ProbeTests.agent(nil, docker: false)
        #expect(try agent.check().output.code == 0)
        let output = try agent.check(["--probe"]).output
        #expect(output.code == 69 && output.problem == "docker-missing" && output.out.isEmpty)
        let other = try ProbeTests.agent(nil)
        let ps = "agent:\(other.id)\tabc\n"
        let gone = try other.check(
            ["--probe"],
            environment: [
                "DCB_DOCKER_PS": ps,
                "DCB_DOCKER_FAILS":
                    "OCI runtime exec failed: exec failed: unable to start container process: exec: \"gog\": executable file not found in $PATH: unknown",
            ]
        ).output
        #expect(gone.code == 69 && gone.problem == "gog-missing")
        let daemon = try other.check(
            ["--probe"], environment: ["DCB_DOCKER_PS": ps, "DCB_DOCKER_FAILS": "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."]
        ).output
        #expect(daemon.code == 69 && daemon.problem == "docker-missing")
        try agent.scratch.write(#"{"probeCommand":["/nowhere/enter"]}"#, to: agent.scratch.state + "/dcb.json")
        #expect(try agent.check(["--probe"]).output.problem == "helper-missing")
    }

    /// A sandbox says what its agent likes: that concerns nobody else.
    @Test(arguments: [("lies-of-gog", "gog-missing"), ("lies-of-docker", "docker-missing")]) func oneThatLies(_ answer: String, _ problem: String) throws {
        let liar = try ProbeTests.agent(nil)
        let other = try Agent(liar.scratch, "+15551230002")
        try other.putOld()
        let ps = "agent:\(liar.id)\taaa\nagent:\(other.id)\tbbb\n"
        let (output, seen) = try other.check(["--probe"], environment: ["DCB_DOCKER_PS": ps, "DCB_GOG_ANSWER_aaa": answer])
        #expect(output.code == 1 && seen.text("state") == "valid", "\(output.out)\(output.err)")
        let agents = (output.document["agents"]?.arrayValue ?? []).compactMap(\.objectValue)
        #expect(agents.first { $0.text("agentId") == liar.id }?.text("state") == "unknown")
        let all = try other.check(["--probe"], environment: ["DCB_DOCKER_PS": ps, "DCB_GOG_ANSWER": answer]).output
        #expect(all.code == 69 && all.problem == problem && all.out.isEmpty)
    }

    /// One that never ends is ended, and says nothing about the token.
    @Test func aGogThatHangs() throws {
        if !Skip.isLong { return Skip.say("a gog that hangs takes half a minute (DCB_LONG)") }
        let agent = try ProbeTests.agent()
        let (output, seen) = try agent.check(["--probe"], environment: ["DCB_GOG_ANSWER": "hangs"])
        #expect(output.code == 1 && seen.text("state") == "unknown" && seen.text("detail")?.contains("in time") == true)
    }
}
