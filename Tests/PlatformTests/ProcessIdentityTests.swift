import Glibc
import Platform
import TestSupport
import Testing

@Suite struct ProcessIdentityTests {
    @Test func oneselfIsAlive() throws {
        let me = ProcessIdentity.current
        #expect(me.pid == getpid() && me.startTicks > 0 && me.namespace.hasPrefix("pid:["))
        #expect(me.life == .alive)
        #expect(ProcessIdentity(pid: getpid()) == me)
        #expect(ProcessIdentity.life(pid: getpid(), startTicks: nil) == .alive)
    }

    @Test func theEndIsSeen() throws {
        let other = try Running("/bin/cat", [])
        let identity = try #require(ProcessIdentity(pid: other.pid))
        #expect(identity.life == .alive)
        other.finish()
        #expect(other.line() == nil)
        // Ended and not yet waited for: a zombie has nothing left that could act.
        try wait(for: "the zombie") { ProcessIdentity(pid: other.pid) == nil }
        #expect(kill(other.pid, 0) == 0)
        #expect(identity.life == .dead)
        #expect(ProcessIdentity.life(pid: other.pid, startTicks: nil) == .dead)
        waitpid(other.pid, nil, 0)
        #expect(identity.life == .dead)
        #expect(ProcessIdentity.life(pid: identity.pid, startTicks: nil) == .dead)
    }

    /// The same number with another start is another process.
    @Test func aReusedNumberIsSomebodyElse() {
        let me = ProcessIdentity.current
        #expect(ProcessIdentity(pid: me.pid, startTicks: me.startTicks - 1, namespace: me.namespace).life == .dead)
        #expect(ProcessIdentity(pid: me.pid, startTicks: me.startTicks + 1, namespace: me.namespace).life == .dead)
    }

    @Test func anotherNamespaceCannotBeJudged() {
        let me = ProcessIdentity.current
        #expect(ProcessIdentity(pid: me.pid, startTicks: me.startTicks, namespace: "pid:[1]").life == .unknown)
        #expect(ProcessIdentity(pid: 999_999_999, startTicks: 1, namespace: "pid:[1]").life == .unknown)
        #expect(ProcessIdentity(pid: me.pid, startTicks: me.startTicks, namespace: "unknown").life == .unknown)
    }

    @Test(arguments: [Int32(0), -1, Int32.min]) func numbersThatAreNone(_ pid: Int32) {
        #expect(ProcessIdentity.life(pid: pid, startTicks: 5) == .unknown)
        #expect(ProcessIdentity(pid: pid) == nil)
    }

    /// The name of a program may hold what looks like fields.
    @Test func oddProgramNames() throws {
        let folder = try Folder()
        for name in ["a) Z 1 2", "((", ") ) )", "x y z"] {
            try makeExecutable(folder.file(name), "#!/bin/sh\necho ready\nread line\n")
            let other = try Running(folder.file(name), [])
            #expect(other.line() == "ready")
            let identity = try #require(ProcessIdentity(pid: other.pid), "\(name)")
            #expect(identity.life == .alive)
            #expect(identity.startTicks > 0)
        }
    }
}
