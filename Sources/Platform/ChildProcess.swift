import CLinux
import Glibc

/// How a child process ended.
public enum ExitStatus: Sendable, Equatable {
    case exited(Int32)
    case signalled(Int32)

    init(_ status: Int32) {
        self = dcb_exited(status) != 0 ? .exited(dcb_exit_status(status)) : .signalled(dcb_term_signal(status))
    }
}

/// Another program, run without a shell: an argument vector, a given environment, no descriptor but three.
public struct ChildProcess: Sendable {
    public let executable: String
    public let arguments: [String]
    public let environment: [String: String]
    /// The child leads a process group of its own and can be killed with all it starts.
    public var ownGroup = false
    /// The child is killed when this process dies.
    public var diesWithParent = true
    public var workingOutputLimitBytes = 512 << 20
    /// Its standard input is /dev/null, not a pipe.
    public var readsNothing = false

    /// - Parameter arguments: without the name of the program itself.
    public init(_ executable: String, _ arguments: [String], environment: [String: String]) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
    }

    public struct Result: Sendable {
        public let status: ExitStatus
        public let output: [UInt8]
        public let errors: [UInt8]
        /// The deadline passed, and the child was ended for it.
        public let timedOut: Bool
        /// A termination signal came meanwhile (only when `interrupt` was given).
        public let interrupted: Bool
        /// It wrote more than the limit, and was ended for it.
        public let overflowed: Bool
        /// A pipe to or from it failed here: what it was told or what it said may be incomplete.
        public let failure: SystemError?
    }

    /// Starts it, feeds `input`, gathers both outputs, and waits for its end: at the deadline TERM, two seconds later KILL.
    /// - Parameters:
    ///   - interrupt: readable when the child is to be ended early (a signal descriptor).
    ///   - beat: called about every `beatMilliseconds` while the child runs: for renewing what would run out.
    /// - Throws: when it cannot be started; `notFound` when the file is not there.
    public func run(
        input: [UInt8], deadline: Deadline, interrupt: Descriptor? = nil, beatMilliseconds: Int = .max, beat: () -> Void = {}
    ) throws(SystemError) -> Result {
        let (inRead, inWrite) = try Pipe.make()
        let (outRead, outWrite) = try Pipe.make()
        let (errRead, errWrite) = try Pipe.make()
        let pid = try start(in: readsNothing ? try Descriptor.open("/dev/null", .read) : inRead, out: outWrite, err: errWrite)
        inRead.close()
        outWrite.close()
        errWrite.close()
        return gather(
            pid: pid, input: input, to: inWrite, out: outRead, err: errRead, deadline: deadline, interrupt: interrupt,
            beatMilliseconds: min(beatMilliseconds, 1 << 40), beat: beat)
    }

    func start(in input: Descriptor, out: Descriptor, err: Descriptor) throws(SystemError) -> Int32 {
        var options = dcb_spawn_options()
        options.in = input.number
        options.out = out.number
        options.err = err.number
        options.new_group = ownGroup ? 1 : 0
        options.death_signal = diesWithParent ? SIGKILL : 0
        var argv: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) }
        argv.append(nil)
        var envp: [UnsafeMutablePointer<CChar>?] = environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") }
        envp.append(nil)
        defer { for p in argv + envp { free(p) } }
        let pid = dcb_spawn(executable, argv, envp, &options)
        if pid < 0 { throw SystemError("run", executable, Errno(-pid)) }
        return pid
    }

    private func gather(
        pid: Int32, input: [UInt8], to feed: Descriptor, out: Descriptor, err: Descriptor, deadline: Deadline, interrupt: Descriptor?,
        beatMilliseconds: Int, beat: () -> Void
    ) -> Result {
        for d in [feed, out, err] { _ = fcntl(d.number, F_SETFL, O_NONBLOCK) }
        var output: [UInt8] = []
        var errors: [UInt8] = []
        var fed = 0
        var timedOut = false
        var interrupted = false
        var overflowed = false
        var failure: SystemError?
        var killAt: Deadline?
        var nextBeat = Deadline(in: beatMilliseconds)
        var outOpen = true
        var errOpen = true
        if input.isEmpty { feed.close() }
        func end(_ signal: Int32) { _ = kill(ownGroup ? -pid : pid, signal) }
        func beatWhenDue() {
            if !nextBeat.hasPassed { return }
            beat()
            nextBeat = Deadline(in: beatMilliseconds)
        }
        while outOpen || errOpen {
            var set = [
                pollfd(fd: feed.number, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: outOpen ? out.number : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: errOpen ? err.number : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: killAt == nil ? interrupt?.number ?? -1 : -1, events: Int16(POLLIN), revents: 0),
            ]
            let limit = killAt ?? deadline
            let isDue = overflowed && killAt == nil
            let n = poll(&set, 4, isDue ? 0 : Int32(clamping: min(limit.remainingMilliseconds, nextBeat.remainingMilliseconds)))
            if n < 0, Errno.current != .interrupted {
                failure = SystemError("wait for", executable, .current)
                break
            }
            beatWhenDue()
            if limit.hasPassed || set[3].revents != 0 || overflowed {
                if killAt == nil {
                    timedOut = limit.hasPassed
                    interrupted = set[3].revents != 0
                    killAt = Deadline(in: 2000)
                    end(SIGTERM)
                } else if limit.hasPassed {
                    end(SIGKILL)
                    break
                }
            }
            if n <= 0 { continue }
            if set[0].revents != 0 {
                let more = input.withUnsafeBytes { write(feed.number, $0.baseAddress.map { $0 + fed }, $0.count - fed) }
                let code = Errno.current
                if more > 0 { fed += more }
                let isLost = more < 0 && code != .wouldBlock && code != .interrupted
                // A child that does not read its input to the end is its own business: what it says decides.
                if isLost, code != .brokenPipe { failure = SystemError("write to", executable, code) }
                if fed == input.count || isLost { feed.close() }
            }
            if set[1].revents != 0 { outOpen = drain(out, into: &output, keeps: !overflowed, &failure) }
            if set[2].revents != 0 { errOpen = drain(err, into: &errors, keeps: !overflowed, &failure) }
            if output.count + errors.count > workingOutputLimitBytes { overflowed = true }
        }
        feed.close()
        return Result(
            status: reap(pid, deadline: killAt ?? deadline, end: end, meanwhile: beatWhenDue), output: output, errors: errors, timedOut: timedOut,
            interrupted: interrupted, overflowed: overflowed, failure: failure)
    }

    /// - Parameter keeps: false for what comes after the limit.
    /// - Returns: whether more can come.
    private func drain(_ from: Descriptor, into bytes: inout [UInt8], keeps: Bool, _ failure: inout SystemError?) -> Bool {
        do {
            let more = try from.read(atMost: 65536)
            if keeps { bytes.append(contentsOf: more) }
            return !more.isEmpty
        } catch {
            if error.code == .wouldBlock { return true }
            failure = SystemError("read from", executable, error.code)
            return false
        }
    }

    /// Waits for the end of a child that has closed its outputs; one that lingers is killed.
    private func reap(_ pid: Int32, deadline: Deadline, end: (Int32) -> Void, meanwhile: () -> Void) -> ExitStatus {
        var status: Int32 = 0
        var pauseMicroseconds = 50
        while true {
            let n = waitpid(pid, &status, WNOHANG)
            if n == pid { return ExitStatus(status) }
            if n < 0, Errno.current != .interrupted { return .signalled(SIGKILL) }
            if deadline.hasPassed { end(SIGKILL) }
            meanwhile()
            Clock.sleep(microseconds: pauseMicroseconds)
            pauseMicroseconds = min(pauseMicroseconds * 2, 5000)
        }
    }
}

/// A pipe between this process and a child, or two children.
public enum Pipe {
    public static func make() throws(SystemError) -> (read: Descriptor, write: Descriptor) {
        var ends: [Int32] = [-1, -1]
        try check("make a pipe", nil) { pipe2(&ends, O_CLOEXEC) }
        return (Descriptor(ends[0]), Descriptor(ends[1]))
    }
}
