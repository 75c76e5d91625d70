import JSON

/// JSON Pointers (RFC 6901) into openclaw.json.
enum Pointer {
    static func join(_ parent: String, _ token: String) -> String {
        guard token.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return parent + "/" + token }
        var text = parent + "/"
        for c in token {
            switch c {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.append(c)
            }
        }
        return text
    }
}
