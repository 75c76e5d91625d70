/// Writes the headers of a pax archive: plain ustar, and before it an extended header for what ustar cannot hold.
public enum TarHeader {
    /// Everything that stands before the content of `entry`.
    public static func bytes(of entry: TarEntry) -> [UInt8] {
        var name = entry.name
        var link: [UInt8] = []
        var type = UInt8(ascii: "0")
        switch entry.kind {
        case .file: break
        case .folder:
            type = UInt8(ascii: "5")
            name.append(UInt8(ascii: "/"))
        case .symbolicLink(let target):
            type = UInt8(ascii: "2")
            link = target
        case .hardLink(let original):
            type = UInt8(ascii: "1")
            link = original
        }
        var records: [UInt8] = []
        if name.count > Tar.nameField.count { records += record("path", name) }
        if link.count > Tar.linkField.count { records += record("linkpath", link) }
        if entry.sizeBytes > octalLimit(Tar.sizeField) { records += record("size", Array("\(entry.sizeBytes)".utf8)) }
        if entry.user > octalLimit(Tar.userField) { records += record("uid", Array("\(entry.user)".utf8)) }
        if entry.group > octalLimit(Tar.groupField) { records += record("gid", Array("\(entry.group)".utf8)) }
        let fits = entry.modifiedSeconds >= 0 && entry.modifiedSeconds <= octalLimit(Tar.timeField)
        if entry.modifiedNanoseconds != 0 || !fits { records += record("mtime", Array(time(entry).utf8)) }
        var out: [UInt8] = []
        if !records.isEmpty {
            out = block(name: Array("pax".utf8), type: UInt8(ascii: "x"), mode: 0o600, user: 0, group: 0, size: records.count, time: 0, link: [])
            out += records + [UInt8](repeating: 0, count: Tar.padding(records.count))
        }
        func held(_ number: Int, _ field: Range<Int>) -> Int { min(max(0, number), octalLimit(field)) }
        return out
            + block(
                name: name, type: type, mode: entry.mode, user: held(Int(entry.user), Tar.userField), group: held(Int(entry.group), Tar.groupField),
                size: held(entry.kind == .file ? entry.sizeBytes : 0, Tar.sizeField), time: held(Int(entry.modifiedSeconds), Tar.timeField), link: link)
    }

    private static func time(_ entry: TarEntry) -> String {
        let digits = "\(entry.modifiedNanoseconds)"
        if entry.modifiedNanoseconds == 0 { return "\(entry.modifiedSeconds)" }
        // Before 1970 a fraction would count backwards: whole seconds are enough there.
        if entry.modifiedSeconds < 0 { return "\(entry.modifiedSeconds)" }
        return "\(entry.modifiedSeconds)." + String(repeating: "0", count: max(0, 9 - digits.count)) + digits
    }

    /// `LENGTH KEY=VALUE\n`, where the length counts itself.
    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = key.utf8.count + value.count + 3
        var length = rest
        while "\(length)".utf8.count + rest != length { length = "\(length)".utf8.count + rest }
        return Array("\(length) \(key)=".utf8) + value + [10]
    }

    /// The greatest number of a field: all its digits but the terminator.
    private static func octalLimit(_ field: Range<Int>) -> Int { (1 << (3 * (field.count - 1))) - 1 }

    private static func block(name: [UInt8], type: UInt8, mode: UInt32, user: Int, group: Int, size: Int, time: Int, link: [UInt8]) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: Tar.block)
        func put(_ bytes: some Collection<UInt8>, _ field: Range<Int>) {
            block.replaceSubrange(field.lowerBound..<(field.lowerBound + bytes.count), with: bytes)
        }
        func put(octal number: Int, _ field: Range<Int>) {
            let digits = String(number, radix: 8)
            put(Array((String(repeating: "0", count: max(0, field.count - 1 - digits.utf8.count)) + digits).utf8), field)
        }
        put(name.prefix(Tar.nameField.count), Tar.nameField)
        put(octal: Int(mode & 0o7777), Tar.modeField)
        put(octal: user, Tar.userField)
        put(octal: group, Tar.groupField)
        put(octal: size, Tar.sizeField)
        put(octal: time, Tar.timeField)
        block[Tar.typeField] = type
        put(link.prefix(Tar.linkField.count), Tar.linkField)
        put(Array("ustar\u{0}00".utf8), Tar.magicField)
        put([UInt8](repeating: 32, count: Tar.sumField.count), Tar.sumField)
        let sum = block.reduce(0) { $0 + Int($1) }
        let digits = String(sum, radix: 8)
        put(Array((String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits).utf8) + [0, 32], Tar.sumField)
        return block
    }
}
