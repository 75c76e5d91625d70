import Platform

/// gog's encrypted token store inside a workspace, wherever a version of gog keeps it.
struct Keyring {
    private let folders: [String]

    init(workspace: String) {
        folders = [".gog/data/keyring", ".gog-config/gogcli/keyring", ".gog-data/gogcli/keyring"].map { Path.join(workspace, $0) }
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
