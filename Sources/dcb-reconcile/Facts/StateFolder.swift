import CommandKit
import Onboarding
import Platform

/// One walk of the state folder: what it has of each agent, and what else there is to say of its files.
struct StateFolder {
    var agents: [String: AgentFiles] = [:]
    /// Folders of the trash: name, and whose they are.
    var trash: [(name: String, agentID: String, since: Timestamp?)] = []
    /// Temporary files of ours, by path: how old.
    var temporary: [(path: String, ageSeconds: Int)] = []
    /// Half-made workspaces in `.dcb/staging`: folder and agent.
    var staging: [(path: String, agentID: String, ageSeconds: Int)] = []
    /// Files and folders with a wider mode than they may have.
    var wide: [(path: String, mode: UInt32, wanted: UInt32, agentID: String?)] = []
    /// Files of another owner outside of agents' folders: how many, and the first ones.
    var strange: [String] = []
    var strangeCount = 0
    /// What could not be looked at.
    var unreadable: [String] = []

    static let depthLimit = 64
    static let fileLimit = 200_000
    static let reportLimitBytes = 16384

    /// The state folder, links resolved.
    let root: String
    private let paths: Paths
    private let owner: UInt32
    private let sandboxUser: UInt32
    private let nowNanoseconds = Clock.realNanoseconds
    private let buffer = Buffer()

    /// A place to read files into, once for all.
    private final class Buffer {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 8)
        deinit { bytes.deallocate() }
    }

    init(_ paths: Paths, policy: Policy) throws(Problem) {
        self.paths = paths
        owner = CurrentProcess.effectiveUser
        sandboxUser = policy.sandbox.user.flatMap { UInt32($0.prefix { $0 != ":" }) } ?? owner
        do throws(SystemError) { root = try Files.resolve(paths.stateDir) } catch { throw Problem(error) }
        do throws(SystemError) { try walk(FolderReader.open(root)) } catch { throw Problem(error) }
    }

    private mutating func walk(_ root: FolderReader) throws(SystemError) {
        for name in try root.names() {
            guard let status = try root.status(name) else { continue }
            // Who lays an agent's workspace or home somewhere else by a link owns what is there.
            if name.hasPrefix("workspace-user_") {
                try workspace(name, status, root)
            } else if name == "agents", status.isDirectory {
                note(status, name, limit: 0o700)
                try homes(try root.folder(name))
            } else if name == "trash", status.isDirectory {
                note(status, name, limit: 0o700)
                try removed(try root.folder(name))
            } else if name == ".dcb", status.isDirectory {
                note(status, name, limit: 0o700)
                try own(try root.folder(name))
            } else {
                note(status, name, limit: limit(of: name, status))
                if isTemporary(name) { temporary.append((Path.join(root.path, name), age(status))) }
                if status.isDirectory { try descend(root, name) { _, _, _ in } }
            }
        }
    }

    // MARK: agents

    private mutating func workspace(_ name: String, _ status: FileStatus, _ root: FolderReader) throws(SystemError) {
        let id = String(name.dropFirst("workspace-".count))
        var files = agents.removeValue(forKey: id) ?? AgentFiles()
        files.workspace = try place(status, name, root)
        if status.isDirectory {
            if status.permissions & 0o077 != 0 { wide.append((Path.join(root.path, name), status.permissions, 0o700, id)) }
            do throws(SystemError) { try look(into: try root.folder(name), &files) } catch {
                files.unreadable = error.description
            }
        }
        if status.user != sandboxUser { files.count(strange: Path.join(root.path, name)) }
        agents[id] = files
    }

    private mutating func look(into workspace: FolderReader, _ files: inout AgentFiles) throws(SystemError) {
        var missing = AgentTemplates.fileNames
        var visited = 0
        var temporaries = 0
        var inner: [String] = []
        for name in try workspace.names() {
            guard let status = try workspace.status(name) else { continue }
            visited += 1
            if status.user != sandboxUser { files.count(strange: Path.join(workspace.path, name)) }
            if let at = missing.firstIndex(of: name) {
                guard status.isRegular, status.sizeBytes > 0 else { continue }
                missing.remove(at: at)
                if let count = try workspace.read(name, into: buffer.bytes), StateFolder.holdsPlaceholder(buffer.bytes, count) { files.unfilled.append(name) }
            } else if name == "onboarding.json" {
                // What an agent writes is evidence, and may be hostile: a plain file of its own and of a modest size.
                if status.isRegular, status.links == 1, status.sizeBytes <= StateFolder.reportLimitBytes,
                    let count = try workspace.read(name, into: buffer.bytes), count <= StateFolder.reportLimitBytes
                {
                    files.report = Array(buffer.bytes[..<count])
                }
            } else if status.isDirectory {
                inner.append(name)
            } else if status.isSymbolicLink {
                try StateFolder.link(name, workspace, workspace.path, &files)
            } else if isTemporary(name), temporaries < 10 {
                // Its agent may have made any number of them; a repair removes so many at a time.
                temporaries += 1
                temporary.append((Path.join(workspace.path, name), age(status)))
            }
        }
        files.lacking = missing
        files.oddNames = workspace.oddNames
        let top = workspace.path
        for name in inner {
            var copy = files
            let user = sandboxUser
            let isWhole = try descend(workspace, name, visited: &visited) { (folder, name, status) throws(SystemError) in
                if status.user != user { copy.count(strange: Path.join(folder.path, name)) }
                if status.isSymbolicLink { try StateFolder.link(name, folder, top, &copy) }
            }
            files = copy
            if !isWhole { files.isCut = true }
        }
    }

    /// Where a link in a workspace leads: in the sandbox the workspace is `/workspace`, and its own programs are the image's.
    private static func link(_ name: String, _ folder: FolderReader, _ workspace: String, _ files: inout AgentFiles) throws(SystemError) {
        guard files.linksOut.count < 5 else { return }
        let target: String
        do throws(SystemError) { target = try folder.readLink(name) } catch {
            if error.code == .notFound || error.code == .invalid { return }
            throw error
        }
        let leads = Path.absolute(Path.isAbsolute(target) ? target : Path.join(folder.path, target))
        for inside in [workspace, "/workspace", "/usr", "/bin", "/lib", "/lib64", "/opt", "/dev/null"] where Path.isInside(leads, inside) {
            return
        }
        files.linksOut.append(Path.join(folder.path, name))
    }

    private mutating func homes(_ folder: FolderReader) throws(SystemError) {
        for name in try folder.names() {
            guard let status = try folder.status(name) else { continue }
            if status.user != owner { noteStrange(Path.join(folder.path, name)) }
            guard name.hasPrefix("user_") else {
                if status.isDirectory { try descend(folder, name) { _, _, _ in } }
                continue
            }
            var files = agents.removeValue(forKey: name) ?? AgentFiles()
            files.home = try place(status, name, folder)
            if status.isDirectory {
                if status.permissions & 0o077 != 0 { wide.append((Path.join(folder.path, name), status.permissions, 0o700, name)) }
                do throws(SystemError) { try look(intoHome: try folder.folder(name), &files) } catch {
                    files.unreadable = error.description
                }
            }
            agents[name] = files
        }
    }

    private mutating func look(intoHome home: FolderReader, _ files: inout AgentFiles) throws(SystemError) {
        for name in try home.names() {
            guard let status = try home.status(name) else { continue }
            if status.user != owner { files.count(strange: Path.join(home.path, name)) }
            switch name {
            case "agent":
                files.agentDir = try place(status, name, home)
                if status.isDirectory { try look(intoAgentDir: try home.folder(name), &files) }
            case "sessions":
                if status.isDirectory { files.life = try StateFolder.life(try home.folder(name), &files, owner) } else { files.life = .unknown }
            default: if status.isDirectory { try descend(home, name) { _, _, _ in } }
            }
        }
    }

    private mutating func look(intoAgentDir folder: FolderReader, _ files: inout AgentFiles) throws(SystemError) {
        for name in try folder.names() {
            guard let status = try folder.status(name) else { continue }
            if status.user != owner { files.count(strange: Path.join(folder.path, name)) }
            if name == "openclaw-agent.sqlite" { files.hasDatabase = true }
            if name == "auth-profiles.json", status.isRegular, status.sizeBytes > 2 {
                files.hasAuthProfiles = true
                if status.permissions & 0o077 != 0 {
                    wide.append((Path.join(folder.path, name), status.permissions, 0o600, Path.name(Path.parent(folder.path))))
                }
            }
            if status.isDirectory { try descend(folder, name) { _, _, _ in } }
        }
    }

    /// Transcripts are signs of life; an index alone is one when it has an entry; what is not known is not judged.
    private static func life(_ sessions: FolderReader, _ files: inout AgentFiles, _ owner: UInt32) throws(SystemError) -> AgentFiles.Life {
        var life = AgentFiles.Life.none
        for name in try sessions.names() {
            guard let status = try sessions.status(name) else { continue }
            if status.user != owner { files.count(strange: Path.join(sessions.path, name)) }
            if status.isRegular, name.contains(".jsonl") {
                if status.sizeBytes > 0 { return .session }
            } else if name == "sessions.json", status.isRegular {
                // `{}` and a line break.
                if status.sizeBytes > 4 { return .session }
            } else if !name.hasSuffix(".lock") {
                life = .unknown
            }
        }
        return life
    }

    /// Whether there is a sign of life at this moment.
    static func lifeNow(_ home: String, hasDatabase: Bool, database: () -> Bool?) -> AgentFiles.Life {
        var files = AgentFiles()
        let sessions = Path.join(home, "sessions")
        do throws(SystemError) {
            if try Files.status(sessions, followLinks: false) != nil {
                let life = try life(FolderReader.open(sessions), &files, CurrentProcess.effectiveUser)
                if life != .none { return life }
            }
        } catch { return .unknown }
        return hasDatabase ? AgentFiles.Life(hasSession: database()) : .none
    }

    // MARK: the rest

    private mutating func removed(_ trash: FolderReader) throws(SystemError) {
        for name in try trash.names() {
            guard let status = try trash.status(name) else { continue }
            if status.user != owner { noteStrange(Path.join(trash.path, name)) }
            guard status.isDirectory, let dash = name.lastIndex(of: "-") else { continue }
            remember(name, String(name[..<dash]), String(name[name.index(after: dash)...]))
            if status.permissions & 0o077 != 0 { wide.append((Path.join(trash.path, name), status.permissions, 0o700, nil)) }
            do throws(SystemError) { try look(intoRemoved: try trash.folder(name)) } catch {
                guard error.code.isPermission || error.code == .notFound else { throw error }
                if error.code.isPermission { unreadable.append(error.path ?? name) }
            }
        }
    }

    private mutating func look(intoRemoved place: FolderReader) throws(SystemError) {
        for inner in try place.names() {
            guard let status = try place.status(inner) else { continue }
            if inner == "entry.json", status.permissions & 0o077 != 0 { wide.append((Path.join(place.path, inner), status.permissions, 0o600, nil)) }
            if isTemporary(inner) { temporary.append((Path.join(place.path, inner), age(status))) }
        }
    }

    private mutating func remember(_ name: String, _ agent: String, _ time: String) {
        trash.append((name, agent, StateFolder.time(compact: String(time.prefix(16)))))
    }

    private mutating func own(_ folder: FolderReader) throws(SystemError) {
        for name in try folder.names() {
            guard let status = try folder.status(name) else { continue }
            note(status, ".dcb/" + name, limit: status.isDirectory ? 0o700 : 0o600)
            if isTemporary(name) { temporary.append((Path.join(folder.path, name), age(status))) }
            guard name == "staging", status.isDirectory else { continue }
            let staging = try folder.folder(name)
            for inner in try staging.names() {
                guard let status = try staging.status(inner), let dot = inner.lastIndex(of: ".") else { continue }
                let workspace = inner[..<dot]
                let id = workspace.hasPrefix("workspace-") ? String(workspace.dropFirst("workspace-".count)) : String(workspace)
                self.staging.append((Path.join(staging.path, inner), id, age(status)))
            }
        }
    }

    /// What a folder holds, to the bottom, without following links.
    /// - Returns: false when it is too deep or too large to be looked at whole.
    @discardableResult
    private mutating func descend(
        _ folder: FolderReader, _ name: String, each: (FolderReader, String, FileStatus) throws(SystemError) -> Void
    ) throws(SystemError) -> Bool {
        var visited = 0
        let owner = self.owner
        var found: [String] = []
        let isWhole = try descend(folder, name, visited: &visited) { (inner, name, status) throws(SystemError) in
            if status.user != owner { found.append(Path.join(inner.path, name)) }
            try each(inner, name, status)
        }
        for path in found { noteStrange(path) }
        return isWhole
    }

    private mutating func descend(
        _ folder: FolderReader, _ name: String, visited: inout Int, each: (FolderReader, String, FileStatus) throws(SystemError) -> Void
    ) throws(SystemError) -> Bool {
        var isWhole = true
        var open: [(folder: FolderReader, rest: [String])] = []
        func enter(_ parent: FolderReader, _ name: String) throws(SystemError) {
            do throws(SystemError) {
                let inner = try parent.folder(name)
                open.append((inner, try inner.names()))
            } catch {
                // Gone meanwhile, swapped for a link, or closed to us: that is no failure of the check.
                guard error.code == .notFound || error.code == .loop || error.code == .notDirectory || error.code.isPermission else { throw error }
                if error.code.isPermission { unreadable.append(error.path ?? name) }
            }
        }
        try enter(folder, name)
        while let depth = open.indices.last {
            guard let next = open[depth].rest.popLast() else {
                open.removeLast()
                continue
            }
            let found: FileStatus?
            do throws(SystemError) { found = try open[depth].folder.status(next) } catch {
                // Its names may be read, and nothing else of it.
                guard error.code.isPermission else { throw error }
                unreadable.append(error.path ?? next)
                open.removeLast()
                continue
            }
            guard let status = found else { continue }
            visited += 1
            if visited > StateFolder.fileLimit { return false }
            try each(open[depth].folder, next, status)
            guard status.isDirectory else { continue }
            if depth + 1 >= StateFolder.depthLimit { isWhole = false } else { try enter(open[depth].folder, next) }
        }
        return isWhole
    }

    // MARK: parts

    private func place(_ status: FileStatus, _ name: String, _ folder: FolderReader) throws(SystemError) -> AgentFiles.Place {
        if status.isDirectory { return .folder(mode: status.permissions, user: status.user) }
        return .other(link: status.isSymbolicLink ? try folder.readLink(name) : nil)
    }

    private mutating func note(_ status: FileStatus, _ name: String, limit: UInt32?) {
        let path = Path.join(root, name)
        if status.user != owner { noteStrange(path) }
        if let limit, !status.isSymbolicLink, status.permissions & ~limit & 0o777 != 0 { wide.append((path, status.permissions, limit, nil)) }
    }

    private mutating func noteStrange(_ path: String) {
        strangeCount += 1
        if strange.count < 10 { strange.append(path) }
    }

    /// The mode that a file in the state folder may have at most; nil: it is not ours to judge.
    private func limit(of name: String, _ status: FileStatus) -> UInt32? {
        let record = Path.name(paths.record)
        if status.isDirectory { return ["audit", "credentials", "state"].contains(name) ? 0o700 : nil }
        let isSecret = name.hasPrefix("openclaw.json") && !name.hasSuffix(".lock") || name == ".env" || name.hasPrefix(record)
        return isSecret ? 0o600 : nil
    }

    private func age(_ status: FileStatus) -> Int { Int((nowNanoseconds - status.changedNanoseconds) / 1_000_000_000) }

    /// `.NAME.dcb.tmp` or `.NAME.dcb-<random>.tmp`.
    private func isTemporary(_ name: String) -> Bool {
        name.hasPrefix(".") && name.hasSuffix(".tmp") && (name.hasSuffix(".dcb.tmp") || name.contains(".dcb-"))
    }

    /// `20260201T030000Z`, as `Timestamp.compact` writes it.
    static func time(compact text: String) -> Timestamp? {
        let c = Array(text.utf8)
        guard c.count == 16, c.allSatisfy({ $0 < 128 }) else { return nil }
        func part(_ from: Int, _ to: Int) -> String { String(decoding: c[from..<to], as: UTF8.self) }
        return Timestamp(rfc3339: "\(part(0, 4))-\(part(4, 6))-\(part(6, 8))T\(part(9, 11)):\(part(11, 13)):\(part(13, 15))Z")
    }

    /// `{{` and, on the same line, `}}`.
    static func holdsPlaceholder(_ buffer: UnsafeMutableRawBufferPointer, _ count: Int) -> Bool {
        let brace = UInt8(ascii: "{")
        var i = 0
        while i + 8 <= count {
            // Eight bytes at once: most of a text has no brace.
            let word = buffer.loadUnaligned(fromByteOffset: i, as: UInt64.self) ^ 0x7B7B_7B7B_7B7B_7B7B
            if (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 == 0 {
                i += 8
                continue
            }
            for j in i..<(i + 8) where buffer[j] == brace && j + 1 < count && buffer[j + 1] == brace && closes(buffer, j + 2, count) { return true }
            i += 8
        }
        while i + 1 < count {
            if buffer[i] == brace, buffer[i + 1] == brace, closes(buffer, i + 2, count) { return true }
            i += 1
        }
        return false
    }

    /// Only what could be a name of ours: an agent may write down other texts with braces.
    private static func closes(_ buffer: UnsafeMutableRawBufferPointer, _ start: Int, _ count: Int) -> Bool {
        var i = start
        while i < count, i - start < 64 {
            let b = buffer[i]
            if b == UInt8(ascii: "}") { return i > start && i + 1 < count && buffer[i + 1] == b }
            guard b == UInt8(ascii: "_") || b == 32 || (65...90).contains(b) else { return false }
            i += 1
        }
        return false
    }
}

extension AgentFiles {
    mutating func count(strange path: String) {
        strange += 1
        if firstStrange == nil { firstStrange = path }
    }
}
