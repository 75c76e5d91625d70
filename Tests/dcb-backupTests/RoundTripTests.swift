import Glibc
import JSON
import Platform
import TestSupport
import Testing

/// There and back.
@Suite struct RoundTripTests {
    @Test func createVerifyListRestore() throws {
        let scratch = try Scratch.lived()
        let before = try scratch.look(scratch.state)
        let made = try scratch.backup(["--now", "2026-02-01T03:00:00Z"])
        let archive = scratch.archives + "/dcb-20260201T030000Z.tar.gz"
        #expect(made.text("archive") == archive && made["verified"]?.boolValue == true && made["databases"]?.intValue == 3 && made["notesTotal"]?.intValue == 0)
        #expect(try Files.status(archive)?.permissions == 0o600 && Files.status(archive)?.sizeBytes == made["sizeBytes"]?.intValue)
        let verified = try scratch.run("dcb-backup", ["verify", archive])
        #expect(verified.code == 0 && verified.document["files"]?.intValue == made["files"]?.intValue && verified.document["databases"]?.intValue == 3)
        let listed = try scratch.run("dcb-backup", ["list", scratch.archives, "--now", "2026-02-02T03:00:00Z"])
        #expect(listed.document["ageSeconds"]?.intValue == 86_400 && listed.document["verified"]?.boolValue == true)
        let restored = try scratch.run("dcb-backup", ["restore", archive, "--into", scratch.folder + "/back"])
        #expect(restored.code == 0 && restored.document["files"]?.intValue == made["files"]?.intValue, "\(restored.err)")
        #expect(
            try scratch.look(scratch.folder + "/back").split(separator: "\n").filter {
                !$0.contains(".db ") && !$0.contains(".sqlite ") && !$0.contains("generation")
            }
                == before.split(separator: "\n").filter { !$0.contains(".db ") && !$0.contains(".sqlite ") && !$0.contains("generation") })
        #expect(try Files.status(scratch.folder + "/back")?.permissions == 0o700)
        #expect(try scratch.run("dcb-state", ["list", "--state-dir", scratch.folder + "/back"]).out == scratch.run("dcb-state", ["list"]).out)
        #expect(try SQL.run(scratch.folder + "/back/state/openclaw.sqlite", "SELECT count(*) FROM t") == [["3"]])
    }

    /// Without us: tar and sha256sum are enough.
    @Test func tarAndSumsAlone() throws {
        let scratch = try Scratch.lived()
        let odd = scratch.state + "/" + (try scratch.workspaces()[0]) + "/"
        for name in ["new\nline", "back\\slash", "return\r", "two  spaces ", String(repeating: "x", count: 255)] { try scratch.write(name, to: odd + name) }
        let archive = try scratch.backup().text("archive") ?? ""
        let output = try scratch.shell(
            "mkdir $DIR/t && cd $DIR/t && tar xzf '\(archive)' && sha256sum --strict --quiet -c SHA256SUMS && sqlite3 onboarding.db 'PRAGMA integrity_check' || exit 1; wc -l < SHA256SUMS"
        )
        #expect(output.code == 0 && output.out.hasPrefix("ok\n"), "\(output.out)\(output.err)")
        #expect(try Files.read(scratch.folder + "/t/" + (try scratch.workspaces()[0]) + "/new\nline") == Array("new\nline".utf8))
        // And every file is in the list.
        let files = try scratch.shell("cd $DIR/t && find . -type f ! -name SHA256SUMS | grep -c . ; grep -c . SHA256SUMS").out.split(separator: "\n")
        // A name with a newline counts twice for find.
        #expect(Int(files[0]) == (Int(files[1]) ?? 0) + 1)
    }

    @Test func whatAWorkspaceMayHold() throws {
        let scratch = try Scratch.lived()
        let name = try scratch.workspaces()[0]
        let odd = scratch.state + "/" + name
        try scratch.shell(
            """
            cd '\(odd)' && mkfifo fifo && : > empty && truncate -s 50M sparse && printf x | dd of=sparse bs=1 seek=30000000 conv=notrunc 2> /dev/null && \
            echo one > first && ln first second && mkdir -p shut/in && echo q > shut/in/q && chmod 555 shut/in shut && ln -s first inside && ln -s ../\(try scratch.workspaces()[1]) beside && \
            ln -s /etc/passwd outside && ln -s ../../.. climbing && ln -s first/../../../x sly && echo z > Cargo.lock && python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("s")'; \
            touch -d '1999-12-31 23:59:59.123456789Z' first; printf 'e' > "$(printf '\\377bytes')"; mkdir -p ../tmp && echo t > ../tmp/t; echo l > ../agents/x.lock
            """)
        let made = try scratch.backup()
        let notes = (made["notes"]?.arrayValue ?? []).compactMap { $0.at("path")?.stringValue?.split(separator: "/").last.map(String.init) }
        var expected = ["climbing", "fifo", "outside", "sly"]
        if Files.exists(odd + "/s") { expected.append("s") }
        #expect(notes.sorted() == expected.sorted(), "\(made)")
        let back = scratch.folder + "/back"
        let output = try scratch.run("dcb-backup", ["restore", made.text("archive") ?? "", "--into", back])
        #expect(output.code == 0, "\(output.err)")
        let there = back + "/" + name
        #expect(try Files.status(there + "/sparse")?.sizeBytes == 50 << 20 && (Files.status(there + "/sparse")?.allocatedBytes ?? .max) < 4 << 20)
        #expect(try scratch.shell("cmp '\(there)/sparse' '\(odd)/sparse'").code == 0)
        #expect(try Files.status(there + "/first")?.inode == Files.status(there + "/second")?.inode)
        #expect(try Files.status(there + "/first")?.modifiedNanoseconds == 946_684_799_123_456_789)
        #expect(try Files.status(there + "/shut")?.permissions == 0o555 && Files.read(there + "/shut/in/q") == Array("q\n".utf8))
        #expect(try Files.readLink(there + "/inside") == "first" && Files.exists(there + "/beside/AGENTS.md") && Files.exists(there + "/Cargo.lock"))
        #expect(!Files.exists(back + "/tmp") && !Files.exists(back + "/agents/x.lock") && !Files.exists(there + "/fifo"))
        #expect(try scratch.shell("ls '\(there)' | LC_ALL=C grep -c bytes").out == "1\n")
        _ = try scratch.shell("chmod -R u+w '\(odd)' '\(there)'")
    }

    /// A hole of five gigabytes costs neither room nor memory.
    @Test func aHoleOfFiveGigabytes() throws {
        if !Skip.isLong { return Skip.say("a sparse file of 5 GB takes minutes (DCB_LONG)") }
        let scratch = try Scratch.lived()
        let name = try scratch.workspaces()[0]
        try scratch.shell("truncate -s 5G '\(scratch.state)/\(name)/hole'")
        let made = try scratch.only(try scratch.run("dcb-backup", ["create", "--to", scratch.archives], timeoutSeconds: 1200))
        let output = try scratch.run("dcb-backup", ["restore", made.text("archive") ?? "", "--into", scratch.folder + "/back"], timeoutSeconds: 1200)
        #expect(output.code == 0)
        #expect(try Files.status(scratch.folder + "/back/\(name)/hole")?.sizeBytes == 5 << 30)
        #expect(try Files.status(scratch.folder + "/back/\(name)/hole")?.allocatedBytes == 0)
    }

    @Test func configAndRecordElsewhere() throws {
        let scratch = try Scratch.lived()
        let other = scratch.folder + "/other"
        try Files.makeDirectories(other)
        try scratch.shell(
            "mv $DIR/state/openclaw.json $DIR/other/real.json; ln -s $DIR/other/real.json $DIR/state/openclaw.json; mkdir $DIR/keys; echo k > $DIR/keys/k")
        try scratch.write("{\"backupInclude\":[\"~/keys\",\"/nowhere/at/all\"]}", to: scratch.state + "/dcb.json")
        let made = try scratch.backup(["--db", other + "/users.db"])
        let back = scratch.folder + "/back"
        try scratch.only(try scratch.run("dcb-backup", ["restore", made.text("archive") ?? "", "--into", back]))
        // A link to the config is followed: the archive holds the config itself.
        #expect(try Files.status(back + "/openclaw.json", followLinks: false)?.isRegular == true)
        #expect(try Files.read(back + "/openclaw.json") == Files.read(other + "/real.json"))
        #expect(try Files.read(back + "/backup-include" + scratch.folder + "/keys/k") == Array("k\n".utf8))
        // What lies elsewhere comes by the same road; a record that is not there yet is none.
        try scratch.run("dcb-state", ["init", "--db", other + "/users.db"])
        let again = try scratch.backup(["--db", other + "/users.db", "--now", "2030-01-01T00:00:00Z"])
        try scratch.only(try scratch.run("dcb-backup", ["restore", again.text("archive") ?? "", "--into", back + "2"]))
        #expect(Files.exists(back + "2/backup-include" + other + "/users.db"))
        // A restored folder is backed up without what the restore brought.
        #expect(try scratch.run("dcb-backup", ["create", "--state-dir", back, "--to", scratch.folder + "/a2"]).code == 0)
        #expect(try scratch.shell("tar tzf $DIR/a2/dcb-*.gz | grep -c '^backup-include/.*keys/k$\\|^SHA256SUMS$'").out == "2\n")
    }

    @Test func restoreOnlyIntoNothing() throws {
        let scratch = try Scratch.lived()
        let archive = try scratch.backup().text("archive") ?? ""
        let output = try scratch.run("dcb-backup", ["restore", archive, "--into", scratch.state])
        #expect(output.code == 73 && output.problem == "cannot-create")
        try scratch.shell("ln -s $DIR/nowhere $DIR/link; echo x > $DIR/file")
        for place in ["link", "file"] { #expect(try scratch.run("dcb-backup", ["restore", archive, "--into", scratch.folder + "/" + place]).code == 73) }
        #expect(!Files.exists(scratch.folder + "/nowhere"))
        // Dry: checked, and nothing made.
        let dry = try scratch.run("dcb-backup", ["restore", archive, "--into", scratch.folder + "/d", "-n"])
        #expect(dry.code == 0 && dry.document["restored"]?.boolValue == false && !Files.exists(scratch.folder + "/d"))
        #expect(try scratch.run("dcb-backup", ["restore", archive]).code == 64)
        #expect(try scratch.run("dcb-backup", ["create", "--to", scratch.folder + "/n", "-n"]).code == 0)
        #expect(!Files.exists(scratch.folder + "/n"))
    }

    /// Root restores as the owner of the folder, and creates as the owner of the state folder.
    @Test func asRoot() throws {
        guard isRoot(for: "a backup as root") else { return }
        let scratch = try Scratch.lived()
        try scratch.give(to: 65534)
        let archive = try scratch.backup().text("archive") ?? ""
        #expect(try Files.status(archive)?.user == 65534)
        let output = try scratch.run("dcb-backup", ["restore", archive, "--into", scratch.folder + "/back"])
        #expect(output.code == 0)
        #expect(try Files.status(scratch.folder + "/back/onboarding.db")?.user == 65534)
    }

    @Test func auditAndHeartbeat() throws {
        let scratch = try Scratch.lived()
        try scratch.backup()
        #expect(try scratch.run("dcb-state", ["jobs"]).documents.isEmpty)
        try scratch.backup(["--job", "backup"])
        #expect(try scratch.run("dcb-state", ["jobs"]).document.text("job") == "backup")
        let events = try scratch.run("dcb-state", ["audit"]).documents.filter { $0.text("command") == "dcb-backup" }
        #expect(events.count == 2 && events.allSatisfy { $0.text("event") == "backup-created" && $0.text("archive")?.hasPrefix("dcb-") == true })
        #expect(try Files.status(scratch.state + "/audit/audit.jsonl")?.permissions == 0o600)
    }
}
