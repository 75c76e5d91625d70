import CommandKit
import JSON

/// What makes an object one that dcb cannot edit or judge: another file's content in it, or a key written twice.
struct Inspection {
    /// Nothing to look for: the parser has seen that no key is there twice, and the bytes that no name is `$include`.
    let isNeedless: Bool

    /// - Parameter hasUniqueKeys: whether the parser refused repeated keys.
    init(_ document: JSON.Document, hasUniqueKeys: Bool) { isNeedless = hasUniqueKeys && !Inspection.mayInclude(document.bytes) }

    /// For what was looked at before, or made by dcb of what was.
    init(isNeedless: Bool) { self.isNeedless = isNeedless }

    // An escape could spell it too. Eight bytes at once: this looks at the whole file.
    private static func mayInclude(_ bytes: [UInt8]) -> Bool {
        let name = Array(Name.include.rawValue.utf8)
        let ones: UInt64 = 0x0101_0101_0101_0101
        let dollars = UInt64(UInt8(ascii: "$")) &* ones
        let backslashes = UInt64(UInt8(ascii: "\\")) &* ones
        return bytes.withUnsafeBytes { bytes in
            var i = 0
            while i < bytes.count {
                if i + 8 <= bytes.count {
                    let word = bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self)
                    let dollar = word ^ dollars
                    let backslash = word ^ backslashes
                    if ((dollar &- ones) & ~dollar | (backslash &- ones) & ~backslash) & (ones << 7) == 0 {
                        i += 8
                        continue
                    }
                }
                let end = min(i + 8, bytes.count)
                while i < end {
                    if bytes[i] == UInt8(ascii: "\\") || bytes[i] == UInt8(ascii: "$") && bytes[i...].starts(with: name) { return true }
                    i += 1
                }
            }
            return false
        }
    }

    /// - Throws: `config-include` or `config-invalid`, naming the place.
    func check(_ node: JSON.Node, at pointer: @autoclosure () -> String) throws(Problem) {
        guard !isNeedless, node.kind == .object else { return }
        if node["$include"] != nil {
            throw Problem(
                .configInclude, "'\(pointer())' of openclaw.json comes from another file by $include",
                hint: "put the content of the included file into openclaw.json; dcb edits and judges only that file")
        }
        if let key = node.firstDuplicateKey {
            throw Problem(.configInvalid, "'\(pointer())' of openclaw.json has the key '\(Inspection.shown(key))' twice", hint: "remove one of the two")
        }
    }

    /// The same for an object that must be one.
    func checkObject(_ node: JSON.Node, at pointer: @autoclosure () -> String) throws(Problem) {
        guard node.kind == .object else { throw Problem(.configInvalid, "'\(pointer())' of openclaw.json is no object") }
        try check(node, at: pointer())
    }

    /// A line of another program as a log may have it: not endless, without control characters, phone numbers, or whole e-mail addresses.
    static func shownLine(_ text: String) -> String {
        let line = String(
            text.unicodeScalars.prefix(200).compactMap { scalar -> Character? in
                (9...13).contains(scalar.value) ? " " : scalar.value < 32 || (0x7f...0x9f).contains(scalar.value) ? nil : Character(scalar)
            })
        return line.split(separator: " ").map { $0.contains("@") ? Redaction.email(String($0)) : shown(String($0)) }.joined(separator: " ")
    }

    /// A key as a message may show it: no phone number, no control characters, not endless.
    static func shown(_ key: String) -> String {
        let clean = String(key.unicodeScalars.prefix(80).map { $0.value < 32 || $0.value == 127 ? "?" : Character($0) })
        let digits = clean.utf8.lazy.filter { $0 >= 48 && $0 <= 57 }.count
        return clean.hasPrefix("+") || digits >= 10 && !clean.utf8.contains { $0 >= 97 && $0 <= 122 } ? Redaction.phone(clean) : clean
    }
}
