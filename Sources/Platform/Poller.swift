import CLinux
import Glibc

/// Waits for many descriptors at once (epoll(7), level-triggered).
public final class Poller {
    /// What a descriptor is watched for. Errors and hang-ups are always told.
    public struct Interest: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public static let read = Interest(rawValue: 1)
        public static let write = Interest(rawValue: 4)
    }

    /// What became of one.
    public struct Event: Sendable {
        public let token: UInt64
        let bits: UInt32
        /// Data or the end can be read, or a read will say what failed.
        public var isReadable: Bool { bits & 0x19 != 0 }
        public var isWritable: Bool { bits & 0x1c != 0 }
        /// Both directions are over, or it failed.
        public var isHungUp: Bool { bits & 0x18 != 0 }
    }

    private static let batch = 256
    private let descriptor: Descriptor
    private var tokens = [UInt64](repeating: 0, count: batch)
    private var bits = [UInt32](repeating: 0, count: batch)

    public init() throws(SystemError) { descriptor = Descriptor(try check("make a poller", nil) { epoll_create1(Int32(EPOLL_CLOEXEC)) }) }

    /// - Parameter token: comes back with every event.
    public func watch(_ number: Int32, _ interest: Interest, token: UInt64) throws(SystemError) {
        try check("watch a descriptor", nil) { dcb_epoll_control(descriptor.number, EPOLL_CTL_ADD, number, interest.rawValue, token) }
    }

    public func change(_ number: Int32, _ interest: Interest, token: UInt64) throws(SystemError) {
        try check("watch a descriptor", nil) { dcb_epoll_control(descriptor.number, EPOLL_CTL_MOD, number, interest.rawValue, token) }
    }

    /// Before the descriptor is closed.
    public func forget(_ number: Int32) { _ = dcb_epoll_control(descriptor.number, EPOLL_CTL_DEL, number, 0, 0) }

    /// Waits, and calls `body` for each event; a signal ends the wait early, without one.
    /// - Parameter milliseconds: -1 waits for ever.
    public func wait(milliseconds: Int, _ body: (Event) -> Void) throws(SystemError) {
        let n = dcb_epoll_wait(descriptor.number, &tokens, &bits, Int32(Poller.batch), Int32(clamping: milliseconds))
        if n < 0 {
            if Errno.current == .interrupted { return }
            throw SystemError("wait for events", nil, .current)
        }
        for i in 0..<Int(n) { body(Event(token: tokens[i], bits: bits[i])) }
    }
}
