import CommandKit
import JSON
import Platform
import Store

/// What was seen, for a program or for a person.
struct Report {
    let looks: [AgentLook]
    let rows: [String: Row]
    let now: Timestamp
    /// Who has no token needs attention too.
    let requires: Bool

    private func needsAttention(_ look: AgentLook) -> Bool {
        if look.state.needsAttention || look.findings.contains(where: { $0.severity != .info }) { return true }
        guard look.state == .none else { return false }
        let status = rows[look.agentID]?.status
        return requires || status == .complete || status == .active
    }

    var attention: Int { looks.reduce(0) { $0 + (needsAttention($1) ? 1 : 0) } }

    private func age(_ look: AgentLook) -> Int? { look.tokenTime.map { Int((now.milliseconds - $0.milliseconds) / 1000) } }

    var json: Object {
        var summary: Object = ["agents": .number("\(looks.count)"), "attention": .number("\(attention)")]
        for state in State.allCases { summary[state.rawValue] = .number("\(looks.reduce(0) { $0 + ($1.state == state ? 1 : 0) })") }
        return [
            "checkedAt": .string(now.description),
            "agents": .array(
                looks.map { look in
                    [
                        "agentId": .string(look.agentID), "state": .string(look.state.rawValue), "tokenAgeSeconds": age(look).map { .number("\($0)") } ?? .null,
                        "path": look.path.map { .string($0) } ?? .null, "detail": .string(look.detail), "attention": .bool(needsAttention(look)),
                        "status": rows[look.agentID].map { .string($0.status.rawValue) } ?? .null, "accounts": .number("\(look.accounts)"),
                        "gog": .string(look.version.text),
                        "findings": .array(
                            look.findings.map { ["id": .string($0.id), "severity": .string($0.severity.rawValue), "detail": .string($0.detail)] }),
                    ]
                }), "summary": .object(summary),
        ]
    }

    var text: String {
        var text = ""
        for look in looks {
            let days = age(look).map { "\($0 / 86400) d" } ?? "-"
            text +=
                padded(needsAttention(look) ? "!" : " ", 2) + padded(look.agentID, 26) + padded(look.state.rawValue, 12) + padded(days, 8) + look.detail + "\n"
            for finding in look.findings { text += "      \(finding.severity.rawValue): \(finding.detail)\n" }
        }
        text += "\(looks.count) agents, \(attention) need attention\n"
        // The age is ours; Google has rules of its own, which no file shows.
        if looks.contains(where: { $0.tokenTime != nil }) {
            text += "Google ends a token after 7 days when its project is in testing, and after 6 months without use.\n"
        }
        return text
    }

    private func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }
}
