import CLinux
import Glibc

/// An open folder. What is in it is named relative to it, in bytes (a name need not be text), and never through a link: who can write in the folder can
/// lead us nowhere else.
public struct Folder: Sendable {
    public typealias Name = [UInt8]

    public let descriptor: Descriptor
    private var shown: String { descriptor.path ?? "." }

    private init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    /// By a path, whose own links are followed.
    public static func open(_ path: String) throws(SystemError) -> Folder { Folder(try Descriptor.open(path, .read, directory: true)) }

    public func status() throws(SystemError) -> FileStatus { try descriptor.status() }

    /// - Returns: nil when nothing of that name is there.
    public func status(_ name: Name) throws(SystemError) -> FileStatus? {
        var s = stat()
        do { try check("look at", path(name)) { with(name) { fstatat(descriptor.number, $0, &s, AT_SYMLINK_NOFOLLOW) } } } catch {
            if error.code == .notFound { return nil }
            throw error
        }
        return FileStatus(s)
    }

    /// In the order of their bytes, each once, without `.` and `..`.
    public func names() throws(SystemError) -> [Name] {
        // A descriptor of its own, since reading moves its place and closes it.
        let number = try check("open", shown) { openat(descriptor.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let stream = fdopendir(number) else {
            let code = Errno.current
            close(number)
            throw SystemError("open", shown, code)
        }
        defer { closedir(stream) }
        var names: [Name] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw SystemError("read", shown, .current) }
                names.sort { $0.lexicographicallyPrecedes($1) }
                // One that is removed and made again meanwhile may come twice.
                return names.indices.filter { $0 == 0 || names[$0] != names[$0 - 1] }.map { names[$0] }
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [46] && name != [46, 46] { names.append(name) }
        }
    }

    public func folder(_ name: Name) throws(SystemError) -> Folder {
        Folder(Descriptor(try openAt(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), path: path(name)))
    }

    /// Opens a file for reading; a FIFO does not make it wait.
    public func file(_ name: Name) throws(SystemError) -> Descriptor {
        Descriptor(try openAt(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY), path: path(name))
    }

    /// Where a symbolic link leads.
    public func link(_ name: Name) throws(SystemError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = try check("read link", path(name)) {
            with(name) { name in
                buffer.withUnsafeMutableBytes { buffer in
                    guard let base = buffer.baseAddress else { return -1 }
                    return readlinkat(descriptor.number, name, base.assumingMemoryBound(to: CChar.self), buffer.count)
                }
            }
        }
        return Array(buffer.prefix(count))
    }

    // MARK: making

    public func makeFolder(_ name: Name, mode: UInt32 = 0o700) throws(SystemError) {
        try check("create folder", path(name)) { with(name) { mkdirat(descriptor.number, $0, mode) } }
    }

    /// A file that was not there.
    public func create(_ name: Name, mode: UInt32 = 0o600) throws(SystemError) -> Descriptor {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        return Descriptor(try check("create", path(name)) { with(name) { openat(descriptor.number, $0, flags, mode) } }, path: path(name))
    }

    public func makeLink(_ name: Name, to target: [UInt8]) throws(SystemError) {
        try check("create link", path(name)) { with(target) { target in with(name) { symlinkat(target, descriptor.number, $0) } } }
    }

    /// A second name of a file in another open folder.
    public func makeHardLink(_ name: Name, of original: Name, in folder: Folder) throws(SystemError) {
        try check("create link", path(name)) {
            with(original) { original in with(name) { linkat(folder.descriptor.number, original, descriptor.number, $0, 0) } }
        }
    }

    /// Not of a link: its mode means nothing.
    public func setMode(_ name: Name, _ mode: UInt32) throws(SystemError) {
        try check("change the mode of", path(name)) { with(name) { fchmodat(descriptor.number, $0, mode, 0) } }
    }

    public func setTime(_ name: Name, seconds: Int64, nanoseconds: Int64) throws(SystemError) {
        try check("change the time of", path(name)) { with(name) { dcb_set_time_at(descriptor.number, $0, seconds, nanoseconds) } }
    }

    /// Gives what is in it another name in it.
    public func rename(_ name: Name, to other: Name) throws(SystemError) {
        try check("rename", path(name)) { with(name) { name in with(other) { renameat(descriptor.number, name, descriptor.number, $0) } } }
    }

    // MARK: parts

    private func openAt(_ name: Name, _ flags: Int32) throws(SystemError) -> Int32 {
        try check("open", path(name)) { with(name) { openat(descriptor.number, $0, flags | O_CLOEXEC) } }
    }

    private func path(_ name: Name) -> String { Path.join(shown, String(decoding: name, as: UTF8.self)) }

    private func with<T>(_ name: [UInt8], _ body: (UnsafePointer<CChar>) -> T) -> T {
        (name + [0]).withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { $0.baseAddress.map(body) ?? body("") }
        }
    }
}
