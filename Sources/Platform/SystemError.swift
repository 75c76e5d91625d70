import Glibc

/// A failed system call: what was tried, on what, and the kernel's answer.
public struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A verb that fits "cannot …": `open`, `rename`, `sync`.
    public let operation: String
    public let path: String?
    public let code: Errno

    public init(_ operation: String, _ path: String?, _ code: Errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// `cannot open 'x': No such file or directory`
    public var description: String {
        if let path { return "cannot \(operation) '\(path)': \(code.message)" }
        return "cannot \(operation): \(code.message)"
    }
}

/// An errno value.
public struct Errno: Sendable, Equatable {
    public let rawValue: Int32
    public init(_ rawValue: Int32) { self.rawValue = rawValue }

    /// The calling thread's errno; read it directly after the failed call.
    public static var current: Errno { Errno(errno) }

    public static let notFound = Errno(ENOENT)
    public static let exists = Errno(EEXIST)
    public static let denied = Errno(EACCES)
    public static let notPermitted = Errno(EPERM)
    public static let interrupted = Errno(EINTR)
    public static let wouldBlock = Errno(EAGAIN)
    public static let busy = Errno(EBUSY)
    public static let crossDevice = Errno(EXDEV)
    public static let noSpace = Errno(ENOSPC)
    public static let quota = Errno(EDQUOT)
    public static let tooBig = Errno(EFBIG)
    public static let brokenPipe = Errno(EPIPE)
    public static let readOnly = Errno(EROFS)
    public static let notDirectory = Errno(ENOTDIR)
    public static let isDirectory = Errno(EISDIR)
    public static let notEmpty = Errno(ENOTEMPTY)
    public static let loop = Errno(ELOOP)
    public static let noDevice = Errno(ENXIO)
    public static let noProcess = Errno(ESRCH)
    public static let timedOut = Errno(ETIMEDOUT)
    public static let refused = Errno(ECONNREFUSED)
    public static let reset = Errno(ECONNRESET)
    public static let inputOutput = Errno(EIO)
    public static let invalid = Errno(EINVAL)
    public static let notImplemented = Errno(ENOSYS)

    /// No room: the disk, the quota or the file size limit.
    public var isNoSpace: Bool { self == .noSpace || self == .quota || self == .tooBig }
    public var isPermission: Bool { self == .denied || self == .notPermitted || self == .readOnly }

    public var message: String {
        guard let text = strerror(rawValue) else { return "error \(rawValue)" }
        return String(cString: text)
    }
}

/// Runs a call until it is not interrupted; -1 becomes the typed error.
@discardableResult
func check<T: SignedInteger>(_ operation: String, _ path: String?, _ call: () -> T) throws(SystemError) -> T {
    while true {
        let result = call()
        if result != -1 { return result }
        let code = Errno.current
        if code != .interrupted { throw SystemError(operation, path, code) }
    }
}
