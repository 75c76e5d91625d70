import Glibc
import JSON
import Platform
import TestSupport
import Testing

/// What stays, what goes, and who waits.
@Suite struct KeepTests {
    @Test func theOldestGo() throws {
        let scratch = try Scratch.lived()
        for day in 1...9 { try scratch.backup(["--now", "2026-02-0\(day)T03:00:00Z"]) }
        #expect(try scratch.names() == (3...9).map { "dcb-2026020\($0)T030000Z.tar.gz" })
        let made = try scratch.backup(["--keep", "2", "--now", "2026-02-10T03:00:00Z"])
        #expect(made["removed"]?.arrayValue?.count == 6)
        #expect(try scratch.names() == ["dcb-20260209T030000Z.tar.gz", "dcb-20260210T030000Z.tar.gz"])
        // A clock that was set back: what was just made is never the one that goes.
        try scratch.backup(["--keep", "1", "--now", "2020-01-01T00:00:00Z"])
        #expect(try scratch.names() == ["dcb-20200101T000000Z.tar.gz"])
        // Two in one second.
        try scratch.backup(["--now", "2020-01-01T00:00:00Z"])
        #expect(try scratch.names() == ["dcb-20200101T000000Z-2.tar.gz", "dcb-20200101T000000Z.tar.gz"])
        // Others' files are not ours to remove.
        try scratch.write("x", to: scratch.archives + "/dcb-notes.tar.gz")
        try scratch.write("x", to: scratch.archives + "/dcb-20190101T000000Z.tar.gz.age")
        try scratch.backup(["--keep", "1", "--now", "2026-01-01T00:00:00Z"])
        #expect(try scratch.names() == ["dcb-20190101T000000Z.tar.gz.age", "dcb-20260101T000000Z.tar.gz", "dcb-notes.tar.gz"])
        #expect(try scratch.run("dcb-backup", ["create", "--to", scratch.archives, "--keep", "0"]).code == 64)
    }

    @Test func listKnowsWhatWasVerified() throws {
        let scratch = try Scratch.lived()
        let archive = try scratch.backup().text("archive") ?? ""
        func verified() throws -> Bool? { try scratch.run("dcb-backup", ["list", scratch.archives]).document["verified"]?.boolValue }
        #expect(try verified() == true)
        try scratch.shell("printf x | dd of='\(archive)' bs=1 seek=99 conv=notrunc 2> /dev/null; touch -d 2020-01-01 '\(archive)'")
        #expect(try verified() == false)
        #expect(try scratch.run("dcb-backup", ["verify", archive]).code == 1)
        #expect(try verified() == false)
        #expect(try scratch.run("dcb-backup", ["list", scratch.folder + "/none"]).code == 74)
    }

    /// Two runs do not meet, and one that was killed is in nobody's way.
    @Test func oneAtATime() throws {
        let scratch = try Scratch.lived()
        try scratch.backup()
        let lock = try FileLock.acquire(scratch.archives + "/.dcb-backup.lock", waitMilliseconds: 0)
        let output = try scratch.run("dcb-backup", ["create", "--to", scratch.archives])
        #expect(output.code == 75 && output.problem == "busy")
        lock?.release()
        try Files.makeDirectories(scratch.archives + "/.dcb-backup.tmp/left")
        try scratch.backup()
        #expect(!Files.exists(scratch.archives + "/.dcb-backup.tmp"))
    }

    /// Archives inside the state folder are not put into archives.
    @Test func theArchivesAreLeftOut() throws {
        let scratch = try Scratch.lived()
        for _ in 0..<2 { #expect(try scratch.run("dcb-backup", ["create", "--to", scratch.state + "/backups"]).code == 0) }
        let names = try scratch.shell("for a in $DIR/state/backups/*.gz; do tar tzf $a; done | grep backups").out
        #expect(names.isEmpty)
    }

    @Test func thePolicysFolder() throws {
        let scratch = try Scratch.lived()
        #expect(try scratch.run("dcb-backup", ["create"]).code == 64)
        try scratch.write("{\"backupDir\":\"~/kept\"}", to: scratch.state + "/dcb.json")
        #expect(try scratch.only(try scratch.run("dcb-backup", ["create"])).text("archive")?.hasPrefix(scratch.folder + "/kept/") == true)
    }

    @Test func whatIsMissing() throws {
        let scratch = try Scratch.lived()
        try Files.makeDirectories(scratch.folder + "/bin")
        let output = try scratch.run("dcb-backup", ["create", "--to", scratch.archives], environment: ["PATH": scratch.folder + "/bin"])
        #expect(output.code == 69 && output.problem == "helper-missing")
        #expect(try scratch.names().isEmpty && !Files.exists(scratch.archives + "/.dcb-backup.tmp"))
        #expect(try scratch.run("dcb-backup", ["verify", scratch.folder + "/none"]).code == 74)
        #expect(try scratch.run("dcb-backup", ["verify", scratch.state]).code == 74)
        #expect(try scratch.run("dcb-backup", ["create", "--to", scratch.archives, "--state-dir", "/nowhere"]).code == 78)
        // No config, no record: there is still something to keep.
        let bare = try Scratch(config: nil)
        try bare.write("x", to: bare.state + "/x")
        #expect(try bare.backup()["files"]?.intValue == 2)
    }

    /// The config's lock is waited for, and held no longer than the databases need.
    @Test func underTheConfigsLock() throws {
        let scratch = try Scratch.lived()
        try scratch.write("{\"pid\": \(getpid()), \"createdAt\": \"2026-01-01T00:00:00Z\"}", to: scratch.config + ".lock")
        let waiting = try scratch.start("dcb-backup", ["create", "--to", scratch.archives], [])
        try until("a backup that waits for the lock") { Files.exists(scratch.archives + "/.dcb-backup.tmp") }
        #expect(!waiting.hasEnded)
        try Files.remove(scratch.config + ".lock")
        #expect(try waiting.wait().code == 0)
        #expect(!Files.exists(scratch.config + ".lock"))
    }

    /// No room: 74, the older archives stay, no half one is left.
    @Test func aFullDisk() throws {
        guard isRoot(for: "a full disk") else { return }
        let scratch = try Scratch.lived()
        try scratch.shell("head -c 3000000 /dev/urandom > $DIR/state/\(try scratch.workspaces()[0])/r; mkdir $DIR/archives")
        guard try scratch.run("/bin/mount", ["-t", "tmpfs", "-o", "size=7m", "tmpfs", scratch.archives]).code == 0 else {
            return Skip.say("a full disk needs mount")
        }
        defer { _ = try? scratch.run("/bin/umount", ["-l", scratch.archives]) }
        try scratch.backup()
        let names = try scratch.names()
        try scratch.shell("head -c 3000000 /dev/urandom > $DIR/archives/filler")
        let output = try scratch.run("dcb-backup", ["create", "--to", scratch.archives])
        #expect(output.code == 74 && output.problem == "no-space" && output.out.isEmpty, "\(output.err)")
        #expect(try scratch.names() == names && !Files.exists(scratch.archives + "/.dcb-backup.tmp"))
        #expect(try scratch.run("dcb-backup", ["verify", scratch.archives + "/" + names[0]]).code == 0)
        try Files.remove(scratch.archives + "/filler")
        try scratch.write("", to: scratch.archives + "/filler")
        #expect(try scratch.run("dcb-backup", ["create", "--to", scratch.archives]).code == 0)
    }

    /// The same by the limit on file sizes, which needs no root.
    @Test func aFileSizeLimit() throws {
        let scratch = try Scratch.lived()
        try scratch.shell("head -c 3000000 /dev/urandom > $DIR/state/\(try scratch.workspaces()[0])/r")
        try scratch.backup()
        let names = try scratch.names()
        let output = try scratch.shell("ulimit -f 2000; dcb-backup create --to $DIR/archives")
        #expect(output.code == 74 && output.out.isEmpty, "\(output.err)")
        #expect(try scratch.names() == names && !Files.exists(scratch.archives + "/.dcb-backup.tmp"))
    }
}
