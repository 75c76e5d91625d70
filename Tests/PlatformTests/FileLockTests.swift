import Glibc
import Platform
import TestSupport
import Testing

/// Each holder is a process of its own: flock(2) is between open files, and its deadline uses the process's timer.
@Suite struct FileLockTests {
    private func probe(_ path: String, waitMilliseconds: Int) throws -> Running {
        try Running(Scratch.commands + "/platform-probe", ["lock", path, "\(waitMilliseconds)"])
    }

    /// Whether a process stands in the kernel's queue for a lock.
    private func isWaiting(_ pid: Int32) throws -> Bool {
        String(decoding: try Files.read("/proc/locks"), as: UTF8.self).split(separator: "\n").contains {
            let words = $0.split(separator: " ")
            return words.contains("->") && words.contains("\(pid)")
        }
    }

    @Test func oneHolderAtATime() throws {
        let folder = try Folder()
        let first = try probe(folder.file("l"), waitMilliseconds: 0)
        #expect(first.line() == "locked")
        let second = try probe(folder.file("l"), waitMilliseconds: 0)
        #expect(second.line() == "timeout")
        let third = try probe(folder.file("l"), waitMilliseconds: 150)
        #expect(third.line() == "timeout")
        first.finish()
        let fourth = try probe(folder.file("l"), waitMilliseconds: 30_000)
        #expect(fourth.line() == "locked")
        #expect(try Files.status(folder.file("l"))?.permissions == 0o600)
    }

    /// Served in the order in which they came.
    @Test func waitersAreServedInOrder() throws {
        let folder = try Folder()
        let holder = try probe(folder.file("l"), waitMilliseconds: 0)
        #expect(holder.line() == "locked")
        var queue: [Running] = []
        for _ in 0..<6 {
            let next = try probe(folder.file("l"), waitMilliseconds: 60_000)
            try wait(for: "a waiter") { try isWaiting(next.pid) }
            queue.append(next)
        }
        holder.finish()
        while !queue.isEmpty {
            let next = queue.removeFirst()
            #expect(next.line() == "locked")
            for later in queue { #expect(try isWaiting(later.pid)) }
            next.finish()
        }
    }

    @Test func aDeadHolderHoldsNothing() throws {
        let folder = try Folder()
        let holder = try probe(folder.file("l"), waitMilliseconds: 0)
        #expect(holder.line() == "locked")
        let next = try probe(folder.file("l"), waitMilliseconds: 60_000)
        try wait(for: "the waiter") { try isWaiting(next.pid) }
        holder.signal(SIGKILL)
        #expect(next.line() == "locked")
    }

    /// Signals that are not meant for it neither end the wait nor make it endless.
    @Test func signalsDoNotEndTheWait() throws {
        let folder = try Folder()
        let holder = try probe(folder.file("l"), waitMilliseconds: 0)
        #expect(holder.line() == "locked")
        let next = try probe(folder.file("l"), waitMilliseconds: 60_000)
        try wait(for: "the waiter") { try isWaiting(next.pid) }
        for _ in 0..<20 { next.signal(SIGALRM) }
        try wait(for: "the waiter again") { try isWaiting(next.pid) }
        holder.finish()
        #expect(next.line() == "locked")
    }

    @Test func aFolderThatIsNotThere() throws {
        #expect(throws: SystemError("create", "/nowhere/l", .notFound)) { _ = try FileLock.acquire("/nowhere/l", waitMilliseconds: 0) }
    }
}
