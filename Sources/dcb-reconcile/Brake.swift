import CommandKit
import Provisioning

/// How much may be removed in one run. What asks for more is likelier a lost config than lost users.
struct Brake {
    let maxRemovals: Int
    let maxFraction: Double

    /// - Parameter agents: how many the ledger has.
    func check(_ actions: [Action], agents: Int) throws(Problem) {
        let removals = actions.reduce(0) { $0 + ($1.isRemoval ? 1 : 0) }
        // One is always less than a mass, unless none at all may go.
        let part = maxFraction > 0 ? max(1, Int(maxFraction * Double(agents))) : 0
        if removals <= min(maxRemovals, part) { return }
        throw Problem(
            .massRemoval,
            "\(removals) would be removed, and at most \(min(maxRemovals, part)) of \(agents) may be (--max-removals \(maxRemovals), --max-fraction \(maxFraction)): nothing was changed",
            hint: "look at the plan; if it is right, raise --max-removals and --max-fraction")
    }
}
