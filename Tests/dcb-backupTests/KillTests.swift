import Glibc
import JSON
import Platform
import TestSupport
import Testing

/// `kill -9` at each system call of a backup: no half archive under a final name, the older one untouched, and the next run goes through.
@Suite struct KillTests {
    @Test func atEachSystemCall() throws {
        guard Files.isExecutable("/usr/bin/strace") else { return Skip.say("kill -9 at each system call needs strace") }
        let scratch = try Scratch.lived()
        try scratch.backup(["--now", "2026-02-01T00:00:00Z"])
        let first = scratch.archives + "/dcb-20260201T000000Z.tar.gz"
        let sum = try scratch.shell("sha256sum < '\(first)'").out
        // How many there are of each kind; a quiet run counts them.
        let log = scratch.folder + "/calls"
        let quiet = try scratch.run(
            "/usr/bin/strace", ["-qq", "-o", log, Scratch.commands + "/dcb-backup", "create", "--to", scratch.archives, "--now", "2026-02-02T00:00:00Z"])
        guard quiet.code == 0 else { return Skip.say("kill -9 at each system call: strace may not trace here") }
        var counts: [String: Int] = [:]
        for line in String(decoding: try Files.read(log), as: UTF8.self).split(separator: "\n") {
            let name = String(line.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
            if !name.isEmpty, line.contains("(") { counts[name, default: 0] += 1 }
        }
        try Files.remove(scratch.archives + "/dcb-20260202T000000Z.tar.gz")
        // Each call of those that change something; of the others some. All of them in the long run.
        let changing: Set<String> = [
            "rename", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "link", "fsync", "fdatasync", "ftruncate", "flock", "wait4", "clone",
            "fork", "vfork",
        ]
        var cases: [(String, Int)] = []
        for (name, count) in counts.sorted(by: { $0.key < $1.key }) where name != "exit_group" && name != "execve" {
            let step = Skip.isLong ? 1 : changing.contains(name) ? max(1, count / 6) : max(1, count / 2)
            for n in stride(from: 1, through: count, by: step) { cases.append((name, n)) }
        }
        #expect(cases.count > 40)
        var published = 0
        for (name, n) in cases {
            let output = try scratch.run(
                "/usr/bin/strace",
                [
                    "-qq", "-o", "/dev/null", "-e", "inject=\(name):signal=KILL:when=\(n)", Scratch.commands + "/dcb-backup", "create", "--to",
                    scratch.archives,
                    "--now", "2026-02-02T00:00:00Z",
                ])
            #expect(try scratch.shell("sha256sum < '\(first)'").out == sum, "\(name) \(n)")
            for other in try scratch.names() where !first.hasSuffix(other) {
                published += 1
                let verified = try scratch.run("dcb-backup", ["verify", scratch.archives + "/" + other])
                #expect(verified.code == 0, "\(name) \(n): \(other): \(verified.out)")
                try Files.remove(scratch.archives + "/" + other)
            }
            #expect(output.code == 137 || output.code == 0, "\(name) \(n): \(output.code) \(output.err)")
        }
        // The lock of a killed run is free, its half archive is swept away, and OpenClaw's lock stands in nobody's way.
        try scratch.backup(["--now", "2026-02-03T00:00:00Z"])
        #expect(!Files.exists(scratch.archives + "/.dcb-backup.tmp"))
        #expect(try scratch.run("dcb-onboard", [], input: "{\"phone\":\"+15551230009\"}\n").code == 0)
        #expect(try scratch.run("dcb-state", ["check"]).code == 0)
        #expect(published > 0)
    }

    /// A signal that asks: undone, and 128+n.
    @Test func aSignalThatAsks() throws {
        let scratch = try Scratch.lived()
        try scratch.shell("head -c 60000000 /dev/urandom > $DIR/state/\(try scratch.workspaces()[0])/r")
        let running = try scratch.start("dcb-backup", ["create", "--to", scratch.archives], [])
        try until(seconds: 60, "an archive that grows") { Files.exists(scratch.archives + "/.dcb-backup.tmp/archive") }
        if let pid = running.pid { kill(pid, SIGTERM) }
        let output = try running.wait(seconds: 120)
        #expect(output.code == 143)
        #expect(!Files.exists(scratch.archives + "/.dcb-backup.tmp"))
        #expect(try scratch.names().isEmpty)
    }
}
