import CommandKit
import JSON

/// For which versions of OpenClaw a file is good, and whether it stays so.
struct Verdict {
    private let versions: [OpenClawVersion]
    private let first: Int

    /// The version that was told, when it reads the file's shape; else that of `meta.lastTouchedVersion` and all known ones from the newest.
    /// - Throws: `config-invalid` when the file is good for none of them.
    init(_ model: ConfigModel) throws(Problem) {
        var versions: [OpenClawVersion] = []
        if let version = model.version, version.reads(model.shape) {
            versions = [version]
        } else {
            if let version = model.lastTouched, version.reads(model.shape) { versions.append(version > .newest ? version : version.observed) }
            for version in OpenClawVersion.known.reversed() where version.reads(model.shape) && !versions.contains(version) { versions.append(version) }
        }
        self.versions = versions
        var reason: Finding?
        for (index, version) in versions.enumerated() {
            guard let finding = Validity.findings(model.document, version, limit: 1).first else {
                first = index
                return
            }
            reason = reason ?? finding
        }
        throw Problem(
            .configInvalid,
            "openclaw.json is not valid for OpenClaw \(versions.first?.description ?? ""): \(reason?.description ?? "no known version reads it")",
            hint: "run openclaw config validate and openclaw doctor, then run again")
    }

    /// - Returns: why the edited file is good for none of the versions for which the file was; nil when it is.
    func objection(_ edit: ConfigEdit, candidate: JSON.Document) -> Finding? {
        let baseline = Baseline(edit, candidate: candidate)
        guard let finding = Validity.findings(candidate, versions[first], limit: 1, baseline: baseline).first else { return nil }
        for version in versions[(first + 1)...] where Validity.findings(edit.model.document, version, limit: 1).isEmpty {
            if Validity.findings(candidate, version, limit: 1, baseline: baseline).isEmpty { return nil }
        }
        return finding
    }
}
