import CommandKit
import JSON
import Onboarding
import Platform

/// The file openclaw.json: read by anyone, written only here (DESIGN.md "Changing openclaw.json").
public enum ConfigFile {
    /// More than any roster needs.
    static let greatestSize = 256 << 20

    /// Reads it without a lock: what it is at this moment.
    /// - Throws: `config-missing`, `config-invalid`, `config-shape`, `config-include`, `not-permitted`, `io`.
    public static func read(_ path: String, policy: Policy, version: OpenClawVersion?) throws(Problem) -> ConfigModel {
        try ConfigModel(parsing: Snapshot(path).bytes, version: version, policy: policy)
    }

    /// The same, of a file that OpenClaw accepts: what an edit would begin with.
    public static func readValid(_ path: String, policy: Policy, version: OpenClawVersion?) throws(Problem) -> ConfigReading {
        try readValid(path, policy, version, Deadline(in: 5000))
    }

    private static func readValid(_ path: String, _ policy: Policy, _ version: OpenClawVersion?, _ deadline: Deadline, mends: Bool = false) throws(Problem)
        -> ConfigReading
    {
        while true {
            let snapshot = try Snapshot(path)
            do throws(Problem) { return try ConfigReading(snapshot, policy: policy, version: version, mends: mends) } catch {
                try refuse(snapshot, path, error, deadline)
            }
        }
    }

    /// What is refused may be half of what somebody writes in place just now: only a file that stays as it is is wrong.
    private static func refuse(_ snapshot: Snapshot, _ path: String, _ problem: Problem, _ deadline: Deadline) throws(Problem) {
        Clock.sleep(milliseconds: 30)
        if snapshot.isUnchanged(path) { throw problem }
        if deadline.hasPassed { throw Problem(.changedMeanwhile, "openclaw.json is written all the time") }
    }

    /// One read and one replacement under both locks, however many documents `prepare` puts into the edit.
    ///
    /// Begins again with the new content, closures included, when the file changed between the read and the rename.
    /// - Parameters:
    ///   - path: the config as OpenClaw sees it; a symbolic link is followed and stays.
    ///   - ownLock: `.dcb/config.lock` beside the real file; its folder is made when missing.
    ///   - known: what was read shortly before; read again only when the file has changed since.
    ///   - mends: a file that OpenClaw refuses is taken too, for an edit that leaves one it accepts.
    ///   - waitMilliseconds: for the locks and all further attempts together.
    ///   - prepare: makes the edit; runs under both locks.
    ///   - objecting: told what the check of the edited file objects to, as `objections(to:)` gives it, before the first of it is thrown.
    ///   - durable: claim and ledger, made durable before the rename. Not called for an empty edit.
    ///   - replacing: opens the second record transaction, checks the fences, calls `replace` once, records, commits. `replace` compares the file
    ///     again and renames (for an empty edit it does nothing); what it throws must be passed on. Throwing before it abandons the change.
    /// - Throws: what the closures throw; `config-locked`, `changed-meanwhile`; what `read` throws; `config-invalid` when OpenClaw would refuse the
    ///   file as it is or as it would be; `cannot-create`, `cannot-replace`, `no-space`, `io`, `not-permitted`.
    /// - Returns: what `prepare` gave, whether the file was replaced, and the real file's path.
    public static func update<T>(
        path: String, ownLock: String, policy: Policy, version: OpenClawVersion?, known: ConfigReading? = nil, mends: Bool = false,
        waitMilliseconds: Int, prepare: (ConfigModel) throws(Problem) -> (ConfigEdit, T), objecting: (([String: Problem]) -> Void)? = nil,
        durable: (ConfigEdit, T) throws(Problem) -> Void,
        replacing: (ConfigEdit, T, _ replace: () throws(Problem) -> Void) throws(Problem) -> Void
    ) throws(Problem) -> (value: T, changed: Bool, path: String) {
        let deadline = Deadline(in: waitMilliseconds)
        let config = Path.absolute(path)
        let own = try acquireOwn(ownLock, config, deadline)
        defer { own.release() }
        // A killed dcb's half-made file holds people's numbers.
        for file in try leftovers(beside: config) { _ = try? Files.remove(file) }
        var attempt = 0
        while true {
            let lock = try OpenClawLock.acquire(config: config, journal: ownLock, deadline: deadline)
            defer { lock.release() }
            let reading: ConfigReading
            if attempt == 0, let known, known.snapshot.isUnchanged(config) {
                reading = known
            } else {
                reading = try readValid(config, policy, version, deadline, mends: mends)
            }
            let snapshot = reading.snapshot
            let (edit, value) = try prepare(reading.model)
            var replacement: Replacement?
            var judged: (bytes: [UInt8], version: OpenClawVersion)?
            if !edit.isEmpty {
                let candidate = Candidate(edit, reading.verdict)
                if let first = candidate.objections.first {
                    objecting?(candidate.objectionsByAgent)
                    throw first.problem
                }
                try durable(edit, value)
                replacement = try Replacement(snapshot, candidate.bytes)
                if reading.model.isPlain { judged = candidate.version.map { (candidate.bytes, $0) } }
            }
            defer { replacement?.discard() }
            var hasChanged = false
            var isCalled = false
            do throws(Problem) {
                try replacing(edit, value) { () throws(Problem) in
                    isCalled = true
                    guard let replacement, !replacement.isDone else { return }
                    hasChanged = !lock.isHeld || !snapshot.isUnchanged(config)
                    if hasChanged { throw Problem(.changedMeanwhile, "openclaw.json changed while it was edited") }
                    try replacement.rename()
                }
            } catch {
                guard hasChanged, error.kind == .changedMeanwhile, !deadline.hasPassed else { throw error }
            }
            if !hasChanged {
                if !isCalled { throw Problem(.internalError, "the edited openclaw.json was made and not put in place") }
                if let judged { JudgedContent(config: snapshot.path).remember(judged.bytes, judged.version) }
                return (value, replacement != nil, snapshot.path)
            }
            if deadline.hasPassed { throw Problem(.changedMeanwhile, "openclaw.json changed while it was edited") }
            attempt += 1
            Clock.sleep(milliseconds: min(5 << min(attempt, 6), max(1, deadline.remainingMilliseconds)))
        }
    }

    /// What the check of the edited file objects to, by agent id as OpenClaw compares them; an empty key: not to be told.
    public static func objections(to edit: ConfigEdit) throws(Problem) -> [String: Problem] {
        edit.isEmpty ? [:] : Candidate(edit, try Verdict(edit.model)).objectionsByAgent
    }

    /// Temporary files of the config and its lock that a killed dcb left: only the holder of `ownLock` makes such files, so it may remove them.
    public static func leftovers(beside path: String) throws(Problem) -> [String] {
        do throws(SystemError) {
            let named = Path.absolute(path)
            var found: [String] = []
            for target in [named + ".lock", try Files.resolve(named)] {
                let name = Files.lockedTemporaryName(for: target)
                if try Files.status(name, followLinks: false) != nil { found.append(name) }
            }
            return found
        } catch { throw Problem(error) }
    }

    static func acquireOwn(_ path: String, _ config: String, _ deadline: Deadline) throws(Problem) -> FileLock {
        // A config that is not there is said before a folder is made for it.
        _ = try Snapshot.resolve(config)
        do throws(SystemError) {
            try Files.makeDirectories(Path.parent(path))
            if let lock = try FileLock.acquire(path, waitMilliseconds: deadline.remainingMilliseconds) { return lock }
        } catch { throw Problem(error) }
        throw Problem(.configLocked, "cannot lock openclaw.json: another dcb command holds \(Path.name(path))", hint: "try again")
    }
}
