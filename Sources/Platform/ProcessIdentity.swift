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
        switch trace(of: pid) {
        case .running(let ticks): return startTicks.map { $0 == ticks } ?? true ? .alive : .dead
        case .ended: return .dead
        case .unreadable: return kill(pid, 0) == -1 && Errno.current == .noProcess ? .dead : .unknown
        }
    }

    /// Field 22 of /proc/PID/stat; a zombie counts as gone.
    public static func startTicks(of pid: Int32) -> UInt64? {
        guard case .running(let ticks) = trace(of: pid) else { return nil }
        return ticks
    }

    private enum Trace {
        case running(UInt64)
        /// It has ended and nobody has waited for it: there is nothing left that could act.
        case ended
        case unreadable
    }

    private static func trace(of pid: Int32) -> Trace {
        guard let bytes = try? Files.read("/proc/\(pid)/stat", limit: 8192) else { return .unreadable }
        // The command name in field 2 may hold spaces and parentheses: count from the last ')'.
        guard let close = bytes.lastIndex(of: UInt8(ascii: ")")) else { return .unreadable }
        let fields = bytes[(close + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let state = fields[0].first else { return .unreadable }
        if state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") { return .ended }
        return UInt64(String(decoding: fields[19].prefix { $0 != 10 }, as: UTF8.self)).map { .running($0) } ?? .unreadable
    }
}
