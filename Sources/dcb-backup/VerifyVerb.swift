import CommandKit
import JSON
import Platform

/// `verify`: whether an archive could be restored now.
struct VerifyVerb {
    let command: Command

    func run() throws(Problem) {
        let archive = try ArchiveFile(command.arguments.operands[0])
        let folder = BackupFolder(path: Path.parent(archive.path))
        let name = Path.name(archive.path)
        var answer: Object = ["archive": .string(archive.path), "sizeBytes": .number("\(archive.status.sizeBytes)")]
        do throws(Problem) {
            let (scan, databases, unsound) = try archive.check(command)
            folder.note(name, verifiedAt: command.clock.now)
            answer["verified"] = true
            answer["files"] = .number("\(scan.files)")
            answer["databases"] = .number("\(databases)")
            answer["contentBytes"] = .number("\(scan.contentBytes)")
            answer["unsound"] = .array(unsound.map { .string($0) })
        } catch {
            guard error.kind == .archiveDamaged else { throw error }
            folder.note(name, verifiedAt: nil)
            command.console.note(.negative)
            answer["verified"] = false
            answer["reason"] = .string(error.detail)
        }
        command.console.answer(answer)
    }
}
