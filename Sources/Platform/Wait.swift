import Glibc

/// Waiting for descriptors (poll(2)).
public enum Wait {
    /// - Parameter milliseconds: -1 waits for ever.
    /// - Returns: whether `descriptor` can be read (data, end or error) in time.
    public static func readable(_ descriptor: Descriptor, milliseconds: Int) throws(SystemError) -> Bool {
        let deadline = milliseconds < 0 ? nil : Deadline(in: milliseconds)
        while true {
            var p = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
            let n = poll(&p, 1, deadline.map { Int32(clamping: $0.remainingMilliseconds) } ?? -1)
            if n > 0 { return true }
            if n == 0 { return false }
            if Errno.current != .interrupted { throw SystemError("wait for input", descriptor.path, .current) }
        }
    }
}
