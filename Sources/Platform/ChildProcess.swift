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
    /// Its standard input is /dev/null, and no pipe.
    public var readsNothing = false
    public var workingOutputLimitBytes = 512 << 20
    /// It works there; nil: where we do, which may be a folder of anybody's, with files in it that a program reads unasked (`.env`, `.npmrc`).
    public var folder: String?

    /// - Parameter arguments: without the name of the program itself.
    public init(_ executable: String, _ arguments: [String], environment: [String: String]) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
    }

    /// What it said, and why no more.
    public struct Gathered: Sendable {
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

    @dynamicMemberLookup
    public struct Result: Sendable {
        public let status: ExitStatus
        public let gathered: Gathered

        init(status: ExitStatus, _ gathered: Gathered) {
            self.status = status
            self.gathered = gathered
        }

        public subscript<T>(dynamicMember member: KeyPath<Gathered, T>) -> T { gathered[keyPath: member] }
    }

    /// Starts it, feeds `input`, gathers both outputs, and waits for its end: at the deadline TERM, two seconds later KILL.
    /// - Parameters:
    ///   - interrupt: readable when the child is to be ended early (a signal descriptor).
    ///   - beat: called about every `beatMilliseconds` while the child runs: for renewing what would run out.
    /// - Throws: when it cannot be started; `notFound` when the file is not there.
    public func run(
        input: [UInt8], deadline: Deadline, interrupt: Descriptor? = nil, beatMilliseconds: Int = .max, beat: () -> Void = {}
    ) throws(SystemError) -> Result {
        try start().finish(input: input, deadline: deadline, interrupt: interrupt, beatMilliseconds: beatMilliseconds, beat: beat)
    }

    /// Starts it; it waits for its input until `finish`.
    /// - Throws: as `run`.
    public func start() throws(SystemError) -> RunningChild {
        let (inRead, inWrite) = try Pipe.make()
        let (outRead, outWrite) = try Pipe.make()
        let (errRead, errWrite) = try Pipe.make()
        let pid = try spawn(in: readsNothing ? try Descriptor.open("/dev/null", .read) : inRead, out: outWrite, err: errWrite)
        inRead.close()
        outWrite.close()
        errWrite.close()
        return RunningChild(self, pid: pid, feed: inWrite, out: outRead, err: errRead)
    }

    func spawn(in input: Descriptor, out: Descriptor, err: Descriptor) throws(SystemError) -> Int32 {
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
        let place = folder.map { strdup($0) } ?? nil
        defer { free(place) }
        options.folder = place.map { UnsafePointer($0) }
        let pid = dcb_spawn(executable, argv, envp, &options)
        if pid < 0 { throw SystemError("run", executable, Errno(-pid)) }
        return pid
    }
}

/// A pipe that no child inherits by accident.
public enum Pipe {
    public static func make() throws(SystemError) -> (read: Descriptor, write: Descriptor) {
        var ends: [Int32] = [-1, -1]
        try check("make a pipe", nil) { pipe2(&ends, O_CLOEXEC) }
        return (Descriptor(ends[0]), Descriptor(ends[1]))
    }
}
