import CommandKit
import Onboarding
import Platform
import Testing

@testable import Store

/// Several processes, and processes that die.
@Suite struct ProcessTests {
    /// `store-helper` beside the test bundle.
    private func helper() throws -> String {
        for word in CommandLine.arguments + [CurrentProcess.executablePath ?? ""] where word.contains(".xctest") {
            let parts = word.split(separator: "/", omittingEmptySubsequences: false)
            guard let bundle = parts.firstIndex(where: { $0.hasSuffix(".xctest") }) else { continue }
            let path = parts[..<bundle].joined(separator: "/") + "/store-helper"
            if Files.isExecutable(path) { return path }
        }
        throw Problem(.helperMissing, "store-helper is not beside the tests")
    }

    /// Runs a shell text in which `$H` is the helper and `$D` the record's folder; `$A` are its first two operands.
    private func shell(_ f: Fixture, _ text: String, seconds: Int = 120) throws -> (status: Platform.ExitStatus, output: String) {
        let child = ChildProcess(
            "/bin/sh", ["-c", text],
            environment: ["PATH": "/usr/bin:/bin", "H": try helper(), "D": f.folder, "A": "\(f.path) \(f.generationFile)"])
        let result = try child.run(input: [], deadline: Deadline(in: seconds * 1000))
        #expect(!result.timedOut)
        return (result.status, String(decoding: result.output + result.errors, as: UTF8.self))
    }

    @Test(arguments: 0...10) func killedAnywhere(point: Int) throws {
        let f = try Fixture()
        #expect(try shell(f, "exec $H provision $A 1 1 \(point)").status == .signalled(9))
        do {
            let record = try f.open(.existing)
            #expect(try record.check(quick: false) == [])
            let claim = try record.claim(for: phone(1))
            #expect((claim != nil) == (2...9).contains(point))
            #expect(try (record.row(for: phone(1)) != nil) == (point == 10))
            if let claim { #expect(claim.agent == (point < 5 ? .none : point < 8 ? .intended : .made)) }
        }
        // The owner is dead: whoever comes next goes on at once, with the same agent.
        let before = try f.open(.existing).claim(for: phone(1))
        #expect(try shell(f, "exec $H provision $A 1 1").status == .exited(0))
        let record = try f.open(.existing)
        let row = try #require(try record.row(for: phone(1)))
        if let before { #expect(row.agentID == before.agentID) }
        #expect(try record.claim(for: phone(1)) == nil)
        #expect(try record.generation() == 1)
        #expect(try record.openLedger(phone(1)).count == 3)
        #expect(try record.check(quick: false) == [])
    }

    @Test func manyMakeTheFile() throws {
        let f = try Fixture()
        let said = try shell(f, "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do $H open $A & done; wait")
        #expect(said.output == "")
        #expect(try f.open(.existing).check(quick: false) == [])
    }

    @Test func manyMigrate() throws {
        let f = try Fixture()
        try f.older(OlderSQL.tables(oauth: true) + OlderSQL.rows)
        let said = try shell(f, "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do $H open $A & done; wait")
        #expect(said.output == "")
        let record = try f.open(.existing)
        #expect(try record.generation() == 1)
        var entries = 0
        try record.ledger { _ in entries += 1 }
        #expect(entries == 6)
    }

    @Test func noUpdateIsLost() throws {
        let f = try Fixture()
        let said = try shell(f, "i=0; while [ $i -lt 40 ]; do $H count $A 10 & i=$((i+1)); done; wait")
        #expect(said.output == "")
        #expect(try f.open(.existing).heartbeats().first?.exitCode == 400)
    }

    @Test func samePhoneFromMany() throws {
        let f = try Fixture()
        // Who finds the claim held goes away: one row is made in any case.
        _ = try shell(f, "i=0; while [ $i -lt 30 ]; do $H provision $A 1 3 & i=$((i+1)); done; wait")
        let record = try f.open(.existing)
        #expect(try record.counts() == [.new: 3])
        #expect(try record.check(quick: false) == [])
        #expect(try !record.isOlderThanStateFolder)
    }

    @Test func writersWaitForAHolder() throws {
        let f = try Fixture()
        let said = try shell(
            f, "$H open $A; $H hold $A 700 >$D/held & until [ -s $D/held ]; do sleep 0.02; done; $H count $A 1; wait")
        #expect(said.status == .exited(0) && said.output == "")
        #expect(try f.open(.existing).heartbeats().map(\.job) == ["count", "hold"])
    }

    @Test func lockedForGood() throws {
        let f = try Fixture()
        let record = try f.open()
        record.waitMilliseconds = 50
        // Somebody who does not queue.
        let other = try f.raw()
        try other.begin()
        #expect(kind { try record.write { r throws(Problem) in try r.beat("job", exitCode: 0) } } == .recordLocked)
        // Readers are not held up.
        #expect(try record.heartbeats() == [])
        other.rollBack()
        try record.write { r throws(Problem) in try r.beat("job", exitCode: 0) }
        #expect(try record.heartbeats().count == 1)
    }

    @Test func lockedByTheQueue() throws {
        let f = try Fixture()
        // Somebody who queues and does not move; in processes, since the wait's timer needs a process of its own.
        let said = try shell(
            f, "$H open $A; $H hold $A 3000 >$D/held & until [ -s $D/held ]; do sleep 0.02; done; $H impatient $A 100; wait")
        #expect(said.output.hasPrefix("record-locked "), "\(said.output)")
        #expect(try f.open(.existing).heartbeats().map(\.job) == ["hold"])
    }

    @Test func readersSeeOneState() throws {
        let f = try Fixture()
        let (a, b) = (try f.open(), try f.open())
        try a.write { r throws(Problem) in try r.beat("one", exitCode: 0) }
        let seen = try b.snapshot { r throws(Problem) in
            let before = try r.heartbeats().count
            try a.write { r throws(Problem) in try r.beat("two", exitCode: 0) }
            return (before, try r.heartbeats().count)
        }
        #expect(seen == (1, 1))
        #expect(try b.heartbeats().count == 2)
    }

    @Test func fullDisk() throws {
        let f = try Fixture()
        do { try f.open().provision(1) }
        // 200 blocks of 512 or 1024 bytes: the log ends there.
        let said = try shell(f, "trap '' XFSZ; ulimit -f 200; exec $H fill $A 1000")
        #expect(said.status == .exited(74))
        #expect(said.output.hasPrefix("no-space "), "\(said.output)")
        let record = try f.open(.existing)
        #expect(try record.check(quick: false) == [])
        #expect(try record.row(for: phone(1)) != nil)
        try record.provision(2)
    }

    @Test func lostTransactionIsTold() throws {
        let f = try Fixture()
        let record = try f.open()
        try record.database.run("PRAGMA max_page_count = 40")
        // The first refusal is swallowed; the commit must not claim that all is well.
        let result = kind {
            try record.write { r throws(Problem) in
                for n in 0..<100 {
                    do { try r.savepoint { r throws(Problem) in try r.beat("job \(n) " + String(repeating: "x", count: 3000), exitCode: 0) } } catch {}
                }
            }
        }
        // SQLite may take back the statement alone or the whole transaction: either way what is told is what is there.
        let kept = try f.open().heartbeats().count
        #expect(result == nil ? kept > 0 && kept < 100 : result == .noSpace && kept == 0, "\(String(describing: result)) \(kept)")
    }

    @Test func folderThatCannotBeWritten() throws {
        let f = try Fixture()
        do { try f.open().provision(1) }
        #expect(try f.open(.readOnly).row(for: phone(1)) != nil)
        try Files.remove(f.path + "-shm")
        #expect(try f.open(.readOnly).row(for: phone(1)) != nil)
    }

    @Test func damagedPages() throws {
        let f = try Fixture()
        do {
            let record = try f.open()
            for n in 1...50 { try record.provision(n) }
            try record.database.checkpoint(truncate: true)
        }
        let file = try Descriptor.open(f.path, .write)
        let size = try file.status().sizeBytes
        for page in 1..<(size / 4096) { try file.write([UInt8](repeating: 0xAB, count: 2048), at: page * 4096) }
        let record = try f.open(.existing)
        #expect(kind { _ = try record.row(for: phone(1)) } == .recordDamaged)
        let found = try record.check(quick: true)
        #expect(found.map(\.id) == ["damaged"])
        #expect(try !record.check(quick: false).isEmpty)
    }
}
