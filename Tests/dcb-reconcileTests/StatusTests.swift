import Glibc
import JSON
import Platform
import TestSupport
import Testing

/// Evidence moves rows on, trash runs out, jobs are noted.
@Suite struct StatusTests {
    func status(_ house: House, _ number: Int) throws -> Object { try house.scratch.run("dcb-state", ["get", house.phone(number)]).document }

    func session(_ house: House, _ number: Int, _ name: String = "a.jsonl", _ text: String = "{}\n") throws {
        let folder = house.state + "/agents/" + house.agents[number] + "/sessions"
        try Files.makeDirectories(folder)
        try house.scratch.write(text, to: folder + "/" + name)
    }

    func report(_ house: House, _ number: Int, _ text: String) throws {
        try house.scratch.write(text, to: house.state + "/workspace-" + house.agents[number] + "/onboarding.json")
    }

    @Test func aSessionMovesARowOn() throws {
        let house = try House(3)
        try session(house, 1)
        try session(house, 2, "sessions.json", "{}\n")
        try session(house, 3, "sessions.json", "{\"agent:x:main\":{}}")
        #expect(try house.check().findings.isEmpty)
        let repair = try house.repair()
        #expect(repair.output.code == 0 && repair.names == ["advance", "advance"])
        #expect(try status(house, 1).text("status") == "collecting_info")
        #expect(try status(house, 2).text("status") == "new")
        #expect(try status(house, 3).text("status") == "collecting_info")
        #expect(try house.isWhole())
    }

    @Test func whatTheAgentWroteMovesARowOn() throws {
        let house = try House(2)
        try report(house, 1, "{\"name\":\"Ada Lovelace\",\"email\":\"ada@example.com\"}")
        try report(house, 2, "{\"name\":\"Grace\"}")
        let repair = try house.repair()
        #expect(repair.output.code == 0 && repair.names == ["advance", "advance"])
        #expect(!repair.output.out.contains("Ada") && !repair.output.out.contains("ada@"))
        let first = try status(house, 1)
        #expect(first.text("status") == "ready_for_handover" && first.text("name") == "Ada Lovelace" && first.text("email") == "ada@example.com")
        let second = try status(house, 2)
        #expect(second.text("status") == "collecting_info" && second.text("name") == "Grace")
        #expect(try house.isWhole())
        // What is known stays, whatever the agent writes later; what is missing is added.
        try report(house, 2, "{\"name\":\"Another\",\"email\":\"grace@example.com\"}")
        #expect(try house.repair().names == ["advance"])
        #expect(try status(house, 2).text("name") == "Grace" && status(house, 2).text("status") == "ready_for_handover")
        try report(house, 1, "{\"name\":\"Mallory\",\"email\":\"mallory@example.com\"}")
        #expect(try house.repair().actions.isEmpty)
        #expect(try status(house, 1).text("name") == "Ada Lovelace")
    }

    static let hostile = [
        "", "{", "[]", "null", "{\"name\":1,\"email\":[]}", "{\"name\":\"\",\"email\":\"no address\"}", "{\"name\":\"a\\u0000b\"}", "{\"name\":\"x\\u202Ey\"}",
        "{\"name\":\"A\",\"name\":\"B\",\"email\":\"a@example.com\"}", "{'name':'A'}", "{\"name\":\"A\",}", "{\"email\":\"a@example.com\\n\"}",
        "{\"name\":\"" + String(repeating: "x", count: 300) + "\"}", String(repeating: "[", count: 5000), "{\"phone\":\"+15550000002\"}",
        "{\"status\":\"active\"}",
    ]

    @Test(arguments: hostile) func aHostileReport(_ text: String) throws {
        let house = try House(1)
        try report(house, 1, text)
        let repair = try house.repair()
        #expect(repair.output.code == 0 && repair.actions.isEmpty)
        #expect(try status(house, 1).text("status") == "new")
    }

    @Test func areportThatIsNoPlainFile() throws {
        let house = try House(5)
        let good = "{\"name\":\"Ada\",\"email\":\"ada@example.com\"}"
        try house.scratch.write(good, to: house.scratch.folder + "/secret.json")
        func path(_ number: Int) -> String { house.state + "/workspace-" + house.agents[number] + "/onboarding.json" }
        try house.scratch.shell("ln -s $DIR/secret.json '\(path(1))'")
        try Files.link(house.scratch.folder + "/secret.json", to: path(2))
        try house.scratch.shell("mkfifo '\(path(3))'")
        try Files.makeDirectories(path(4))
        try house.scratch.write(good + String(repeating: " ", count: 20_000), to: path(5))
        let repair = try house.repair()
        #expect(repair.output.code == 0 && repair.actions.isEmpty, "\(repair.output.out)")
    }

    /// Names of files are an agent's to choose: none of them ends the walk, or leaves the report.
    @Test func aHostileWorkspace() throws {
        let house = try House(2)
        try house.scratch.shell(
            """
            cd '\(house.state)/workspace-\(house.agents[1])' && mkfifo pipe && ln -s . loop && ln -s loop/loop/loop round && mkdir closed && chmod 000 closed &&
            printf x > "$(printf 'new\\nline')" && printf x > "$(printf '\\033[31mred')" && printf x > "$(printf '\\377\\376')" &&
            d=. && for i in $(seq 1 80); do d=$d/d; mkdir $d; done
            """)
        let report = try house.check(["--format", "text"])
        #expect(report.output.code == 0)
        #expect(report.output.out.unicodeScalars.allSatisfy { $0.value >= 32 || $0 == "\n" })
        #expect(try house.check().says("I2").contains("nested too deep"))
        _ = try house.scratch.shell("chmod 700 '\(house.state)/workspace-\(house.agents[1])/closed'")
    }

    /// A lease on a file of its own (fcntl(2)) keeps every other reader out: of that file alone.
    @Test func aLease() throws {
        let house = try House(2)
        for name in ["AGENTS.md", "onboarding.json"] {
            let path = "\(house.state)/workspace-\(house.agents[1])/\(name)"
            if !Files.exists(path) { try house.scratch.write("{}", to: path) }
            signal(SIGIO, SIG_IGN)
            let file = open(path, O_RDWR | O_CLOEXEC)
            defer { close(file) }
            // F_SETLEASE, F_WRLCK.
            try #require(file >= 0 && fcntl(file, 1024, 1) == 0, "no lease")
            for words in [["dcb-reconcile"], ["dcb-reconcile", "--repair"], ["dcb-backup", "create", "--to", house.scratch.folder + "/archives"]] {
                let output = try house.scratch.run(words[0], Array(words.dropFirst()))
                #expect(output.code == 0, "\(name) \(words): \(output.err)")
            }
        }
    }

    /// What nobody of ours makes, and one careless hand could: the check of everybody goes on.
    @Test(arguments: [
        "mkdir -m 700 -p trash/user_x-éééééééé", "mkdir bk; touch bk/dcb-éééééééé.tar.gz; echo '{backupDir: \"'$PWD'/bk\"}' > dcb.json",
        "mkdir -p workspace-work/a/b; touch workspace-work/a/b/c; chmod 400 workspace-work/a/b",
        "mkdir -p agents/main/sessions/x; touch agents/main/sessions/x/y; chmod 400 agents/main/sessions/x",
        "mkdir -p trash/user_x-20260101T000000Z/y; chmod 000 trash/user_x-20260101T000000Z", "head -c 70000 /dev/zero | tr '\\0' 1 > openclaw.json.lock",
    ]) func oddThings(_ script: String) throws {
        let house = try House(1)
        let made = try house.scratch.shell("cd \"$DIR/state\" && \(script)")
        try #require(made.code == 0, "\(made.err)")
        // Root becomes the folder's owner, whom modes bind.
        if isRoot(for: "modes that bind the owner") { try house.scratch.give(to: 1234) }
        let output = try house.scratch.run("dcb-reconcile")
        #expect(output.code == 0 && output.document["summary"] != nil, "\(script): \(output.code) \(output.err)")
        _ = try house.scratch.shell("chmod -R u+rwx \"$DIR/state\"")
    }

    // MARK: trash

    @Test func theTrashRunsOut() throws {
        let house = try House(2)
        try house.scratch.write("{trashDays: 7}", to: house.state + "/dcb.json")
        try house.scratch.run("dcb-onboard", ["--undo", house.phone(1), "--now", "2026-03-01T00:00:00Z"])
        try Files.makeDirectories(house.state + "/trash/by-hand")
        try Files.makeDirectories(house.state + "/trash/main-20200101T000000Z")
        let place = try Files.list(house.state + "/trash").first { $0.hasPrefix(house.agents[1]) }
        #expect(place == house.agents[1] + "-20260301T000000Z")
        #expect(try house.repair(["--now", "2026-03-07T00:00:00Z"]).names.isEmpty)
        let repair = try house.repair(["--now", "2026-03-09T00:00:00Z"])
        #expect(repair.output.code == 0 && repair.names == ["empty-trash"])
        #expect(try Files.list(house.state + "/trash") == ["by-hand", "main-20200101T000000Z"])
    }

    // MARK: jobs

    @Test func aJobIsNoted() throws {
        let house = try House(1)
        #expect(try house.repair(["--job", "reconcile"]).output.code == 0)
        #expect(try house.check(["--exit-code", "--job", "other=90m"]).output.code == 0)
        var jobs = try house.scratch.run("dcb-state", ["jobs"])
        #expect(jobs.code == 0 && jobs.documents.map { $0.text("job") } == ["other", "reconcile"])
        // Its own heartbeat does not count against a run, and findings are not a bad end.
        try house.sql("UPDATE heartbeats SET last_run = '2020-01-01T00:00:00Z' WHERE job = 'reconcile'")
        #expect(try house.check(["--job", "reconcile", "--exit-code"]).output.code == 0)
        try Files.setMode(house.scratch.config, 0o644)
        #expect(try house.check(["--job", "reconcile", "--exit-code"]).output.code == 1)
        jobs = try house.scratch.run("dcb-state", ["jobs"])
        #expect(jobs.documents.last?["exit"]?.intValue == 1)
        #expect(try house.check().ids == ["I10"])
        // A brake is a bad end.
        try house.forget(1)
        #expect(try house.repair(["--job", "reconcile", "--max-removals", "0"]).output.code == 78)
        #expect(try house.check().ids.contains("I15"))
    }

    @Test func withoutARecordThereIsNoHeartbeat() throws {
        let scratch = try Scratch(config: House.config)
        let output = try scratch.run("dcb-reconcile", ["--repair", "--job", "reconcile"])
        #expect(output.code == 0 && !Files.exists(scratch.state + "/onboarding.db"))
    }
}
