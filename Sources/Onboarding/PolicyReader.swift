import JSON
import Platform

/// One object of the policy file, read member by member; every refusal names the member and its line.
struct PolicyReader {
    let path: String
    let document: Document
    let node: Node
    /// `sandbox`; empty at the root.
    let name: String

    /// - Parameter accepted: the names that may stand here; nil: any.
    init(path: String, document: Document, node: Node, name: String, accepted: [String]?) throws(PolicyError) {
        self.path = path
        self.document = document
        self.node = node
        self.name = name
        guard node.kind == .object else { throw refusal(of: node, name, name.isEmpty ? "is no object" : "must be an object") }
        guard let accepted else { return }
        for member in node.members where !accepted.contains(member.key) {
            let near = NearName.didYouMean(member.key, among: accepted).map { " (did you mean \($0)?)" } ?? ""
            throw refusal(of: member.value, full(member.key.printable), "is not known\(near); accepted are \(accepted.joined(separator: ", "))")
        }
    }

    func section(_ key: String, accepted: [String]?) throws(PolicyError) -> PolicyReader? {
        guard let inner = node[key] else { return nil }
        return try PolicyReader(path: path, document: document, node: inner, name: full(key), accepted: accepted)
    }

    /// A string without control characters (NUL, line breaks), which no setting needs.
    func string(_ key: String, allowsLines: Bool = false) throws(PolicyError) -> String? {
        guard let inner = node[key] else { return nil }
        return try text(inner, full(key), allowsLines: allowsLines)
    }

    func text(_ inner: Node, _ member: String, allowsLines: Bool = false) throws(PolicyError) -> String {
        guard let text = inner.stringValue else { throw refusal(of: inner, member, "must be a string") }
        let isClean = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control || (allowsLines && ($0 == "\n" || $0 == "\t")) }
        guard isClean else { throw refusal(of: inner, member, "has control characters in it") }
        return text
    }

    func choice<T: RawRepresentable & CaseIterable>(_ key: String, _: T.Type, because: String = "") throws(PolicyError) -> T? where T.RawValue == String {
        guard let text = try string(key) else { return nil }
        if let value = T(rawValue: text) { return value }
        throw refusal(of: key, "must be \(T.allCases.map(\.rawValue).joined(separator: " or "))\(because)")
    }

    func bool(_ key: String) throws(PolicyError) -> Bool? {
        guard let inner = node[key] else { return nil }
        guard let value = inner.boolValue else { throw refusal(of: key, "must be true or false") }
        return value
    }

    func integer(_ key: String, _ range: ClosedRange<Int>) throws(PolicyError) -> Int? {
        guard let inner = node[key] else { return nil }
        guard let value = inner.intValue, range.contains(value) else {
            throw refusal(of: key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func number(_ key: String, _ accepts: (Double) -> Bool, _ words: String) throws(PolicyError) -> Double? {
        guard let inner = node[key] else { return nil }
        guard inner.kind == .number, let value = inner.doubleValue, value.isFinite, accepts(value) else { throw refusal(of: key, "must be \(words)") }
        return value
    }

    func strings(_ key: String, _ words: String = "an array of strings", _ accepts: (String) -> Bool = { !$0.isEmpty }) throws(PolicyError) -> [String]? {
        guard let inner = node[key] else { return nil }
        guard inner.kind == .array else { throw refusal(of: key, "must be \(words)") }
        var texts: [String] = []
        for (i, element) in inner.elements.enumerated() {
            let member = "\(full(key))[\(i)]"
            let text = try text(element, member)
            guard accepts(text) else { throw refusal(of: element, member, "is not accepted: \(full(key)) must be \(words)") }
            texts.append(text)
        }
        return texts
    }

    /// A path that is absolute or begins with `~/`: where it is meant must not depend on where a command is started.
    func pathText(_ key: String) throws(PolicyError) -> String? {
        guard let text = try string(key) else { return nil }
        guard PolicyReader.isPath(text) else { throw refusal(of: key, "must be a path that begins with / or ~/") }
        return text
    }

    static func isPath(_ text: String) -> Bool { Path.isAbsolute(text) || text.utf8.starts(with: "~/".utf8) }

    func refusal(of key: String, _ reason: String) -> PolicyError { refusal(of: node[key] ?? node, full(key), reason) }

    func refusal(of node: Node, _ member: String, _ reason: String) -> PolicyError {
        let line = 1 + document.bytes[..<min(node.range.lowerBound, document.bytes.count)].reduce(0) { $0 + ($1 == 10 ? 1 : 0) }
        return .invalid(path: path, member: member, reason: reason, line: line)
    }

    func full(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }
}

extension String {
    /// For a sentence: at most 60 characters, control characters as `?`.
    var printable: String {
        var text = ""
        text.unicodeScalars.append(contentsOf: unicodeScalars.prefix(60).map { $0.properties.generalCategory == .control ? "?" : $0 })
        return text
    }
}
