import CLinux
import Glibc

/// Files by name. Every function throws the `SystemError` of its call.
public enum Files {
    /// - Returns: nil when nothing is there.
    public static func status(_ path: String, followLinks: Bool = true) throws(SystemError) -> FileStatus? {
        var s = stat()
        do { try check("look at", path) { followLinks ? stat(path, &s) : lstat(path, &s) } } catch {
            if error.code == .notFound || error.code == .notDirectory { return nil }
            throw error
        }
        return FileStatus(s)
    }

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
    public static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

    public static func read(_ path: String, limit: Int = .max) throws(SystemError) -> [UInt8] {
        try Descriptor.open(path, .read).readToEnd(limit: limit)
    }

    /// - Returns: nil when nothing is there.
    public static func readIfPresent(_ path: String, limit: Int = .max) throws(SystemError) -> [UInt8]? {
        do { return try read(path, limit: limit) } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    /// A small file of our own: a link, a pipe or a device in its place is refused, and not waited for.
    /// - Returns: nil when nothing is there.
    public static func readOwn(_ path: String, limit: Int) throws(SystemError) -> [UInt8]? {
        let file: Descriptor
        do { file = try Descriptor.open(path, .read, followLinks: false, waits: false) } catch {
            if error.code == .notFound { return nil }
            throw error
        }
        guard try file.status().isRegular else { throw SystemError("read", path, .invalid) }
        return try file.readToEnd(limit: limit)
    }

    /// Writes a file that was not there; whole and synced, or gone again.
    public static func create(_ path: String, _ bytes: [UInt8], mode: UInt32, sync: Bool = true) throws(SystemError) {
        let file = try Descriptor.open(path, .write, create: mode, exclusive: true)
        do {
            try file.writeAll(bytes)
            if sync { try file.sync() }
            try file.closeChecked()
        } catch {
            _ = unlink(path)
            throw error
        }
    }

    /// Replaces (or makes) a file: temporary file in the same folder, sync, rename, sync of the folder.
    public static func replace(_ path: String, with bytes: [UInt8], mode: UInt32) throws(SystemError) {
        let temporary = try temporaryName(for: path)
        try create(temporary, bytes, mode: mode)
        do { try rename(temporary, to: path) } catch {
            _ = unlink(temporary)
            throw error
        }
        try syncDirectory(Path.parent(path))
    }

    /// A name beside `path` that no one else uses: `.NAME.dcb-<random>.tmp`.
    public static func temporaryName(for path: String) throws(SystemError) -> String {
        Path.join(Path.parent(path), ".\(Path.name(path)).dcb-\(try Random.hex(bytes: 8)).tmp")
    }

    /// The one temporary name beside `path` for who holds a lock over it: what a killed holder left is found without a search. `.NAME.dcb.tmp`
    public static func lockedTemporaryName(for path: String) -> String { Path.join(Path.parent(path), ".\(Path.name(path)).dcb.tmp") }

    public static func rename(_ from: String, to: String) throws(SystemError) {
        try check("rename", from) { Glibc.rename(from, to) }
    }

    /// Lets two names swap what they stand for, in one step; `invalid` where the file system cannot.
    public static func exchange(_ a: String, _ b: String) throws(SystemError) { try check("exchange", b) { dcb_exchange(a, b) } }

    public static func link(_ from: String, to: String) throws(SystemError) { try check("link", to) { Glibc.link(from, to) } }

    /// - Returns: false when nothing was there.
    @discardableResult
    public static func remove(_ path: String) throws(SystemError) -> Bool {
        do { try check("remove", path) { unlink(path) } } catch {
            if error.code == .notFound { return false }
            throw error
        }
        return true
    }

    /// - Returns: false when it was there already.
    @discardableResult
    public static func makeDirectory(_ path: String, mode: UInt32 = 0o700) throws(SystemError) -> Bool {
        do { try check("create folder", path) { mkdir(path, mode) } } catch {
            if error.code == .exists { return false }
            throw error
        }
        return true
    }

    /// Makes a folder and the missing ones above it.
    public static func makeDirectories(_ path: String, mode: UInt32 = 0o700) throws(SystemError) {
        if try status(path)?.isDirectory == true { return }
        let above = Path.parent(path)
        if above != path { try makeDirectories(above, mode: mode) }
        try makeDirectory(path, mode: mode)
    }

    /// - Parameter followLinks: false: a link in the last part of the path is refused.
    public static func setMode(_ path: String, _ mode: UInt32, followLinks: Bool = true) throws(SystemError) {
        try check("change the mode of", path) { fchmodat(AT_FDCWD, path, mode, followLinks ? 0 : AT_SYMLINK_NOFOLLOW) }
    }

    public static func syncDirectory(_ path: String) throws(SystemError) {
        try Descriptor.open(path, .read, directory: true).sync()
    }

    /// Names in a folder, sorted, without `.` and `..`.
    public static func list(_ path: String) throws(SystemError) -> [String] {
        guard let folder = opendir(path) else { throw SystemError("open", path, .current) }
        return try names(folder, path).sorted()
    }

    /// Reads a folder to its end and closes it.
    static func names(_ folder: OpaquePointer, _ path: String) throws(SystemError) -> [String] {
        defer { closedir(folder) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(folder) else {
                if errno != 0 { throw SystemError("read", path, .current) }
                return names
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
    }

    /// The part of the file system at `path` that is free to its users, from 0 to 1; and so for inodes. The smaller one counts.
    public static func freeFraction(_ path: String) throws(SystemError) -> Double {
        var s = statvfs()
        try check("look at the file system of", path) { statvfs(path, &s) }
        let space = s.f_blocks == 0 ? 1 : Double(s.f_bavail) / Double(s.f_blocks)
        // Some file systems do not count inodes.
        let inodes = s.f_files == 0 ? 1 : Double(s.f_favail) / Double(s.f_files)
        return min(space, inodes)
    }

    /// Where a symbolic link leads in the end, or the absolute path itself.
    public static func resolve(_ path: String) throws(SystemError) -> String {
        guard let text = realpath(path, nil) else { throw SystemError("resolve", path, .current) }
        defer { free(text) }
        return String(cString: text)
    }

    public static func readLink(_ path: String) throws(SystemError) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        try check("read link", path) { readlink(path, &buffer, Int(PATH_MAX)) }
        return buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }
}

/// Path texts, without asking the system. By bytes, as the kernel reads them: for Swift a slash with a combining mark behind it is another Character,
/// and `é` in one and in two code points is the same.
public enum Path {
    public static func join(_ folder: String, _ name: String) -> String {
        folder.utf8.last == slash ? folder + name : folder + "/" + name
    }

    public static func name(_ path: String) -> String {
        guard let last = path.utf8.lastIndex(of: slash) else { return path }
        return String(path[path.utf8.index(after: last)...])
    }

    public static func parent(_ path: String) -> String {
        guard let last = path.utf8.lastIndex(of: slash) else { return "." }
        return last == path.startIndex ? "/" : String(path[..<last])
    }

    public static func isAbsolute(_ path: some StringProtocol) -> Bool { path.utf8.first == slash }

    /// Whether it is the folder or lies below it, both as `absolute` writes them.
    public static func isInside(_ path: String, _ folder: String) -> Bool {
        let (path, folder) = (path.utf8, folder.utf8)
        return path.starts(with: folder) && (path.count == folder.count || folder.last == slash || path.dropFirst(folder.count).first == slash)
    }

    /// The names that lead from the folder down to it, none when it is the folder; nil when it is not inside. Both as `absolute` writes them.
    public static func names(of path: String, below folder: String) -> [String]? {
        guard isInside(path, folder) else { return nil }
        return path.utf8.dropFirst(folder.utf8.count).split(separator: slash).map { String(Substring($0)) }
    }

    /// Absolute, relative to the working folder, without `.`, `..` and doubled slashes; links are not looked at.
    public static func absolute(_ path: String) -> String {
        var text = path
        if !isAbsolute(path), let working = getcwd(nil, 0) {
            text = String(cString: working) + "/" + path
            free(working)
        }
        var parts: [Substring] = []
        for part in text.utf8.split(separator: slash).map({ Substring($0) }) where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    private static let slash = UInt8(ascii: "/")
}
