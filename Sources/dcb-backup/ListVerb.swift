import CommandKit
import JSON
import Platform

/// `list`: the archives of a folder, oldest first.
struct ListVerb {
    let command: Command

    func run() throws(Problem) {
        let folder = BackupFolder(path: Path.absolute(command.arguments.operands[0]))
        let now = command.clock.now
        for archive in try folder.archives() {
            let status: FileStatus?
            do { status = try Files.status(Path.join(folder.path, archive.name)) } catch { throw Problem(error) }
            guard let status else { continue }
            let verifiedAt = folder.verifiedAt(archive.name, status)
            command.console.answer([
                "archive": .string(Path.join(folder.path, archive.name)), "createdAt": .string(archive.createdAt.description),
                "ageSeconds": .number("\((now.milliseconds - archive.createdAt.milliseconds) / 1000)"), "sizeBytes": .number("\(status.sizeBytes)"),
                "verified": .bool(verifiedAt != nil), "verifiedAt": verifiedAt.map { .string($0.description) } ?? .null,
            ])
        }
    }
}
