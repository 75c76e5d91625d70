import Glibc

/// The clocks, passed in so that a test can set the time of day (`--now`).
public struct Clock: Sendable {
    private let fixed: Timestamp?

    /// - Parameter now: the time of day to report; nil: the system's.
    public init(now: Timestamp? = nil) { fixed = now }

    public var now: Timestamp {
        if let fixed { return fixed }
        var t = timespec()
        clock_gettime(CLOCK_REALTIME, &t)
        return Timestamp(milliseconds: Int64(t.tv_sec) * 1000 + Int64(t.tv_nsec) / 1_000_000)
    }

    /// Milliseconds since boot, suspended time included; not set by anyone, so leases count in it.
    public static var bootMilliseconds: Int64 { Clock.milliseconds(CLOCK_BOOTTIME) }
    /// For deadlines inside one process.
    public static var monotonicMilliseconds: Int64 { Clock.milliseconds(CLOCK_MONOTONIC) }
    /// Nanoseconds of the system's time of day, however `now` was set: compared with file times.
    public static var realNanoseconds: Int64 {
        var t = timespec()
        clock_gettime(CLOCK_REALTIME, &t)
        return Int64(t.tv_sec) * 1_000_000_000 + Int64(t.tv_nsec)
    }

    /// The clock that the kernel stamps files with, which moves on by ticks of some milliseconds (clock_gettime(2), CLOCK_REALTIME_COARSE). What is written
    /// from now on has no earlier stamp.
    public static var fileStampNanoseconds: Int64 {
        var t = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &t)
        return Int64(t.tv_sec) * 1_000_000_000 + Int64(t.tv_nsec)
    }

    private static func milliseconds(_ id: clockid_t) -> Int64 {
        var t = timespec()
        clock_gettime(id, &t)
        return Int64(t.tv_sec) * 1000 + Int64(t.tv_nsec) / 1_000_000
    }

    /// This boot's random id: a lease of another boot has ended.
    public static func bootID() -> String {
        guard let bytes = try? Files.read("/proc/sys/kernel/random/boot_id", limit: 64) else { return "unknown" }
        return String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
    }

    public static func sleep(milliseconds: Int) { sleep(microseconds: milliseconds * 1000) }

    public static func sleep(microseconds: Int) {
        var t = timespec(tv_sec: microseconds / 1_000_000, tv_nsec: (microseconds % 1_000_000) * 1000)
        var rest = timespec()
        while nanosleep(&t, &rest) == -1, errno == EINTR { t = rest }
    }
}

/// A point in a process's life by which something must be done.
public struct Deadline: Sendable {
    public let monotonicMilliseconds: Int64
    public init(in milliseconds: Int) { monotonicMilliseconds = Clock.monotonicMilliseconds + Int64(milliseconds) }
    public var remainingMilliseconds: Int { Int(max(0, monotonicMilliseconds - Clock.monotonicMilliseconds)) }
    public var hasPassed: Bool { remainingMilliseconds == 0 }
}
