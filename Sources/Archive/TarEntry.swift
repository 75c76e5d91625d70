/// One entry of a tar stream.
public struct TarEntry: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case file
        case folder
        /// Where it leads, as it is written.
        case symbolicLink([UInt8])
        /// The name of the earlier entry that it is a second name of.
        case hardLink([UInt8])
    }

    /// Bytes: a name need not be text. A folder's has no slash at its end.
    public var name: [UInt8]
    public var kind: Kind
    /// The nine permission bits and the three above them.
    public var mode: UInt32
    public var user: UInt32
    public var group: UInt32
    public var sizeBytes: Int
    public var modifiedSeconds: Int64
    public var modifiedNanoseconds: Int64

    public init(
        name: [UInt8], kind: Kind, mode: UInt32, user: UInt32 = 0, group: UInt32 = 0, sizeBytes: Int = 0, modifiedSeconds: Int64 = 0,
        modifiedNanoseconds: Int64 = 0
    ) {
        self.name = name
        self.kind = kind
        self.mode = mode
        self.user = user
        self.group = group
        self.sizeBytes = sizeBytes
        self.modifiedSeconds = modifiedSeconds
        self.modifiedNanoseconds = modifiedNanoseconds
    }

    /// The name for a person: what is no text or would break a line is shown as `?`.
    public var shownName: String { TarEntry.shown(name) }

    static func shown(_ name: [UInt8]) -> String {
        String(String(decoding: name.prefix(300), as: UTF8.self).unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "?" : Character($0) })
    }
}

/// Why an archive is not taken: a fragment that follows its name, such as `'a/../b' climbs out of the archive`.
public struct TarFault: Error, Sendable, Equatable {
    public let reason: String
    public init(_ reason: String) { self.reason = reason }
}

/// The sizes of the format (POSIX.1-2017, pax, "ustar Interchange Format").
public enum Tar {
    public static let block = 512
    /// The two zero blocks at the end.
    public static let end = [UInt8](repeating: 0, count: 2 * block)
    /// What follows content up to the next block.
    public static func padding(_ sizeBytes: Int) -> Int { (block - sizeBytes % block) % block }

    static let nameField = 0..<100
    static let modeField = 100..<108
    static let userField = 108..<116
    static let groupField = 116..<124
    static let sizeField = 124..<136
    static let timeField = 136..<148
    static let sumField = 148..<156
    static let typeField = 156
    static let linkField = 157..<257
    static let magicField = 257..<265
    static let prefixField = 345..<500
}
