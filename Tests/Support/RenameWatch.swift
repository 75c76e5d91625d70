import Glibc

/// Counts real renames onto one name in a folder, as the kernel reports them.
public final class RenameWatch {
    private let descriptor: Int32
    private let name: String

    public init(folder: String, name: String) throws {
        self.name = name
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0, inotify_add_watch(descriptor, folder, UInt32(IN_MOVED_TO)) >= 0 else {
            throw TestFailure("cannot watch \(folder): errno \(errno)")
        }
    }

    deinit { close(descriptor) }

    /// How many there were since the start or the last call.
    public func count() throws -> Int {
        var total = 0
        let size = 1 << 16
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
        defer { buffer.deallocate() }
        let header = MemoryLayout<inotify_event>.size
        while true {
            let n = read(descriptor, buffer, size)
            if n <= 0 { return total }
            var at = 0
            while at + header <= n {
                let event = buffer.loadUnaligned(fromByteOffset: at, as: inotify_event.self)
                if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { throw TestFailure("the kernel dropped events") }
                if event.len > 0, String(cString: (buffer + at + header).assumingMemoryBound(to: CChar.self)) == name { total += 1 }
                at += header + Int(event.len)
            }
        }
    }
}
