import CommandKit
import JSON
import Platform

extension OpenClawLock {
    /// Who has OpenClaw's lock of the config.
    public enum State: Sendable, Equatable {
        case free
        /// Its holder runs, or cannot be judged from here.
        case held(pid: Int?)
        /// Its holder is gone: the next change of the config takes it over.
        case left(pid: Int?)
        /// 0 bytes: OpenClaw never takes such a lock over, and all its writes fail until it is removed.
        case empty(ageSeconds: Int)
        /// It does not say whose it is.
        case unreadable
    }

    /// Looks at `<config>.lock`; takes nothing.
    public static func state(config: String) throws(Problem) -> State {
        do throws(SystemError) {
            let lock = config + ".lock"
            guard let status = try Files.status(lock, followLinks: false) else { return .free }
            guard status.isRegular else { return .unreadable }
            if status.sizeBytes == 0 { return .empty(ageSeconds: age(status)) }
            guard let bytes = try Files.readIfPresent(lock, limit: 65536) else { return .free }
            guard let object = (try? JSON.Value(parsing: bytes))?.objectValue, let pid = object["pid"]?.intValue, let pid32 = Int32(exactly: pid) else {
                return .unreadable
            }
            let start = object["starttime"]?.intValue.flatMap { UInt64(exactly: $0) }
            if ProcessIdentity.life(pid: pid32, startTicks: start) != .dead || isInContainer(pid: pid, startTicks: start) { return .held(pid: pid) }
            return .left(pid: pid)
        } catch { throw Problem(error) }
    }

    /// Removes a lock of 0 bytes that is older than a minute: taken aside, and put back when it is not the one that was judged.
    /// - Returns: whether it did.
    @discardableResult
    public static func removeEmpty(config: String) throws(Problem) -> Bool {
        let lock = config + ".lock"
        do throws(SystemError) {
            // Open, so that its number cannot come back for another file meanwhile.
            let file: Descriptor
            do throws(SystemError) { file = try Descriptor.open(lock, .read, followLinks: false) } catch {
                if error.code == .notFound { return false }
                throw error
            }
            let judged = try file.status()
            guard judged.isRegular, judged.sizeBytes == 0, age(judged) > emptyAgeSeconds else { return false }
            let aside = Files.lockedTemporaryName(for: lock)
            try Files.remove(aside)
            do throws(SystemError) { try Files.rename(lock, to: aside) } catch {
                if error.code == .notFound { return false }
                throw error
            }
            let moved = try Files.status(aside, followLinks: false)
            let isJudged = moved.map { $0.inode == judged.inode && $0.device == judged.device && $0.sizeBytes == 0 } ?? false
            if !isJudged { try? Files.link(aside, to: lock) }
            try Files.remove(aside)
            return isJudged
        } catch { throw Problem(error) }
    }

    /// A lock of 0 bytes that is younger may be about to be written.
    public static let emptyAgeSeconds = 60

    /// By the system's clock, however `--now` was set: it is compared with a file's time.
    private static func age(_ status: FileStatus) -> Int { Int((Clock.realNanoseconds - status.changedNanoseconds) / 1_000_000_000) }
}
