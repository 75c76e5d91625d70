import CommandKit
import JSON
import Platform

/// `restore`: an archive that was checked whole goes into an empty folder; what is unpacked is checked again while it is.
struct RestoreVerb {
    let command: Command

    func run() throws(Problem) {
        guard let into = command.arguments.value("into"), !into.isEmpty else { throw Problem(.usage, "restore needs --into DIR") }
        // Before we become somebody who may not read it.
        let archive = try ArchiveFile(command.arguments.operands[0])
        let path = Path.absolute(into)
        let existed = try enter(path)
        let reconcile: String?
        if command.arguments.has("check") {
            reconcile = Program.beside("dcb-reconcile")
            if reconcile == nil { throw Problem(.helperMissing, "there is no dcb-reconcile beside dcb-backup") }
        } else {
            reconcile = nil
        }
        let (scan, databases, _) = try archive.check(command)
        try checkRoom(scan, at: existed ? path : Path.parent(path))
        var answer: Object = [
            "archive": .string(archive.path), "into": .string(path), "files": .number("\(scan.files)"), "databases": .number("\(databases)"),
            "contentBytes": .number("\(scan.contentBytes)"), "restored": .bool(!command.arguments.has("dry-run")),
        ]
        if command.arguments.has("dry-run") { return command.console.answer(answer) }
        Termination.hold()
        do throws(Problem) { try unpack(archive, path, existed: existed, sums: scan.sums) } catch {
            if let signal = Termination.pending { CurrentProcess.die(by: signal) }
            throw error
        }
        audit(path, archive)
        Termination.allow()
        if let reconcile { answer["check"] = try check(path, reconcile) }
        command.console.answer(answer)
    }

    /// That DIR is empty or absent; root becomes its owner, or the owner of the folder it will be in.
    /// - Returns: whether it is there.
    private func enter(_ path: String) throws(Problem) -> Bool {
        do throws(SystemError) {
            if let link = try Files.status(path, followLinks: false), link.isSymbolicLink { throw SystemError("create folder", path, .notDirectory) }
            if let status = try Files.status(path) {
                if !status.isDirectory { throw SystemError("create folder", path, .notDirectory) }
                if try !Files.list(path).isEmpty { throw SystemError("create folder", path, .notEmpty) }
                try become(status)
                return true
            }
            var above = Path.parent(path)
            while try Files.status(above) == nil { above = Path.parent(above) }
            if let status = try Files.status(above) { try become(status) }
            return false
        } catch {
            if error.code == .notEmpty || error.code == .notDirectory {
                throw Problem(.cannotCreate, "cannot restore into '\(path)': \(error.code.message)", hint: "give --into an empty or absent folder")
            }
            throw Problem(error)
        }
    }

    private func become(_ owner: FileStatus) throws(SystemError) {
        if CurrentProcess.effectiveUser == 0, owner.user != 0 { try CurrentProcess.become(user: owner.user, group: owner.group) }
    }

    private func checkRoom(_ scan: ArchiveScan, at place: String) throws(Problem) {
        var place = place
        while !Files.exists(place) { place = Path.parent(place) }
        guard let free = (try? Descriptor.open(place, .read, directory: true))?.freeBytes else { return }
        // A block for each file's end, and some for the folders.
        let needed = scan.dataBytes + scan.files * 4096 + 1 << 20
        if needed > free { throw Problem(.noSpace, "restoring needs \(needed >> 20) MiB, and '\(place)' has \(free >> 20) MiB left") }
    }

    private func unpack(_ archive: ArchiveFile, _ path: String, existed: Bool, sums: [UInt8]) throws(Problem) {
        let root: Folder
        do throws(SystemError) {
            try Files.makeDirectories(path)
            root = try Folder.open(path)
            // Since it was looked at, another user may have been faster: what is unpacked would be theirs.
            guard try root.status().user == CurrentProcess.effectiveUser, try root.names().isEmpty else { throw SystemError("create folder", path, .exists) }
            try root.descriptor.setMode(0o700)
        } catch { throw Problem(error) }
        do throws(Problem) {
            let scan = ArchiveScan(archive.descriptor, environment: command.context.environment, greatestTotal: try archive.greatestTotal(command))
            let extraction = Extraction(into: root)
            try scan.run(into: extraction)
            if scan.sums != sums { throw Problem(.archiveDamaged, "the archive has changed while it was restored") }
            try extraction.finish()
        } catch {
            clear(path, existed: existed)
            throw error
        }
    }

    /// Half of a state folder is worse than none.
    private func clear(_ path: String, existed: Bool) {
        if !existed {
            _ = try? Files.removeTree(path)
            return
        }
        for name in (try? Files.list(path)) ?? [] { _ = try? Files.removeTree(Path.join(path, name)) }
    }

    /// dcb-reconcile's report of the restored folder; what it finds is exit 1.
    private func check(_ path: String, _ reconcile: String) throws(Problem) -> Value {
        var environment = ChildEnvironment.allowed(from: command.context.environment)
        for name in ["OPENCLAW_STATE_DIR", "OPENCLAW_CONFIG_PATH", "DCB_DB", "DCB_SETTINGS"] { environment[name] = nil }
        let words = ["--check", "--exit-code", "--format", "json", "--log", "json", "--state-dir", path]
        let result: ChildProcess.Result
        do { result = try ChildProcess(reconcile, words, environment: environment).run(input: [], deadline: Deadline(in: 600_000)) } catch {
            throw Problem(error)
        }
        if result.status == .exited(1) { command.console.note(.negative) }
        if result.status == .exited(0) || result.status == .exited(1) {
            return (try? Value(parsing: result.output, dialect: .json, limits: .standard)) ?? .null
        }
        for line in result.errors.split(separator: 10) { if let said = ReportedProblem(line: line) { throw said.problem } }
        throw Problem(.internalError, "the folder is restored, but dcb-reconcile could not check it")
    }

    private func audit(_ path: String, _ archive: ArchiveFile) {
        var trail = AuditTrail(folder: Path.join(path, "audit"), command: command.console.command, clock: command.clock)
        trail.note("restored", ["archive": .string(Path.name(archive.path))])
        do throws(Problem) { try trail.write() } catch { command.console.warn("cannot write the audit trail: \(error.detail)") }
    }
}
