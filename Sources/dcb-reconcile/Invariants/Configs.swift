import CommandKit
import OpenClaw

/// openclaw.json as its OpenClaw reads it.
extension Invariant {
    static let configs = [Invariant("I8", "OpenClaw accepts the whole config", .critical, valid)]

    /// More than so many say nothing more.
    private static let limit = 50

    private static func valid(_ facts: Facts, _ found: inout Findings) {
        if let problem = facts.configProblem {
            found.add("openclaw.json", problem.detail, hint: problem.hint)
            if problem.kind == .configMissing { return }
        }
        let (version, findings) = facts.verdict
        for finding in findings.prefix(limit) {
            let agent = facts.user(finding.subject.hasPrefix("binding of ") ? String(finding.subject.dropFirst(11)) : finding.subject)
            if agent?.isInProgress == true { continue }
            // Said once, by whoever could not read it.
            if facts.model == nil, finding.pointer.isEmpty { continue }
            found.add(
                finding.pointer.isEmpty ? "openclaw.json" : finding.pointer, "\(finding.reason) (OpenClaw \(version?.description ?? "of any known version"))",
                hint: "run openclaw config validate, and mend the place")
        }
        if findings.count > limit { found.add("openclaw.json", "\(findings.count - limit) more findings", hint: "mend the ones before first") }
    }
}
