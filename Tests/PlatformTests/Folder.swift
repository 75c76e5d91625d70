import Glibc
import Platform
import Synchronization
import TestSupport

/// An empty folder that goes away with the test.
final class Folder {
    let path: String

    init() throws {
        path = "/tmp/dcb-platform-\(getpid())-\(try Random.hex(bytes: 6))"
        try Files.makeDirectory(path)
    }

    deinit {
        let child = ChildProcess("/bin/rm", ["-rf", path], environment: [:])
        _ = try? child.run(input: [], deadline: Deadline(in: 30_000))
    }

    func file(_ name: String) -> String { path + "/" + name }
    func text(_ name: String) throws -> String { String(decoding: try Files.read(file(name)), as: UTF8.self) }

    @discardableResult
    func shell(_ script: String, timeoutMilliseconds: Int = 60_000) throws -> ChildProcess.Result {
        let child = ChildProcess("/bin/sh", ["-c", "cd '\(path)' && { \(script)\n}"], environment: ["PATH": Scratch.commands + ":/usr/bin:/bin"])
        return try child.run(input: [], deadline: Deadline(in: timeoutMilliseconds))
    }
}

/// A program that runs beside the test, with its input kept open.
final class Running {
    let pid: Int32
    /// One starts at a time: no other child inherits the ends of a pipe.
    private static let starting = Mutex(())
    /// Closed once only: after that the number may be another test's.
    private var input: Int32?
    private let output: Int32

    /// Started by Glibc alone, so that what is tested is not also what tests.
    init(_ executable: String, _ arguments: [String]) throws {
        var inward: [Int32] = [0, 0]
        var outward: [Int32] = [0, 0]
        var made: pid_t = 0
        let code = try Self.starting.withLock { _ in
            guard pipe(&inward) == 0, pipe(&outward) == 0 else { throw TestFailure("no pipe") }
            for d in inward + outward { _ = fcntl(d, F_SETFD, FD_CLOEXEC) }
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_adddup2(&actions, inward[0], 0)
            posix_spawn_file_actions_adddup2(&actions, outward[1], 1)
            var words: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) } + [nil]
            defer { for w in words { free(w) } }
            return posix_spawn(&made, executable, &actions, nil, &words, environ)
        }
        close(inward[0])
        close(outward[1])
        input = inward[1]
        output = outward[0]
        pid = made
        if code != 0 { throw TestFailure("cannot start \(executable): \(code)") }
    }

    deinit {
        finish()
        close(output)
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    /// The next line; nil at the end of its output.
    func line() -> String? {
        var text: [UInt8] = []
        var byte: UInt8 = 0
        while read(output, &byte, 1) == 1 {
            if byte == 10 { return String(decoding: text, as: UTF8.self) }
            text.append(byte)
        }
        return nil
    }

    /// Lets it end: its input is over.
    func finish() {
        if let input { close(input) }
        input = nil
    }

    func signal(_ number: Int32) { kill(pid, number) }
}

/// Waits for something that will come.
func wait(for what: String, seconds: Int = 30, until done: () throws -> Bool) throws {
    let deadline = Deadline(in: seconds * 1000)
    while try !done() {
        if deadline.hasPassed { throw TestFailure("\(what) did not come in \(seconds) s") }
        Clock.sleep(milliseconds: 2)
    }
}
