import CLinux
import Glibc

/// An open folder of which much is asked: thousands of folders with names as text, where `Folder` has them in bytes.
/// What is in it is looked at relative to it, and never through a link.
public final class FolderReader {
    private let stream: OpaquePointer
    private let number: Int32
    public let path: String
    /// How many names were no UTF-8.
    public private(set) var oddNames = 0

    private init(_ number: Int32, _ stream: OpaquePointer, path: String) {
        self.number = number
        self.stream = stream
        self.path = path
    }

    deinit { closedir(stream) }

    /// Opens a folder by its path; a link in its last part is refused.
    public static func open(_ path: String) throws(SystemError) -> FolderReader { try open(AT_FDCWD, path, shown: path) }

    /// Opens a folder in this one.
    public func folder(_ name: String) throws(SystemError) -> FolderReader { try FolderReader.open(number, name, shown: Path.join(path, name)) }

    private static func open(_ at: Int32, _ name: String, shown: String) throws(SystemError) -> FolderReader {
        let number = try check("open", shown) { openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK) }
        guard let stream = fdopendir(number) else {
            let code = Errno.current
            _ = Glibc.close(number)
            throw SystemError("open", shown, code)
        }
        return FolderReader(number, stream, path: shown)
    }

    /// The names in it, in no order, without `.` and `..`; to be asked once. Names that are no UTF-8 are counted in `oddNames`, and left out.
    public func names() throws(SystemError) -> [String] {
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw SystemError("read", path, .current) }
                return names
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            guard let name else {
                oddNames += 1
                continue
            }
            if name != "." && name != ".." { names.append(name) }
        }
    }

    /// - Returns: nil when nothing is there (any more).
    public func status(_ name: String) throws(SystemError) -> FileStatus? {
        var s = stat()
        if fstatat(number, name, &s, AT_SYMLINK_NOFOLLOW) == 0 { return FileStatus(s) }
        let code = Errno.current
        if code == .notFound { return nil }
        throw SystemError("look at", Path.join(path, name), code)
    }

    /// Reads a regular file into `buffer`, as far as it fits.
    /// - Returns: how many bytes; nil when it is no regular file, is not there, may not be read, or its owner keeps others out (a lease, fcntl(2)).
    public func read(_ name: String, into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int? {
        let file = openat(number, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        if file < 0 {
            let code = Errno.current
            if code == .notFound || code == .loop || code.isPermission || code == .noDevice || code == .wouldBlock { return nil }
            throw SystemError("open", Path.join(path, name), code)
        }
        defer { _ = Glibc.close(file) }
        var done = 0
        while done < buffer.count {
            let n = Glibc.read(file, buffer.baseAddress.map { $0 + done }, buffer.count - done)
            if n > 0 {
                done += n
            } else if n == 0 {
                break
            } else if Errno.current == .isDirectory || Errno.current == .wouldBlock {
                return nil
            } else if Errno.current != .interrupted {
                throw SystemError("read", Path.join(path, name), .current)
            }
        }
        return done
    }

    /// Where a link in this folder leads, as it is written.
    public func readLink(_ name: String) throws(SystemError) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        try check("read link", Path.join(path, name)) { readlinkat(number, name, &buffer, Int(PATH_MAX)) }
        return buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }
}
