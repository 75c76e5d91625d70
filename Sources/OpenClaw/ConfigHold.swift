import CommandKit
import Platform

extension ConfigFile {
    /// Keeps openclaw.json as it is while `body` runs: both locks, as for an edit, and nothing is edited.
    /// - Parameters:
    ///   - path: the config as OpenClaw sees it.
    ///   - ownLock: `.dcb/config.lock` beside the real file.
    /// - Returns: the file's bytes and mode as they were meanwhile, and what `body` gave.
    /// - Throws: `config-missing`, `config-locked`, `changed-meanwhile` (somebody writes it without asking for the lock), `io`, and what `body` throws.
    public static func hold<T>(
        path: String, ownLock: String, waitMilliseconds: Int, _ body: () throws(Problem) -> T
    ) throws(Problem) -> (bytes: [UInt8], status: FileStatus, value: T) {
        let deadline = Deadline(in: waitMilliseconds)
        let config = Path.absolute(path)
        let own = try acquireOwn(ownLock, config, deadline)
        defer { own.release() }
        let lock = try OpenClawLock.acquire(config: config, journal: ownLock, deadline: deadline)
        defer { lock.release() }
        let snapshot = try Snapshot(config)
        return (snapshot.bytes, snapshot.status, try body())
    }
}
