import CommandKit

/// When the jobs last ran.
extension Record {
    /// Notes that a job has run now.
    /// - Parameter periodSeconds: how often it is meant to run; nil keeps what is known.
    public func beat(_ job: String, exitCode: Int32, periodSeconds: Int? = nil) throws(Problem) {
        try database.run(
            """
            INSERT INTO heartbeats (job, last_run, exit_code, period_seconds) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (job) DO UPDATE SET last_run = ?2, exit_code = ?3, period_seconds = ifnull(?4, period_seconds)
            """, [.text(job), time(now), .int(Int64(exitCode)), .optional(periodSeconds.map { Int64($0) })])
    }

    /// All jobs, by name.
    public func heartbeats() throws(Problem) -> [Heartbeat] {
        try database.all("SELECT job, last_run, exit_code, period_seconds FROM heartbeats ORDER BY job") { s throws(Problem) in
            Heartbeat(
                job: s.text(0), lastRun: try s.time(1), exitCode: Int32(clamping: s.int(2)),
                periodSeconds: s.intIfPresent(3).map { Int(min(max($0, 0), 1 << 40)) })
        }
    }
}
