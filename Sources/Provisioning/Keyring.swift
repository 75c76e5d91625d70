import Platform

/// gog's encrypted token store inside a workspace, wherever a version of gog keeps it.
struct Keyring {
    private let folders: [String]

    init(workspace: String) {
        // The sandbox writes here: a link of its making may lead to another agent's keyring, and that is not this one's.
        folders = [[".gog", "data", "keyring"], [".gog-config", "gogcli", "keyring"], [".gog-data", "gogcli", "keyring"]].compactMap { names in
            var path = workspace
            for name in names {
                path = Path.join(path, name)
                if ((try? Files.status(path, followLinks: false)) ?? nil)?.isDirectory != true { return nil }
            }
            return path
        }
    }

    /// Whether anything is stored that only the old password opens. The folder alone and its lock prove nothing.
    func holdsEntries() throws(SystemError) -> Bool {
        for folder in folders where try names(folder).contains(where: { !$0.hasPrefix(".") }) { return true }
        return false
    }

    /// Renames the folders, so that gog starts with new ones.
    func moveAside(suffix: String) throws(SystemError) {
        for folder in folders where try !names(folder).isEmpty { try Files.rename(folder, to: "\(folder).lost-\(suffix)") }
    }

    private func names(_ folder: String) throws(SystemError) -> [String] {
        do { return try Files.list(folder) } catch {
            if error.code == .notFound || error.code == .notDirectory { return [] }
            throw error
        }
    }
}
