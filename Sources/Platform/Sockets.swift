import CLinux
import Glibc

/// Sockets that others connect to. All are close-on-exec and do not block.
public enum ListeningSocket {
    /// Callers that wait to be accepted.
    private static let backlog: Int32 = 1024

    /// - Parameter port: 0: one that is free.
    public static func inet(_ address: IPAddress, port: UInt16) throws(SystemError) -> Descriptor {
        let bytes = address.bytes
        return Descriptor(try check("listen on", "\(address)") { dcb_listen_inet(bytes, port, backlog) })
    }

    /// A Unix socket for owner and group (0660). What a listener that is gone left under that name is replaced; the name is there when it listens.
    public static func unix(_ path: String) throws(SystemError) -> Descriptor {
        if let status = try Files.status(path, followLinks: false) {
            guard status.mode & S_IFMT == S_IFSOCK, !isAnswered(path) else { throw SystemError("listen on", path, Errno(EADDRINUSE)) }
        }
        let first = path + "~"
        if let status = try Files.status(first, followLinks: false), status.mode & S_IFMT == S_IFSOCK { try Files.remove(first) }
        let name = first.utf8.map { CChar(bitPattern: $0) }
        let socket = Descriptor(try check("listen on", path) { dcb_listen_unix(name, name.count, 0o660, backlog) }, path: path)
        try check("listen on", path) { rename(first, path) }
        return socket
    }

    /// Only a name that nobody listens behind is ours to take.
    private static func isAnswered(_ path: String) -> Bool {
        let name = path.utf8.map { CChar(bitPattern: $0) }
        let other = dcb_connect_unix(name, name.count)
        if other < 0 { return Errno.current != Errno(ECONNREFUSED) }
        _ = Glibc.close(other)
        return true
    }

    /// The sockets that systemd has opened for this process (sd_listen_fds(3)); empty when there are none.
    /// - Throws: when one is no listening socket.
    public static func activated(_ environment: [String: String]) throws(SystemError) -> [Descriptor] {
        guard environment["LISTEN_PID"] == "\(getpid())", let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }), (1...1024).contains(count) else {
            return []
        }
        var found: [Descriptor] = []
        for number in 3..<(3 + count) {
            if dcb_is_listening(number) == 0 { throw SystemError("use inherited descriptor \(number)", nil, Errno(ENOTSOCK)) }
            try check("prepare a socket", nil) { fcntl(number, F_SETFD, FD_CLOEXEC) }
            try check("prepare a socket", nil) { fcntl(number, F_SETFL, O_NONBLOCK) }
            found.append(Descriptor(number))
        }
        return found
    }

    /// Where an internet socket listens; nil for others.
    public static func address(of socket: Descriptor) -> (address: IPAddress, port: Int)? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let port = dcb_bound_port(socket.number, &bytes)
        return port < 0 ? nil : (IPAddress(bytes: bytes), Int(port))
    }
}

extension Descriptor {
    /// The next caller of a listening socket; nil when none waits.
    /// - Returns: the connection and the caller's address; no address on a Unix socket.
    public func accept() throws(SystemError) -> (connection: Descriptor, address: IPAddress?)? {
        var bytes = [UInt8](repeating: 0, count: 16)
        var isInternet: Int32 = 0
        while true {
            let n = dcb_accept(number, &bytes, &isInternet)
            if n >= 0 { return (Descriptor(n), isInternet != 0 ? IPAddress(bytes: bytes) : nil) }
            switch Errno.current.rawValue {
            case EAGAIN: return nil
            // The caller was gone before it was its turn (accept(2), "Error handling").
            case EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH: continue
            default: throw SystemError("accept", path, .current)
            }
        }
    }

    /// How a transfer that does not wait went.
    public enum Transfer: Sendable, Equatable {
        case bytes(Int)
        case wouldBlock
        case ended
        case failed(Errno)
    }

    public func receive(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        while true {
            let n = Glibc.read(number, buffer.baseAddress, buffer.count)
            if n > 0 { return .bytes(n) }
            if n == 0 { return .ended }
            let code = Errno.current
            if code == .wouldBlock { return .wouldBlock }
            if code != .interrupted { return .failed(code) }
        }
    }

    public func send(_ buffer: UnsafeRawBufferPointer) -> Transfer {
        while true {
            let n = Glibc.write(number, buffer.baseAddress, buffer.count)
            if n >= 0 { return .bytes(n) }
            let code = Errno.current
            if code == .wouldBlock { return .wouldBlock }
            if code != .interrupted { return .failed(code) }
        }
    }

    /// Says that nothing more will be written; what the other side still sends can be read.
    public func endWriting() { _ = shutdown(number, Int32(SHUT_WR)) }

    public func setNonBlocking() { _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK) }

    /// Whether so many bytes as a pipe takes in one piece (PIPE_BUF) can be written now without waiting.
    public var takesOutput: Bool {
        var p = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
        return poll(&p, 1, 0) == 1 && p.revents & Int16(POLLOUT) != 0
    }
}

extension Errno {
    /// Descriptors or memory have run out; later it may be better.
    public var isExhaustion: Bool { [EMFILE, ENFILE, ENOBUFS, ENOMEM, EAGAIN].contains(rawValue) }
}

extension CurrentProcess {
    /// Raises the soft limit of open descriptors.
    /// - Returns: how many may be open now.
    @discardableResult
    public static func raiseDescriptorLimit() -> Int { Int(dcb_raise_descriptor_limit()) }
}
