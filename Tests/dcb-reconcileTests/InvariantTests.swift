import Glibc
import JSON
import Platform
import TestSupport
import Testing

/// Each invariant is broken once, found, and mended where the repair may.
@Suite struct InvariantTests {
    /// A way to break one, and what the repair makes of it.
    struct Break: Sendable, CustomTestStringConvertible {
        let id: String
        let what: String
        var words: [String] = []
        /// The actions of the repair; empty: it is not ours to mend.
        var mended: [String] = []
        let how: @Sendable (House) throws -> Void
        var testDescription: String { "\(id) \(what)" }
    }

    static let breaks: [Break] = [
        Break(id: "I1", what: "no row", mended: ["remove-agent"]) { try $0.forget(1) },
        Break(id: "I1", what: "no ledger") { try $0.sql("DELETE FROM ledger WHERE agent_id = '\($0.agents[1])' AND kind = 'agent'") },
        Break(id: "I1", what: "a folder nobody knows") { try Files.makeDirectories($0.state + "/workspace-user_unknown") },
        Break(id: "I2", what: "one workspace for two") {
            try $0.change("workspace-\($0.agents[1])\"", "workspace-\($0.agents[2])\"")
        },
        Break(id: "I2", what: "one agentDir for two") { try $0.change("agents/\($0.agents[1])/agent\"", "agents/\($0.agents[2])/agent\"") },
        Break(id: "I2", what: "one inside another") { try $0.change("workspace-\($0.agents[1])\"", "workspace-\($0.agents[2])/inner\"") },
        Break(id: "I2", what: "one keyring password") { house in
            let first = try House.password(house.entry(1))
            let second = try House.password(house.entry(2))
            try house.change(first, second)
        },
        Break(id: "I2", what: "a workspace that is a link") { house in
            let path = house.state + "/workspace-" + house.agents[1]
            try Files.rename(path, to: house.scratch.folder + "/elsewhere")
            try house.scratch.shell("ln -s $DIR/elsewhere '\(path)'")
        },
        Break(id: "I2", what: "a link into another's workspace") { house in
            try house.scratch.shell("ln -s ../workspace-\(house.agents[2])/USER.md '\(house.state)/workspace-\(house.agents[1])/peek'")
        },
        Break(id: "I2", what: "a link out, deep inside") { house in
            try house.scratch.shell(
                "cd '\(house.state)/workspace-\(house.agents[1])' && mkdir -p a/b/c && ln -s /root a/b/c/up && ln -s ../../USER.md a/b/fine")
        },
        Break(id: "I3", what: "sandbox off", mended: ["complete"]) {
            try $0.change($0.entry(1), $0.entry(1).replacing(all: "\"mode\": \"all\"", with: "\"mode\": \"off\""))
        },
        Break(id: "I3", what: "more memory", mended: ["complete"]) { try $0.change($0.entry(1), $0.entry(1).replacing(all: "512m", with: "8g")) },
        Break(id: "I3", what: "no capDrop", mended: ["complete"]) { try $0.change($0.entry(1), $0.entry(1).replacing(all: "\"ALL\"", with: "\"NET_RAW\"")) },
        Break(id: "I3", what: "no sandbox at all") { house in
            let entry = try house.entry(1)
            guard let from = entry.firstRange(of: "\"sandbox\"")?.lowerBound else { throw TestFailure("no sandbox") }
            let head = String(entry[..<from]).reversed().drop { $0 == "," || $0.isWhitespace }
            try house.change(entry, String(head.reversed()) + "}")
        },
        Break(id: "I3", what: "the default is off") {
            try $0.change("\"sandbox\": {\"mode\": \"all\", \"scope\"", "\"sandbox\": {\"mode\": \"non-main\", \"scope\"")
        },
        Break(id: "I4", what: "a JID", mended: []) { try $0.change("\"id\": \"+15559999999\"", "\"id\": \"15559999999@s.whatsapp.net\"") },
        Break(id: "I4", what: "kind dm") { try $0.change("\"kind\": \"direct\", \"id\": \"+15559999999\"", "\"kind\": \"dm\", \"id\": \"+15559999999\"") },
        Break(id: "I4", what: "two bindings of one phone") {
            try $0.change(
                "\"bindings\": [",
                "\"bindings\": [{\"agentId\": \"main\", \"match\": {\"channel\": \"whatsapp\", \"peer\": {\"kind\": \"direct\", \"id\": \"+15559999999\"}}},")
        },
        Break(id: "I4", what: "a binding to nowhere") {
            try $0.change(
                "\"bindings\": [",
                "\"bindings\": [{\"agentId\": \"gone\", \"match\": {\"channel\": \"whatsapp\", \"peer\": {\"kind\": \"direct\", \"id\": \"+15558888888\"}}},")
        },
        Break(id: "I5", what: "main") { try $0.change("per-channel-peer", "main") },
        Break(id: "I5", what: "not set") { try $0.cut("\"session\": {\"dmScope\": \"per-channel-peer\"}") },
        Break(id: "I6", what: "open") { try $0.change("\"dmPolicy\": \"allowlist\"", "\"dmPolicy\": \"open\"") },
        Break(id: "I6", what: "a star") { try $0.change("\"+15559999999\", ", "\"*\", \"+15559999999\", ") },
        Break(id: "I6", what: "not on the list", mended: ["complete"]) { try $0.change(", \"\($0.phone(1))\"", "") },
        Break(id: "I7", what: "default", mended: ["complete"]) { try $0.change("\"\($0.agents[1])\": {", "\"\($0.agents[1])\": {\"default\": true,") },
        Break(id: "I7", what: "bound without a peer") {
            try $0.change("\"bindings\": [", "\"bindings\": [{\"agentId\": \"\($0.agents[1])\", \"match\": {\"channel\": \"whatsapp\", \"accountId\": \"x\"}},")
        },
        Break(id: "I8", what: "an unknown key of the root") { try $0.change("\"session\":", "\"dcb\": {}, \"session\":") },
        Break(id: "I8", what: "an unknown key of ours") { try $0.change("\"\($0.agents[1])\": {", "\"\($0.agents[1])\": {\"phone\": 1,") },
        Break(id: "I8", what: "a retired one") { try $0.change("\"session\":", "\"meta\": {\"lastTouchedAt\": \"2026-01-01T00:00:00Z\"}, \"session\":") },
        Break(id: "I8", what: "no ownership") { try $0.cut("\"ownership\": \"explicit\"") },
        Break(id: "I8", what: "no JSON") { try $0.scratch.write("{ not json", to: $0.scratch.config) },
        Break(id: "I8", what: "an array") { try $0.scratch.write("[]", to: $0.scratch.config) },
        Break(id: "I8", what: "a list and entries") { try $0.change("\"ownership\":", "\"list\": [{\"id\": \"x\"}], \"ownership\":") },
        Break(id: "I9", what: "change-me") { try $0.change("0123456789abcdef0123456789abcdef", "change-me-change-me-change-me") },
        Break(id: "I9", what: "a shell's default") { try $0.change("0123456789abcdef0123456789abcdef", "${OPENCLAW_GATEWAY_TOKEN:-nothing}") },
        Break(id: "I9", what: "a tilde") { try $0.change("/srv/support\"", "~/support\"") },
        Break(id: "I9", what: "a short token") { try $0.change("0123456789abcdef0123456789abcdef", "0123456") },
        Break(id: "I9", what: "an empty token") { try $0.change("0123456789abcdef0123456789abcdef", "") },
        Break(id: "I9", what: "a short password") { try $0.change(House.password($0.entry(1)), "abc") },
        Break(id: "I9", what: "the token as a password") { try $0.change(House.password($0.entry(1)), "0123456789abcdef0123456789abcdef") },
        Break(id: "I10", what: "a readable config") { try Files.setMode($0.scratch.config, 0o644) },
        Break(id: "I10", what: "an open state folder") { try Files.setMode($0.state, 0o755) },
        Break(id: "I10", what: "a readable record", mended: ["set-mode"]) { try Files.setMode($0.record, 0o640) },
        Break(id: "I10", what: "an open workspace", mended: ["set-mode"]) { try Files.setMode($0.state + "/workspace-" + $0.agents[1], 0o755) },
        Break(id: "I10", what: "an open agents folder of ours", mended: ["set-mode"]) { try Files.setMode($0.state + "/agents/" + $0.agents[1], 0o711) },
        Break(id: "I11", what: "no SOUL.md", mended: ["complete"]) { try Files.remove($0.state + "/workspace-" + $0.agents[1] + "/SOUL.md") },
        Break(id: "I11", what: "a placeholder") { try $0.scratch.write("Hello {{NAME}}\n", to: $0.state + "/workspace-" + $0.agents[1] + "/USER.md") },
        Break(id: "I12", what: "docker.sock") {
            try $0.change("\"support\": {", "\"support\": {\"sandbox\": {\"docker\": {\"binds\": [\"/var/run/docker.sock:/x\"]}}, ")
        },
        Break(id: "I12", what: "/etc") { try $0.change("\"support\": {", "\"support\": {\"sandbox\": {\"docker\": {\"binds\": [\"/etc/ssl:/x:ro\"]}}, ") },
        Break(id: "I12", what: "another agent's folder") {
            try $0.change("\"support\": {", "\"support\": {\"sandbox\": {\"docker\": {\"binds\": [\"\($0.state)/workspace-\($0.agents[1]):/x\"]}}, ")
        },
        Break(id: "I12", what: "no source") {
            try $0.change("\"support\": {", "\"support\": {\"sandbox\": {\"docker\": {\"binds\": [\"/srv/not/there:/x\"]}}, ")
        },
        Break(id: "I12", what: "the defaults") {
            try $0.change("\"sandbox\": {\"mode\": \"all\", \"scope\"", "\"sandbox\": {\"docker\": {\"binds\": [\"/proc:/x\"]}, \"mode\": \"all\", \"scope\"")
        },
        Break(id: "I13", what: "a status by hand") { try $0.sql("UPDATE onboarding_states SET status = 'active' WHERE id = 1") },
        Break(id: "I13", what: "an illegal move") {
            try $0.sql(
                "INSERT INTO state_transitions (state_id, phone_number, from_status, to_status, transitioned_at) VALUES (1, '\($0.phone(1))', 'new', 'active', '2026-01-01T00:00:00Z'); UPDATE onboarding_states SET status = 'active' WHERE id = 1"
            )
        },
        Break(id: "I14", what: "a foreign key") {
            try $0.sql(
                "INSERT INTO state_transitions (state_id, phone_number, to_status, transitioned_at) VALUES (999, '+15550000001', 'new', '2026-01-01T00:00:00Z')"
            )
        },
        Break(id: "I15", what: "late") {
            try $0.sql("INSERT INTO heartbeats VALUES ('backup', '2026-01-01T00:00:00Z', 0, NULL)")
        },
        Break(id: "I15", what: "its own period", words: ["--now", "2026-01-01T00:10:00Z"]) {
            try $0.sql(
                "UPDATE onboarding_states SET updated_at = '2025-01-01T00:00:00Z'; UPDATE state_transitions SET transitioned_at = '2025-01-01T00:00:00Z'")
            try $0.sql("INSERT INTO heartbeats VALUES ('mail', '2026-01-01T00:00:00Z', 0, 60)")
        },
        Break(id: "I15", what: "ended badly") { try $0.sql("INSERT INTO heartbeats VALUES ('x', '2199-01-01T00:00:00Z', 74, 3600)") },
        Break(id: "I16", what: "none") { try House.backups($0, []) },
        Break(id: "I16", what: "old", words: ["--now", "2026-02-10T00:00:00Z"]) { try House.backups($0, ["dcb-20260201T030000Z.tar.gz"]) },
        Break(id: "I16", what: "no archive", words: ["--now", "2026-02-01T12:00:00Z"]) {
            try House.backups($0, ["dcb-20260201T030000Z.tar.gz"], content: "text")
        },
        Break(id: "I17", what: "a dead owner", mended: ["remove-lock"]) {
            try $0.scratch.write("{\"pid\":4194000,\"createdAt\":\"2026-01-01T00:00:00Z\",\"starttime\":1}", to: $0.scratch.config + ".lock")
        },
        Break(id: "I17", what: "nobody's") { try $0.scratch.write("what?", to: $0.scratch.config + ".lock") },
        Break(id: "I18", what: "behind", words: ["--now", "2020-01-01T00:00:00Z"]) { _ in },
        Break(id: "I22", what: "no inheritance") { try $0.change(",\n      \"authInheritance\": {\"agentId\": \"main\"}", "") },
    ]

    @Test(arguments: breaks) func brokenAndFound(_ one: Break) throws {
        let house = try House(2)
        #expect(try !house.check(one.words.first == "--now" ? [] : one.words).ids.contains(one.id))
        try one.how(house)
        let config = try Files.read(house.scratch.config)
        let check = try house.check(one.words)
        #expect(check.output.code == 0 && check.ids.contains(one.id), "\(check.ids.sorted())")
        // A hint, a subject, and never a whole number of a person.
        #expect(check.findings.allSatisfy { !($0.text("hint") ?? "").isEmpty && !($0.text("subject") ?? "").isEmpty })
        #expect(!check.output.out.contains(house.phone(1)) && !check.output.out.contains("+15559999999"))
        #expect(try Files.read(house.scratch.config) == config)
        #expect(try house.check(one.words + ["--only", one.id, "--exit-code"]).output.code == 1)
        if one.mended.isEmpty {
            let repair = try house.repair(one.words)
            #expect(try house.check(one.words).ids.contains(one.id) || !repair.actions.isEmpty)
            return
        }
        let repair = try house.repair(one.words)
        #expect(repair.output.code == 0 && repair.names == one.mended, "\(repair.output.err) \(repair.names)")
        #expect(repair.findings(one.id).contains { $0["mended"]?.boolValue == true })
        let after = try house.check(one.words)
        #expect(after.findings.isEmpty, "\(after.output.out)")
        #expect(try house.repair(one.words).actions.isEmpty)
        // What is the operator's is as it was.
        let text = try house.scratch.configText()
        #expect(text.contains("// the operator's own words") && text.contains("\"support\": {") && text.contains("+15559999999"))
    }

    /// Every invariant has a way to be broken here, or a test of its own below.
    @Test func noneIsWithoutATest() throws {
        let listed = try Scratch(config: nil).run("dcb-reconcile", ["--list", "--format", "json"]).documents.compactMap { $0.text("id") }
        #expect(listed.count >= 22 && Set(listed).count == listed.count)
        let own: Set = ["I19", "I20", "I21", "I23"]
        #expect(Set(listed).subtracting(InvariantTests.breaks.map(\.id)).isSubset(of: own))
    }

    // MARK: what takes more than one line

    /// A file's age is that of its change time, which nobody can set: these are young, and may be in use.
    @Test func youngTemporaryFilesAndLocksStay() throws {
        let house = try House(1)
        let young = house.state + "/.openclaw.json.dcb-0123456789abcdef.tmp"
        try house.scratch.write("half", to: young)
        try house.scratch.write("", to: house.scratch.config + ".lock")
        let repair = try house.repair()
        #expect(repair.actions.isEmpty && !repair.ids.contains("I19") && !repair.ids.contains("I17"))
        #expect(Files.exists(young) && Files.exists(house.scratch.config + ".lock"))
    }

    /// These are waited for until they are a minute old.
    @Test func oldTemporaryFilesAndLocksGo() throws {
        let house = try House(1)
        let files = [
            "/.openclaw.json.dcb-0123456789abcdef.tmp", "/workspace-\(house.agents[1])/.USER.md.dcb-0123456789abcdef.tmp", "/.dcb/.erasure.key.dcb-00.tmp",
        ]
        for name in files { try house.scratch.write("half", to: house.state + name) }
        // An agent may make any number of them: ten at a time are told and removed.
        for n in 1...14 { try house.scratch.write("", to: "\(house.state)/workspace-\(house.agents[1])/.x.dcb-\(n).tmp") }
        try Files.makeDirectories(house.state + "/.dcb/staging/workspace-user_gone.0123")
        try house.scratch.write("", to: house.scratch.config + ".lock")
        try until(seconds: 100, "files of a minute ago") { try house.check().findings("I19").count == 13 }
        let repair = try house.repair()
        #expect(repair.output.code == 0 && repair.names.filter { $0 == "remove-temporary" }.count == 13 && repair.names.contains("remove-lock"))
        #expect(try house.repair().names.count == 5)
        for name in files { #expect(!Files.exists(house.state + name)) }
        #expect(try house.isWhole())
    }

    @Test func filesOfAnotherUser() throws {
        guard isRoot(for: "files of another user") else { return }
        let house = try House(2)
        let path = house.state + "/workspace-" + house.agents[1] + "/AGENTS.md"
        guard lchown(path, 65534, 65534) == 0, lchown(house.state + "/audit/audit.jsonl", 65534, 65534) == 0 else { throw TestFailure("chown") }
        let check = try house.check()
        #expect(check.findings("I23").count == 2)
        #expect(check.says("I23").contains(house.agents[1]) && check.says("I23").contains("audit.jsonl"))
    }

    /// A small file system that is nearly full.
    @Test func aFullDisk() throws {
        guard isRoot(for: "a full disk") else { return }
        let scratch = try Scratch(config: House.config)
        let line = """
            mount -t tmpfs -o size=2m,mode=700 dcb-test $DIR/state && cp $DIR/openclaw.json $DIR/state/ && chmod 600 $DIR/state/openclaw.json &&
            dcb-reconcile --check --only I20 && head -c 2050000 /dev/zero > $DIR/state/fill && dcb-reconcile --check --only I20
            """
        try scratch.write(House.config, to: scratch.folder + "/openclaw.json")
        let output = try scratch.run(
            "/usr/bin/unshare", ["-m", "/bin/sh", "-c", line],
            environment: ["PATH": Scratch.commands + ":/usr/bin:/bin:/usr/sbin:/sbin", "DIR": scratch.folder])
        if output.err.contains("unshare: ") || output.err.contains("permission denied") || output.code == 126 {
            return Skip.say("a full disk needs mount namespaces")
        }
        let found = output.documents.map { $0["findings"]?.arrayValue?.count ?? -1 }
        #expect(found == [0, 1], "\(output.out) \(output.err)")
    }

    @Test func aGoodBackup() throws {
        let house = try House(1)
        try House.backups(
            house, ["dcb-20260131T030000Z.tar.gz", "dcb-20260201T030000Z.tar.gz", "dcb-20260201T040000Z.tar.gz.part", "other.tar.gz"], content: nil)
        #expect(try !house.check(["--now", "2026-02-02T12:00:00Z"]).ids.contains("I16"))
        #expect(try house.check(["--now", "2026-02-03T12:00:00Z"]).ids.contains("I16"))
    }

    /// The whole of an older shape: a list, `dm`, no ownership.
    @Test(arguments: Scratch.openclawVersions) func everyVersionsConfig(_ version: String) throws {
        let scratch = try Scratch(config: Scratch.config(of: version))
        scratch.environment["DCB_OPENCLAW_VERSION"] = version
        for number in 1...2 { try scratch.onboarded(Scratch.phone(number)) }
        let output = try scratch.run("dcb-reconcile", ["--check"])
        let known: Set = ["I3", "I22"]
        let ids = Set(output.document["findings"]?.arrayValue?.compactMap { $0.at("invariant")?.stringValue } ?? ["?"])
        #expect(output.code == 0 && ids.isSubset(of: known), "\(output.out)")
        let repair = try scratch.run("dcb-reconcile", ["--repair"])
        #expect(repair.code == 0 && repair.document["actions"]?.arrayValue?.isEmpty == true)
    }

    /// A list without a mark: the first one answers everybody.
    @Test func theFirstOfAList() throws {
        let scratch = try Scratch(
            config: """
                {"gateway": {"mode": "local"}, "agents": {"defaults": {"sandbox": {"mode": "all"}}, "list": [{"id": "user_first", "workspace": "/srv/1"}, {"id": "main"}]},
                "session": {"dmScope": "per-channel-peer"}}
                """)
        scratch.environment["DCB_OPENCLAW_VERSION"] = "2026.7.1"
        let output = try scratch.run("dcb-reconcile", ["--check", "--only", "I7"])
        #expect(output.code == 0 && output.out.contains("being the first"))
    }
}

extension House {
    static func password(_ entry: String) throws -> String {
        guard let range = entry.firstRange(of: "\"GOG_KEYRING_PASSWORD\": \"") else { throw TestFailure("no password") }
        return String(entry[range.upperBound...].prefix { $0 != "\"" })
    }

    /// A policy with a backup folder, and these in it; without content they are gzip files.
    static func backups(_ house: House, _ names: [String], content: String? = nil) throws {
        let folder = house.scratch.folder + "/backups"
        try Files.makeDirectories(folder)
        try house.scratch.write("{backupDir: \"\(folder)\"}", to: house.state + "/dcb.json")
        for name in names {
            if let content {
                try house.scratch.write(content, to: folder + "/" + name)
            } else {
                try Files.create(folder + "/" + name, [0x1F, 0x8B, 8, 0, 0, 0], mode: 0o600)
            }
        }
    }
}
