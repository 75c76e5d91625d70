import Archive
import CommandKit
import Onboarding
import OpenClaw
import Platform
import Provisioning
import Store

/// The config and the databases as they were at one moment, kept aside while the rest is read.
final class Snapshots {
    struct Copy {
        let path: String
        /// Why it is no sound database; nil when it is one.
        let damage: String?
    }

    /// Databases that are read at once under the lock; each costs three descriptors. What is beyond is copied under the lock.
    private static let greatestPinned = 64
    private static let lockWaitMilliseconds = 30_000
    private static let busyMilliseconds = 10_000
    /// Beyond what their size explains, all databases of a workspace together.
    private static let greatestOvertimeMilliseconds = 60_000

    private let folder: String
    private let workplace: Workplace
    private var made = 0
    /// Milliseconds, by whose they are.
    private var overtime: [ArraySlice<UInt8>: Int] = [:]
    /// By path in the archive.
    private(set) var copies: [[UInt8]: Copy] = [:]
    /// nil when there is no config.
    private(set) var config: (bytes: [UInt8], status: FileStatus)?
    /// `.dcb/generation` as it was before the record was read: never more than the record has seen.
    private(set) var generation: [UInt8]?

    /// - Parameter folder: where the copies go.
    init(_ workplace: Workplace, folder: String) {
        self.workplace = workplace
        self.folder = folder
    }

    /// Takes the config, the record and what is OpenClaw's own under the config's lock, so that they agree.
    func take(_ databases: [[UInt8]], root: String, record: [UInt8]?) throws(Problem) {
        var pinned: [(path: [UInt8], file: SQLiteFile)] = []
        // The record first: nothing but it has to agree with the config to the second.
        let ordered = (record.map { [$0] } ?? []) + databases.filter { $0 != record }
        func pin() throws(Problem) {
            do { generation = try Files.readOwn(workplace.paths.generationFile, limit: 64) } catch { throw Problem(error) }
            for path in ordered {
                let source = path == record ? Array(workplace.paths.record.utf8) : Array((root + "/").utf8) + path
                do throws(Problem) {
                    let file = try SQLiteFile(try resolved(source, path == record), isTrusted: true, waitMilliseconds: Snapshots.busyMilliseconds)
                    if pinned.count < Snapshots.greatestPinned { pinned.append((path, file)) } else { try copy(path, file) }
                } catch { try accept(error, path, isRecord: path == record) }
            }
        }
        if Files.exists(workplace.paths.config) {
            let held = try ConfigFile.hold(
                path: workplace.paths.config, ownLock: workplace.paths.configLock, waitMilliseconds: Snapshots.lockWaitMilliseconds, pin)
            config = (held.bytes, held.status)
        } else {
            workplace.command.console.warn("there is no '\(workplace.paths.config)': the archive holds no config")
            try pin()
        }
        for (path, file) in pinned { do throws(Problem) { try copy(path, file) } catch { try accept(error, path, isRecord: path == record) } }
        if let record, let copy = copies[record], let damage = copy.damage {
            throw Problem(.recordDamaged, "the record is damaged: \(damage)", hint: "run dcb-state check; restore it from an older archive, which all stay")
        }
    }

    /// One that was found later: in a workspace, or made meanwhile.
    /// - Returns: nil when it cannot be copied as a database.
    func late(_ path: [UInt8], at source: [UInt8], bytes: Int) throws(Problem) -> Copy? {
        if Area.isAgents(path) { return try foreign(path, at: source, bytes: bytes) }
        do throws(Problem) { try copy(path, try SQLiteFile(source, isTrusted: true, waitMilliseconds: Snapshots.busyMilliseconds)) } catch {
            try accept(error, path, isRecord: false)
        }
        return copies[path]
    }

    /// Whatever goes wrong with an agent's own is told, and the file copied as it is.
    private func foreign(_ path: [UInt8], at source: [UInt8], bytes: Int) throws(Problem) -> Copy? {
        let owner = Area.whose(path)
        if overtime[owner, default: 0] >= Snapshots.greatestOvertimeMilliseconds { return nil }
        made += 1
        let target = Path.join(folder, "database-\(made)")
        let log = (try? Files.status(String(decoding: source + Array("-wal".utf8), as: UTF8.self), followLinks: false)) ?? nil
        let size = bytes + min(log?.allocatedBytes ?? 0, bytes + 1 << 30)
        let begun = Clock.monotonicMilliseconds
        let outcome = try ForeignDatabase.run(source, target, bytes: size, environment: workplace.command.context.environment)
        overtime[owner, default: 0] += max(0, Int(Clock.monotonicMilliseconds - begun) - ForeignDatabase.fairMilliseconds(size) - 50)
        switch outcome {
        case .judged(let damage): copies[path] = Copy(path: target, damage: damage)
        case .failed(let why):
            workplace.command.console.trace("\(String(decoding: path, as: UTF8.self)): \(why)")
            _ = try? Files.remove(target)
        }
        return copies[path]
    }

    /// The copy is in the archive.
    func discard(_ path: [UInt8]) { if let copy = copies[path] { _ = try? Files.remove(copy.path) } }

    private func copy(_ path: [UInt8], _ file: SQLiteFile) throws(Problem) {
        made += 1
        let target = Path.join(folder, "database-\(made)")
        try file.copy(to: target)
        copies[path] = Copy(path: target, damage: try SQLiteFile.damage(of: target))
    }

    /// What is wrong with the file itself is noted and the file copied as it is; what is wrong with us or the disk ends the run.
    private func accept(_ problem: Problem, _ path: [UInt8], isRecord: Bool) throws(Problem) {
        switch problem.kind {
        case .recordDamaged where !isRecord, .recordLocked where !isRecord, .notPermitted where !isRecord, .internalError where !isRecord,
            .cannotCreate where !isRecord && Files.exists(folder):
            workplace.command.console.trace("\(String(decoding: path, as: UTF8.self)): \(problem.detail)")
        default: throw problem
        }
    }

    private func resolved(_ path: [UInt8], _ isRecord: Bool) throws(Problem) -> [UInt8] {
        // The record's own path may lead through links of the operator's.
        if !isRecord { return path }
        do { return Array(try Files.resolve(String(decoding: path, as: UTF8.self)).utf8) } catch { throw Problem(error) }
    }
}
