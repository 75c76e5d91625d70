import CLinux
import Glibc

/// What systemd is told (sd_notify(3)); nothing when nobody asked for it.
public struct ServiceManager: Sendable {
    private let name: [CChar]
    /// The watchdog wants a sign of life this often (half of what it waits for); nil: there is none.
    public let watchdogMilliseconds: Int?

    public init(_ environment: [String: String]) {
        var name = (environment["NOTIFY_SOCKET"] ?? "").utf8.map { CChar(bitPattern: $0) }
        // `@` stands for the zero byte of an abstract name.
        if name.first == CChar(bitPattern: UInt8(ascii: "@")) { name[0] = 0 }
        self.name = name
        let isOurs = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
        let microseconds = isOurs && !name.isEmpty ? environment["WATCHDOG_USEC"].flatMap { Int($0) } : nil
        watchdogMilliseconds = microseconds.flatMap { $0 > 0 ? max(1, $0 / 2000) : nil }
    }

    public func ready() { tell("READY=1") }
    public func stopping() { tell("STOPPING=1") }
    public func alive() { tell("WATCHDOG=1") }
    public func reloading() { tell("RELOADING=1\nMONOTONIC_USEC=\(Clock.monotonicMilliseconds * 1000)") }

    private func tell(_ text: String) {
        if name.isEmpty { return }
        let bytes = Array(text.utf8)
        _ = dcb_send_datagram(name, name.count, bytes, bytes.count)
    }
}
