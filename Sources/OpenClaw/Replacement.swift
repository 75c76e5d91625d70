import CommandKit
import Platform

/// The new file, complete and synced beside the old one, until it takes its place or is discarded.
final class Replacement {
    private let snapshot: Snapshot
    private let temporary: String
    private(set) var isDone = false

    init(_ snapshot: Snapshot, _ bytes: [UInt8]) throws(Problem) {
        self.snapshot = snapshot
        do throws(SystemError) {
            let temporary = Files.lockedTemporaryName(for: snapshot.path)
            self.temporary = temporary
            try Files.remove(temporary)
            let file = try Descriptor.open(temporary, .write, create: 0o600, exclusive: true, followLinks: false)
            do throws(SystemError) {
                let own = try file.status()
                let old = snapshot.status
                if own.user != old.user || own.group != old.group { try file.setOwner(user: old.user, group: old.group) }
                try file.writeAll(bytes)
                try file.setMode(old.permissions)
                try file.sync()
                try file.closeChecked()
            } catch {
                _ = try? Files.remove(temporary)
                throw error
            }
        } catch { throw Problem(error) }
    }

    func rename() throws(Problem) {
        do throws(SystemError) { try Files.rename(temporary, to: snapshot.path) } catch {
            if error.code == .busy || error.code == .crossDevice {
                throw Problem(
                    .cannotReplace, "cannot replace '\(snapshot.path)': \(error.code.message)",
                    hint: "it is mounted as a single file: mount the folder that holds it instead")
            }
            throw Problem(error)
        }
        isDone = true
        do throws(SystemError) { try Files.syncDirectory(Path.parent(snapshot.path)) } catch { throw Problem(error) }
    }

    func discard() {
        if !isDone { _ = try? Files.remove(temporary) }
    }
}
