import CommandKit
import JSON
import Onboarding
import Platform

/// What dcb-reconcile asks of a config.
extension ConfigModel {
    /// `agents.defaults`.
    public var defaults: JSON.Node? { places.defaults }

    /// What OpenClaw finds wrong: nothing when one of the versions that may read the file accepts it; else what the likeliest of them says.
    public func findings() -> (version: OpenClawVersion?, findings: [Finding]) {
        let versions = Verdict.versions(self)
        for version in versions where Validity.findings(document, version, limit: 1).isEmpty { return (version, []) }
        guard let first = versions.first else { return (nil, [Finding("/agents", "no known version of OpenClaw reads it")]) }
        return (first, Validity.findings(document, first))
    }

    /// Who answers what no binding names: the one that says so, else the first; nil: everything is explicit, or only OpenClaw's own is there.
    public var catchAll: AgentEntry? {
        if let marked = agents.first(where: { $0.isDefault }) { return marked }
        if shape == .entries, places.ownership != nil { return nil }
        return agents.first
    }

    /// Whether a phone's number stands in the list that holds for the policy's account, in whatever spelling.
    public func isAllowed(_ phone: PhoneNumber) -> Bool { allowList?.digits.contains(String(phone.digits)) ?? false }

    /// Whether it stands there in exactly the spelling that dcb writes.
    public func isListedExactly(_ phone: String) -> Bool { allowList?.exact[phone] != nil }
}

extension ConfigFile {
    /// The bytes of the file at this moment, for who judges what may be no config at all.
    /// - Throws: `config-missing`, `config-invalid` (no regular file), `not-permitted`, `io`.
    public static func bytes(_ path: String) throws(Problem) -> [UInt8] { try Snapshot(path).bytes }
}

extension ConfigModel {
    /// Whether an agent can lose its mark as the default: the roster is explicit, or another one has the mark.
    public func roster(canUnmark id: String) -> Bool {
        shape == .entries && (places.ownership != nil || agents.contains { $0.isDefault && $0.id != id })
    }
}

extension ConfigFile {
    /// Half-made files beside the config that nobody works on: only the holder of our own lock makes such, and nobody holds it.
    public static func abandoned(beside path: String, ownLock: String) throws(Problem) -> [String] {
        // Nobody is stopped for the usual case.
        guard let first = try? leftovers(beside: path), !first.isEmpty else { return [] }
        guard let lock = try? Descriptor.open(ownLock, .read), lock.tryLock() else { return [] }
        return try leftovers(beside: path)
    }

    /// Removes those files, as their maker would.
    public static func removeAbandoned(beside path: String, ownLock: String) throws(Problem) {
        try withOwnLock(path, ownLock: ownLock) { _ throws(Problem) in
            for file in try leftovers(beside: path) {
                do throws(SystemError) { try Files.remove(file) } catch { throw Problem(error) }
            }
        }
    }

    /// Holds our own lock of the config, and not OpenClaw's, for what is to be done about that one.
    public static func withOwnLock(_ path: String, ownLock: String, _ body: (_ journal: String) throws(Problem) -> Void) throws(Problem) {
        let lock = try acquireOwn(ownLock, Path.absolute(path), Deadline(in: 10_000))
        defer { lock.release() }
        try body(ownLock)
    }
}
