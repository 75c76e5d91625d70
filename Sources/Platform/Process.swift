import CLinux
import Glibc

/// The running program's surroundings, read once and passed on.
public struct ProcessContext: Sendable {
    public let arguments: [String]
    public let environment: [String: String]

    public init(arguments: [String], environment: [String: String]) {
        self.arguments = arguments
        self.environment = environment
    }

    public static func current() -> ProcessContext {
        var variables: [String: String] = [:]
        var entry = dcb_environment()
        while let text = entry?.pointee {
            let pair = String(cString: text)
            if let equals = pair.firstIndex(of: "=") { variables[String(pair[..<equals])] = String(pair[pair.index(after: equals)...]) }
            entry = entry.map { $0 + 1 }
        }
        return ProcessContext(arguments: CommandLine.arguments, environment: variables)
    }

    /// The environment's HOME, else the one of /etc/passwd (read directly: a static binary has no name service).
    public var home: String? {
        if let home = environment["HOME"], !home.isEmpty { return home }
        return Account.find(user: geteuid())?.home
    }
}

/// A line of /etc/passwd.
public struct Account: Sendable {
    public let user: UInt32
    public let group: UInt32
    public let home: String

    public static func find(user: UInt32) -> Account? {
        guard let bytes = try? Files.read("/etc/passwd", limit: 1 << 24) else { return nil }
        for line in bytes.split(separator: 10) {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
            if fields.count >= 6, UInt32(fields[2]) == user, let group = UInt32(fields[3]) { return Account(user: user, group: group, home: fields[5]) }
        }
        return nil
    }
}

/// This process.
public enum CurrentProcess {
    public static var pid: Int32 { getpid() }
    public static var effectiveUser: UInt32 { geteuid() }
    public static var effectiveGroup: UInt32 { getegid() }

    /// Files 0600, folders 0700, whatever the caller's umask says.
    public static func setPrivateFileMode() { _ = umask(0o077) }

    /// Opens what the caller closed of 0, 1 and 2, so that no file of ours gets such a number and an answer is written into it.
    /// What is opened can be used in the wrong direction only: reading or writing still fails.
    public static func fillStandardDescriptors() {
        for number in Int32(0)...2 where fcntl(number, F_GETFD) == -1 { _ = open("/dev/null", number == 0 ? O_WRONLY : O_RDONLY) }
    }

    /// From root to another user, for good.
    public static func become(user: UInt32, group: UInt32) throws(SystemError) {
        try check("switch to uid \(user)", nil) { dcb_become(user, group) }
    }

    /// The file that runs, links resolved; nil when /proc does not tell.
    /// No file that this process writes grows beyond `bytes`.
    public static func limitFiles(_ bytes: Int64) { _ = dcb_limit_files(bytes) }
    public static var executablePath: String? { try? Files.readLink("/proc/self/exe") }

    /// Ends at once with a code of the table.
    public static func exit(_ code: Int32) -> Never { Glibc._exit(code) }

    /// Dies by a signal, so that the parent sees 128+n.
    public static func die(by signal: Int32) -> Never {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, signal)
        Glibc.signal(signal, SIG_DFL)
        sigprocmask(SIG_UNBLOCK, &set, nil)
        raise(signal)
        Glibc._exit(128 + signal)
    }
}

/// Signals that ask a process to end: held back while something must not be cut short.
public enum Termination {
    /// Without those that this process was started to ignore: nohup(1) means it, and so does a shell of its background.
    nonisolated(unsafe) private static let set: sigset_t = {
        var set = sigset_t()
        sigemptyset(&set)
        for s in [SIGTERM, SIGINT, SIGHUP] {
            var action = sigaction()
            sigaction(s, nil, &action)
            if dcb_is_ignored(&action) == 0 { sigaddset(&set, s) }
        }
        return set
    }()

    /// A broken pipe and the file size limit (ulimit -f) are errors of write(2), not a death.
    public static func ignoreBrokenPipe() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    public static func hold() {
        var s = set
        sigprocmask(SIG_BLOCK, &s, nil)
    }

    /// Lets a held signal through: the process may end here.
    public static func allow() {
        var s = set
        sigprocmask(SIG_UNBLOCK, &s, nil)
    }

    /// The first held signal that came, if any.
    public static var pending: Int32? {
        var s = sigset_t()
        sigpending(&s)
        for signal in [SIGTERM, SIGINT, SIGHUP] where sigismember(&s, signal) == 1 { return signal }
        return nil
    }

    /// A descriptor that becomes readable when one of the (held) signals comes.
    public static func descriptor() throws(SystemError) -> Descriptor {
        var s = set
        return Descriptor(try check("make a signal descriptor", nil) { dcb_signal_descriptor(&s) })
    }
}
