import CommandKit
import JSON

/// What makes an object one that dcb cannot edit or judge: another file's content in it, or a key written twice.
enum Inspection {
    /// - Throws: `config-include` or `config-invalid`, naming the place.
    static func check(_ node: JSON.Node, at pointer: @autoclosure () -> String) throws(Problem) {
        guard node.kind == .object else { return }
        for member in node.members where member.keyEquals("$include") {
            throw Problem(
                .configInclude, "'\(pointer())' of openclaw.json comes from another file by $include",
                hint: "put the content of the included file into openclaw.json; dcb edits and judges only that file")
        }
        if let key = firstDuplicateKey(node) {
            throw Problem(.configInvalid, "'\(pointer())' of openclaw.json has the key '\(shown(key))' twice", hint: "remove one of the two")
        }
    }

    /// The same for an object that must be one.
    static func checkObject(_ node: JSON.Node, at pointer: @autoclosure () -> String) throws(Problem) {
        guard node.kind == .object else { throw Problem(.configInvalid, "'\(pointer())' of openclaw.json is no object") }
        try check(node, at: pointer())
    }

    /// A key as a message may show it: no phone number, no control characters, not endless.
    static func shown(_ key: String) -> String {
        let clean = String(key.unicodeScalars.prefix(80).map { $0.value < 32 || $0.value == 127 ? "?" : Character($0) })
        let digits = clean.utf8.lazy.filter { $0 >= 48 && $0 <= 57 }.count
        return clean.hasPrefix("+") || digits >= 10 && !clean.utf8.contains { $0 >= 97 && $0 <= 122 } ? Redaction.phone(clean) : clean
    }

    // Most objects have few members: comparing each with each beats a set.
    private static func firstDuplicateKey(_ node: JSON.Node) -> String? {
        if node.count > 12 { return node.firstDuplicateKey }
        if node.count < 2 { return nil }
        var members: [JSON.Node.Member] = []
        members.reserveCapacity(node.count)
        for member in node.members { members.append(member) }
        for i in 1..<members.count {
            let key = members[i].key
            for j in 0..<i where members[j].keyEquals(key) { return key }
        }
        return nil
    }
}
