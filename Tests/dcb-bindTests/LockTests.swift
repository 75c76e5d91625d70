import CSQLite
import JSON
import Platform
import TestSupport
import Testing

/// Both locks, and a file that somebody else changes meanwhile.
@Suite struct LockTests {
    private func payload(_ pid: Int32, _ start: UInt64) -> String { "{\"pid\":\(pid),\"createdAt\":\"2026-11-25T00:00:00.000Z\",\"starttime\":\(start)}" }

    private var ownStart: UInt64 { ProcessIdentity.current.startTicks }

    @Test func aLiveHolderIsWaitedFor() throws {
        let scratch = try Scratch()
        let made = try scratch.made(Scratch.phone(1))
        let lock = scratch.config + ".lock"
        let text = try scratch.configText()
        try scratch.write(payload(CurrentProcess.pid, ownStart), to: lock)
        let started = try scratch.start("dcb-bind", [], [made])
        try until("dcb-bind at the lock") { try atTheLock(scratch, started) }
        #expect(!started.hasEnded)
        #expect(try scratch.configText() == text)
        #expect(try scratch.text(lock) == payload(CurrentProcess.pid, ownStart))
        try Files.remove(lock)
        let output = try started.wait()
        #expect(output.code == 0, "\(output.err)")
        #expect(try scratch.configText().contains(Scratch.phone(1)))
        #expect(try !Files.list(scratch.state).contains { $0 == "openclaw.json.lock" || $0.hasSuffix(".tmp") })
    }

    /// A live holder for the whole wait, a lock that says nothing, one that is being reclaimed: 75, and the lock stays. Thirty seconds each, so at once.
    @Test(.enabled(if: ProcessContext.current().environment["DCB_LONG"] == "1"))
    func whoNeverLetsGo() throws {
        let cases: [(name: String, text: String, word: String)] = [
            ("lock", payload(CurrentProcess.pid, ownStart), "\(CurrentProcess.pid)"), ("lock", "", "remove openclaw.json.lock"),
            ("lock.reclaim", "", "reclaim"), ("lock", "not json", "remove openclaw.json.lock"),
        ]
        var running: [(Scratch, Started, String, String, String, String)] = []
        for one in cases {
            let scratch = try Scratch()
            let made = try scratch.made(Scratch.phone(1))
            try scratch.write(one.text, to: scratch.config + "." + one.name)
            running.append((scratch, try scratch.start("dcb-bind", [], [made]), try scratch.configText(), one.name, one.text, one.word))
        }
        for (scratch, started, config, name, text, word) in running {
            let output = try started.wait(seconds: 90)
            #expect(output.code == 75)
            #expect(output.problem == "config-locked")
            #expect(output.err.contains(word), "\(output.err)")
            #expect(try scratch.configText() == config)
            #expect(try scratch.text(scratch.config + "." + name) == text)
        }
    }

    /// Zero bytes are never taken over, by us as little as by OpenClaw; when someone removes them, we go on.
    @Test func anEmptyLockIsWaitedFor() throws {
        let scratch = try Scratch()
        let made = try scratch.made(Scratch.phone(1))
        try scratch.write("", to: scratch.config + ".lock")
        let started = try scratch.start("dcb-bind", [], [made])
        try until("dcb-bind at the lock") { try atTheLock(scratch, started) }
        #expect(try Files.read(scratch.config + ".lock").isEmpty)
        try Files.remove(scratch.config + ".lock")
        #expect(try started.wait().code == 0)
    }

    /// A holder that is gone: its number is nobody's, or somebody else's by now.
    @Test func aDeadHoldersLockIsTakenOver() throws {
        for (pid, start) in [(Int32(4_194_304), UInt64(1)), (CurrentProcess.pid, ownStart + 1)] {
            let scratch = try Scratch()
            let made = try scratch.made(Scratch.phone(1))
            try scratch.write(payload(pid, start), to: scratch.config + ".lock")
            let output = try scratch.step("dcb-bind", [], [made])
            #expect(output.code == 0, "\(output.err)")
            #expect(try !Files.list(scratch.state).contains { $0.contains("openclaw.json.lock") })
        }
    }

    /// Between our read and our check before the rename: the other's edit stays, and ours is made on top of it.
    @Test(arguments: ["rename", "in place", "touched and longer", "made invalid", "made unreadable to us", "removed"])
    func anEditMeanwhileIsNeverOverwritten(_ how: String) throws {
        let scratch = try Scratch()
        let made = try scratch.made(Scratch.phone(1))
        // While somebody writes the record, dcb-bind has read the config and cannot go on to replace it.
        let hold = try RecordHold(scratch.state + "/onboarding.db")
        let started = try scratch.start("dcb-bind", [], [made])
        try until("dcb-bind to have read the config") { started.pid.map { waitsInSleep($0) } == true && Files.exists(scratch.config + ".lock") }
        let old = try scratch.configText()
        let edited = old.replacing("\"local\"", with: "'local'")
        var expected = 0 as Int32
        switch how {
        case "rename": try replace(scratch, edited)
        case "in place": try Descriptor.open(scratch.config, .write).write(Array(edited.utf8), at: 0)
        case "touched and longer": try Descriptor.open(scratch.config, .write, append: true).writeAll(Array("// mine\n".utf8))
        case "made invalid":
            try replace(scratch, String(old.dropLast(5)))
            expected = 78
        case "made unreadable to us":
            try replace(scratch, "[]")
            expected = 78
        default:
            try Files.remove(scratch.config)
            expected = 78
        }
        let theirs = (try? scratch.configText()) ?? ""
        hold.release()
        let output = try started.wait()
        #expect(output.code == expected, "\(output.err)")
        let text = (try? scratch.configText()) ?? ""
        if expected == 0 {
            #expect(text.contains(Scratch.phone(1)))
            try scratch.only(try scratch.step("dcb-bind", ["--undo"], [made]))
            #expect(try scratch.configText() == theirs)
        } else {
            #expect(text == theirs)
        }
        #expect(try !Files.list(scratch.state).contains { $0 == "openclaw.json.lock" || $0.hasSuffix(".tmp") })
    }

    /// Somebody who edits all the time, by rename and in place, finds each edit again.
    @Test func nobodysEditIsLost() throws {
        let rounds = ProcessContext.current().environment["DCB_LONG"] == "1" ? 40 : 6
        let scratch = try Scratch(config: Scratch.plainConfig.replacing("\"mode\": \"local\"", with: "\"mode\": \"local\", \"port\": 10000"))
        var made: [Object] = []
        for n in 1...rounds { made.append(try scratch.made(Scratch.phone(n))) }
        var value = 10000
        var edits = 0
        var succeeded = 0
        for document in made {
            let started = try scratch.start("dcb-bind", [], [document])
            repeat {
                // One who honours OpenClaw's lock: nobody could keep apart two who write at the same moment without any lock.
                guard let lock = takeLock(scratch) else { continue }
                let text = try scratch.configText()
                let present = port(text)
                #expect(present == value, "edit \(value) was lost: \(present)")
                value = value % 60000 + 1
                if value < 10000 { value = 10000 }
                let edited = text.replacing("\"port\": \(present)", with: "\"port\": \(value)")
                if edits % 2 == 0 {
                    try replace(scratch, edited)
                } else {
                    try Descriptor.open(scratch.config, .write).write(Array(edited.utf8), at: 0)
                }
                edits += 1
                try Files.remove(lock)
            } while !started.hasEnded
            let output = try started.wait()
            #expect(output.code == 0 || output.code == 75, "\(output.err)")
            if output.code == 0 { succeeded += 1 }
        }
        #expect(try port(scratch.configText()) == value)
        #expect(edits >= rounds)
        let bound = try scratch.configValue().at("bindings")?.arrayValue?.count
        #expect(bound == succeeded)
        #expect(succeeded > 0)
    }

    /// Somebody who writes in place is seen with half a file: that is no wrong file, but one to look at again.
    @Test func halfAFileIsLookedAtAgain() throws {
        let scratch = try Scratch()
        let made = try scratch.made(Scratch.phone(1))
        let whole = try Files.read(scratch.config)
        let writer = try Descriptor.open(scratch.config, .write, truncate: true)
        try writer.writeAll(Array(whole.prefix(100)))
        let started = try scratch.start("dcb-bind", [], [made])
        // It goes on a byte at a time while dcb-bind looks.
        try until("dcb-bind to look") { Files.exists(scratch.config + ".lock") }
        for byte in whole.dropFirst(100) { try writer.writeAll([byte]) }
        writer.close()
        let output = try started.wait()
        #expect(output.code == 0, "\(output.err)")
        #expect(try scratch.configText().contains(Scratch.phone(1)))
    }

    /// Its own temporary lock is there, and it sleeps until the next look.
    private func atTheLock(_ scratch: Scratch, _ started: Started) throws -> Bool {
        if started.hasEnded { throw TestFailure("dcb-bind did not wait: \(try started.wait().err)") }
        return try started.pid.map { waitsInSleep($0) } == true && Files.list(scratch.state).contains { $0 == ".openclaw.json.lock.dcb.tmp" }
    }

    // Under a name of our own: what has dcb's names is swept by dcb.
    private func replace(_ scratch: Scratch, _ text: String) throws {
        try scratch.write(text, to: scratch.state + "/theirs.tmp")
        try Files.rename(scratch.state + "/theirs.tmp", to: scratch.config)
    }

    private func takeLock(_ scratch: Scratch) -> String? {
        let lock = scratch.config + ".lock"
        do { try Files.create(lock, Array(payload(CurrentProcess.pid, ownStart).utf8), mode: 0o600, sync: false) } catch { return nil }
        return lock
    }

    private func port(_ text: String) -> Int {
        guard let at = text.firstRange(of: "\"port\": ") else { return -1 }
        return Int(text[at.upperBound...].prefix { $0.isNumber }) ?? -1
    }

    /// Blocked in a timer: SQLite's wait for the writer, or ours.
    private func waitsInSleep(_ pid: Int32) -> Bool {
        guard let bytes = try? Files.read("/proc/\(pid)/syscall", limit: 256) else { return false }
        // nanosleep is 35 and clock_nanosleep 230 on x86-64, 101 and 115 on arm64.
        return ["35", "230", "101", "115"].contains(String(decoding: bytes.prefix { $0 != 32 }, as: UTF8.self))
    }
}

/// Somebody else's transaction on the record.
private final class RecordHold {
    private var handle: OpaquePointer?

    init(_ path: String) throws {
        guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK, sqlite3_exec(handle, "BEGIN IMMEDIATE", nil, nil, nil) == SQLITE_OK
        else {
            throw TestFailure("cannot hold the record")
        }
    }

    func release() {
        sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
        sqlite3_close_v2(handle)
        handle = nil
    }

    deinit { release() }
}
