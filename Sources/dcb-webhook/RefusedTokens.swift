import CommandKit
import JSON
import Platform

/// Who has shown a wrong token, for the audit trail: gathered, and written once a minute as a line for each client, however often it tried.
///
/// A request by itself touches no file, so that nobody without a token can make the listener wait for a disk.
final class RefusedTokens {
    private static let periodMilliseconds: Int64 = 60_000
    private static let clientLimit = 256

    /// nil: there is no state folder to write in.
    private let folder: String?
    private let log: AccessLog
    private var counts: [String: Int] = [:]
    private var dueAt = Int64.max

    init(folder: String?, log: AccessLog) {
        self.folder = folder
        self.log = log
    }

    func note(_ client: String, now: Int64) {
        // Many addresses are one attacker, or as many as make no difference.
        counts[counts[client] != nil || counts.count < RefusedTokens.clientLimit ? client : "others", default: 0] += 1
        dueAt = min(dueAt, now + RefusedTokens.periodMilliseconds)
    }

    func writeWhenDue(now: Int64) { if now >= dueAt { write() } }

    func write() {
        defer {
            counts = [:]
            dueAt = .max
        }
        guard let folder, !counts.isEmpty else { return }
        var trail = AuditTrail(folder: folder, command: "dcb-webhook", clock: Clock())
        for (client, count) in counts.sorted(by: { $0.key < $1.key }) {
            trail.note("authentication-failed", ["client": .string(client), "count": .number("\(count)")])
        }
        do throws(Problem) { try trail.write() } catch { log.problem(error) }
    }
}
