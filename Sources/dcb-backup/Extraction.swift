import Archive
import CommandKit
import Platform

/// Unpacks entries into an empty folder. Every name is opened part by part from that folder, never through a link.
final class Extraction: EntrySink {
    private let root: Folder
    private var folder: (name: [UInt8], open: Folder)
    private var entry: TarEntry?
    private var file: Descriptor?
    private var folders: [TarEntry] = []

    init(into root: Folder) {
        self.root = root
        folder = ([], root)
    }

    func begin(_ entry: TarEntry) throws(Problem) {
        self.entry = entry
        let (parent, name) = Extraction.split(entry.name)
        do throws(SystemError) {
            let here = try open(parent)
            switch entry.kind {
            case .file: file = try here.create(name)
            case .folder:
                // Its own mode comes last: it may not let us in.
                try here.makeFolder(name)
                folders.append(entry)
            case .symbolicLink(let target):
                try here.makeLink(name, to: target)
                try here.setTime(name, seconds: entry.modifiedSeconds, nanoseconds: entry.modifiedNanoseconds)
            case .hardLink(let original):
                let (parent, first) = Extraction.split(original)
                try here.makeHardLink(name, of: first, in: try open(parent))
            }
        } catch { throw Problem(error) }
    }

    func content(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
        guard let file else { return }
        do throws(SystemError) {
            // Runs of zeros become holes again.
            let page = 4096
            var at = 0
            while at < bytes.count {
                let piece = UnsafeRawBufferPointer(rebasing: bytes[at..<min(at + page, bytes.count)])
                if Zeros.isAll(piece) { try file.skip(piece.count) } else { try file.writeAll(piece) }
                at += piece.count
            }
        } catch { throw Problem(error) }
    }

    func end() throws(Problem) {
        guard let entry, let file else { return }
        self.file = nil
        let (parent, name) = Extraction.split(entry.name)
        do throws(SystemError) {
            try file.setSize(entry.sizeBytes)
            try file.setMode(entry.mode & 0o777)
            try file.closeChecked()
            try open(parent).setTime(name, seconds: entry.modifiedSeconds, nanoseconds: entry.modifiedNanoseconds)
        } catch { throw Problem(error) }
    }

    /// Gives the folders their modes and times, and syncs all of it.
    func finish() throws(Problem) {
        do throws(SystemError) {
            for entry in folders.reversed() {
                let (parent, name) = Extraction.split(entry.name)
                let here = try open(parent)
                try here.setMode(name, entry.mode & 0o777)
                try here.setTime(name, seconds: entry.modifiedSeconds, nanoseconds: entry.modifiedNanoseconds)
            }
            try root.descriptor.syncFileSystem()
        } catch { throw Problem(error) }
    }

    private func open(_ name: [UInt8]) throws(SystemError) -> Folder {
        if folder.name == name { return folder.open }
        var here = root
        for part in name.split(separator: UInt8(ascii: "/")) { here = try here.folder(Array(part)) }
        folder = (name, here)
        return here
    }

    private static func split(_ name: [UInt8]) -> (parent: [UInt8], name: [UInt8]) {
        guard let slash = name.lastIndex(of: UInt8(ascii: "/")) else { return ([], name) }
        return (Array(name[..<slash]), Array(name[(slash + 1)...]))
    }
}
