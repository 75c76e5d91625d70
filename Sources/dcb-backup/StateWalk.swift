import Archive
import CommandKit
import Platform

/// Goes through a folder as it is archived: each folder before what is in it, names in the order of their bytes, never through a link.
struct StateWalk {
    struct Item {
        /// Its folder, open.
        let folder: Folder
        let name: [UInt8]
        /// Relative to the state folder, or below `backup-include`.
        let path: [UInt8]
        let status: FileStatus
    }

    /// Folders that are left out whatever they are called: where the archives go.
    let leftOut: [FileStatus]
    /// Whether the rules for names hold; not in folders of `backupInclude`, which are taken as they are.
    let isState: Bool

    /// - Parameters:
    ///   - enters: which folders are gone into.
    ///   - body: gets every item, a folder before its content.
    func each(
        _ root: Folder, prefix: [UInt8], notes: inout Notes, enters: (Item) -> Bool = { _ in true }, _ body: (Item, inout Notes) throws(Problem) -> Void
    ) throws(Problem) {
        let names: [[UInt8]]
        do throws(SystemError) { names = try root.names() } catch {
            if error.code == .notFound { return }
            throw Problem(error)
        }
        try each(root, names, prefix: prefix, notes: &notes, enters: enters, body)
    }

    private func each(
        _ root: Folder, _ names: [[UInt8]], prefix: [UInt8], notes: inout Notes, enters: (Item) -> Bool, _ body: (Item, inout Notes) throws(Problem) -> Void
    ) throws(Problem) {
        for name in names {
            let path = prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
            if isState, Area.leftOut.contains(String(decoding: path, as: UTF8.self)) || Area.isTemporary(path, name) { continue }
            do {
                guard let status = try root.status(name) else {
                    notes.add(.vanished, path)
                    continue
                }
                let depth = path.reduce(1) { $0 + ($1 == UInt8(ascii: "/") ? 1 : 0) }
                if path.count > EntryRules.greatestName - 16 || depth >= EntryRules.greatestDepth - 16 {
                    notes.add(.unfit, path)
                    continue
                }
                let item = Item(folder: root, name: name, path: path, status: status)
                if !status.isDirectory {
                    try body(item, &notes)
                    continue
                }
                if leftOut.contains(where: { $0.device == status.device && $0.inode == status.inode }) || !enters(item) { continue }
                let inner = try root.folder(name)
                let content = try inner.names()
                try body(item, &notes)
                try each(inner, content, prefix: path, notes: &notes, enters: enters, body)
            } catch let error as SystemError {
                switch error.code {
                // Removed, or swapped for something else, since it was looked at.
                case .notFound, .notDirectory, .loop: notes.add(.vanished, path)
                case .denied, .notPermitted: notes.add(.unreadable, path)
                default: throw Problem(error)
                }
            } catch let error as Problem {
                throw error
            } catch {
                throw Problem(.internalError, "an unknown error while reading the state folder")
            }
        }
    }
}
