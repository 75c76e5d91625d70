import Platform

/// The process behind a gateway's address, as far as /proc shows it.
enum GatewayProcess {
    /// Whether it was started with `CHOKIDAR_USEPOLLING`.
    /// - Returns: nil when it is on another machine, in a container, or another user's.
    static func usesPolling(_ address: GatewayAddress) -> Bool? {
        guard address.socket.address.isLoopback, let socket = listeningSocket(port: address.socket.port),
            let pid = holder(of: socket), let environment = try? Files.read("/proc/\(pid)/environ", limit: 1 << 20)
        else { return nil }
        let name = Array("CHOKIDAR_USEPOLLING=".utf8)
        for entry in environment.split(separator: 0) where entry.starts(with: name) {
            // As chokidar reads it: everything but these is yes.
            return !["", "0", "false"].contains(String(decoding: entry.dropFirst(name.count), as: UTF8.self).lowercased())
        }
        return false
    }

    /// The inode of the socket that listens on a port (proc(5), /proc/net/tcp: state 0A).
    private static func listeningSocket(port: UInt16) -> String? {
        let hex = String(port, radix: 16, uppercase: true)
        let end = ":" + String(repeating: "0", count: 4 - hex.count) + hex
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            guard let bytes = try? Files.read(table, limit: 64 << 20) else { continue }
            for line in bytes.split(separator: 10).dropFirst() {
                let fields = line.split(separator: 32).map { String(decoding: $0, as: UTF8.self) }
                if fields.count > 9, fields[3] == "0A", fields[1].hasSuffix(end) { return "socket:[\(fields[9])]" }
            }
        }
        return nil
    }

    private static func holder(of socket: String) -> Int32? {
        for name in (try? Files.list("/proc")) ?? [] {
            guard let pid = Int32(name) else { continue }
            // Other users' are closed to us.
            for descriptor in (try? Files.list("/proc/\(pid)/fd")) ?? [] where (try? Files.readLink("/proc/\(pid)/fd/\(descriptor)")) == socket { return pid }
        }
        return nil
    }
}
