import CommandKit
import JSON
import Platform

/// OpenClaw's own lock of its config, `<config>.lock` (OPENCLAW.md section 2), as OpenClaw takes it.
///
/// It appears complete (link(2) from a temporary file) and is held for milliseconds. Files are told apart by inode, and kept open meanwhile, so that
/// the number cannot come back for another one.
///
/// A lock whose owner is gone is taken over by who holds the flock of that very file, so two of us never do it at once, and who dies over it blocks
/// nobody (unlike OpenClaw's `.reclaim`, which is honoured and not made). It goes in a single step (`RENAME_EXCHANGE` with ours): the name is never
/// free meanwhile, so no third can come in; if what came out is not what was judged, because OpenClaw was faster, it is put back.
public final class OpenClawLock {
    /// `<config>.lock`.
    public let path: String
    private let file: Descriptor
    private let status: FileStatus
    private var isReleased = false

    private init(path: String, _ file: Descriptor, _ status: FileStatus) {
        self.path = path
        self.file = file
        self.status = status
    }

    /// Waits until it is free.
    /// - Parameters:
    ///   - config: the path as OpenClaw sees it, a symbolic link unresolved.
    ///   - journal: a file that only the holder of our own lock writes: what it says of a lock that is still there was left by a dcb that is gone.
    /// - Throws: `config-locked` when it was not free in time, naming the holder.
    public static func acquire(config: String, journal: String?, deadline: Deadline) throws(Problem) -> OpenClawLock {
        do { return try acquire(lock: config + ".lock", journal, deadline) } catch let error as SystemError {
            throw Problem(error)
        } catch let error as Problem {
            throw error
        } catch {
            throw Problem(.internalError, "an unknown error while locking openclaw.json")
        }
    }

    private static func acquire(lock: String, _ journal: String?, _ deadline: Deadline) throws -> OpenClawLock {
        let payload = try OpenClawLock.payload()
        let before = try journal.flatMap { path throws(SystemError) in try Files.readIfPresent(path, limit: 4096) } ?? []
        // With a journal our own lock is held, and nobody else makes one.
        let temporary = try journal == nil ? Files.temporaryName(for: lock) : Files.lockedTemporaryName(for: lock)
        if journal != nil { try Files.remove(temporary) }
        defer { _ = try? Files.remove(temporary) }
        try Files.create(temporary, payload, mode: 0o600, sync: false)
        let file = try Descriptor.open(temporary, .read, followLinks: false)
        let own = try file.status()
        if let journal { try writeJournal(journal, payload) }
        var pause = 1
        while true {
            let obstacle: Obstacle
            if try Files.status(lock + ".reclaim", followLinks: false) != nil {
                obstacle = .reclaiming
            } else if try link(temporary, lock) {
                return OpenClawLock(path: lock, file, own)
            } else {
                obstacle = try look(lock, leftBehind: before)
            }
            if case .gone(let left) = obstacle, try takeOver(lock, left, with: temporary, own) { return OpenClawLock(path: lock, file, own) }
            if deadline.hasPassed { throw obstacle.problem(Path.name(lock)) }
            if case .free = obstacle { continue }
            Clock.sleep(milliseconds: min(pause, max(1, deadline.remainingMilliseconds)))
            pause = min(pause * 2, 50)
        }
    }

    /// Whether the lock that is there is still this one.
    public var isHeld: Bool {
        !isReleased && (try? OpenClawLock.isAt(path, status)) == true
    }

    /// Gives it back; somebody else's in its place stays.
    public func release() {
        if isHeld { _ = try? Files.remove(path) }
        isReleased = true
    }

    deinit { if !isReleased { release() } }

    // MARK: - What is in the way

    private enum Obstacle {
        case free
        case reclaiming
        case held(pid: Int?)
        case unreadable
        /// Open, so that it stays this one.
        case gone(Descriptor)

        func problem(_ name: String) -> Problem {
            switch self {
            case .held(let pid?):
                Problem(.configLocked, "cannot lock openclaw.json: held by pid \(pid)", hint: "try again when that process has finished")
            case .reclaiming:
                Problem(
                    .configLocked, "cannot lock openclaw.json: \(name).reclaim is there",
                    hint: "somebody takes over a left lock; if no OpenClaw runs, remove \(name).reclaim")
            case .unreadable:
                Problem(
                    .configLocked, "cannot lock openclaw.json: \(name) does not say whose it is",
                    hint: "OpenClaw never takes over such a lock; if no OpenClaw runs, remove \(name)")
            case .held, .free, .gone: Problem(.configLocked, "cannot lock openclaw.json: \(name) is there")
            }
        }
    }

    private static func look(_ lock: String, leftBehind: [UInt8]) throws -> Obstacle {
        guard let status = try Files.status(lock, followLinks: false) else { return .free }
        guard status.isRegular else { return .unreadable }
        let file: Descriptor
        let bytes: [UInt8]
        do throws(SystemError) {
            file = try Descriptor.open(lock, .read, followLinks: false)
            bytes = try file.readToEnd(limit: 65536)
        } catch { return error.code == .notFound ? .free : .unreadable }
        if !leftBehind.isEmpty, bytes == leftBehind { return .gone(file) }
        guard let value = try? JSON.Value(parsing: bytes), let object = value.objectValue, let pid = object["pid"]?.intValue, let pid32 = Int32(exactly: pid)
        else { return .unreadable }
        let start = object["starttime"]?.intValue.flatMap { UInt64(exactly: $0) }
        switch ProcessIdentity.life(pid: pid32, startTicks: start) {
        case .alive, .unknown: return .held(pid: pid)
        case .dead: return isInContainer(pid: pid, startTicks: start) ? .held(pid: pid) : .gone(file)
        }
    }

    // A number that means nobody here may be somebody in a container that shares the folder. From the host's own namespace all of them can be seen;
    // from inside a container they cannot, and OpenClaw's rule holds: who is not there is gone.
    static func isInContainer(pid: Int, startTicks: UInt64?) -> Bool {
        guard ProcessIdentity.ownNamespace == "pid:[4026531836]", let names = try? Files.list("/proc") else { return false }
        for name in names {
            guard let outer = Int32(name), let status = try? Files.read("/proc/\(outer)/status", limit: 65536) else { continue }
            for line in status.split(separator: 10) where line.starts(with: "NSpid:".utf8) {
                let numbers = line.dropFirst(6).split { $0 == 9 || $0 == 32 }.map { Int(String(decoding: $0, as: UTF8.self)) }
                if numbers.dropFirst().contains(pid), startTicks == nil || ProcessIdentity.startTicks(of: outer) == startTicks { return true }
            }
        }
        return false
    }

    // MARK: - Taking it

    private static func link(_ temporary: String, _ lock: String) throws -> Bool {
        do throws(SystemError) { try Files.link(temporary, to: lock) } catch {
            if error.code == .exists { return false }
            throw error
        }
        return true
    }

    private static func isAt(_ path: String, _ status: FileStatus) throws(SystemError) -> Bool {
        guard let now = try Files.status(path, followLinks: false) else { return false }
        return now.inode == status.inode && now.device == status.device
    }

    /// - Returns: false when it was not that one any more, or another one of us is about it.
    private static func takeOver(_ lock: String, _ left: Descriptor, with temporary: String, _ own: FileStatus) throws -> Bool {
        let judged = try left.status()
        guard left.tryLock(), try isAt(lock, judged) else { return false }
        do throws(SystemError) { try Files.exchange(temporary, lock) } catch {
            if error.code == .notFound { return false }
            guard error.code == .invalid || error.code == .notImplemented else { throw error }
            // No exchange on this file system: take it aside, and put it back when it is another one.
            let aside = try Files.temporaryName(for: lock)
            do throws(SystemError) { try Files.rename(lock, to: aside) } catch {
                if error.code == .notFound { return false }
                throw error
            }
            if try !isAt(aside, judged) { try? Files.link(aside, to: lock) }
            try Files.remove(aside)
            return false
        }
        if try isAt(temporary, judged) {
            try Files.remove(temporary)
            return true
        }
        do throws(SystemError) { try Files.exchange(temporary, lock) } catch {
            // Its holder found ours in its place and took that for a free name: then both are gone, and ours is made again.
            guard error.code == .notFound else { throw error }
        }
        if try !isAt(temporary, own) { throw Problem(.configLocked, "cannot lock openclaw.json: several processes take over a left lock at once") }
        return false
    }

    // Pretty-printed as OpenClaw does, and like it followed by white space that no other holder has.
    private static func payload() throws -> [UInt8] {
        let identity = ProcessIdentity.current
        var text = "{\n  \"pid\": \(identity.pid),\n  \"createdAt\": \"\(Clock().now)\",\n  \"starttime\": \(identity.startTicks)\n}\n"
        for byte in try Random.bytes(8) {
            for bit in 0..<8 { text += byte >> UInt8(bit) & 1 == 1 ? "\t" : " " }
        }
        return Array((text + "\n").utf8)
    }

    private static func writeJournal(_ path: String, _ payload: [UInt8]) throws {
        let file = try Descriptor.open(path, .write, create: 0o600, truncate: true, followLinks: false)
        try file.writeAll(payload)
        try file.closeChecked()
    }
}
