import Glibc
import JSON
import Platform
import TestSupport
import Testing

/// OpenClaw's own command makes and deletes the agents: whatever it does and says, only what the config then holds counts.
@Suite struct CLIDriverTests {
    /// The roster by id.
    private func roster(_ scratch: Scratch) throws -> [String: Object] {
        let agents = try #require(try scratch.configValue().at("agents")?.objectValue)
        var found: [String: Object] = [:]
        for element in agents["list"]?.arrayValue ?? [] { found[element.objectValue?.text("id") ?? ""] = element.objectValue }
        for (key, value) in agents["entries"]?.objectValue ?? [:] { found[key] = value.objectValue }
        return found
    }

    /// Nobody else's entry, binding or allow-list entry has changed.
    private func expectOthersWhole(_ scratch: Scratch, _ version: String, at place: SourceLocation = #_sourceLocation) throws {
        let before = try Value(parsing: Array(Scratch.config(of: version).utf8), dialect: .json5, limits: .standard)
        let now = try scratch.configValue()
        #expect(try roster(scratch)["other"] == before.roster("other"), sourceLocation: place)
        #expect(now.at("bindings") == before.at("bindings"), sourceLocation: place)
        #expect(now.at("channels") == before.at("channels"), sourceLocation: place)
        #expect(now.at("gateway") == before.at("gateway"), sourceLocation: place)
    }

    private func create(_ scratch: Scratch, _ document: Object, _ environment: [String: String] = [:]) throws -> Output {
        try scratch.step("dcb-create-agent", [], [document], environment: environment)
    }

    private func undo(_ scratch: Scratch, _ document: Object, _ environment: [String: String] = [:]) throws -> Output {
        try scratch.step("dcb-create-agent", ["--undo"], [document], environment: environment)
    }

    @Test(arguments: Scratch.openclawVersions) func thereAndBack(_ version: String) throws {
        let scratch = try Scratch.withOpenClaw(version)
        let claimed = try scratch.claimed(Scratch.phone(1))
        let agent = try #require(claimed.text("agentId"))
        let made = try scratch.only(try create(scratch, claimed))
        #expect(made["agentCreated"] == true)
        let entry = try #require(try roster(scratch)[agent])
        #expect(entry.text("name") == agent)
        #expect(entry["sandbox"]?.at("mode") == "all")
        let password = try #require(entry["sandbox"]?.at("docker", "env", "GOG_KEYRING_PASSWORD")?.stringValue)
        #expect(try scratch.configValue().at("meta", "lastTouchedVersion")?.stringValue == version)
        #expect(try !scratch.configText().contains("// ours"))
        try expectOthersWhole(scratch, version)
        // Its files come from our templates; what OpenClaw adds stands beside them.
        #expect(try !scratch.text("\(scratch.state)/workspace-\(agent)/AGENTS.md").contains("OpenClaw's own"))

        // Twice is once: it is not even called.
        let again = try scratch.only(try create(scratch, claimed))
        #expect(again["agentCreated"] == false)
        #expect(again["config"]?.at("changed") == false)
        var calls = try scratch.openclawCalls()
        #expect(calls.count == 1)
        #expect(
            calls.first?["arguments"] == [
                "agents", "add", .string(agent), "--workspace", .string("\(scratch.state)/workspace-\(agent)"), "--agent-dir",
                .string("\(scratch.state)/agents/\(agent)/agent"), "--non-interactive", "--json",
            ])

        let undone = try scratch.only(try undo(scratch, made))
        #expect(undone["agentRemoved"] == true)
        let place = try #require(undone.text("trash"))
        calls = try scratch.openclawCalls()
        #expect(calls.count == 2)
        #expect(calls.last?["arguments"] == ["agents", "delete", .string(agent), "--force", "--json"])
        // Our folders were in our trash before it ran, so none went to its own.
        #expect(calls.last?["workspace"] == false && calls.last?["agentFolder"] == false)
        #expect(!Files.exists(scratch.folder + "/.Trash"))
        #expect(Files.exists(place + "/workspace/AGENTS.md") && Files.exists(place + "/agent"))
        let kept = try Value(parsing: try Files.read(place + "/entry.json"))
        #expect(kept.at("sandbox", "docker", "env", "GOG_KEYRING_PASSWORD")?.stringValue == password)
        #expect(try roster(scratch).keys.sorted() == ["main", "other"])
        #expect(try Files.list(scratch.state + "/trash").count == 1)
        try expectOthersWhole(scratch, version)

        let twice = try scratch.only(try undo(scratch, made))
        #expect(twice["agentRemoved"] == false && twice.text("trash") == nil)
        #expect(try scratch.openclawCalls().count == 2)
        try scratch.only(try scratch.step("dcb-state", ["release"], [made]))
    }

    /// What it did not do is a failure, whatever it exits with; the config is as before, and the claim can be released.
    @Test(
        arguments: Scratch.openclawVersions,
        [
            ("nothing", "openclaw-failed", "it exited 0"), ("dies", "openclaw-failed", "signal 11"), ("exists", "openclaw-failed", "already exists"),
            ("floods", "openclaw-failed", "more than 1 MiB"), ("noisy", "openclaw-failed", "exit 3: [31mError: no no no"),
            ("changed", "changed-meanwhile", "config changed since last load"), ("locked", "config-locked", "file lock timeout"),
        ])
    func whatItDidNotMake(_ version: String, _ fault: (mode: String, problem: String, detail: String)) throws {
        let scratch = try Scratch.withOpenClaw(version)
        let claimed = try scratch.claimed(Scratch.phone(1))
        let output = try create(scratch, claimed, Scratch.misbehaving(fault.mode))
        #expect(output.code == (fault.problem == "openclaw-failed" ? 69 : 75))
        #expect(output.out.isEmpty)
        #expect(output.problem == fault.problem)
        let detail = output.problems.first?.text("detail") ?? ""
        #expect(detail.contains(fault.detail), "\(detail)")
        #expect(!detail.unicodeScalars.contains { $0.value < 32 } && detail.utf8.count < 400)
        #expect(try scratch.configText() == Scratch.config(of: version))
        // The same call finishes it; or it is taken back.
        if version == "2026.9.6" {
            #expect(try scratch.only(try create(scratch, claimed))["agentCreated"] == true)
        } else {
            #expect(try scratch.only(try undo(scratch, claimed))["agentRemoved"] == true)
            #expect(try scratch.configText() == Scratch.config(of: version))
            #expect(try scratch.openclawCalls().count == 1)
            try scratch.only(try scratch.step("dcb-state", ["release"], [claimed]))
            #expect(!Files.exists("\(scratch.state)/workspace-\(claimed.text("agentId") ?? "")"))
        }
    }

    /// And what it did is done, whatever it exits with.
    @Test(arguments: Scratch.openclawVersions, ["fails-after", "dies-after"]) func whatItMade(_ version: String, _ mode: String) throws {
        let scratch = try Scratch.withOpenClaw(version)
        let claimed = try scratch.claimed(Scratch.phone(1))
        let agent = claimed.text("agentId") ?? ""
        #expect(try scratch.only(try create(scratch, claimed, Scratch.misbehaving(mode)))["agentCreated"] == true)
        #expect(try roster(scratch)[agent]?["sandbox"]?.at("mode") == "all")
        #expect(try scratch.only(try undo(scratch, claimed, Scratch.misbehaving(mode)))["agentRemoved"] == true)
        #expect(try roster(scratch)[agent] == nil)
        try expectOthersWhole(scratch, version)
        try scratch.only(try scratch.step("dcb-state", ["release"], [claimed]))
    }

    /// An agent that stays in the config is a failure; the next call finishes it, and it all is in one place of the trash.
    @Test(
        arguments: Scratch.openclawVersions,
        [
            ("nothing", "openclaw-failed"), ("dies", "openclaw-failed"), ("floods", "openclaw-failed"), ("changed", "changed-meanwhile"),
            ("locked", "config-locked"),
        ])
    func whatItDidNotDelete(_ version: String, _ fault: (mode: String, problem: String)) throws {
        let scratch = try Scratch.withOpenClaw(version)
        let made = try scratch.made(Scratch.phone(1))
        let agent = made.text("agentId") ?? ""
        let before = try scratch.configText()
        let output = try undo(scratch, made, Scratch.misbehaving(fault.mode))
        #expect(output.code == (fault.problem == "openclaw-failed" ? 69 : 75))
        #expect(output.out.isEmpty && output.problem == fault.problem, "\(output.err)")
        #expect(try scratch.configText() == before)
        #expect(try scratch.step("dcb-state", ["release"], [made]).problem == "not-ready")
        let undone = try scratch.only(try undo(scratch, made))
        #expect(undone["agentRemoved"] == true)
        #expect(try roster(scratch)[agent] == nil)
        let places = try Files.list(scratch.state + "/trash")
        #expect(places.count == 1)
        #expect(try Files.list("\(scratch.state)/trash/\(places.first ?? "")").sorted() == ["agent", "entry.json", "workspace"])
        #expect(undone.text("trash") == "\(scratch.state)/trash/\(places.first ?? "")")
        try scratch.only(try scratch.step("dcb-state", ["release"], [made]))
    }

    /// Asked for and not there: nothing is begun, and no other driver steps in.
    @Test(arguments: [false, true]) func missing(_ isUndo: Bool) throws {
        let scratch = try Scratch.withOpenClaw()
        let document = isUndo ? try scratch.made(Scratch.phone(1)) : try scratch.claimed(Scratch.phone(1))
        let before = try scratch.picture()
        let output = try scratch.step("dcb-create-agent", isUndo ? ["--undo"] : [], [document], environment: ["PATH": "/usr/bin:/bin"])
        #expect(output.code == 69 && output.problem == "openclaw-missing" && output.out.isEmpty)
        #expect(output.problems.first?.text("hint") == "install it with npm install -g openclaw, or use --driver file")
        #expect(try scratch.picture() == before)
    }

    /// A dry run does not call it, and says when it is missing.
    @Test(arguments: [["-n"], ["-n", "--undo"]]) func dry(_ words: [String]) throws {
        let scratch = try Scratch.withOpenClaw()
        let document = words.count > 1 ? try scratch.made(Scratch.phone(1)) : try scratch.claimed(Scratch.phone(1))
        let before = try scratch.picture()
        let answer = try scratch.only(try scratch.step("dcb-create-agent", words, [document]))
        #expect(answer[words.count > 1 ? "agentRemoved" : "agentCreated"] == true)
        #expect(try scratch.step("dcb-create-agent", words, [document], environment: ["PATH": "/usr/bin:/bin"]).problem == "openclaw-missing")
        #expect(try scratch.openclawCalls().count == words.count - 1)
        #expect(try scratch.picture() == before)
    }

    /// What cannot be run is no fault of the document.
    @Test func whatCannotRun() throws {
        let scratch = try Scratch.withOpenClaw()
        let claimed = try scratch.claimed(Scratch.phone(1))
        for text in ["#!/nowhere/node\n", "#!/usr/bin/env dcb-no-such-node\n"] {
            try makeExecutable(scratch.folder + "/bin/openclaw", text)
            let output = try create(scratch, claimed)
            #expect(output.code == 69 && output.problem == "openclaw-failed", "\(output.err)")
        }
        #expect(try scratch.configText() == Scratch.config(of: "2026.9.6"))
    }

    /// A stream: one agent a call, each whole before the next begins; a refused document leaves the others alone.
    @Test func oneAtATime() throws {
        let scratch = try Scratch.withOpenClaw()
        let documents = try (1...4).map { try scratch.claimed(Scratch.phone($0)) }
        var bad = documents[1]
        bad["fence"] = "0123456789abcdef"
        let output = try scratch.step("dcb-create-agent", [], [documents[0], bad, documents[2], documents[3]])
        #expect(output.code == 75 && output.problems.count == 1)
        #expect(output.documents.map { $0.text("phone") } == [1, 3, 4].map { Scratch.phone($0) })
        let calls = try scratch.openclawCalls()
        #expect(calls.count == 3)
        #expect(calls.allSatisfy { $0["unsandboxed"] == 0 }, "an earlier document's agent was still without its sandbox")
    }

    /// Nothing but ids and paths reaches it: no phone, no secret, no variable that is not meant for it.
    @Test func whatItIsGiven() throws {
        let scratch = try Scratch.withOpenClaw()
        let phone = Scratch.phone(4_711_815)
        let secrets = [
            "OPENCLAW_GATEWAY_TOKEN": "hidden-1", "DCB_WEBHOOK_TOKEN": "hidden-2", "OPENCLAW_GATEWAY_PASSWORD": "hidden-3", "AWS_SECRET_ACCESS_KEY": "hidden-4",
            "NODE_OPTIONS": "hidden-5", "DCB_BACKUP_KEY": "hidden-6",
        ]
        let claimed = try scratch.claimed(phone, ["name": "Ann Example", "email": "ann@example.com", "requestId": "hidden-7"])
        let made = try scratch.only(try create(scratch, claimed, secrets))
        let agent = made.text("agentId") ?? ""
        let password = try #require(try roster(scratch)[agent]?["sandbox"]?.at("docker", "env", "GOG_KEYRING_PASSWORD")?.stringValue)
        try scratch.only(try undo(scratch, made, secrets))
        let text = try scratch.text(scratch.folder + "/openclaw.log")
        for word in ["hidden", "4711815", "Ann", "example.com", password, made.text("fence") ?? "-"] { #expect(!text.contains(word), "\(word)") }
        let calls = try scratch.openclawCalls()
        #expect(calls.count == 2)
        for call in calls {
            let environment = call["environment"]?.objectValue ?? [:]
            let names = environment.keys.filter { !$0.hasPrefix("OPENCLAW_STANDIN_") }
            #expect(
                names == ["DCB_DRIVER", "DCB_OPENCLAW_VERSION", "HOME", "LANG", "OPENCLAW_CONFIG_PATH", "OPENCLAW_STATE_DIR", "PATH"], "\(names)")
            #expect(environment.text("OPENCLAW_STATE_DIR") == scratch.state && environment.text("OPENCLAW_CONFIG_PATH") == scratch.config)
        }
    }

    /// State folder and config that are given as options are the ones that it works on.
    @Test func itWorksWhereWeDo() throws {
        let scratch = try Scratch.withOpenClaw()
        try Files.rename(scratch.state, to: scratch.folder + "/elsewhere")
        let places = ["--state-dir", scratch.folder + "/elsewhere", "--config", scratch.folder + "/elsewhere/openclaw.json"]
        let claimed = try scratch.only(try scratch.step("dcb-state", ["claim"] + places, [["phone": .string(Scratch.phone(1))]]))
        #expect(try scratch.only(try scratch.step("dcb-create-agent", places, [claimed]))["agentCreated"] == true)
        #expect(!Files.exists(scratch.state))
    }

    /// OpenClaw would take an operator's binding away together with the agent: it is not even asked.
    @Test func anOperatorsBindingStays() throws {
        let scratch = try Scratch.withOpenClaw()
        let made = try scratch.made(Scratch.phone(1))
        let agent = made.text("agentId") ?? ""
        let text = try scratch.configText()
        let binding = "\"bindings\": [{\"agentId\": \"\(agent)\", \"match\": {\"channel\": \"telegram\"}},"
        try scratch.write(text.replacing("\"bindings\": [", with: binding), to: scratch.config)
        let before = try scratch.picture()
        let output = try undo(scratch, made)
        #expect(output.code == 65 && output.problem == "not-ready")
        #expect(try scratch.openclawCalls().count == 1)
        #expect(try scratch.picture() == before)
        try scratch.write(text, to: scratch.config)
        #expect(try scratch.only(try undo(scratch, made))["agentRemoved"] == true)
    }

    /// As the manual says: it replaces a symbolic link by a file.
    @Test func aSymbolicLink() throws {
        let scratch = try Scratch.withOpenClaw()
        try Files.rename(scratch.config, to: scratch.folder + "/real.json")
        try scratch.run("/bin/ln", ["-s", scratch.folder + "/real.json", scratch.config])
        let made = try scratch.made(Scratch.phone(1))
        #expect(try Files.status(scratch.config, followLinks: false)?.isRegular == true)
        #expect(try scratch.text(scratch.folder + "/real.json") == Scratch.config(of: "2026.9.6"))
        #expect(try roster(scratch)[made.text("agentId") ?? ""]?["sandbox"] != nil)
    }

    /// A user that exists and whose entry was lost gets it again by the same command.
    @Test func mending() throws {
        let scratch = try Scratch.withOpenClaw()
        let agent = try scratch.onboarded(Scratch.phone(1))
        try scratch.write(Scratch.config(of: "2026.9.6"), to: scratch.config)
        let document: Object = ["phone": .string(Scratch.phone(1)), "agentId": .string(agent)]
        #expect(try scratch.only(try create(scratch, document))["agentCreated"] == true)
        #expect(try roster(scratch)[agent]?["sandbox"]?.at("mode") == "all")
    }
}

extension Value {
    /// An agent of the roster, in either shape.
    fileprivate func roster(_ id: String) -> Object? {
        if let entry = at("agents", "entries", id)?.objectValue { return entry }
        return at("agents", "list")?.arrayValue?.first { $0.objectValue?["id"]?.stringValue == id }?.objectValue
    }
}
