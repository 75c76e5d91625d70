import Archive
import CommandKit
import JSON
import Onboarding
import Platform
import Provisioning
import Store

/// `create`: one archive, verified before it has its name; then the oldest go.
struct CreateVerb {
    private let command: Command
    private let workplace: Workplace
    private let folder: BackupFolder
    private let keep: Int
    /// The state folder, links resolved.
    private let root: String
    private let now: Timestamp

    init(_ command: Command, _ workplace: Workplace) throws(Problem) {
        self.command = command
        self.workplace = workplace
        guard let to = command.arguments.value("to") ?? workplace.policy.backupDir else {
            throw Problem(.usage, "create needs --to DIR, or backupDir in dcb.json")
        }
        guard !to.isEmpty, let path = workplace.paths.expand(to) else { throw Problem(.usage, "option --to takes a folder") }
        folder = BackupFolder(path: path)
        keep = try command.arguments.integer("keep", in: 1...100_000) ?? 7
        do { root = try Files.resolve(workplace.paths.stateDir) } catch { throw Problem(error) }
        now = workplace.clock.now
    }

    func run() throws(Problem) {
        if command.arguments.has("dry-run") { return try plan() }
        let lock = try folder.lock()
        defer { lock.release() }
        let staging = try folder.staging()
        Termination.hold()
        do throws(Problem) {
            try make(in: staging)
            _ = try? Files.removeTree(staging)
        } catch {
            _ = try? Files.removeTree(staging)
            if let signal = Termination.pending { CurrentProcess.die(by: signal) }
            audit("backup-failed", ["problem": .string(error.name)])
            throw error
        }
        Termination.allow()
    }

    private func make(in staging: String) throws(Problem) {
        let state = try open(root)
        let out = try open(folder.path)
        let leftOut: [FileStatus]
        do throws(SystemError) { leftOut = [try out.status()] } catch { throw Problem(error) }
        let snapshots = Snapshots(workplace, folder: staging)
        let record = Files.exists(workplace.paths.record) ? name(of: workplace.paths.record) : nil
        try snapshots.take(try databases(state, leftOut), root: root, record: record)

        let part = Path.join(staging, "archive")
        let archive: Descriptor
        do throws(SystemError) { archive = try Descriptor.open(part, .write, create: 0o600, exclusive: true) } catch { throw Problem(error) }
        let writer = try ArchiveWriter(into: archive, environment: command.context.environment)
        // The whole archive is read back from its file; what comes out must be what went in. The databases are checked before they go in.
        let readBack = try ReadBack(part, environment: command.context.environment)
        var replaced: [[UInt8]: (bytes: [UInt8], status: FileStatus?)] = [:]
        if let config = snapshots.config { replaced[name(of: workplace.paths.config)] = (config.bytes, config.status) }
        if let generation = snapshots.generation { replaced[name(of: workplace.paths.generationFile)] = (generation, nil) }
        let tree = TreeWriter(writer, snapshots, replaced: replaced)
        try tree.add(state, path: root, prefix: [], leftOut: leftOut, isState: true)
        try tree.addMissing()
        if let record, let status = try Problem.catching({ () throws(SystemError) in try Files.status(workplace.paths.record) }) {
            try tree.addDatabase(record, status)
        }
        let included = try addIncluded(tree, leftOut)
        try addManifest(tree, writer, record, included)
        try writer.finish(at: now.milliseconds / 1000)
        do throws(SystemError) {
            try archive.sync()
            try archive.closeChecked()
        } catch { throw Problem(error) }
        try readBack.finish(sums: writer.sums)
        try publish(part, writer, tree)
    }

    private func publish(_ part: String, _ writer: ArchiveWriter, _ tree: TreeWriter) throws(Problem) {
        if Termination.pending != nil { throw Problem(.interrupted, "interrupted by a signal") }
        let name = folder.freshName(now)
        let final = Path.join(folder.path, name)
        let size: Int
        do throws(SystemError) {
            try Files.rename(part, to: final)
            try Files.syncDirectory(folder.path)
            size = try Files.status(final)?.sizeBytes ?? 0
        } catch { throw Problem(error) }
        folder.note(name, verifiedAt: now)
        var removed: [String] = []
        if tree.notes.hasDamage {
            command.console.warn("a database is damaged: no older archive is removed")
        } else {
            removed = try folder.retain(keep, newest: name)
        }
        audit("backup-created", ["archive": .string(name), "sizeBytes": .number("\(size)"), "removed": .number("\(removed.count)")])
        if tree.notes.needsAttention { command.console.note(.negative) }
        command.console.answer([
            "archive": .string(final), "sizeBytes": .number("\(size)"), "files": .number("\(writer.files)"),
            "databases": .number("\(tree.databases.count)"), "verified": true, "removed": .array(removed.map { .string($0) }),
            "notesTotal": .number("\(tree.notes.count)"), "notes": tree.notes.value,
        ])
    }

    // MARK: parts

    /// The databases that are not an agent's: by what they begin with, whatever they are called.
    private func databases(_ state: Folder, _ leftOut: [FileStatus]) throws(Problem) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var ignored = Notes()
        try StateWalk(leftOut: leftOut, isState: true).each(state, prefix: [], notes: &ignored, enters: { !Area.isAgents($0.path) }) { (item, _) in
            guard item.status.isRegular, item.status.sizeBytes >= 512, !Area.isAgents(item.path) else { return }
            if let file = try? item.folder.file(item.name), let first = try? file.read(atMost: SQLiteFile.magic.count), first == SQLiteFile.magic {
                found.append(item.path)
            }
        }
        return found
    }

    private func addIncluded(_ tree: TreeWriter, _ leftOut: [FileStatus]) throws(Problem) -> [Value] {
        var included: [Value] = []
        for text in workplace.policy.backupInclude {
            guard let path = workplace.paths.expand(text) else { throw Problem(.settingsInvalid, "'\(text)' of backupInclude needs a home folder") }
            guard Files.exists(path) else {
                command.console.warn("'\(path)' of backupInclude is not there")
                continue
            }
            let name = Array(("backup-include" + path).utf8)
            let real: String
            do { real = try Files.resolve(path) } catch { throw Problem(error) }
            try tree.addFolders(above: name + [UInt8(ascii: "/")])
            try tree.add(try open(real), path: real, prefix: name, leftOut: leftOut, isState: false)
            included.append(["from": .string(path), "as": .string(String(decoding: name, as: UTF8.self))])
        }
        return included
    }

    /// `.dcb/backup.json`: what a restore has to know, and a person wants to.
    private func addManifest(_ tree: TreeWriter, _ writer: ArchiveWriter, _ record: [UInt8]?, _ included: [Value]) throws(Problem) {
        func text(_ name: [UInt8]) -> Value { .string(String(decoding: name, as: UTF8.self)) }
        let manifest: Object = [
            "format": .number("1"), "version": .string(CommandSpec.version), "createdAt": .string(now.description),
            "stateDir": .string(workplace.paths.stateDir),
            "config": text(name(of: workplace.paths.config)), "record": record.map(text) ?? .null, "databases": .array(tree.databases),
            "included": .array(included), "notesTotal": .number("\(tree.notes.count)"), "notes": tree.notes.value,
        ]
        let name = Array(Manifest.name.utf8)
        try tree.addFolders(above: name)
        try writer.add(
            TarEntry(name: name, kind: .file, mode: 0o600, sizeBytes: Value.object(manifest).pretty().count + 1, modifiedSeconds: now.milliseconds / 1000),
            content: Value.object(manifest).pretty() + [10])
    }

    /// What a file is called in the archive: by its place in the state folder, else below `backup-include`.
    private func name(of path: String) -> [UInt8] {
        let path = Path.absolute(path)
        for base in [workplace.paths.stateDir, root] {
            if let names = Path.names(of: path, below: base), !names.isEmpty { return Array(names.joined(separator: "/").utf8) }
        }
        return Array(("backup-include" + path).utf8)
    }

    private func open(_ path: String) throws(Problem) -> Folder { do { return try Folder.open(path) } catch { throw Problem(error) } }

    private func plan() throws(Problem) {
        var notes = Notes()
        var files = 0
        var bytes = 0
        try StateWalk(leftOut: ((try? Files.status(folder.path)) ?? nil).map { [$0] } ?? [], isState: true).each(
            try open(root), prefix: [], notes: &notes
        ) { (item, _) in
            if item.status.isRegular {
                files += 1
                let (sum, isBeyond) = bytes.addingReportingOverflow(item.status.sizeBytes)
                bytes = isBeyond ? .max : sum
            }
        }
        let old = ((try? folder.archives()) ?? []).map(\.name)
        command.console.answer([
            "archive": .string(Path.join(folder.path, folder.freshName(now))), "files": .number("\(files)"), "contentBytes": .number("\(bytes)"),
            "removed": .array(old.prefix(max(0, old.count - (keep - 1))).map { .string($0) }),
        ])
    }

    private func audit(_ event: String, _ more: Object) {
        var trail = AuditTrail(folder: workplace.paths.audit, command: command.console.command, clock: workplace.clock)
        trail.note(event, more)
        do throws(Problem) { try trail.write() } catch { command.console.warn("cannot write the audit trail: \(error.detail)") }
    }
}
