import JSON
import Platform

/// The steps of the commands.
enum Probe {
    static func document(_ path: String, _ dialect: Dialect) -> Document {
        guard let bytes = try? Files.read(path) else { fail(74, "cannot read \(path)") }
        do throws(JSONError) {
            return try Document(parsing: bytes, dialect: dialect)
        } catch {
            fail(65, "\(path):\(error.line):\(error.column): \(error.reason)")
        }
    }

    static func set(_ document: Document, _ pointer: String, _ json: String) -> [UInt8] {
        let value: Value
        do throws(JSONError) {
            value = try Value(parsing: Array(json.utf8), dialect: .json5)
        } catch {
            fail(65, "JSON:\(error.line):\(error.column): \(error.reason)")
        }
        var edits = Edits(document)
        if let node = document.node(at: pointer) {
            edits.replace(node, with: value)
        } else {
            guard let slash = pointer.utf8.lastIndex(of: UInt8(ascii: "/")),
                let parent = document.node(at: String(pointer[..<slash]))
            else { fail(1, "nothing is at \(pointer)") }
            let token = pointer[slash...].dropFirst()
            if parent.kind == .object {
                edits.append(key: unescaped(token), value, to: parent)
            } else if parent.kind == .array, token == "-" {
                edits.append(value, to: parent)
            } else {
                fail(1, "nothing is at \(pointer)")
            }
        }
        return edits.apply()
    }

    static func remove(_ document: Document, _ pointer: String) -> [UInt8] {
        guard let node = document.node(at: pointer) else { fail(1, "nothing is at \(pointer)") }
        guard node != document.root else { fail(1, "the root cannot be removed") }
        var edits = Edits(document)
        edits.remove(node)
        return edits.apply()
    }

    static func finish(_ bytes: [UInt8], inPlace path: String? = nil) -> Never {
        do throws(SystemError) {
            if let path { try Files.replace(path, with: bytes, mode: 0o600) } else { try Descriptor.standardOutput.writeAll(bytes) }
        } catch { fail(74, error.description) }
        CurrentProcess.exit(0)
    }

    static func fail(_ code: Int32, _ sentence: String) -> Never {
        try? Descriptor.standardError.writeAll(Array("json-probe: \(sentence)\n".utf8))
        CurrentProcess.exit(code)
    }

    /// `~1` and `~0` of a reference token (RFC 6901 section 4), in that order.
    private static func unescaped(_ token: Substring) -> String {
        replace("~0", "~", replace("~1", "/", String(token)))
    }

    private static func replace(_ pattern: String, _ replacement: String, _ text: String) -> String {
        var out = ""
        var rest = text[...]
        while let match = rest.firstIndex(of: "~") {
            out += rest[..<match]
            rest = rest[match...]
            if rest.hasPrefix(pattern) {
                out += replacement
                rest = rest.dropFirst(2)
            } else {
                out += "~"
                rest = rest.dropFirst()
            }
        }
        return out + rest
    }
}
