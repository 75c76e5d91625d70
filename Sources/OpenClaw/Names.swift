import JSON

/// The member names of the objects of which a large file has thousands: entries, sandboxes, bindings. Recognised by a hash of their bytes, so that
/// reading them makes no strings.
enum Name: String, CaseIterable, Sendable {
    case include = "$include"
    case prototype, constructor
    case dunderProto = "__proto__"
    case id, name, workspace, agentDir, sandbox
    case isDefault = "default"
    case mode, scope, workspaceAccess, docker
    case image, containerPrefix, workdir, user, network, seccompProfile, apparmorProfile, readOnlyRoot, tmpfs, capDrop, dns, extraHosts, binds
    case setupCommand, pidsLimit, cpus, memory, memorySwap, ulimits, env
    case agentId, match, type, session, comment, acp
    case channel, accountId, peer, kind
}

/// Which of the names a version knows at one place.
struct NameSet: Sendable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    init(_ names: Set<String>) {
        for name in names {
            guard let slot = NameTable.shared.slot(of: NameTable.hash(name)) else { continue }
            if slot.bit < 64 { low |= 1 << UInt64(slot.bit) } else { high |= 1 << UInt64(slot.bit - 64) }
        }
    }

    func has(_ bit: Int) -> Bool { bit < 64 ? low >> UInt64(bit) & 1 == 1 : high >> UInt64(bit - 64) & 1 == 1 }
}

/// Names by hash.
struct NameTable: Sendable {
    struct Slot: Sendable {
        let hash: UInt64
        /// Its place in a `NameSet`.
        let bit: Int
        /// nil: known somewhere, and of no meaning here.
        let name: Name?
    }

    private var slots: [Slot?]

    static let shared = NameTable()

    private init() {
        var names: [String] = Name.allCases.map { $0.rawValue }
        var seen = Set(names)
        for version in OpenClawVersion.known {
            let known = KnownMembers.of(version)
            for set in [known.entry, known.sandbox, known.docker, known.binding, known.match] {
                for name in set where seen.insert(name).inserted { names.append(name) }
            }
        }
        precondition(names.count <= 128, "a NameSet holds 128 names")
        slots = [Slot?](repeating: nil, count: 1024)
        for (bit, name) in names.enumerated() {
            let hash = NameTable.hash(name)
            var at = Int(truncatingIfNeeded: hash & 1023)
            while slots[at] != nil { at = (at + 1) & 1023 }
            slots[at] = Slot(hash: hash, bit: bit, name: Name(rawValue: name))
        }
    }

    func slot(of hash: UInt64) -> Slot? {
        var at = Int(truncatingIfNeeded: hash & 1023)
        while let slot = slots[at] {
            if slot.hash == hash { return slot }
            at = (at + 1) & 1023
        }
        return nil
    }

    /// FNV-1a, 64 bits, folded so that the low ones are good.
    static func hash(_ text: String) -> UInt64 {
        var hash = start
        for b in text.utf8 { hash = (hash ^ UInt64(b)) &* prime }
        return hash ^ hash >> 32
    }

    static let start: UInt64 = 0xcbf2_9ce4_8422_2325
    static let prime: UInt64 = 0x100_0000_01b3
}

/// Keys of one document, read from its bytes.
struct KeyReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let table = NameTable.shared

    /// - Parameter bytes: the document's, valid as long as the reader is used.
    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    func slot(_ member: JSON.Node.Member) -> NameTable.Slot? {
        let range = member.keyRange
        var start = range.lowerBound
        var end = range.upperBound
        if bytes[start] == UInt8(ascii: "\"") || bytes[start] == UInt8(ascii: "'") {
            start += 1
            end -= 1
        }
        var hash = NameTable.start
        for i in start..<end {
            let b = bytes[i]
            if b == UInt8(ascii: "\\") { return table.slot(of: NameTable.hash(member.key)) }
            hash = (hash ^ UInt64(b)) &* NameTable.prime
        }
        return table.slot(of: hash ^ hash >> 32)
    }

    func name(_ member: JSON.Node.Member) -> Name? { slot(member)?.name }
}
