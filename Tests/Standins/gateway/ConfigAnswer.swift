import JSON

/// The payload of `config.get`: the file as it stands there, several times over, without its secrets; and what runs by its hash alone.
struct ConfigAnswer {
    let bytes: [UInt8]

    /// - Parameter path: as it calls its file; nil: as it is.
    init(_ gateway: Gateway, path: String? = nil) {
        let seen = gateway.seen()
        let raw = seen.document.map(ConfigAnswer.redact) ?? seen.bytes
        let config = (try? Document(parsing: raw, dialect: .json5)).map { $0.compactJSON() } ?? Array("{}".utf8)
        var out: [UInt8] = []
        func member(_ name: String, _ value: [UInt8]) {
            out += Array((out.isEmpty ? "{" : ",").utf8) + Value.string(name).compact() + [58] + value
        }
        func text(_ text: String) -> [UInt8] { Value.string(text).compact() }
        member("path", text(path ?? gateway.config))
        for name in ["includedPaths", "includeProvenance"] { member(name, Array("[]".utf8)) }
        for name in ["agentRosterIncludeOwned", "bindingsIncludeOwned"] { member(name, Array("false".utf8)) }
        member("exists", Array("true".utf8))
        member("raw", text(String(decoding: raw, as: UTF8.self)))
        for name in ["parsed", "sourceConfig", "resolved"] { member(name, config) }
        member("valid", Array((seen.document == nil ? "false" : "true").utf8))
        for name in ["runtimeConfig", "config"] { member(name, config) }
        member("hash", text(seen.hash))
        if !["2026.7.1", "2026.2.9"].contains(gateway.version) {
            member("configRevisionHash", text(seen.revision))
            member("appliedConfigHash", text(gateway.applied.revision))
        }
        member("issues", Array((seen.document == nil ? "[{\"path\":\"\",\"message\":\"not readable\"}]" : "[]").utf8))
        for name in ["warnings", "legacyIssues"] { member(name, Array("[]".utf8)) }
        bytes = out + [125]
    }

    private static func redact(_ document: Document) -> [UInt8] {
        var out: [UInt8] = []
        var at = 0
        func walk(_ node: Node) {
            for element in node.elements { walk(element) }
            for member in node.members {
                let name = member.key.lowercased()
                guard member.value.kind == .string, ["token", "password", "secret"].contains(where: { name.hasSuffix($0) }) else {
                    walk(member.value)
                    continue
                }
                out += document.bytes[at..<member.value.range.lowerBound] + Array("\"__OPENCLAW_REDACTED__\"".utf8)
                at = member.value.range.upperBound
            }
        }
        walk(document.root)
        return out + document.bytes[at...]
    }
}
