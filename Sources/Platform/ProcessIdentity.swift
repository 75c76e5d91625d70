import Glibc

/// A process, told apart from a later one with the same number by its start time and its pid namespace.
public struct ProcessIdentity: Sendable, Equatable {
    public let pid: Int32
    /// Field 22 of /proc/PID/stat: clock ticks since boot.
    public let startTicks: UInt64
    /// What /proc/PID/ns/pid links to; pids of another namespace cannot be judged.
    public let namespace: String

    public init(pid: Int32, startTicks: UInt64, namespace: String) {
        self.pid = pid
        self.startTicks = startTicks
        self.namespace = namespace
    }

    /// - Returns: nil when there is no such process, or /proc does not tell.
    public init?(pid: Int32) {
        guard let ticks = ProcessIdentity.startTicks(of: pid) else { return nil }
        self.init(pid: pid, startTicks: ticks, namespace: ProcessIdentity.ownNamespace)
    }

    public static var current: ProcessIdentity {
        ProcessIdentity(pid: getpid()) ?? ProcessIdentity(pid: getpid(), startTicks: 0, namespace: ownNamespace)
    }

    public static var ownNamespace: String { (try? Files.readLink("/proc/self/ns/pid")) ?? "unknown" }

    public enum Life: Sendable { case alive, dead, unknown }

    /// Whether it still runs; `unknown` when it lives in another pid namespace or /proc is not there.
    public var life: Life {
        guard namespace == ProcessIdentity.ownNamespace, namespace != "unknown" else { return .unknown }
        return ProcessIdentity.life(pid: pid, startTicks: startTicks)
    }

    /// - Parameter startTicks: nil when the claimant did not say: then only a missing process is judged dead.
    public static func life(pid: Int32, startTicks: UInt64?) -> Life {
        guard pid > 0 else { return .unknown }
        if let ticks = self.startTicks(of: pid) {
            guard let startTicks else { return .alive }
            return ticks == startTicks ? .alive : .dead
        }
        if kill(pid, 0) == -1, Errno.current == .noProcess { return .dead }
        return .unknown
    }

    /// Field 22 of /proc/PID/stat; a zombie counts as gone.
    public static func startTicks(of pid: Int32) -> UInt64? {
        guard let bytes = try? Files.read("/proc/\(pid)/stat", limit: 8192) else { return nil }
        // The command name in field 2 may hold spaces and parentheses: count from the last ')'.
        guard let close = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[(close + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, fields[0].first != UInt8(ascii: "Z"), fields[0].first != UInt8(ascii: "X") else { return nil }
        return UInt64(String(decoding: fields[19].prefix { $0 != 10 }, as: UTF8.self))
    }
}
