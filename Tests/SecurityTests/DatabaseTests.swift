import JSON
import Platform
import TestSupport
import Testing

/// Databases that an agent has made: reading one must not do what it says.
@Suite struct DatabaseTests {
    /// A rollback journal that names a super-journal, which SQLite deletes once the rollback is over (https://www.sqlite.org/fileformat.html section 3).
    private func journal(naming name: String) -> [UInt8] {
        func four(_ n: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: n >> $0) } }
        let magic: [UInt8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]
        // No pages to put back; the database has two of 4096 bytes; sectors of 512.
        var bytes = magic + four(0) + four(1) + four(2) + four(512) + four(4096)
        bytes += [UInt8](repeating: 0, count: 512 - bytes.count)
        let sum = name.utf8.reduce(0) { $0 + Int($1) }
        return bytes + four(0x4000_0000 / 4096 + 1) + Array(name.utf8) + four(name.utf8.count) + four(sum) + magic
    }

    @Test(arguments: ["workspace", "trash", "media"]) func aJournalThatNamesAFileToDelete(_ place: String) throws {
        let scratch = try Scratch()
        let agent = try scratch.onboarded(Scratch.phone(1))
        let precious = scratch.state + "/precious"
        var folder = "\(scratch.state)/workspace-\(agent)"
        if place == "media" { folder = scratch.state + "/media" }
        func plant() throws {
            try Files.makeDirectories(folder)
            try scratch.write("precious", to: precious)
            try Files.remove(folder + "/x.db")
            try SQL.run(folder + "/x.db", "CREATE TABLE t (n); INSERT INTO t VALUES (1)")
            try Files.remove(folder + "/x.db-journal")
            try Files.create(folder + "/x.db-journal", journal(naming: precious), mode: 0o600)
        }
        // It is a trap: who opens it to write falls into it.
        try plant()
        try SQL.run(folder + "/x.db", "SELECT * FROM t")
        try #require(!Files.exists(precious), "the trap does not work")
        try plant()
        if place == "trash" { try scratch.only(try scratch.run("dcb-onboard", ["--undo", Scratch.phone(1)])) }
        for words in [
            ["dcb-backup", "create", "--to", scratch.folder + "/archives"], ["dcb-reconcile", "--repair"], ["dcb-state", "check"], ["dcb-oauth-check"],
        ] {
            let output = try scratch.run(words[0], Array(words.dropFirst()))
            #expect([0, 1].contains(output.code), "\(words): \(output.err)")
            #expect(Files.exists(precious), "\(words)")
        }
    }

    /// What one agent puts into its workspace, as a shell does it there, and what is noted of it: the archive of everybody is made, and is sound.
    static let hostile: [(name: String, sql: String?, script: String, notes: Set<String>)] = [
        ("a folder that cannot be entered", nil, "mkdir d; touch d/x; chmod 0400 d", ["unreadable"]),
        ("a time beyond 2262", nil, "touch -d '2262-04-11 23:47:17 UTC' x; touch -d '1677-01-01 UTC' y", []),
        ("a pipe for a journal", "CREATE TABLE t (a); INSERT INTO t VALUES (1)", "mkfifo a.db-journal", ["damaged", "special"]),
        ("a folder for a journal", "CREATE TABLE t (a); INSERT INTO t VALUES (1)", "mkdir a.db-journal", ["damaged"]),
        ("a pipe for shared memory", "PRAGMA journal_mode = WAL; CREATE TABLE t (a)", "rm -f a.db-*; mkfifo a.db-shm; touch a.db-wal", ["damaged", "special"]),
        (
            "a database of holes", "CREATE TABLE t (a)",
            "printf '\\000\\001\\000\\000' | dd of=a.db bs=1 seek=28 conv=notrunc 2> /dev/null; truncate -s 268435456 a.db", ["damaged"]
        ),
        (
            "a column that is worked out, for hours",
            """
            CREATE TABLE t (a); WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000) INSERT INTO t SELECT 100000000 FROM c;
            PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE t (a, b AS (length(hex(zeroblob(a)))) NOT NULL)' WHERE name = 't'
            """, "true", ["damaged"]
        ),
        ("a database of many names", "CREATE TABLE t (a)", "for n in 1 2 3 4 5; do ln a.db b$n.db; done", ["damaged"]),
    ]

    /// Where a file system keeps any time that it is given, as tmpfs does and ext4 does not.
    @Test func timesBeyondAllTime() throws {
        let scratch = try Scratch()
        let output = try scratch.shell(
            """
            s=$(mktemp -d /dev/shm/dcb-test-XXXXXX) || exit 99
            trap 'rm -rf "$s"' EXIT
            cp "$DIR/state/openclaw.json" "$s/"; export OPENCLAW_STATE_DIR="$s"
            echo '{"phone":"+15551230001"}' | dcb-onboard > "$DIR/said" || exit
            cd "$s"/workspace-*; touch -d '2262-04-11 23:47:17 UTC' x; touch -d '1677-01-01 UTC' y ../openclaw.json
            dcb-backup create --to "$DIR/archives" && dcb-reconcile --check > "$DIR/said"
            """)
        if output.code == 99 { return Skip.say("timesBeyondAllTime: nothing may be written in /dev/shm") }
        #expect(output.code == 0 && output.document["verified"] == true, "\(output.code) \(output.err)")
    }

    @Test(arguments: 0..<hostile.count) func theBackupOfEverybody(_ index: Int) throws {
        let (name, sql, script, notes) = DatabaseTests.hostile[index]
        let scratch = try Scratch()
        let agent = try scratch.onboarded(Scratch.phone(1))
        try scratch.onboarded(Scratch.phone(2))
        if let sql { try SQL.run("\(scratch.state)/workspace-\(agent)/a.db", sql) }
        let made = try scratch.shell("cd \"$DIR/state/workspace-\(agent)\" && { \(script); }")
        try #require(made.code == 0, "\(name): \(made.err)")
        // Root becomes the folder's owner, whom modes bind.
        if isRoot(for: "modes that bind the owner") { try scratch.give(to: 1234) }
        let created = try scratch.run("dcb-backup", ["create", "--to", scratch.folder + "/archives"])
        #expect(created.code == 0 && created.document["verified"] == true, "\(name): \(created.err)")
        let said = Set((created.document["notes"]?.arrayValue ?? []).compactMap { $0.at("what")?.stringValue })
        #expect(said == notes, "\(name): \(created.out)")
        let archive = try #require(created.document.text("archive"))
        let verified = try scratch.run("dcb-backup", ["verify", archive])
        #expect(verified.code == 0, "\(name): \(verified.out)\(verified.err)")
        #expect(try scratch.run("dcb-backup", ["create", "-n", "--to", scratch.folder + "/archives"]).code == 0)
        _ = try scratch.shell("chmod 0700 \"$DIR/state/workspace-\(agent)/d\"")
    }

    /// An inode that was given back is another file's later, and no second name of the first.
    @Test func anInodeThatWasGivenBack() throws {
        let scratch = try Scratch()
        let first = try scratch.onboarded(Scratch.phone(1)), second = try scratch.onboarded(Scratch.phone(2))
        let ids = [first, second].sorted()
        // The same file under two workspaces is what an inode given back looks like to who remembers its number.
        let made = try scratch.shell(
            """
            cd "$DIR/state/workspace-\(ids[0])" && echo one > a && ln a b && ln a "../workspace-\(ids[1])/c" && ln a "../workspace-\(ids[1])/d"
            """)
        try #require(made.code == 0, "\(made.err)")
        let archive = try #require(try scratch.only(try scratch.run("dcb-backup", ["create", "--to", scratch.folder + "/archives"])).text("archive"))
        let listed = try scratch.shell("tar tvzf '\(archive)' | grep 'link to'").out.split(separator: "\n")
        #expect(listed.count == 1 && listed.allSatisfy { $0.hasSuffix("workspace-\(ids[0])/b link to workspace-\(ids[0])/a") }, "\(listed)")
        #expect(try scratch.shell("tar xzOf '\(archive)' workspace-\(ids[1])/c workspace-\(ids[1])/d").out == "one\none\n")
    }
}
