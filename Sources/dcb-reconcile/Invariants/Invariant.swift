import CommandKit

/// Something that must always hold. A new one is one entry of a table, and one test.
struct Invariant: Sendable {
    let id: String
    let title: String
    /// Of its findings, unless they say another.
    let severity: Severity
    let check: @Sendable (Facts, inout Findings) throws(Problem) -> Void

    init(_ id: String, _ title: String, _ severity: Severity, _ check: @escaping @Sendable (Facts, inout Findings) throws(Problem) -> Void) {
        self.id = id
        self.title = title
        self.severity = severity
        self.check = check
    }

    /// All, by number.
    static let all: [Invariant] = (users + sandboxes + routes + configs + secrets + records + files + gateways).sorted { number($0.id) < number($1.id) }

    private static func number(_ id: String) -> Int { Int(id.dropFirst()) ?? 0 }

    /// - Throws: `usage` when one is not known.
    static func named(_ list: String?) throws(Problem) -> [Invariant] {
        guard let list else { return all }
        var chosen: [Invariant] = []
        for name in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let one = all.first(where: { $0.id == name }) else {
                throw Problem(.usage, "option --only takes ids such as I4,I9", hint: "dcb-reconcile --list shows them")
            }
            if !chosen.contains(where: { $0.id == one.id }) { chosen.append(one) }
        }
        return chosen
    }

    func findings(_ facts: Facts) throws(Problem) -> [Finding] {
        var findings = Findings(self)
        try check(facts, &findings)
        return findings.all
    }
}
