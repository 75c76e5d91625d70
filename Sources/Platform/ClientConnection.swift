import Glibc

/// An address of the network layer and a port, written out: no name is ever looked up.
public struct SocketAddress: Sendable, Equatable, CustomStringConvertible {
    public let address: IPAddress
    public let port: UInt16

    /// - Parameter host: an IPv4 address in four parts, or an IPv6 address with or without brackets; no zone.
    /// - Returns: nil when it is not one.
    public init?(host: String, port: UInt16) {
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard let address = IPAddress(isBracketed ? host.dropFirst().dropLast() : host[...]), host.contains(":") || !isBracketed else { return nil }
        self.address = address
        self.port = port
    }

    /// `127.0.0.1:3000`, `[::1]:3000`.
    public var description: String { address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)" }

    /// Gives the address in the form of connect(2).
    func withSocketAddress<T>(_ body: (UnsafePointer<sockaddr>, socklen_t, _ family: Int32) -> T) -> T {
        func pass<A>(_ form: A, _ family: Int32) -> T {
            withUnsafePointer(to: form) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<A>.size), family) }
            }
        }
        if address.isIPv4 {
            var form = sockaddr_in()
            form.sin_family = sa_family_t(AF_INET)
            form.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &form.sin_addr) { $0.copyBytes(from: address.bytes[12...]) }
            return pass(form, AF_INET)
        }
        var form = sockaddr_in6()
        form.sin6_family = sa_family_t(AF_INET6)
        form.sin6_port = port.bigEndian
        withUnsafeMutableBytes(of: &form.sin6_addr) { $0.copyBytes(from: address.bytes) }
        return pass(form, AF_INET6)
    }
}

/// A connection to a server, every call of which ends by a deadline (`timedOut`), or when a signal asks to stop (`interrupted`).
public final class ClientConnection {
    private let socket: Descriptor
    private let shown: String
    private let interrupt: Descriptor?

    /// Connects.
    /// - Parameter interrupt: readable when to stop waiting (a signal descriptor).
    /// - Throws: `timedOut`, `refused`, and what else connect(2) says; the operation is `connect to`.
    public init(_ address: SocketAddress, deadline: Deadline, interrupt: Descriptor? = nil) throws(SystemError) {
        self.interrupt = interrupt
        let shown = address.description
        self.shown = shown
        let socket = try address.withSocketAddress { (_, _, family) -> Result<Descriptor, SystemError> in
            let number = Glibc.socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
            return number < 0 ? .failure(SystemError("connect to", shown, .current)) : .success(Descriptor(number, path: shown))
        }.get()
        self.socket = socket
        let code = address.withSocketAddress { (pointer, size, _) in connect(socket.number, pointer, size) == 0 ? 0 : errno }
        if code == 0 { return }
        // An interrupted connect goes on by itself (POSIX), like one that is in progress.
        guard code == EINPROGRESS || code == EINTR else { throw SystemError("connect to", shown, Errno(code)) }
        try wait(POLLOUT, deadline, "connect to")
        var failure: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        try check("connect to", shown) { getsockopt(socket.number, SOL_SOCKET, SO_ERROR, &failure, &size) }
        if failure != 0 { throw SystemError("connect to", shown, Errno(failure)) }
    }

    /// Writes all bytes. A reader that is gone is an error of this call and no signal.
    public func send(_ bytes: [UInt8], deadline: Deadline) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let n = bytes.withUnsafeBytes { Glibc.send(socket.number, $0.baseAddress.map { $0 + done }, $0.count - done, Int32(MSG_NOSIGNAL)) }
            if n >= 0 {
                done += n
            } else if Errno.current == .wouldBlock {
                try wait(POLLOUT, deadline, "send to")
            } else if Errno.current != .interrupted {
                throw SystemError("send to", shown, .current)
            }
        }
    }

    /// Reads at most `count` bytes; empty at the end.
    public func receive(atMost count: Int, deadline: Deadline) throws(SystemError) -> [UInt8] {
        while true {
            try wait(POLLIN, deadline, "receive from")
            do { return try socket.read(atMost: count) } catch {
                if error.code != .wouldBlock { throw SystemError("receive from", shown, error.code) }
            }
        }
    }

    private func wait(_ events: Int32, _ deadline: Deadline, _ operation: String) throws(SystemError) {
        while true {
            // A peer that always has something to say keeps nobody longer.
            if deadline.hasPassed { throw SystemError(operation, shown, .timedOut) }
            var set = [
                pollfd(fd: socket.number, events: Int16(events), revents: 0), pollfd(fd: interrupt?.number ?? -1, events: Int16(POLLIN), revents: 0),
            ]
            let n = poll(&set, 2, Int32(clamping: deadline.remainingMilliseconds))
            if n > 0, set[1].revents != 0 { throw SystemError(operation, shown, .interrupted) }
            if n > 0 { return }
            if n == 0 { throw SystemError(operation, shown, .timedOut) }
            if Errno.current != .interrupted { throw SystemError(operation, shown, .current) }
        }
    }
}
