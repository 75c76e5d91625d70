import CommandKit
import Onboarding

/// openclaw.json as it was read, understood and judged: what an update may begin with for as long as the file is unchanged.
public struct ConfigReading {
    let snapshot: Snapshot
    public let model: ConfigModel
    let verdict: Verdict

    /// - Throws: as `ConfigFile.read`; `config-invalid` also when OpenClaw would refuse the file.
    init(_ snapshot: Snapshot, policy: Policy, version: OpenClawVersion?, mends: Bool = false) throws(Problem) {
        self.snapshot = snapshot
        let judged = JudgedContent(config: snapshot.path).version(of: snapshot.bytes)
        model = try ConfigModel(parsing: snapshot.bytes, version: version, policy: policy, isPlain: judged != nil)
        verdict = try Verdict(model, judged: judged, mends: mends)
    }
}
