import CommandKit
import JSON
import Onboarding
import Platform
import Testing

@testable import OpenClaw

@Suite struct OpenClawLockTests {
    static func payload(pid: Int32, start: UInt64?) -> String {
        "{\n  \"pid\": \(pid),\n  \"createdAt\": \"2026-11-23T18:13:20.144Z\"\(start.map { ",\n  \"starttime\": \($0)" } ?? "")\n}\n   "
    }

    static func deadProcess() throws -> Int32 {
        let result = try ChildProcess("/bin/sh", ["-c", "echo $$"], environment: [:]).run(input: [], deadline: Deadline(in: 10000))
        return try #require(Int32(String(decoding: result.output, as: UTF8.self).filter { $0.isNumber }))
    }

    private func acquire(_ folder: TemporaryFolder, wait: Int = 300) throws -> OpenClawLock {
        try OpenClawLock.acquire(config: folder.config, journal: nil, deadline: Deadline(in: wait))
    }

    private func names(_ folder: TemporaryFolder) throws -> [String] { try Files.list(folder.path) }

    @Test func isThereCompleteAndGoesAgain() throws {
        let folder = try TemporaryFolder()
        let lock = try acquire(folder)
        let path = folder.config + ".lock"
        #expect(try names(folder) == ["openclaw.json.lock"])
        #expect(try Files.status(path)?.permissions == 0o600)
        let value = try JSON.Value(parsing: Files.read(path))
        #expect(value.objectValue?["pid"]?.intValue == Int(CurrentProcess.pid))
        #expect(value.objectValue?["starttime"]?.intValue == Int(ProcessIdentity.current.startTicks))
        #expect(value.objectValue?["createdAt"]?.stringValue.flatMap { Timestamp(rfc3339: $0) } != nil)
        #expect(lock.isHeld)
        lock.release()
        #expect(try names(folder) == [])
        #expect(!lock.isHeld)
    }

    @Test func anothersLockIsNotReleased() throws {
        let folder = try TemporaryFolder()
        let lock = try acquire(folder)
        try Files.replace(folder.config + ".lock", with: Array("{}".utf8), mode: 0o600)
        #expect(!lock.isHeld)
        lock.release()
        #expect(try Files.read(folder.config + ".lock") == Array("{}".utf8))
    }

    /// What lies there, and whether it is taken over.
    @Test func table() throws {
        let own = ProcessIdentity.current
        let dead = try Self.deadProcess()
        let cases: [(content: String, isTaken: Bool, says: String)] = [
            (Self.payload(pid: own.pid, start: own.startTicks), false, "held by pid \(own.pid)"),
            (Self.payload(pid: own.pid, start: nil), false, "held by pid \(own.pid)"),
            (Self.payload(pid: own.pid, start: own.startTicks + 1), true, ""),
            (Self.payload(pid: dead, start: 1), true, ""), (Self.payload(pid: dead, start: nil), true, ""),
            ("", false, "whose"), ("{\"pid\": ", false, "whose"), ("{\"pid\":\"x\"}", false, "whose"), ("{\"pid\":-1}", false, "held"), ("[]", false, "whose"),
        ]
        for item in cases {
            let folder = try TemporaryFolder()
            try Files.create(folder.config + ".lock", Array(item.content.utf8), mode: 0o600)
            do {
                let lock = try acquire(folder)
                #expect(item.isTaken, "\(item.content)")
                #expect(try names(folder) == ["openclaw.json.lock"])
                lock.release()
                #expect(try names(folder) == [])
            } catch let error as Problem {
                #expect(!item.isTaken && error.kind == .configLocked && error.detail.contains(item.says), "\(item.content): \(error)")
                #expect(try Files.read(folder.config + ".lock") == Array(item.content.utf8))
                #expect(try names(folder) == ["openclaw.json.lock"])
            }
        }
    }

    @Test func waitsWhileSomebodyReclaims() throws {
        let folder = try TemporaryFolder()
        try Files.create(folder.config + ".lock.reclaim", [], mode: 0o600)
        #expect(problem { _ = try acquire(folder) } == .configLocked)
        try Files.create(folder.config + ".lock", Array(Self.payload(pid: try Self.deadProcess(), start: 1).utf8), mode: 0o600)
        #expect(problem { _ = try acquire(folder) } == .configLocked)
        try Files.remove(folder.config + ".lock.reclaim")
        #expect(problem { try acquire(folder).release() } == nil)
    }

    @Test func aLinkInItsPlaceIsNoLock() throws {
        let folder = try TemporaryFolder()
        let result = try ChildProcess("/bin/ln", ["-s", "/etc/hostname", folder.config + ".lock"], environment: [:]).run(
            input: [], deadline: Deadline(in: 10000))
        #expect(result.status == .exited(0))
        #expect(problem { _ = try acquire(folder) } == .configLocked)
    }

    /// A lock of a namespace that cannot be judged, which our journal knows as one that a dcb left.
    @Test func whatADeadDcbLeftIsKnownByItsJournal() throws {
        let folder = try TemporaryFolder()
        let content = Self.payload(pid: CurrentProcess.pid, start: ProcessIdentity.current.startTicks)
        try Files.create(folder.config + ".lock", Array(content.utf8), mode: 0o600)
        try Files.create(folder.path + "/journal", Array(content.utf8), mode: 0o600)
        let lock = try OpenClawLock.acquire(config: folder.config, journal: folder.path + "/journal", deadline: Deadline(in: 300))
        #expect(try Files.read(folder.config + ".lock") == Files.read(folder.path + "/journal"))
        lock.release()
    }

    /// Processes that share nothing but the lock, some of which die with it: nobody counts twice, nobody waits for the dead.
    @Test func manyAtOnceAndSomeDie() throws {
        let folder = try TemporaryFolder()
        try Files.create(folder.path + "/count", Array("0".utf8), mode: 0o600)
        try Files.create(folder.config + ".lock", Array(Self.payload(pid: try Self.deadProcess(), start: 1).utf8), mode: 0o600)
        #expect(try Workers.run(folder, Array(repeating: "count", count: 6) + Array(repeating: "die", count: 4)))
        #expect(try Files.read(folder.path + "/count") == Array("\(6 * Workers.rounds)".utf8))
        try acquire(folder, wait: 5000).release()
        #expect(try names(folder).filter { !$0.hasSuffix(".tmp") && !$0.hasSuffix(".out") } == ["count"])
    }
}
