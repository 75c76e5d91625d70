/// A line of `SHA256SUMS` as sha256sum(1) of GNU coreutils writes and checks it: a backslash at the front when the name has a backslash, LF or CR in it,
/// which are then written `\\`, `\n` and `\r`.
public enum SumLine {
    public static let fileName = "SHA256SUMS"

    /// With its LF.
    public static func bytes(sum: String, name: [UInt8]) -> [UInt8] {
        let isOdd = name.contains { $0 == 92 || $0 == 10 || $0 == 13 }
        var line: [UInt8] = isOdd ? [92] : []
        line += Array(sum.utf8) + [32, 32]
        if !isOdd { return line + name + [10] }
        for byte in name {
            switch byte {
            case 92: line += [92, 92]
            case 10: line += [92, UInt8(ascii: "n")]
            case 13: line += [92, UInt8(ascii: "r")]
            default: line.append(byte)
            }
        }
        return line + [10]
    }

    /// - Parameter line: without its LF.
    /// - Returns: nil when it is no such line.
    public static func parse(_ line: [UInt8]) -> (sum: String, name: [UInt8])? {
        let isOdd = line.first == 92
        let rest = isOdd ? line[1...] : line[...]
        guard rest.count > 66 else { return nil }
        let sum = rest.prefix(64)
        guard sum.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }), rest.dropFirst(64).starts(with: [32, 32]) else { return nil }
        var name: [UInt8] = []
        var bytes = rest.dropFirst(66)
        while let byte = bytes.popFirst() {
            guard isOdd, byte == 92 else {
                name.append(byte)
                continue
            }
            switch bytes.popFirst() {
            case 92: name.append(92)
            case UInt8(ascii: "n"): name.append(10)
            case UInt8(ascii: "r"): name.append(13)
            default: return nil
            }
        }
        return (String(decoding: sum, as: UTF8.self), name)
    }
}
