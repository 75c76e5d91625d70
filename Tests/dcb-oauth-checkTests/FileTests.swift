import Glibc
import JSON
import Platform
import TestSupport
import Testing

/// What files alone tell.
@Suite struct FileTests {
    @Test func whoNeverConnected() throws {
        let agent = try Agent(Scratch())
        let (output, seen) = try agent.check()
        #expect(output.code == 0 && seen.text("state") == "none" && seen["tokenAgeSeconds"]?.isNull == true)
        // An empty keyring proves nothing: listing makes it.
        try agent.put(".gog-config/gogcli/keyring/.keep", "")
        #expect(try agent.check().agent.text("state") == "none")
        #expect(try agent.check(["--require"]).output.code == 1)
    }

    @Test func ofWhomATokenIsExpected() throws {
        let agent = try Agent(Scratch())
        try agent.scratch.run("dcb-state", ["handover", agent.phone])
        let (output, seen) = try agent.check()
        #expect(output.code == 1 && seen.text("state") == "none" && seen["attention"]?.boolValue == true && seen.text("status") == "complete")
    }

    static let good: [(String, String, [(String, String)], Int)] = [
        ("0.4", "any", [("token:alice@example.com", "token")], 1),
        (
            "0.9", ">=0.9",
            [
                ("token:alice@example.com", "token"), ("token:default:alice@example.com", "token"), ("token:work:bob@example.org", "token"),
                ("default_account", "x"),
            ], 2
        ),
        (
            "0.14", ">=0.14",
            [
                ("token:alice@example.com", "token"), (Agent.encoded("token:alice@example.com"), "token"),
                (Agent.encoded("token:default:alice@example.com"), "token"),
                (Agent.encoded("token-sub:default:100000000000000000001"), "token"),
            ], 1
        ),
        (
            "slash", "any",
            [("token:d%2Fave@example.com", "token"), ("stray.txt", "x"), ("_gogcli_key_v1_dG9rZW46YQ=", "x"), ("_gogcli_key_v1_dG9rZW46YR", "x")], 1
        ),
    ]

    @Test(arguments: 0..<good.count) func aTokenOfEachGeneration(_ index: Int) throws {
        let (name, version, entries, accounts) = FileTests.good[index]
        let agent = try Agent(Scratch())
        try agent.put(".gog-config/gogcli/credentials.json", Agent.credentials)
        for (file, content) in entries { try agent.put(".gog-config/gogcli/keyring/" + file, content == "token" ? Agent.entry() : content) }
        let (output, seen) = try agent.check()
        #expect(output.code == 0 && seen.text("state") == "present", "\(name): \(output.out)")
        #expect(seen.text("gog") == version && seen["accounts"]?.intValue == accounts && seen.findings.isEmpty, "\(name): \(output.out)")
        // 2026-11-23T18:15:05Z, whatever the file's own time is.
        #expect(seen["tokenAgeSeconds"]?.intValue == 193_494)
        #expect(!output.out.contains("alice") && !output.out.contains("MADE-UP"))
    }

    @Test func theNewPlace() throws {
        let agent = try Agent(Scratch())
        try agent.putNew()
        let (output, seen) = try agent.check()
        #expect(output.code == 0 && seen.text("state") == "present" && seen.text("gog") == ">=0.19")
        #expect(seen.text("path") == agent.workspace + "/.gog/data")
    }

    @Test func agesAndTheirLimits() throws {
        let agent = try Agent(Scratch())
        func state(_ created: String, _ arguments: [String] = []) throws -> (String, Int32) {
            try agent.putOld("token:alice@example.com", Agent.entry(created: created))
            let (output, seen) = try agent.check(arguments)
            return (seen.text("state") ?? "", output.code)
        }
        #expect(try state("2026-09-04 00:00:00 +0000 UTC") == ("present", 0))
        #expect(try state("2026-09-03 01:30:00 +0200 CEST") == ("expiring", 1))
        #expect(try state("2026-08-28 00:00:01 +0000 UTC") == ("expiring", 1))
        #expect(try state("2026-08-27 23:59:59 +0000 UTC") == ("old", 1))
        #expect(try state("2026-08-27 23:59:59 +0000 UTC", ["--max-age", "200d"]) == ("present", 0))
        #expect(try state("2026-11-20 00:00:00 +0000 UTC", ["--max-age", "5d"]) == ("old", 1))
        #expect(try state("2026-11-20 00:00:00 +0000 UTC", ["--warn-age", "1d"]) == ("expiring", 1))
        // No time in it: the file's own.
        try agent.putOld("token:alice@example.com", Agent.entry(created: "yesterday"))
        try agent.scratch.shell("touch -d 2026-11-25T00:00:00Z \(agent.workspace)/.gog-config/gogcli/keyring/token:*")
        #expect(try agent.check().agent["tokenAgeSeconds"]?.intValue == 86_400)
    }

    static let damaged: [(String, String)] = [
        ("empty", ""), ("half", String(Agent.entry().prefix(Agent.entry().utf8.count / 2))), ("garbage", "not a token at all"),
        ("plain", "{\"refresh_token\":\"x\"}"),
        ("header", "AAAA" + Agent.entry().drop { $0 != "." }), ("four", Agent.entry().split(separator: ".").dropLast().joined(separator: ".")),
        ("padded", Agent.entry() + "="), ("newline", Agent.entry() + "\n"),
        ("key", Agent.entry().replacing(Agent.base64URL(String(repeating: "k", count: 40)), with: "YWJj")),
    ]

    @Test(arguments: 0..<damaged.count) func aDamagedEntry(_ index: Int) throws {
        let (name, content) = FileTests.damaged[index]
        let agent = try Agent(Scratch())
        try agent.putOld()
        try agent.put(".gog-config/gogcli/keyring/token:bob@example.org", content)
        let (output, seen) = try agent.check()
        #expect(output.code == 1 && seen.text("state") == "damaged", "\(name): \(output.out)")
    }

    @Test func aFolderUnderATokensName() throws {
        let agent = try Agent(Scratch())
        try agent.put(".gog-config/gogcli/credentials.json", Agent.credentials)
        try Files.makeDirectories(agent.workspace + "/.gog-config/gogcli/keyring/token:eve@example.com")
        #expect(try agent.check().agent.text("state") == "damaged")
    }

    /// Read while it is written: whole the second time, and said.
    @Test func anEntryThatReadsTornOnce() throws {
        let agent = try Agent(Scratch())
        try agent.putOld()
        let path = agent.workspace + "/.gog-config/gogcli/keyring/token:alice@example.com"
        // A writer that is always at it: torn half of the time, and a look takes two.
        let place = agent.scratch.folder
        let line = "while [ -d \(place) ] && [ ! -e \(place)/enough ]; do : > \(path); sleep 0.025; printf %s \(Agent.entry()) > \(path); sleep 0.025; done"
        let writer = try agent.scratch.start("/bin/sh", ["-c", line], [])
        var seenTorn = false
        try until(seconds: 120, "an entry that reads torn once") {
            let seen = try agent.check().agent
            if seen.findings == ["torn-once"] {
                #expect(seen.text("state") == "present")
                seenTorn = true
            }
            return seenTorn
        }
        try agent.scratch.write("", to: agent.scratch.folder + "/enough")
        _ = try writer.wait()
        #expect(seenTorn)
    }

    @Test func anUnknownEncryption() throws {
        let agent = try Agent(Scratch())
        try agent.putOld("token:alice@example.com", Agent.entry(algorithm: "RSA-OAEP"))
        let (output, seen) = try agent.check()
        #expect(output.code == 1 && seen.text("state") == "present" && seen.findings == ["unknown-format"])
    }

    @Test(arguments: [
        (nil, "credentials.json is missing"), (#"{"installed":{"client_id":"x","client_secret":"y"}}"#, "not what gog stores"), ("{", "not what gog stores"),
        (#"{"client_id":"x"}"#, "client secret is missing"),
    ]) func credentialsThatCannotWork(_ content: String?, _ detail: String) throws {
        let agent = try Agent(Scratch())
        try agent.put(".gog-config/gogcli/keyring/token:alice@example.com", Agent.entry())
        if let content { try agent.put(".gog-config/gogcli/credentials.json", content) }
        let (output, seen) = try agent.check()
        #expect(output.code == 1 && seen.text("state") == "damaged" && seen.text("detail")?.contains(detail) == true, "\(output.out)")
        #expect(!output.out.contains("client_secret\""))
    }

    @Test func aClientSecretThatIsMissing() throws {
        let agent = try Agent(Scratch())
        try agent.putNew(secret: false)
        #expect(try agent.check().agent.text("state") == "damaged")
    }

    @Test func modesThatAreTooWide() throws {
        let agent = try Agent(Scratch())
        try agent.putOld()
        try agent.scratch.shell("chmod 644 \(agent.workspace)/.gog-config/gogcli/keyring/token:*; chmod 755 \(agent.workspace)/.gog-config/gogcli/keyring")
        let (output, seen) = try agent.check()
        #expect(output.code == 1 && seen.text("state") == "insecure" && seen.findings.sorted() == ["entry-mode", "keyring-mode"])
    }

    @Test func twoFoldersWithState() throws {
        let agent = try Agent(Scratch())
        try agent.putOld()
        try agent.putNew()
        let (output, seen) = try agent.check()
        #expect(output.code == 1 && seen.text("state") == "present" && seen.findings == ["split-state"])
    }

    /// The settings must point at the very folder: by the variables of the gog that wrote it.
    @Test func settingsThatPointElsewhere() throws {
        let agent = try Agent(Scratch())
        try agent.putOld()
        #expect(try agent.check().agent.text("state") == "present")
        try agent.edit("/workspace/.gog-config", "/workspace/elsewhere")
        let (output, seen) = try agent.check()
        #expect(output.code == 1 && seen.text("state") == "unreadable" && seen.text("detail")?.contains("do not point") == true)
        try agent.edit("/workspace/elsewhere", "/not/here")
        #expect(try agent.check().agent.findings.contains("out-of-reach"))
        // gog 0.19 does not look where older ones do.
        let newer = try Agent(Scratch())
        try newer.put(".gog-config/gogcli/credentials.json", Agent.credentials)
        try newer.put(".gog-config/gogcli/keyring/.lock", "")
        try newer.put(".gog-config/gogcli/keyring/" + Agent.encoded("token:default:alice@example.com"), Agent.entry())
        #expect(try newer.check().agent.text("state") == "unreadable")
    }

    @Test func aPasswordThatIsMissing() throws {
        let agent = try Agent(Scratch())
        try agent.putOld()
        try agent.edit("GOG_KEYRING_PASSWORD", "OTHER_PASSWORD")
        #expect(try agent.check().agent.text("state") == "unreadable")
    }

    @Test func aLinkInTheWay() throws {
        let scratch = try Scratch()
        let one = try Agent(scratch), two = try Agent(scratch, "+15551230002")
        try one.putOld()
        try scratch.shell("ln -s \(one.workspace)/.gog-config \(two.workspace)/.gog-config")
        let output = try scratch.run("dcb-oauth-check", ["--now", Agent.now])
        #expect(output.code == 1)
        let seen = try two.check().agent
        #expect(seen.text("state") == "insecure" && seen.findings.contains("link") && seen.findings.contains("shared"))
        #expect(try one.check().agent.findings == ["shared"])
    }

    @Test func twoAgentsWithOneKeyring() throws {
        let scratch = try Scratch()
        let one = try Agent(scratch), two = try Agent(scratch, "+15551230002")
        try one.putOld()
        try one.edit("\"workspace\": \"\(two.workspace)\"", "\"workspace\": \"\(one.workspace)\"")
        for agent in [one, two] {
            let seen = try agent.check().agent
            #expect(seen.text("state") == "insecure" && seen.findings == ["shared"])
        }
    }

    @Test func othersOwnIt() throws {
        guard isRoot(for: "a keyring of another owner") else { return }
        let agent = try Agent(Scratch())
        try agent.putOld()
        try agent.scratch.give(to: 65534)
        try agent.edit("\"user\": \"0:0\"", "\"user\": \"65534:65534\"")
        try agent.scratch.give(to: 65534)
        #expect(try agent.check().agent.text("state") == "present")
        let keyring = agent.workspace + "/.gog-config/gogcli/keyring"
        chown(keyring, 1, 1)
        Glibc.chmod(keyring, 0o755)
        let (output, seen) = try agent.check()
        #expect(output.code == 1 && seen.text("state") == "unreadable" && seen.findings.contains("keyring-owner"))
        // What may not be looked at is never called missing.
        Glibc.chmod(keyring, 0o700)
        #expect(try ["unknown", "unreadable"].contains(agent.check().agent.text("state") ?? ""))
        chown(keyring, 65534, 65534)
        chown(agent.workspace + "/.gog-config", 1, 1)
        let hidden = try agent.check()
        #expect(hidden.output.code == 1 && hidden.agent.text("state") == "unknown")
    }

    @Test func aServiceAccountAndAnUnfinishedAuthorisation() throws {
        let agent = try Agent(Scratch())
        try agent.put(".gog/data/sa-YWxpY2VAZXhhbXBsZS5jb20.json", "{}")
        #expect(try agent.check().agent.text("state") == "present")
        try agent.put(".gog/config/oauth-manual-state-X.json", "{}")
        let seen = try agent.scratch.run("dcb-oauth-check").document["agents"]?.arrayValue?.first?.objectValue
        #expect(seen?.findings == ["under-way"])
    }

    @Test func onlySomeAgents() throws {
        let scratch = try Scratch()
        let one = try Agent(scratch)
        _ = try Agent(scratch, "+15551230002")
        #expect(try scratch.run("dcb-oauth-check", ["--agent", one.id]).document["agents"]?.arrayValue?.count == 1)
        #expect(try scratch.run("dcb-oauth-check").document["agents"]?.arrayValue?.count == 2)
        #expect(try scratch.run("dcb-oauth-check", ["--agent", "user_nobody"]).problem == "no-such-agent")
    }

    /// A person gets a table, a program one object; both without secrets.
    @Test func textAndJSON() throws {
        let agent = try Agent(Scratch())
        try agent.putOld()
        let text = try agent.scratch.run("dcb-oauth-check", ["--format", "text", "--now", Agent.now])
        #expect(text.code == 0 && text.out.contains(agent.id) && text.out.contains("present") && text.out.contains("7 days"))
        #expect(try agent.scratch.run("dcb-oauth-check", ["--now", Agent.now]).documents.count == 1)
    }
}
