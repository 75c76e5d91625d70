/// What may be unpacked into an empty folder without leaving it, whoever made the archive.
///
/// A parent must be a folder of this very archive, so nothing is ever put behind a link. A link may climb (`..`) only at the beginning of its target: then every
/// step of it stays inside, whatever other links there are.
public struct EntryRules: Sendable {
    public static let greatestName = 4096
    public static let greatestPart = 255
    public static let greatestDepth = 256

    /// Bytes that all files together may have.
    private let greatestTotal: Int
    private var total = 0
    private var names: Set<[UInt8]> = []
    private var folders: Set<[UInt8]> = []
    private var files: Set<[UInt8]> = []

    public init(greatestTotal: Int) { self.greatestTotal = greatestTotal }

    /// - Throws: why the entry is refused.
    public mutating func admit(_ entry: TarEntry) throws(TarFault) {
        let shown = entry.shownName
        let parts = try EntryRules.parts(of: entry.name)
        guard names.insert(entry.name).inserted else { throw TarFault("holds '\(shown)' twice") }
        if parts.count > 1 {
            let parent = Array(entry.name.dropLast((parts.last?.count ?? 0) + 1))
            guard folders.contains(parent) else { throw TarFault("holds '\(shown)', and not its folder before it") }
        }
        let (sum, overflow) = total.addingReportingOverflow(entry.sizeBytes)
        if overflow || sum > greatestTotal { throw TarFault("would grow beyond \(greatestTotal >> 20) MiB at '\(shown)'") }
        total = sum
        switch entry.kind {
        case .file: files.insert(entry.name)
        case .folder: folders.insert(entry.name)
        case .symbolicLink(let target):
            if let why = EntryRules.objection(to: target, depth: parts.count - 1) { throw TarFault("holds a link that \(why), '\(shown)'") }
        case .hardLink(let original):
            guard files.contains(original) else { throw TarFault("holds a hard link to what is no file before it, '\(shown)'") }
            files.insert(entry.name)
        }
    }

    /// Why a symbolic link may not lead there; nil when it may.
    /// - Parameter depth: how many folders the link is deep.
    public static func objection(to target: [UInt8], depth: Int) -> String? {
        if target.isEmpty || target.count > greatestName || target.contains(0) { return "leads nowhere" }
        if target.first == slash { return "leads out (it is absolute)" }
        var climbed = 0
        var descends = false
        for part in target.split(separator: slash) where part != dot[...] {
            if part == dotDot[...] {
                if descends { return "climbs behind a name" }
                climbed += 1
            } else {
                descends = true
            }
        }
        return climbed > depth ? "leads out" : nil
    }

    private static func parts(of name: [UInt8]) throws(TarFault) -> [ArraySlice<UInt8>] {
        let shown = TarEntry.shown(name)
        if name.isEmpty { throw TarFault("holds an entry without a name") }
        if name.count > greatestName { throw TarFault("holds a name of \(name.count) bytes") }
        if name.first == slash { throw TarFault("holds an absolute name, '\(shown)'") }
        if name.contains(0) { throw TarFault("holds a name with a NUL in it, '\(shown)'") }
        let parts = name.split(separator: slash, omittingEmptySubsequences: false)
        if parts.count > greatestDepth { throw TarFault("holds a name that is \(parts.count) folders deep") }
        for part in parts {
            if part == dotDot[...] { throw TarFault("holds a name that climbs out, '\(shown)'") }
            if part.isEmpty || part == dot[...] { throw TarFault("holds a name that is not plain, '\(shown)'") }
            if part.count > greatestPart { throw TarFault("holds a name with a part of \(part.count) bytes") }
        }
        return parts
    }

    private static let slash = UInt8(ascii: "/")
    private static let dot: [UInt8] = [46]
    private static let dotDot: [UInt8] = [46, 46]
}
