import Platform

/// What the placeholders of a template stand for. A value never brings a placeholder or a line break of its own.
public struct TemplateValues: Sendable {
    private let values: [String: String]

    /// Names that may stand between `{{` and `}}`.
    public static let names = ["AGENT_ID", "NAME", "PHONE", "LANGUAGE", "CREATED_AT"]

    /// - Parameter name: nil or empty becomes a dash.
    public init(agentID: AgentID, name: String?, phone: PhoneNumber, language: String, createdAt: Timestamp) {
        let raw = [
            "AGENT_ID": agentID.text, "NAME": name ?? "", "PHONE": phone.e164, "LANGUAGE": language, "CREATED_AT": createdAt.description,
        ]
        values = raw.mapValues(TemplateValues.tame)
    }

    struct Unknown: Error { let name: String }

    /// One pass: what a value brings in is never looked at again. `{{` without `}}` on the same line is text.
    func fill(_ text: String) throws(Unknown) -> String {
        let bytes = Array(text.utf8)
        var filled: [UInt8] = []
        filled.reserveCapacity(bytes.count + 256)
        var i = 0
        while true {
            let brace = bytes[i...].firstIndex(of: UInt8(ascii: "{")) ?? bytes.count
            filled += bytes[i..<brace]
            i = brace
            if i == bytes.count { break }
            guard TemplateValues.opens(bytes, at: i), let end = TemplateValues.close(bytes, from: i + 2) else {
                filled.append(bytes[i])
                i += 1
                continue
            }
            let name = String(decoding: bytes[(i + 2)..<end].drop { $0 == 0x20 }, as: UTF8.self).trimmedEnd
            guard let value = values[name] else { throw Unknown(name: name.printable) }
            filled.append(contentsOf: value.utf8)
            i = end + 2
        }
        return String(decoding: filled, as: UTF8.self)
    }

    /// Of three braces the last two open.
    private static func opens(_ bytes: [UInt8], at i: Int) -> Bool {
        let brace = UInt8(ascii: "{")
        return i + 2 < bytes.count && bytes[i] == brace && bytes[i + 1] == brace && bytes[i + 2] != brace
    }

    private static func close(_ bytes: [UInt8], from start: Int) -> Int? {
        var i = start
        while i + 1 < bytes.count, bytes[i] != 10 {
            if bytes[i] == UInt8(ascii: "}"), bytes[i + 1] == UInt8(ascii: "}") { return i }
            i += 1
        }
        return nil
    }

    /// One line, without braces that could be read as a placeholder and without backquotes that could end a code span.
    private static func tame(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: text.unicodeScalars.append(" ")
            default:
                switch scalar {
                case "{": text += "("
                case "}": text += ")"
                case "`": text += "'"
                default: text.unicodeScalars.append(scalar)
                }
            }
        }
        return text.allSatisfy { $0 == " " } ? "\u{2014}" : text
    }
}

extension String {
    var trimmedEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
