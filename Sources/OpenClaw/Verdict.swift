import CommandKit
import JSON

/// For which versions of OpenClaw a file is good, and whether it stays so.
struct Verdict {
    private let versions: [OpenClawVersion]
    private let first: Int

    /// Whether the file is good for none of them, and the edit must make it good.
    private let isMend: Bool

    /// The version that was told, when it reads the file's shape; else that of `meta.lastTouchedVersion` and all known ones from the newest.
    static func versions(_ model: ConfigModel) -> [OpenClawVersion] {
        if let version = model.version, version.reads(model.shape) { return [version] }
        var versions: [OpenClawVersion] = []
        if let version = model.lastTouched, version.reads(model.shape) { versions.append(version > .newest ? version : version.observed) }
        for version in OpenClawVersion.known.reversed() where version.reads(model.shape) && !versions.contains(version) { versions.append(version) }
        return versions
    }

    /// - Parameters:
    ///   - judged: a version for which this very content was found good before.
    ///   - mends: a file that is good for none of the versions is taken, for an edit that makes it good for one.
    /// - Throws: `config-invalid` when the file is good for none of them.
    init(_ model: ConfigModel, judged: OpenClawVersion? = nil, mends: Bool = false) throws(Problem) {
        versions = Verdict.versions(model)
        if let judged, let index = versions.firstIndex(of: judged) {
            first = index
            isMend = false
            return
        }
        var reason: Finding?
        for (index, version) in versions.enumerated() {
            guard let finding = Validity.findings(model.document, version, limit: 1).first else {
                first = index
                isMend = false
                return
            }
            reason = reason ?? finding
        }
        if mends, !versions.isEmpty {
            first = 0
            isMend = true
            return
        }
        throw Problem(
            .configInvalid,
            "openclaw.json is not valid for OpenClaw \(versions.first?.description ?? ""): \(reason?.description ?? "no known version reads it")",
            hint: "run openclaw config validate and openclaw doctor, then run again")
    }

    /// The version for which the file is good, of those that may be meant.
    var version: OpenClawVersion { versions[first] }

    enum Judgement {
        case good(OpenClawVersion)
        case bad(Finding)
    }

    /// Whether the edited file is good for one of the versions for which the file was.
    func judge(_ candidate: ConfigModel, of edit: ConfigEdit) -> Judgement {
        if isMend {
            var reason: Finding?
            for version in versions {
                guard let finding = Validity.findings(candidate.document, version, limit: 1).first else { return .good(version) }
                reason = reason ?? finding
            }
            return reason.map { .bad($0) } ?? .good(version)
        }
        let baseline = Baseline(edit, candidate: candidate)
        guard let finding = Validity.findings(candidate.document, version, limit: 1, baseline: baseline).first else { return .good(version) }
        for other in versions[(first + 1)...] where Validity.findings(edit.model.document, other, limit: 1).isEmpty {
            if Validity.findings(candidate.document, other, limit: 1, baseline: baseline).isEmpty { return .good(other) }
        }
        return .bad(finding)
    }
}
