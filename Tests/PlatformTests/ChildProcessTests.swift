import Glibc
import Platform
import TestSupport
import Testing

@Suite struct ChildProcessTests {
    private func run(
        _ script: String, input: [UInt8] = [], milliseconds: Int = 60_000, environment: [String: String] = ["PATH": "/usr/bin:/bin"], ownGroup: Bool = false,
        limit: Int = 512 << 20
    ) throws -> ChildProcess.Result {
        Termination.ignoreBrokenPipe()
        var child = ChildProcess("/bin/sh", ["-c", script], environment: environment)
        child.ownGroup = ownGroup
        child.workingOutputLimitBytes = limit
        return try child.run(input: input, deadline: Deadline(in: milliseconds))
    }

    /// Far more than a pipe holds, both ways and on both outputs at once.
    @Test func muchBothWays() throws {
        let input = (0..<(6 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let result = try run("tee /dev/stderr", input: input)
        #expect(result.status == .exited(0) && !result.timedOut)
        #expect(result.output == input)
        #expect(result.errors == input)
    }

    /// It writes before it reads.
    @Test func outputBeforeInput() throws {
        let result = try run("head -c 3000000 /dev/zero; wc -c", input: [UInt8](repeating: 65, count: 3_000_000))
        #expect(result.output.count > 3_000_000)
        #expect(String(decoding: result.output.suffix(8), as: UTF8.self) == "3000000\n")
    }

    @Test func inputThatIsNotRead() throws {
        let result = try run("exec 0<&-; echo done; exit 3", input: [UInt8](repeating: 65, count: 3_000_000))
        #expect(result.status == .exited(3))
        #expect(result.output == Array("done\n".utf8))
    }

    @Test(arguments: [0, 1, 64, 78, 255]) func exitCodes(_ code: Int32) throws { #expect(try run("exit \(code)").status == .exited(code)) }

    @Test(arguments: [SIGTERM, SIGKILL, SIGSEGV]) func signals(_ signal: Int32) throws {
        #expect(try run("kill -\(signal) $$").status == .signalled(signal))
    }

    @Test func aDeadlineEndsIt() throws {
        let result = try run("echo before; exec sleep 1000", milliseconds: 1500)
        #expect(result.timedOut)
        #expect(result.status == .signalled(SIGTERM))
        #expect(result.output == Array("before\n".utf8))
    }

    /// It has two seconds to clean up, and what it says then is heard.
    @Test func aDeadlineLetsItCleanUp() throws {
        let result = try run("trap 'echo cleaned; exit 7' TERM; echo ready; while :; do sleep 0.01; done", milliseconds: 1500)
        #expect(result.timedOut)
        #expect(result.status == .exited(7))
        #expect(String(decoding: result.output, as: UTF8.self) == "ready\ncleaned\n")
    }

    @Test func whoIgnoresTermIsKilled() throws {
        let result = try run("trap '' TERM; exec sleep 1000", milliseconds: 1500)
        #expect(result.timedOut)
        #expect(result.status == .signalled(SIGKILL))
    }

    /// The outputs are closed and it lingers.
    @Test func aSilentLingererIsKilled() throws {
        let result = try run("exec >&- 2>&-; exec sleep 1000", milliseconds: 1500)
        #expect(result.status == .signalled(SIGKILL))
    }

    /// A grandchild keeps the pipes: nobody waits for that, and the child's own end is what is told.
    @Test(arguments: [false, true]) func aGrandchildThatHoldsThePipe(_ ownGroup: Bool) throws {
        let result = try run("setsid sleep 1000 & echo $!; exit 5", milliseconds: 600_000, ownGroup: ownGroup)
        #expect(!result.timedOut)
        #expect(result.status == .exited(5))
        let left = String(decoding: result.output, as: UTF8.self).split(separator: "\n").first.flatMap { Int32($0) }
        if let left { kill(left, SIGKILL) }
    }

    /// With a group of its own all of it ends.
    @Test func aGroupEndsTogether() throws {
        let result = try run("trap '' TERM; sh -c 'echo $$; exec sleep 1000' & wait; sleep 1000", milliseconds: 1500, ownGroup: true)
        #expect(result.timedOut)
        let grandchild = try #require(String(decoding: result.output, as: UTF8.self).split(separator: "\n").first.flatMap { Int32($0) })
        try wait(for: "the grandchild's end") { ProcessIdentity(pid: grandchild) == nil }
    }

    @Test func tooMuchOutputEndsIt() throws {
        let result = try run("exec cat /dev/zero", limit: 1 << 20)
        #expect(result.overflowed && !result.timedOut)
        #expect(result.status == .signalled(SIGTERM))
        #expect(result.output.count < 4 << 20)
    }

    /// More than the limit, and then silence: the deadline is not waited for.
    @Test func tooMuchAndThenSilence() throws {
        let result = try run("head -c 2000000 /dev/zero; exec sleep 1000", limit: 1 << 20)
        #expect(result.overflowed && !result.timedOut)
        #expect(result.status == .signalled(SIGTERM))
    }

    /// The beat goes on as long as the child does, with its outputs open, closed, and after it was told to end: the child waits for the third one.
    @Test(arguments: ["", "exec >&- 2>&-;", "trap '' TERM;"]) func theBeat(_ script: String) throws {
        let folder = try Folder()
        let isTold = script.hasPrefix("trap")
        var beats = 0
        let wait = "\(script) while [ -d \(folder.path) ] && [ ! -e \(folder.file("third")) ]; do sleep 0.02; done"
        let child = ChildProcess("/bin/sh", ["-c", wait], environment: ["PATH": "/usr/bin:/bin"])
        let deadline = Deadline(in: isTold ? 2000 : 60_000)
        let result = try child.run(input: [], deadline: deadline, beatMilliseconds: 50) {
            if deadline.hasPassed || !isTold { beats += 1 }
            if beats == 3 { try? Files.create(folder.file("third"), [], mode: 0o600) }
        }
        #expect(result.status == .exited(0) && result.timedOut == isTold)
        #expect(beats >= 3)
        beats = 0
        _ = try child.run(input: [], deadline: Deadline(in: 60_000))
        #expect(beats == 0)
    }

    @Test func aSignalDescriptorEndsIt() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let interrupt = Descriptor(ends[0])
        write(ends[1], "x", 1)
        let result = try ChildProcess("/bin/sleep", ["1000"], environment: [:]).run(input: [], deadline: Deadline(in: 60_000), interrupt: interrupt)
        close(ends[1])
        #expect(result.interrupted && !result.timedOut)
        #expect(result.status == .signalled(SIGTERM))
    }

    @Test(arguments: [("/nowhere/program", Errno.notFound), ("/etc/passwd", Errno.denied), ("/tmp", Errno.denied)])
    func whatCannotRun(_ path: String, _ code: Errno) {
        #expect(throws: SystemError("run", path, code)) { _ = try ChildProcess(path, [], environment: [:]).run(input: [], deadline: Deadline(in: 10_000)) }
    }

    @Test func theEnvironmentIsExactlyTheGivenOne() throws {
        let given = ["B": "2", "A": "with spaces = and\nlines", "EMPTY": "", "Ü": "ü"]
        let result = try ChildProcess("/usr/bin/env", ["-0"], environment: given).run(input: [], deadline: Deadline(in: 60_000))
        #expect(Set(result.output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }) == Set(given.map { "\($0)=\($1)" }))
    }

    /// No shell: what looks like one is a word.
    @Test func argumentsAreWords() throws {
        let words = ["", "a b", "$(id)", "*", "'\"", "-n", "ü\n"]
        let result = try ChildProcess("/usr/bin/printf", ["%s\\0"] + words, environment: [:]).run(input: [], deadline: Deadline(in: 60_000))
        #expect(result.output.split(separator: 0, omittingEmptySubsequences: false).dropLast().map { String(decoding: $0, as: UTF8.self) } == words)
    }

    @Test func onlyThreeDescriptorsPass() throws {
        // Without close-on-exec, low and high.
        let extra = (0..<3).map { _ in open("/dev/null", O_RDONLY) } + [fcntl(2, F_DUPFD, 200)]
        defer { for d in extra { close(d) } }
        let result = try ChildProcess("/bin/ls", ["/proc/self/fd"], environment: [:]).run(input: [], deadline: Deadline(in: 60_000))
        // The fourth is the folder that ls reads.
        #expect(String(decoding: result.output, as: UTF8.self) == "0\n1\n2\n3\n")
    }

    /// Signals are as a new program expects them, whatever we hold back or ignore.
    @Test func signalsAreFresh() throws {
        Termination.ignoreBrokenPipe()
        let result = try ChildProcess("/bin/grep", ["-E", "^Sig(Blk|Ign)", "/proc/self/status"], environment: [:]).run(
            input: [], deadline: Deadline(in: 60_000))
        let sets = String(decoding: result.output, as: UTF8.self).split(separator: "\n").map { UInt64($0.split(separator: "\t")[1], radix: 16) }
        // 1 to 31; the C library keeps some of the others to itself.
        #expect(sets.map { $0.map { $0 & 0x7fff_ffff } } == [0, 0])
    }

    @Test func itIsReaped() throws {
        let result = try run("echo $$")
        let pid = try #require(Int32(String(decoding: result.output.dropLast(), as: UTF8.self)))
        #expect(kill(pid, 0) == -1 && errno == ESRCH)
    }

    /// A hundred runs use no descriptors up.
    @Test func descriptorsComeBack() throws {
        for _ in 0..<100 { _ = try ChildProcess("/bin/true", [], environment: [:]).run(input: [], deadline: Deadline(in: 60_000)) }
        for _ in 0..<20 { _ = try? ChildProcess("/nowhere", [], environment: [:]).run(input: [], deadline: Deadline(in: 60_000)) }
        #expect(try Files.list("/proc/self/fd").count < 100)
    }
}
