/// The fields of one ustar header block, checked.
struct HeaderFields {
    let type: UInt8
    let size: Int
    private let name: [UInt8]
    private let link: [UInt8]
    private let mode: Int
    private let user: Int
    private let group: Int
    private let time: Int

    init(_ block: [UInt8]) throws(TarFault) {
        let magic = Array(block[Tar.magicField])
        let isPOSIX = magic == Array("ustar\u{0}00".utf8)
        guard isPOSIX || magic == Array("ustar  \u{0}".utf8) else { throw TarFault("is no tar archive, or is damaged: a header has no 'ustar'") }
        var sum = 0
        for (i, byte) in block.enumerated() { sum += Tar.sumField.contains(i) ? 32 : Int(byte) }
        guard try HeaderFields.octal(block[Tar.sumField], "sum") == sum else { throw TarFault("is damaged: the sum of a header is wrong") }
        type = block[Tar.typeField]
        size = try HeaderFields.octal(block[Tar.sizeField], "size")
        mode = try HeaderFields.octal(block[Tar.modeField], "mode")
        user = try HeaderFields.octal(block[Tar.userField], "owner")
        group = try HeaderFields.octal(block[Tar.groupField], "group")
        time = try HeaderFields.octal(block[Tar.timeField], "time")
        let prefix = isPOSIX ? HeaderFields.text(block[Tar.prefixField]) : []
        let own = HeaderFields.text(block[Tar.nameField])
        name = prefix.isEmpty ? own : prefix + [UInt8(ascii: "/")] + own
        link = HeaderFields.text(block[Tar.linkField])
    }

    /// With what the headers before it say.
    func entry(_ pax: PaxHeader, _ longName: [UInt8]?, _ longLink: [UInt8]?) throws(TarFault) -> TarEntry {
        var full = pax.path ?? longName ?? name
        let target = pax.linkPath ?? longLink ?? link
        let shown = TarEntry.shown(full)
        let kind: TarEntry.Kind
        switch type {
        case UInt8(ascii: "0"), 0: kind = .file
        case UInt8(ascii: "5"):
            kind = .folder
            while full.count > 1, full.last == UInt8(ascii: "/") { full.removeLast() }
        case UInt8(ascii: "2"): kind = .symbolicLink(target)
        case UInt8(ascii: "1"): kind = .hardLink(target)
        case UInt8(ascii: "3"), UInt8(ascii: "4"): throw TarFault("holds a device, '\(shown)'")
        case UInt8(ascii: "6"): throw TarFault("holds a FIFO, '\(shown)'")
        default: throw TarFault("holds '\(shown)', which is neither file, folder nor link")
        }
        if full.last == UInt8(ascii: "/") { throw TarFault("holds '\(shown)', a file with a folder's name") }
        let size = pax.size ?? size
        if kind != .file, size != 0 { throw TarFault("gives '\(shown)' a content, which is no file") }
        guard let owner = UInt32(exactly: pax.user ?? user), let group = UInt32(exactly: pax.group ?? group) else {
            throw TarFault("gives '\(shown)' an owner that cannot be")
        }
        return TarEntry(
            name: full, kind: kind, mode: UInt32(mode & 0o7777), user: owner, group: group, sizeBytes: size,
            modifiedSeconds: pax.seconds ?? Int64(time), modifiedNanoseconds: pax.nanoseconds)
    }

    /// Octal digits, after spaces, up to a space or NUL.
    private static func octal(_ field: ArraySlice<UInt8>, _ what: String) throws(TarFault) -> Int {
        var number = 0
        var digits = 0
        var rest = field.drop { $0 == 32 }
        while let byte = rest.first, (48...55).contains(byte) {
            number = number << 3 | Int(byte - 48)
            digits += 1
            rest.removeFirst()
        }
        let isEmpty = digits == 0 && field.allSatisfy { $0 == 0 || $0 == 32 }
        guard digits > 0 || isEmpty, rest.allSatisfy({ $0 == 0 || $0 == 32 }) else { throw TarFault("is damaged: the \(what) of a header is no number") }
        return number
    }

    private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }
}
