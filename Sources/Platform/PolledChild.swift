import Glibc

/// A child process whose pipes an event loop drives: nothing here waits.
public final class PolledChild {
    public let pid: Int32
    /// Its standard input, output and error as we hold them; none of them blocks.
    public let input: Descriptor
    public let output: Descriptor
    public let errors: Descriptor
    private let leadsGroup: Bool
    private var status: ExitStatus?

    init(pid: Int32, input: Descriptor, output: Descriptor, errors: Descriptor, leadsGroup: Bool) {
        self.pid = pid
        self.input = input
        self.output = output
        self.errors = errors
        self.leadsGroup = leadsGroup
        for end in [input, output, errors] { end.setNonBlocking() }
    }

    /// How it ended; nil while it runs. Reaps it, so ask until it is not nil.
    public func ended() -> ExitStatus? {
        if let status { return status }
        var word: Int32 = 0
        let n = waitpid(pid, &word, WNOHANG)
        if n == pid {
            status = ExitStatus(word)
        } else if n < 0, Errno.current != .interrupted {
            status = .signalled(SIGKILL)
        }
        return status
    }

    /// To the child, and to all it has started when it leads a group. A group outlives its leader: it can be signalled after `ended`
    /// as long as `output` or `errors` has not ended, which some member holds open.
    public func signal(_ number: Int32) { _ = kill(leadsGroup ? -pid : pid, number) }

    public static let terminate = SIGTERM
    public static let kill9 = SIGKILL
}

extension ChildProcess {
    /// Starts it and returns.
    /// - Throws: when it cannot be started; `notFound` when the file is not there.
    public func launch() throws(SystemError) -> PolledChild {
        let (inRead, inWrite) = try Pipe.make()
        let (outRead, outWrite) = try Pipe.make()
        let (errRead, errWrite) = try Pipe.make()
        let pid = try spawn(in: inRead, out: outWrite, err: errWrite)
        return PolledChild(pid: pid, input: inWrite, output: outRead, errors: errRead, leadsGroup: ownGroup)
    }
}
