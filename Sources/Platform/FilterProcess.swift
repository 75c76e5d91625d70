import CLinux
import Glibc

/// A child process at work between descriptors of ours: a filter such as gzip. Nothing is gathered; the caller reads and writes.
public final class FilterProcess {
    private let pid: Int32
    private let name: String
    private var status: ExitStatus?

    private init(pid: Int32, name: String) {
        self.pid = pid
        self.name = name
    }

    /// Starts it with these three as 0, 1 and 2; ours stay open.
    /// - Throws: when it cannot be started; `notFound` when the file is not there.
    public static func start(_ child: ChildProcess, input: Descriptor, output: Descriptor, errors: Descriptor) throws(SystemError) -> FilterProcess {
        FilterProcess(pid: try child.spawn(in: input, out: output, err: errors), name: child.executable)
    }

    /// Waits for its end.
    public func wait() throws(SystemError) -> ExitStatus {
        if let status { return status }
        var raw: Int32 = 0
        try check("wait for", name) { waitpid(pid, &raw, 0) }
        let ended = ExitStatus(raw)
        status = ended
        return ended
    }

    /// Ends it at once, and waits.
    public func stop() {
        if status != nil { return }
        _ = kill(pid, SIGKILL)
        _ = try? wait()
    }

    deinit { stop() }
}
