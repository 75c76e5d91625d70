import CommandKit
import JSON
import Onboarding
import Platform
import Provisioning

/// What was found and done, for machines and for people.
struct Report {
    enum Mode: String { case check, repair, dryRun = "dry-run", adopt }

    let mode: Mode
    let at: Timestamp
    let stateDir: String
    let users: Int
    let drifts: Drifts
    /// As found at the beginning.
    let findings: [Finding]
    /// Those of them that are gone after the repair.
    var mended: Set<String> = []
    var actions: [Action]

    /// Whether there is anything that is not as it should be.
    var isClean: Bool { findings.isEmpty }

    // MARK: for machines

    var object: Object {
        [
            "mode": .string(mode.rawValue), "at": .string(at.description), "stateDir": .string(stateDir),
            "orphanedAgents": .array(
                drifts.orphanedAgents.map { user in
                    entry(user, ["left": .array(user.ledger.map(\.rawValue).sorted().map { .string($0) })])
                }),
            "orphanedRecords": .array(drifts.orphanedRecords.map { user in entry(user, ["status": .string(user.liveRow?.status.rawValue ?? "")]) }),
            "invalidBindings": .array(
                drifts.invalidBindings.map { binding, why, isMendable in
                    .object([
                        "agentId": .string(binding.agentID), "phone": binding.peerID.map { .string(Redaction.phone($0)) } ?? .null,
                        "pointer": .string("/bindings/\(binding.position)"), "detail": .string(why), "ours": .bool(isMendable),
                    ])
                }),
            "staleStates": .array(
                drifts.staleStates.map { user in
                    entry(user, ["status": .string(user.liveRow?.status.rawValue ?? ""), "createdAt": .string(user.liveRow?.createdAt.description ?? "")])
                }),
            "unfinishedClaims": .array(
                drifts.unfinishedClaims.map { user in
                    entry(
                        user,
                        [
                            "kind": .string(user.claim?.kind.rawValue ?? ""), "done": .array((user.claim?.done ?? []).map { .string($0.rawValue) }),
                        ])
                }),
            "foreignAgents": .array(drifts.foreignAgents.map { user in .object(["agentId": .string(user.agentID)]) }),
            "findings": .array(
                findings.map { finding in
                    var object = finding.object
                    if mode == .repair { object["mended"] = .bool(mended.contains(finding.identity)) }
                    return .object(object)
                }),
            "actions": .array(actions.map { .object($0.object) }),
            "summary": .object(summary),
        ]
    }

    private func entry(_ user: User, _ more: Object) -> Value {
        var object: Object = ["agentId": .string(user.agentID), "phone": user.phone.map { .string(Redaction.phone($0)) } ?? .null]
        for (key, value) in more { object[key] = value }
        return .object(object)
    }

    private var summary: Object {
        var summary: Object = ["ok": .bool(isClean), "users": .number("\(users)"), "found": .number("\(findings.count)")]
        for severity in Severity.allCases { summary[severity.rawValue] = .number("\(count(severity))") }
        if mode == .repair { summary["mended"] = .number("\(mended.count)") }
        summary["actions"] = .number("\(actions.count)")
        summary["failed"] = .number("\(actions.count { $0.problem != nil })")
        return summary
    }

    private func count(_ severity: Severity) -> Int { findings.reduce(0) { $0 + ($1.severity == severity ? 1 : 0) } }

    // MARK: for people

    var text: String {
        var lines: [String] = []
        for severity in Severity.allCases {
            let group = findings.filter { $0.severity == severity }
            if group.isEmpty { continue }
            lines.append("\(severity.rawValue.uppercased()) (\(group.count))")
            for finding in group.sorted(by: { (number($0), $0.subject) < (number($1), $1.subject) }) {
                let mark = mode == .repair && mended.contains(finding.identity) ? "mended: " : ""
                let subject = finding.detail.contains(finding.subject) ? "" : "\(finding.subject): "
                lines.append("  \(pad(finding.invariant)) \(mark)\(subject)\(finding.detail) (\(finding.hint))")
            }
            lines.append("")
        }
        if !actions.isEmpty {
            lines.append(mode == .repair || mode == .adopt ? "DONE (\(actions.count))" : "WOULD BE DONE (\(actions.count))")
            for action in actions {
                let whom = [action.agentID, action.phone.map { Redaction.phone($0) }, action.path].compactMap { $0 }.joined(separator: " ")
                var line = "  \(action.name) \(whom): \(action.detail)"
                if let problem = action.problem { line += " - failed: \(problem.detail) (\(problem.hint))" }
                if let skipped = action.skipped { line += " - not done: \(skipped)" }
                lines.append(line)
            }
            lines.append("")
        }
        lines.append(conclusion)
        return lines.map { Console.oneLine($0) }.joined(separator: "\n") + "\n"
    }

    private var conclusion: String {
        let who = "\(users) \(users == 1 ? "user" : "users")"
        if findings.isEmpty { return "\(who), everything is as it should be" }
        let counts = Severity.allCases.map { (count($0), $0.rawValue) }.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        let done = mode == .repair ? "; \(mended.count) mended" : ""
        return "\(who), \(findings.count) \(findings.count == 1 ? "finding" : "findings"): \(counts)\(done)"
    }

    private func number(_ finding: Finding) -> Int { Int(finding.invariant.dropFirst()) ?? 0 }
    private func pad(_ id: String) -> String { id.count < 3 ? id + " " : id }
}

extension Array {
    fileprivate func count(_ condition: (Element) -> Bool) -> Int { reduce(0) { $0 + (condition($1) ? 1 : 0) } }
}
