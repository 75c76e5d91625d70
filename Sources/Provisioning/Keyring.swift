import Platform

/// gog's encrypted token store inside a workspace, wherever a version of gog keeps it.
///
/// The sandbox writes here, and may put a link or another folder in the place of one at any moment: everything is reached from open folders, never
/// through a link, which may lead to another agent's keyring.
struct Keyring {
    private static let places = [[".gog", "data"], [".gog-config", "gogcli"], [".gog-data", "gogcli"]]
    private static let name = Array("keyring".utf8)

    let workspace: String

    /// Whether anything is stored that only the old password opens. The folder alone and its lock prove nothing.
    func holdsEntries() throws(SystemError) -> Bool {
        for place in Keyring.places {
            guard let keyring = try open(place)?.keyring else { continue }
            if try keyring.names().contains(where: { $0.first != UInt8(ascii: ".") }) { return true }
        }
        return false
    }

    /// Renames the folders, so that gog starts with new ones.
    func moveAside(suffix: String) throws(SystemError) {
        for place in Keyring.places {
            guard let (above, keyring) = try open(place), try !keyring.names().isEmpty else { continue }
            try above.rename(Keyring.name, to: Keyring.name + Array(".lost-\(suffix)".utf8))
        }
    }

    /// - Returns: nil when no such folder is there, or a link or a file stands in the way.
    private func open(_ place: [String]) throws(SystemError) -> (above: Folder, keyring: Folder)? {
        do throws(SystemError) {
            var above = try Folder.open(workspace)
            for name in place { above = try above.folder(Array(name.utf8)) }
            return (above, try above.folder(Keyring.name))
        } catch {
            switch error.code {
            case .notFound, .notDirectory, .loop: return nil
            default: throw error
            }
        }
    }
}
