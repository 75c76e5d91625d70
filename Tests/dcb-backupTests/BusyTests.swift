import CSQLite
import Glibc
import JSON
import Platform
import TestSupport
import Testing

/// Archives made while everything is written.
@Suite struct BusyTests {
    /// A thread that commits rows one after the other until it is told to stop, and knows which are durable.
    final class Writer: @unchecked Sendable {
        private let path: String
        private let lock: UnsafeMutablePointer<pthread_mutex_t>
        private var committed = 0
        private var stopped = false
        private var thread = pthread_t()
        private(set) var failure: String?

        init(_ path: String) throws {
            self.path = path
            lock = .allocate(capacity: 1)
            pthread_mutex_init(lock, nil)
            try SQL.run(path, "PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS rows (n INTEGER PRIMARY KEY, filler TEXT)")
            let me = Unmanaged.passRetained(self)
            pthread_create(
                &thread, nil,
                { me in
                    if let me { Unmanaged<Writer>.fromOpaque(me).takeRetainedValue().write() }
                    return nil
                }, me.toOpaque())
        }

        deinit {
            pthread_mutex_destroy(lock)
            lock.deallocate()
        }

        private func with<T>(_ body: () -> T) -> T {
            pthread_mutex_lock(lock)
            defer { pthread_mutex_unlock(lock) }
            return body()
        }

        var count: Int { with { committed } }

        func stop() {
            with { stopped = true }
            pthread_join(thread, nil)
        }

        private func write() {
            var handle: OpaquePointer?
            guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK else { return with { failure = "cannot open" } }
            defer { sqlite3_close_v2(handle) }
            sqlite3_busy_timeout(handle, 60_000)
            sqlite3_exec(handle, "PRAGMA synchronous = NORMAL", nil, nil, nil)
            let filler = String(repeating: "filler ", count: 40)
            var n = 0
            while !with({ stopped }) {
                n += 1
                guard sqlite3_exec(handle, "INSERT INTO rows VALUES (\(n), '\(filler)')", nil, nil, nil) == SQLITE_OK else {
                    return with { failure = String(cString: sqlite3_errmsg(handle)) }
                }
                with { committed = n }
                // About a thousand a second, where the machine can; a sanitizer's backup would never come to the end of so many.
                usleep(Skip.sanitizer == nil ? 700 : 20_000)
            }
        }
    }

    /// 25 of 25: what was committed before a backup began is in it, without a gap, and every database is sound.
    @Test func twentyFiveWhileTheyWrite() throws {
        let scratch = try Scratch.lived()
        let agent = try scratch.workspaces()[0]
        let paths = ["state/openclaw.sqlite", "agents/\(agent.dropFirst("workspace-".count))/agent/openclaw-agent.sqlite", agent + "/mine.db"]
        let writers = try paths.map { try Writer(scratch.state + "/" + $0) }
        defer { for writer in writers { writer.stop() } }
        let noise = "while [ -d \(scratch.folder) ] && [ ! -e \(scratch.folder)/enough ]; do echo x >> \(scratch.state)/audit/noise.jsonl; sleep 0.01; done"
        let phones = try scratch.start("/bin/sh", ["-c", noise], [])
        for round in 1...25 {
            let before = writers.map(\.count)
            let made = try scratch.backup(["--keep", "100"])
            let after = writers.map(\.count)
            #expect(made["verified"]?.boolValue == true && made["databases"]?.intValue == 4)
            let back = scratch.folder + "/back-\(round)"
            try scratch.only(try scratch.run("dcb-backup", ["restore", made.text("archive") ?? "", "--into", back]))
            for (i, path) in paths.enumerated() {
                #expect(try SQL.run(back + "/" + path, "PRAGMA integrity_check") == [["ok"]])
                let rows = try SQL.run(back + "/" + path, "SELECT count(*), ifnull(max(n), 0) FROM rows")[0].compactMap { $0.flatMap { Int($0) } }
                // The last one may be committed and not counted yet.
                #expect(
                    rows.count == 2 && rows[0] == rows[1] && rows[0] >= before[i] && rows[0] <= after[i] + 1, "\(path): \(rows), \(before[i]) to \(after[i])")
            }
            #expect(try scratch.run("dcb-state", ["check", "--state-dir", back]).out == "{\"ok\":true,\"findings\":[]}\n")
            try Files.removeTree(back)
        }
        try scratch.write("", to: scratch.folder + "/enough")
        _ = try phones.wait()
        for writer in writers { #expect(writer.failure == nil && writer.count > 25) }
    }

    /// Onboarding goes on meanwhile, and config and record agree in every archive.
    @Test func configAndRecordAgree() throws {
        let scratch = try Scratch.lived()
        for round in 1...5 {
            let busy = try (0..<4).map { n in try scratch.start("dcb-onboard", [], [["phone": .string(Scratch.phone(1000 + round * 10 + n))]]) }
            let made = try scratch.backup(["--keep", "100"])
            for one in busy { #expect(try one.wait(seconds: 120).code == 0) }
            let back = scratch.folder + "/back-\(round)"
            try scratch.only(try scratch.run("dcb-backup", ["restore", made.text("archive") ?? "", "--into", back]))
            let rows = try scratch.run("dcb-state", ["list", "--state-dir", back]).documents.compactMap { $0.text("agentId") }
            let config = try scratch.text(back + "/openclaw.json")
            // Entry and binding come before the row: each row of the archive has its agent in the config of the archive.
            for id in rows { #expect(config.contains("\"\(id)\"")) }
            // And no agent in it is unknown to its record: claimed at least.
            let known = rows + (try scratch.run("dcb-state", ["claims", "--state-dir", back]).documents.compactMap { $0.text("agentId") })
            for match in config.matches(of: /"(user_[0-9a-f]{16})": \{/) { #expect(known.contains(String(match.1))) }
        }
    }

    /// Files that grow, shrink, change and vanish while they are read.
    @Test func filesThatChange() throws {
        let scratch = try Scratch.lived()
        let place = scratch.state + "/" + (try scratch.workspaces()[0]) + "/busy"
        try scratch.shell("mkdir '\(place)' && cd '\(place)' && for i in $(seq 200); do head -c 200000 /dev/zero > z$i; done")
        let line =
            "cd \(place); i=0; while [ -d \(scratch.folder) ] && [ ! -e \(scratch.folder)/enough ]; do i=$((i+1)); n=$((i % 200 + 1)); echo more >> z$n; : > z$((n / 2 + 1)); rm -f z$((n / 3 + 1)); mv z$((n / 4 + 2)) m$n 2> /dev/null; head -c 100000 /dev/zero > z$((n / 3 + 1)); done"
        let changing = try scratch.start("/bin/sh", ["-c", line.replacing("$", with: "\\$")], [])
        var notes = 0
        var rounds = 0
        // How often the two meet depends on the machine.
        while rounds < 6 || notes == 0 && rounds < 100 {
            rounds += 1
            let made = try scratch.backup()
            notes += made["notesTotal"]?.intValue ?? 0
            #expect(try scratch.run("dcb-backup", ["verify", made.text("archive") ?? ""]).code == 0)
            for note in made["notes"]?.arrayValue ?? [] { #expect(["changed", "vanished"].contains(note.at("what")?.stringValue ?? "")) }
        }
        try scratch.write("", to: scratch.folder + "/enough")
        _ = try changing.wait()
        #expect(notes > 0)
    }

    /// A database that is locked for good, one that is no database, one with an interrupted transaction: an agent's own trouble, said and no more.
    @Test func databasesThatAreNotSound() throws {
        let scratch = try Scratch.lived()
        let place = scratch.state + "/" + (try scratch.workspaces()[0])
        try SQL.run(place + "/locked.db", "CREATE TABLE t (n)")
        var handle: OpaquePointer?
        sqlite3_open_v2(place + "/locked.db", &handle, SQLITE_OPEN_READWRITE, nil)
        defer { sqlite3_close_v2(handle) }
        sqlite3_exec(handle, "BEGIN EXCLUSIVE; INSERT INTO t VALUES (1)", nil, nil, nil)
        try scratch.shell("(printf 'SQLite format 3\\000'; head -c 5000 /dev/urandom) > '\(place)/false.db'; ln -s ../onboarding.db '\(place)/other.db'")
        let output = try scratch.run("dcb-backup", ["create", "--to", scratch.archives])
        #expect(output.code == 0)
        let damaged = (output.document["notes"]?.arrayValue ?? []).filter { $0.at("what")?.stringValue == "damaged" }.compactMap {
            $0.at("path")?.stringValue?.split(separator: "/").last
        }
        #expect(damaged.sorted() == ["false.db", "locked.db"])
        #expect(try scratch.run("dcb-backup", ["verify", output.document.text("archive") ?? ""]).code == 0)
        #expect(
            try scratch.only(try scratch.run("dcb-backup", ["restore", output.document.text("archive") ?? "", "--into", scratch.folder + "/back"]))["restored"]?
                .boolValue == true)
    }

    /// OpenClaw's own that is damaged: somebody must look, and no older archive goes. Our record: there is no archive of it at all.
    @Test func damageOutsideTheWorkspaces() throws {
        let scratch = try Scratch.lived()
        for day in 1...3 { try scratch.backup(["--now", "2026-02-0\(day)T03:00:00Z"]) }
        try SQL.run(scratch.state + "/state/other.sqlite", "CREATE TABLE t (n TEXT); INSERT INTO t VALUES (hex(randomblob(20000)))")
        try scratch.shell("printf 'XXXXXXXXXXXXXXXX' | dd of=$DIR/state/state/other.sqlite bs=1 seek=4096 conv=notrunc 2> /dev/null")
        let output = try scratch.run("dcb-backup", ["create", "--to", scratch.archives, "--keep", "1"])
        #expect(
            output.code == 1 && output.document["removed"]?.arrayValue?.isEmpty == true && output.document["verified"]?.boolValue == true,
            "\(output.out)\(output.err)")
        #expect(try scratch.names().count == 4)
        try scratch.shell(
            "rm $DIR/state/state/other.sqlite; dcb-state check > /dev/null; rm -f $DIR/state/onboarding.db-wal $DIR/state/onboarding.db-shm; printf 'XXXXXXXXXXXXXXXX' | dd of=$DIR/state/onboarding.db bs=1 seek=4096 conv=notrunc 2> /dev/null"
        )
        let refused = try scratch.run("dcb-backup", ["create", "--to", scratch.archives, "--keep", "1"])
        #expect(refused.code == 74 && refused.problem == "record-damaged" && refused.out.isEmpty, "\(refused.err)")
        #expect(try scratch.names().count == 4)
    }

    /// Whoever reads leaves nothing: no log, no lock, the files as they were.
    @Test func readingLeavesNothing() throws {
        let scratch = try Scratch.lived()
        try SQL.run(scratch.state + "/state/plain.sqlite", "CREATE TABLE t (n)")
        let before = try scratch.shell("cd $DIR/state/state && find . -printf '%p %s %T@\\n' | sort; sha256sum *").out
        try scratch.backup()
        #expect(
            try scratch.shell("cd $DIR/state/state && find . -printf '%p %s %T@\\n' | sort; sha256sum *").out.split(separator: "\n").filter {
                !$0.hasPrefix(". ")
            }
                == before.split(separator: "\n").filter { !$0.hasPrefix(". ") })
    }
}
