import Glibc

extension Files {
    /// Removes a file or a whole folder; symbolic links are removed, never followed.
    ///
    /// The content is hostile: an agent may still run and swap a folder for a link, and may nest deeper than a path can be long. So nothing is named by
    /// a path from the root: folders are opened without following links, and a folder inside a folder is moved up into the topmost one and emptied there.
    /// Folders that their owner may not write (module caches) are opened up first.
    public static func removeTree(_ path: String) throws(SystemError) {
        guard let top = try status(path, followLinks: false) else { return }
        if !top.isDirectory {
            try remove(path)
            return
        }
        let root = try openFolder(AT_FDCWD, Array(path.utf8CString), shown: path)
        while true {
            let names = try names(in: root, shown: path)
            if names.isEmpty { break }
            for name in names { try empty(name.bytes, of: root, shown: path) }
        }
        try check("remove", path) { rmdir(path) }
    }

    /// Removes an entry of the topmost folder; what is a folder inside it becomes an entry of the topmost one.
    private static func empty(_ name: [CChar], of root: Descriptor, shown path: String) throws(SystemError) {
        let shown = Path.join(path, RawName(bytes: name).shown)
        if unlinkat(root.number, name, 0) == 0 || Errno.current == .notFound { return }
        // Linux says EISDIR of a folder, POSIX EPERM.
        guard Errno.current == .isDirectory || Errno.current == .notPermitted else { throw SystemError("remove", shown, .current) }
        let folder = try openFolder(root.number, name, shown: shown)
        for inner in try names(in: folder, shown: shown) {
            if unlinkat(folder.number, inner.bytes, 0) == 0 || Errno.current == .notFound { continue }
            guard Errno.current == .isDirectory || Errno.current == .notPermitted else { throw SystemError("remove", Path.join(shown, inner.shown), .current) }
            // Moving a folder writes its "..": it must be its owner's to write.
            _ = fchmodat(folder.number, inner.bytes, 0o700, AT_SYMLINK_NOFOLLOW)
            let free = "removing-\(try Random.hex(bytes: 8))"
            try check("remove", Path.join(shown, inner.shown)) { renameat(folder.number, inner.bytes, root.number, free) }
        }
        if unlinkat(root.number, name, AT_REMOVEDIR) == 0 { return }
        // Somebody made something in it meanwhile, or swapped it: the next round sees what is there.
        switch Errno.current {
        case .notEmpty, .exists, .notFound, .notDirectory: return
        default: throw SystemError("remove", shown, .current)
        }
    }

    /// Opens a folder for reading and changing, never through a link.
    private static func openFolder(_ at: Int32, _ name: [CChar], shown: String) throws(SystemError) -> Descriptor {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        var number = openat(at, name, flags)
        if number < 0, Errno.current == .denied {
            _ = fchmodat(at, name, 0o700, AT_SYMLINK_NOFOLLOW)
            number = openat(at, name, flags)
        }
        if number < 0 { throw SystemError("open", shown, .current) }
        let folder = Descriptor(number, path: shown)
        _ = fchmod(number, 0o700)
        return folder
    }

    private static func names(in folder: Descriptor, shown: String) throws(SystemError) -> [RawName] {
        // A descriptor of its own, since reading moves its place and closes it.
        let number = openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0, let stream = fdopendir(number) else { throw SystemError("open", shown, .current) }
        defer { closedir(stream) }
        return try RawName.all(of: stream, shown: shown)
    }
}

/// A name in a folder as the kernel has it: any bytes but `/` and zero. One that is no UTF-8 has no String that leads back to it.
struct RawName {
    /// With the zero at the end.
    let bytes: [CChar]

    var shown: String { String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) }

    /// Without `.` and `..`, in no order.
    static func all(of folder: OpaquePointer, shown path: String) throws(SystemError) -> [RawName] {
        var names: [RawName] = []
        while true {
            errno = 0
            guard let entry = readdir(folder) else {
                if errno != 0 { throw SystemError("read", path, .current) }
                return names
            }
            let bytes = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1)) }
            }
            let dot = CChar(46)
            if bytes != [dot, 0] && bytes != [dot, dot, 0] { names.append(RawName(bytes: bytes)) }
        }
    }
}
