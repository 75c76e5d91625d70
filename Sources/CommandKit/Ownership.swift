import Platform

/// Everything runs as the owner of the state folder.
public enum Ownership {
    /// Checks that we are the owner; root becomes the owner, for good.
    /// - Throws: `config-missing` when there is no such folder, `not-owner`, `not-permitted` when everybody may write in it.
    public static func enter(stateFolder: String) throws(Problem) {
        let status: FileStatus?
        do { status = try Files.status(stateFolder) } catch { throw Problem(error) }
        guard let status else {
            throw Problem(.configMissing, "there is no state folder '\(stateFolder)'", hint: "check --state-dir, or make it with dcb-state init")
        }
        guard status.isDirectory else { throw Problem(.configMissing, "the state folder '\(stateFolder)' is no folder", hint: "check --state-dir") }
        let user = CurrentProcess.effectiveUser
        guard user == status.user || user == 0 else {
            throw Problem(.notOwner, "the state folder '\(stateFolder)' belongs to another user (uid \(status.user))")
        }
        // Any user could put a file of theirs in the place of ours.
        if status.permissions & 0o002 != 0 {
            throw Problem(.notPermitted, "everybody may write in the state folder '\(stateFolder)'", hint: "make it yours alone: chmod 700")
        }
        if user == status.user { return }
        do { try CurrentProcess.become(user: status.user, group: status.group) } catch { throw Problem(error) }
    }
}
