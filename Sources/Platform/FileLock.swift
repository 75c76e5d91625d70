import CLinux
import Glibc

/// An advisory lock (flock(2)) on a file that stays where it is; freed on close and at the process's end.
public final class FileLock: Sendable {
    private let file: Descriptor

    private init(_ file: Descriptor) { self.file = file }

    /// Waits for the lock; waiters are served in the order in which they came. A link in its place is refused: it would be made, or written, elsewhere.
    /// - Returns: nil when it was not free in time.
    public static func acquire(_ path: String, mode: UInt32 = 0o600, waitMilliseconds: Int) throws(SystemError) -> FileLock? {
        let file = try Descriptor.open(path, .readWrite, create: mode, followLinks: false)
        if dcb_flock_wait(file.number, Int32(clamping: waitMilliseconds)) == 0 { return FileLock(file) }
        let code = Errno.current
        if code == .wouldBlock { return nil }
        throw SystemError("lock", path, code)
    }

    public func release() { file.close() }
}
