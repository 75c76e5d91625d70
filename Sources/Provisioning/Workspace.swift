import Onboarding
import Platform

/// An agent's workspace folder. It appears whole or not at all; files that are there are never overwritten.
struct Workspace {
    typealias File = (name: String, bytes: [UInt8])

    private let path: String
    private let staging: String

    /// - Parameter staging: the folder on the same file system in which a new workspace is built.
    init(_ path: String, staging: String) {
        self.path = path
        self.staging = Path.join(staging, "staging")
    }

    /// - Parameter attempt: tells this try from another owner's; leftovers of earlier ones of this workspace are removed.
    func fill(_ files: [File], attempt: String) throws(SystemError) {
        if let status = try Files.status(path, followLinks: false) {
            // Through a link the files would land in somebody else's folder.
            guard status.isDirectory else { throw SystemError("create folder", path, .notDirectory) }
            try mend(files)
            return
        }
        try Files.makeDirectories(staging)
        try discardTries()
        let fresh = Path.join(staging, prefix + attempt)
        try Files.makeDirectory(fresh)
        for file in files { try Files.create(Path.join(fresh, file.name), file.bytes, mode: 0o600, sync: false) }
        do { try Files.rename(fresh, to: path) } catch {
            // Another try of ours was faster: it made the same.
            guard error.code == .notEmpty || error.code == .exists else { throw error }
            try Files.removeTree(fresh)
        }
    }

    /// Removes what interrupted tries left: the person's name and number are in it.
    func discardTries() throws(SystemError) {
        let names: [String]
        do { names = try Files.list(staging) } catch {
            if error.code == .notFound { return }
            throw error
        }
        for name in names where name.hasPrefix(prefix) { try Files.removeTree(Path.join(staging, name)) }
    }

    private var prefix: String { Path.name(path) + "." }

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
