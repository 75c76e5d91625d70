import JSON
import Onboarding
import Platform

/// `<state>/trash`: what removed agents left, one folder an agent and removal.
struct Trash {
    private let path: String
    private let paths: Paths

    init(_ paths: Paths) {
        path = paths.trash
        self.paths = paths
    }

    /// Makes the folder that this agent's things will move to, with `entry.json` synced in it. It appears whole.
    /// An interrupted removal's folder is used again; one of an earlier removal keeps what it has.
    /// - Returns: nil when there is nothing to keep.
    func place(for agentID: AgentID, entry: Value?, at now: Timestamp, folders: [(from: String, name: String)]) throws(SystemError) -> String? {
        var coming: [String] = []
        for folder in folders where try Files.status(folder.from, followLinks: false) != nil { coming.append(folder.name) }
        guard entry != nil || !coming.isEmpty else { return nil }
        try Files.makeDirectories(path)
        let content = entry.map { $0.pretty() + [10] }
        if let place = try unfinished(agentID, content, coming) { return place }
        let staged = try Staging(agentID, paths).fresh("trash")
        if let content {
            try Files.create(Path.join(staged, "entry.json"), content, mode: 0o600, sync: true)
            try Files.syncDirectory(staged)
        }
        let place = try move(staged, to: Path.join(path, "\(agentID.text)-\(now.compact)"))
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

    /// The newest folder of the agent that has this very entry (with none left in the config: any) and room for what comes.
    private func unfinished(_ agentID: AgentID, _ content: [UInt8]?, _ coming: [String]) throws(SystemError) -> String? {
        for name in try names().reversed() where Trash.agent(of: name) == agentID.text {
            let place = Path.join(path, name)
            guard let kept = try Files.readIfPresent(Path.join(place, "entry.json")), content == nil || kept == content else { continue }
            if coming.allSatisfy({ !Files.exists(Path.join(place, $0)) }) { return place }
        }
        return nil
    }

    /// Two removals of one agent within a second: the later ones are numbered.
    private func move(_ staged: String, to wanted: String) throws(SystemError) -> String {
        var place = wanted
        var number = 1
        while true {
            do throws(SystemError) {
                try Files.rename(staged, to: place)
                return place
            } catch {
                guard error.code == .notEmpty || error.code == .exists || error.code == .notDirectory else { throw error }
                number += 1
                place = "\(wanted).\(number)"
            }
        }
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
