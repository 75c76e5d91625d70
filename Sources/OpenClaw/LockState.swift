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
        // A holder may let go and end between the reading of its lock and the look at it: what seems left is left only if it is still there.
        for _ in 0..<20 {
            guard let (state, isStill) = try look(config + ".lock") else { return .free }
            if isStill { return state }
        }
        return .held(pid: nil)
    }

    /// - Returns: nil when there is no lock; else what it says, and whether that same file is there still.
    private static func look(_ lock: String) throws(Problem) -> (State, isStill: Bool)? {
        do throws(SystemError) {
            guard let named = try Files.status(lock, followLinks: false) else { return nil }
            guard named.isRegular else { return (.unreadable, true) }
            // Open, so that its number cannot come back for another file meanwhile.
            let file: Descriptor
            do throws(SystemError) { file = try Descriptor.open(lock, .read, followLinks: false) } catch {
                if error.code == .notFound { return nil }
                throw error
            }
            let status = try file.status()
            let state: State
            do throws(SystemError) { state = judge(status, try file.readToEnd(limit: 65536)) } catch {
                guard error.code == .tooBig else { throw error }
                state = .unreadable
            }
            guard let now = try Files.status(lock, followLinks: false) else { return nil }
            return (state, now.inode == status.inode && now.device == status.device)
        } catch { throw Problem(error) }
    }

    private static func judge(_ status: FileStatus, _ bytes: [UInt8]) -> State {
        if bytes.isEmpty { return .empty(ageSeconds: age(status)) }
        guard let object = (try? JSON.Value(parsing: bytes))?.objectValue, let pid = object["pid"]?.intValue, let pid32 = Int32(exactly: pid) else {
            return .unreadable
        }
        let start = object["starttime"]?.intValue.flatMap { UInt64(exactly: $0) }
        if ProcessIdentity.life(pid: pid32, startTicks: start) != .dead || isInContainer(pid: pid, startTicks: start) { return .held(pid: pid) }
        return .left(pid: pid)
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
