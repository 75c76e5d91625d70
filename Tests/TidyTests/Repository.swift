import Platform
import TestSupport

/// The checkout that this test was built from, read as text.
enum Repository {
    static let root: String = {
        // …/Tests/TidyTests/Repository.swift
        Path.parent(Path.parent(Path.parent(Path.absolute(#filePath))))
    }()

    static func text(_ path: String) throws -> String { String(decoding: try Files.read(Path.join(root, path)), as: UTF8.self) }

    static func entries(_ folder: String) throws -> [String] { try Files.list(Path.join(root, folder)) }

    /// Paths of all files below a folder, relative to the root.
    static func files(_ folder: String, ending: String = "") throws -> [String] {
        var found: [String] = []
        for name in try entries(folder) where !name.hasPrefix(".build") && name != ".git" {
            let path = folder == "." ? name : Path.join(folder, name)
            if try Files.status(Path.join(root, path), followLinks: false)?.isDirectory == true {
                found += try files(path, ending: ending)
            } else if name.hasSuffix(ending) {
                found.append(path)
            }
        }
        return found
    }

    /// Of a command for users in section 1, of a service in section 8.
    static func page(of command: String) -> String? {
        ["man/\(command).1", "man/\(command).8"].first { Files.exists(Path.join(root, $0)) }
    }

    static let commands: [String] = ((try? entries("Sources")) ?? []).filter { $0.hasPrefix("dcb-") }
}

/// Swift without its comments and the content of its strings, line by line: what remains is code.
struct Code {
    let lines: [String]

    init(_ source: String) {
        var out = ""
        var rest = Substring(source)
        func take(until end: String) {
            while !rest.isEmpty, !rest.hasPrefix(end) { if rest.removeFirst().isNewline { out.append("\n") } }
            rest = rest.dropFirst(end.count)
        }
        while let c = rest.first {
            if rest.hasPrefix("//") {
                while let d = rest.first, !d.isNewline { _ = d; rest.removeFirst() }
            } else if rest.hasPrefix("/*") {
                take(until: "*/")
            } else if c == "#", let quote = rest.firstIndex(where: { $0 != "#" }), rest[quote] == "\"" {
                let hashes = String(rest[..<quote])
                rest = rest[quote...]
                let delimiter = rest.hasPrefix("\"\"\"") ? "\"\"\"" : "\""
                rest = rest.dropFirst(delimiter.count)
                take(until: delimiter + hashes)
                out += "\"\""
            } else if c == "\"" {
                let delimiter = rest.hasPrefix("\"\"\"") ? "\"\"\"" : "\""
                rest = rest.dropFirst(delimiter.count)
                Code.string(delimiter, &rest, &out)
                out += "\"\""
            } else {
                out.append(c)
                rest.removeFirst()
            }
        }
        lines = out.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// Passes a string over; what is interpolated is code, and is not looked at.
    private static func string(_ delimiter: String, _ rest: inout Substring, _ out: inout String) {
        while !rest.isEmpty, !rest.hasPrefix(delimiter) {
            if rest.hasPrefix("\\(") {
                rest = rest.dropFirst(2)
                var depth = 1
                while depth > 0, let c = rest.first {
                    if c == "\"" {
                        rest.removeFirst()
                        string("\"", &rest, &out)
                        continue
                    }
                    if c == "(" { depth += 1 }
                    if c == ")" { depth -= 1 }
                    rest.removeFirst()
                }
            } else if rest.hasPrefix("\\") {
                rest = rest.dropFirst(2)
            } else if rest.removeFirst().isNewline {
                out.append("\n")
            }
        }
        rest = rest.dropFirst(delimiter.count)
    }
}
