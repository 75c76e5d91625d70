// As OpenClaw reads settings that people type: space around them is nothing.
extension String {
    private static func isSpace(_ b: UInt8) -> Bool { b == 32 || (9...13).contains(b) }

    /// Without the ASCII space around it.
    var trimmed: String {
        // Almost none has any.
        guard let first = utf8.first, let last = utf8.last, String.isSpace(first) || String.isSpace(last) else { return self }
        return String(decoding: utf8.drop(while: String.isSpace).reversed().drop(while: String.isSpace).reversed(), as: UTF8.self)
    }

    /// That, with ASCII letters lower-cased.
    var trimmedAndLowercased: String {
        let text = trimmed
        guard text.utf8.contains(where: { (65...90).contains($0) }) else { return text }
        return String(decoding: text.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
    }
}
