import JSON
import Platform
import TestSupport

extension Scratch {
    /// Two users, a database of OpenClaw's own and one in a workspace, with some of what people keep.
    static func lived() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.onboarded("+15551230001")
        try scratch.onboarded("+15551230002")
        try Files.makeDirectories(scratch.state + "/state")
        for path in [scratch.state + "/state/openclaw.sqlite", scratch.state + "/" + (try scratch.workspaces()[0]) + "/mine.db"] {
            try SQL.run(path, "PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3)")
        }
        return scratch
    }

    func workspaces() throws -> [String] { try Files.list(state).filter { $0.hasPrefix("workspace-") } }

    var archives: String { folder + "/archives" }

    @discardableResult
    func backup(_ arguments: [String] = [], environment: [String: String] = [:]) throws -> Object {
        try only(try run("dcb-backup", ["create", "--to", archives] + arguments, environment: environment))
    }

    func names() throws -> [String] { try Files.list(archives).filter { $0.hasPrefix("dcb-") } }

    /// A folder as `find` shows it: names, modes, times, sizes, kinds, link targets; and the content of every file.
    func look(_ path: String, without: String = "audit") throws -> String {
        try shell(
            "cd '\(path)' && find . -mindepth 1 ! -path './\(without)*' ! -name SHA256SUMS ! -path './.dcb/backup.json' ! -name '*-wal' ! -name '*-shm' ! -name '*.lock' ! -type d -printf '%p %y %m %T@ %s %l %n\\n' | sort; find . -type f ! -path './\(without)*' ! -name SHA256SUMS ! -path './.dcb/*' ! -name '*.db*' ! -name '*.sqlite*' ! -name '*.lock' -print0 | sort -z | xargs -0 sha256sum"
        ).out
    }
}
