import JSON

/// What was not as it should be while a state folder was read, and did not keep the archive from being made.
struct Notes {
    enum What: String {
        /// Written while it was read: what is in the archive is what was read.
        case changed
        /// Removed between being listed and being read.
        case vanished
        /// It may not be read.
        case unreadable
        /// A database that is not sound, or whose writer never let go: copied as a file.
        case damaged
        /// A symbolic link that leads out of the state folder: left out.
        case link
        /// A socket, FIFO or device: left out.
        case special
        /// A name deeper or longer than an archive may hold, or a hole larger than 64 GiB: left out.
        case unfit
    }

    /// Those that are listed; the rest is counted.
    private static let greatestList = 200

    private var list: [Value] = []
    private(set) var count = 0
    /// Something is wrong in what is OpenClaw's or ours, not an agent's: somebody must look.
    private(set) var needsAttention = false
    /// A database outside the agents' reach is damaged: older archives may be needed.
    private(set) var hasDamage = false

    mutating func add(_ what: What, _ path: [UInt8], detail: String? = nil) {
        count += 1
        if !Area.isAgents(path) {
            if what == .damaged { hasDamage = true }
            if what == .damaged || what == .unreadable || what == .unfit { needsAttention = true }
        }
        if list.count >= Notes.greatestList { return }
        var note: Object = ["what": .string(what.rawValue), "path": .string(String(decoding: path, as: UTF8.self))]
        if let detail { note["detail"] = .string(detail) }
        list.append(.object(note))
    }

    var value: Value { .array(list) }
}

/// Who writes where in a state folder.
enum Area {
    /// What an agent's sandbox or a person's message can put there as it likes.
    static func isAgents(_ path: [UInt8]) -> Bool {
        let top = path.prefix { $0 != UInt8(ascii: "/") }
        return top.starts(with: "workspace".utf8) || ["media", "trash", "sandboxes"].contains { top.elementsEqual($0.utf8) }
    }

    /// The part of a path that tells whose it is: a workspace, or one place of several persons' folders.
    static func whose(_ path: [UInt8]) -> ArraySlice<UInt8> {
        let top = path.prefix { $0 != UInt8(ascii: "/") }
        guard ["agents", "media", "trash", "sandboxes"].contains(where: { top.elementsEqual($0.utf8) }), top.count < path.count else { return top }
        return path.prefix(top.count + 1 + path[(top.count + 1)...].prefix { $0 != UInt8(ascii: "/") }.count)
    }

    /// Temporary files and locks: of no use in a restored folder. In workspaces a `.lock` file is data (Cargo.lock), except gog's own.
    static func isTemporary(_ path: [UInt8], _ name: [UInt8]) -> Bool {
        let text = String(decoding: name, as: UTF8.self)
        if text.hasPrefix("."), text.hasSuffix(".tmp"), text.contains(".dcb") { return true }
        if text == ".lock" { return true }
        if isAgents(path) { return false }
        return text.hasSuffix(".lock") || text.hasSuffix(".lock.reclaim") || text.hasSuffix(".tmp")
    }

    /// What a backup or restore itself puts into the state folder, and folders of temporary things.
    static let leftOut: Set<String> = ["SHA256SUMS", "backup-include", ".dcb/backup.json", ".dcb/staging", "tmp"]
}
