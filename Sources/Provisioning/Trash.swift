import JSON
import Onboarding
import Platform

/// `<state>/trash`: what removed agents left, one folder an agent and removal.
struct Trash {
    private let path: String

    init(_ path: String) { self.path = path }

    /// Makes the folder that this agent's things will move to, with `entry.json` synced in it.
    /// An earlier, interrupted removal's folder is used again: the password is in it.
    /// - Returns: nil when there is nothing to keep.
    func place(for agentID: AgentID, entry: Value?, at now: Timestamp, folders: [(from: String, name: String)]) throws(SystemError) -> String? {
        var present = entry != nil
        for folder in folders where try Files.status(folder.from, followLinks: false) != nil { present = true }
        guard present else { return nil }
        try Files.makeDirectories(path)
        let place = try unfinished(agentID) ?? Path.join(path, "\(agentID.text)-\(now.compact)")
        try Files.makeDirectory(place)
        if let entry { try Files.replace(Path.join(place, "entry.json"), with: entry.pretty() + [10], mode: 0o600) }
        try Files.syncDirectory(path)
        return place
    }

    /// Moves what is there; what is not was moved before.
    func take(_ folders: [(from: String, name: String)], into place: String) throws(SystemError) {
        for folder in folders {
            do { try Files.rename(folder.from, to: Path.join(place, folder.name)) } catch { if error.code != .notFound { throw error } }
        }
        try Files.syncDirectory(place)
    }

    func erase(_ agents: [AgentID]) throws(SystemError) {
        if agents.isEmpty { return }
        let owned = Set(agents.map(\.text))
        for name in try names() {
            guard owned.contains(Trash.agent(of: name)) else { continue }
            try Files.removeTree(Path.join(path, name))
        }
    }

    /// The newest folder of the agent that has an entry and no workspace yet.
    private func unfinished(_ agentID: AgentID) throws(SystemError) -> String? {
        for name in try names().reversed() where Trash.agent(of: name) == agentID.text {
            let place = Path.join(path, name)
            if Files.exists(Path.join(place, "entry.json")), !Files.exists(Path.join(place, "workspace")) { return place }
        }
        return nil
    }

    /// Of a folder `<agentId>-<time>`; an id may hold dashes itself.
    private static func agent(of name: String) -> String { name.lastIndex(of: "-").map { String(name[..<$0]) } ?? name }

    private func names() throws(SystemError) -> [String] {
        do { return try Files.list(path) } catch {
            if error.code == .notFound { return [] }
            throw error
        }
    }
}
