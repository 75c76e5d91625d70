import Onboarding
import Platform

/// An agent's workspace folder. It appears whole or not at all; files that are there are never overwritten.
struct Workspace {
    typealias File = (name: String, bytes: [UInt8])

    private let path: String
    private let staging: Staging

    init(_ agentID: AgentID, _ paths: Paths) {
        path = paths.workspace(for: agentID)
        staging = Staging(agentID, paths)
    }

    /// - Parameter attempt: tells this try from another owner's.
    func fill(_ files: [File], attempt: String) throws(SystemError) {
        if let status = try Files.status(path, followLinks: false) {
            // Through a link the files would land in somebody else's folder.
            guard status.isDirectory else { throw SystemError("create folder", path, .notDirectory) }
            try staging.discard()
            try mend(files)
            return
        }
        let fresh = try staging.fresh(attempt)
        for file in files { try Files.create(Path.join(fresh, file.name), file.bytes, mode: 0o600, sync: false) }
        do { try Files.rename(fresh, to: path) } catch {
            // Another try of ours was faster: it made the same.
            guard error.code == .notEmpty || error.code == .exists else { throw error }
            try Files.removeTree(fresh)
        }
    }

    /// Adds the files that are missing; each appears whole.
    private func mend(_ files: [File]) throws(SystemError) {
        for file in files where try Files.status(Path.join(path, file.name), followLinks: false) == nil {
            let target = Path.join(path, file.name)
            let temporary = try Files.temporaryName(for: target)
            try Files.create(temporary, file.bytes, mode: 0o600, sync: false)
            do { try Files.link(temporary, to: target) } catch {
                try Files.remove(temporary)
                if error.code != .exists { throw error }
                continue
            }
            try Files.remove(temporary)
        }
    }
}
