import CLinux
import Glibc

/// An open file that closes itself when the last reference goes.
public final class Descriptor: @unchecked Sendable {
    public private(set) var number: Int32
    public let path: String?

    /// Takes over an open descriptor.
    public init(_ number: Int32, path: String? = nil) {
        self.number = number
        self.path = path
    }

    deinit { close() }

    public func close() {
        if number >= 0 { _ = Glibc.close(number) }
        number = -1
    }

    /// Closes and reports what the kernel held back until now.
    public func closeChecked() throws(SystemError) {
        let n = number
        number = -1
        // EINTR from close leaves the descriptor closed on Linux: never repeated.
        if n >= 0, Glibc.close(n) == -1, Errno.current != .interrupted { throw SystemError("close", path, .current) }
    }

    public enum Access: Sendable { case read, write, readWrite }

    /// Opens a file; close-on-exec always.
    /// - Parameters:
    ///   - create: the mode of a new file, when one may be made.
    ///   - waits: false: a pipe in its place keeps nobody waiting for its other end.
    public static func open(
        _ path: String, _ access: Access, create mode: UInt32? = nil, exclusive: Bool = false, append: Bool = false,
        truncate: Bool = false, followLinks: Bool = true, directory: Bool = false, waits: Bool = true
    ) throws(SystemError) -> Descriptor {
        var flags = O_CLOEXEC
        switch access {
        case .read: flags |= O_RDONLY
        case .write: flags |= O_WRONLY
        case .readWrite: flags |= O_RDWR
        }
        if mode != nil { flags |= O_CREAT }
        if exclusive { flags |= O_EXCL }
        if append { flags |= O_APPEND }
        if truncate { flags |= O_TRUNC }
        if !followLinks { flags |= O_NOFOLLOW }
        if directory { flags |= O_DIRECTORY }
        if !waits { flags |= O_NONBLOCK }
        let number = try check(mode == nil ? "open" : "create", path) { Glibc.open(path, flags, mode ?? 0) }
        return Descriptor(number, path: path)
    }

    /// Reads at most `count` bytes; empty at the end of the file.
    public func read(atMost count: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while true {
                let n = Glibc.read(number, buffer.baseAddress, count)
                if n >= 0 {
                    filled = n
                    return
                }
                if Errno.current == .interrupted { continue }
                failure = SystemError("read", path, .current)
                return
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Reads to the end.
    /// - Throws: `tooBig` when there are more than `limit` bytes.
    public func readToEnd(limit: Int = .max) throws(SystemError) -> [UInt8] {
        let expected = try status().sizeBytes
        if expected > limit { throw SystemError("read", path, .tooBig) }
        var failure: SystemError?
        // One byte more than the file says: the read that fills less than it saw the end.
        var capacity = max(expected, 511) + 1
        var bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, filled in
            while filled < capacity {
                let n = Glibc.read(number, buffer.baseAddress.map { $0 + filled }, capacity - filled)
                if n > 0 {
                    filled += n
                } else if n == 0 {
                    return
                } else if Errno.current != .interrupted {
                    failure = SystemError("read", path, .current)
                    return
                }
            }
        }
        if let failure { throw failure }
        while bytes.count == capacity {
            if bytes.count > limit { throw SystemError("read", path, .tooBig) }
            capacity = bytes.count + 65536
            let more = try read(atMost: 65536)
            if more.isEmpty { break }
            bytes.append(contentsOf: more)
            if more.count < 65536 { capacity = bytes.count }
        }
        if bytes.count > limit { throw SystemError("read", path, .tooBig) }
        return bytes
    }

    /// Writes all bytes, however often the kernel takes only some.
    public func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        var failure: SystemError?
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let n = Glibc.write(number, buffer.baseAddress.map { $0 + done }, buffer.count - done)
                if n >= 0 {
                    done += n
                } else if Errno.current == .wouldBlock {
                    var p = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&p, 1, -1)
                } else if Errno.current != .interrupted {
                    failure = SystemError("write", path, .current)
                    return
                }
            }
        }
        if let failure { throw failure }
    }

    /// Writes in place at an offset, once.
    public func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
        let n = try check("write", path) { bytes.withUnsafeBytes { pwrite(number, $0.baseAddress, $0.count, offset) } }
        if n != bytes.count { throw SystemError("write", path, .noSpace) }
    }

    /// Fills as much of `buffer` as the next read gives.
    /// - Returns: how many bytes; 0 at the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        try check("read", path) { Glibc.read(number, buffer.baseAddress, buffer.count) }
    }

    /// The same as `writeAll(_:)`, from memory that is the caller's.
    public func writeAll(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var done = 0
        while done < bytes.count { done += try check("write", path) { Glibc.write(number, bytes.baseAddress.map { $0 + done }, bytes.count - done) } }
    }

    /// Moves the place of the next read or write.
    public func seek(to offset: Int) throws(SystemError) { try check("seek in", path) { lseek(number, offset, SEEK_SET) } }
    /// Moves it on, over what becomes a hole.
    public func skip(_ count: Int) throws(SystemError) { try check("seek in", path) { lseek(number, count, SEEK_CUR) } }
    public func setSize(_ count: Int) throws(SystemError) { try check("resize", path) { ftruncate(number, count) } }
    /// Room left for us on its file system; nil when it cannot be asked.
    public var freeBytes: Int? {
        let free = dcb_free_bytes(number)
        return free < 0 ? nil : Int(free)
    }

    public func sync() throws(SystemError) { try check("sync", path) { fsync(number) } }
    /// Syncs the whole file system that this file is on.
    public func syncFileSystem() throws(SystemError) { try check("sync", path) { syncfs(number) } }
    public func setMode(_ mode: UInt32) throws(SystemError) { try check("change the mode of", path) { fchmod(number, mode) } }
    public func setOwner(user: UInt32, group: UInt32) throws(SystemError) {
        try check("change the owner of", path) { fchown(number, user, group) }
    }

    public func status() throws(SystemError) -> FileStatus {
        var s = stat()
        try check("look at", path) { fstat(number, &s) }
        return FileStatus(s)
    }

    /// Takes the file's advisory lock (flock(2)) if it is free.
    public func tryLock() -> Bool { dcb_flock_wait(number, 0) == 0 }

    public var isTerminal: Bool { isatty(number) == 1 }

    /// The magic number of the file system (statfs(2)); nil when it cannot be asked.
    public var fileSystemType: Int? {
        let type = dcb_filesystem_type(number)
        return type == -1 ? nil : type
    }

    public static let standardInput = Descriptor(0)
    public static let standardOutput = Descriptor(1)
    public static let standardError = Descriptor(2)
}

/// What stat(2) says, as far as dcb asks.
public struct FileStatus: Sendable, Equatable {
    public let device: UInt64
    public let inode: UInt64
    public let mode: UInt32
    public let user: UInt32
    public let group: UInt32
    public let links: Int
    public let sizeBytes: Int
    /// What it takes on disk: less than its size when it has holes.
    public let allocatedBytes: Int
    public let modifiedNanoseconds: Int64
    public let changedNanoseconds: Int64

    init(_ s: stat) {
        device = UInt64(s.st_dev)
        inode = UInt64(s.st_ino)
        mode = s.st_mode
        user = s.st_uid
        group = s.st_gid
        links = Int(s.st_nlink)
        sizeBytes = Int(s.st_size)
        var copy = s
        allocatedBytes = Int(dcb_blocks(&copy)) * 512
        modifiedNanoseconds = dcb_mtime_ns(&copy)
        changedNanoseconds = dcb_ctime_ns(&copy)
    }

    public var isDirectory: Bool { dcb_is_directory(mode) != 0 }
    public var isRegular: Bool { dcb_is_regular(mode) != 0 }
    public var isSymbolicLink: Bool { dcb_is_link(mode) != 0 }
    public var permissions: UInt32 { mode & 0o7777 }
    /// The same file, unchanged: device, inode, size and both times.
    public func isSame(as other: FileStatus) -> Bool {
        device == other.device && inode == other.inode && sizeBytes == other.sizeBytes
            && modifiedNanoseconds == other.modifiedNanoseconds && changedNanoseconds == other.changedNanoseconds
    }
}
