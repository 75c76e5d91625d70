import Onboarding
import Platform

/// `.dcb/staging`: what belongs to an agent is built here and then appears whole.
///
/// What killed work has left goes with the next work on that agent, however young it is: a person's name and number are in it, or a password.
struct Staging {
    private let folder: String
    private let prefix: String

    init(_ agentID: AgentID, _ paths: Paths) {
        folder = Path.join(paths.ownFolder, "staging")
        prefix = Path.name(paths.workspace(for: agentID)) + "."
    }

    /// An empty folder; earlier ones of this agent are gone.
    /// - Parameter attempt: tells this try from another owner's.
    func fresh(_ attempt: String) throws(SystemError) -> String {
        try Files.makeDirectories(folder)
        try discard()
        let path = Path.join(folder, prefix + attempt)
        try Files.makeDirectory(path)
        return path
    }

    func discard() throws(SystemError) {
        let names: [String]
        do { names = try Files.list(folder) } catch {
            if error.code == .notFound { return }
            throw error
        }
        for name in names where name.hasPrefix(prefix) { try Files.removeTree(Path.join(folder, name)) }
    }
}
