import JSON
import Platform
import TestSupport

/// A state folder with users in it, and what dcb-reconcile says of it.
struct House {
    let scratch: Scratch
    /// By number, from 1.
    private(set) var agents: [String] = [""]

    /// The users 1 to `count`: `+15550000001` and so on.
    init(_ count: Int = 3, config: String = House.config) throws {
        scratch = try Scratch(config: config)
        for number in 1...max(1, count) where count > 0 { agents.append(try scratch.onboarded(Scratch.phone(number))) }
    }

    var state: String { scratch.state }
    var record: String { scratch.state + "/onboarding.db" }

    func phone(_ number: Int) -> String { Scratch.phone(number) }

    /// As config/openclaw.json.template, with a token and an operator's own agent, binding and comments.
    static let config = """
        {
          // the operator's own words
          "gateway": {"mode": "local", "auth": {"mode": "token", "token": "0123456789abcdef0123456789abcdef"}},
          "agents": {
            "defaults": {
              "sandbox": {"mode": "all", "scope": "agent", "workspaceAccess": "rw"},
              "authInheritance": {"agentId": "main"}
            },
            "ownership": "explicit",
            "entries": {
              "main": {"tools": {"profile": "minimal"}},
              "support": {"workspace": "/srv/support", "agentDir": "/srv/support-agent"}
            }
          },
          "bindings": [
            {"agentId": "support", "match": {"channel": "whatsapp", "peer": {"kind": "direct", "id": "+15559999999"}}}
          ],
          "session": {"dmScope": "per-channel-peer"},
          "channels": {"whatsapp": {"dmPolicy": "allowlist", "allowFrom": ["+15559999999"]}}
        }

        """

    // MARK: running

    struct Report {
        let output: Output
        var object: Object { output.document }
        var findings: [Object] { object["findings"]?.arrayValue?.compactMap(\.objectValue) ?? [] }
        var actions: [Object] { object["actions"]?.arrayValue?.compactMap(\.objectValue) ?? [] }
        var ids: Set<String> { Set(findings.compactMap { $0.text("invariant") }) }
        var names: [String] { actions.compactMap { $0.text("action") } }

        func findings(_ id: String) -> [Object] { findings.filter { $0.text("invariant") == id } }
        func agents(_ list: String) -> [String] { object[list]?.arrayValue?.compactMap { $0.at("agentId")?.stringValue } ?? [] }
        func summary(_ name: String) -> Int? { object["summary"]?.at(name)?.intValue }
        /// Words of all findings of one invariant.
        func says(_ id: String) -> String { findings(id).map { ($0.text("subject") ?? "") + ": " + ($0.text("detail") ?? "") }.joined(separator: "\n") }
    }

    func run(_ words: [String]) throws -> Report { Report(output: try scratch.run("dcb-reconcile", words)) }
    func check(_ words: [String] = []) throws -> Report { try run(["--check"] + words) }
    func repair(_ words: [String] = []) throws -> Report { try run(["--repair"] + words) }

    // MARK: breaking

    /// Replaces a text in openclaw.json, which must be there.
    func change(_ old: String, _ new: String) throws {
        let text = try scratch.configText()
        guard let range = text.firstRange(of: old) else { throw TestFailure("'\(old)' is not in openclaw.json") }
        try scratch.write(text.replacingCharacters(in: range, with: new), to: scratch.config)
    }

    /// The entry of an agent in the text of the config, from its key to its closing brace.
    func entry(_ number: Int) throws -> String { try House.piece(of: try scratch.configText(), from: "\"\(agents[number])\": {") }

    /// The binding of an agent.
    func binding(_ number: Int) throws -> String {
        let text = try scratch.configText()
        guard let value = try scratch.configValue().at("bindings")?.arrayValue, value.contains(where: { $0.at("agentId")?.stringValue == agents[number] })
        else {
            throw TestFailure("no binding of \(agents[number])")
        }
        guard let at = text.firstRange(of: "\"agentId\": \"\(agents[number])\"")?.lowerBound else { throw TestFailure("no binding of \(agents[number])") }
        let start = text[..<at].lastIndex(of: "{") ?? text.startIndex
        return try House.piece(of: String(text[start...]), from: "{")
    }

    /// Takes an element out of an object or array, with one comma.
    func cut(_ piece: String) throws {
        let text = try scratch.configText()
        guard let range = text.firstRange(of: piece) else { throw TestFailure("'\(piece)' is not in openclaw.json") }
        var before = text[..<range.lowerBound]
        var after = text[range.upperBound...]
        while let last = before.last, last.isWhitespace { before.removeLast() }
        if before.last == "," {
            before.removeLast()
        } else {
            while let first = after.first, first.isWhitespace { after.removeFirst() }
            if after.first == "," { after.removeFirst() }
        }
        try scratch.write(String(before) + String(after), to: scratch.config)
    }

    private static func piece(of text: String, from start: String) throws -> String {
        guard let range = text.firstRange(of: start) else { throw TestFailure("'\(start)' is not in openclaw.json") }
        var depth = 0
        var at = range.lowerBound
        while at < text.endIndex {
            if text[at] == "{" { depth += 1 }
            if text[at] == "}" {
                depth -= 1
                if depth == 0 { return String(text[range.lowerBound...at]) }
            }
            at = text.index(after: at)
        }
        throw TestFailure("no end of '\(start)'")
    }

    /// Takes a user's row out of the record, and leaves all the rest.
    func forget(_ number: Int) throws {
        try sql("DELETE FROM state_transitions WHERE phone_number = '\(phone(number))'; DELETE FROM onboarding_states WHERE agent_id = '\(agents[number])'")
    }

    @discardableResult
    func sql(_ statements: String) throws -> [[String?]] { try SQL.run(record, statements) }

    /// That all is well, and that a repair has nothing to do.
    func isWhole() throws -> Bool {
        let check = try check()
        guard check.output.code == 0, check.findings.isEmpty else { return false }
        let again = try repair()
        return again.output.code == 0 && again.actions.isEmpty
    }
}

extension String {
    /// Where a text first is in this one.
    func firstRange(of text: String) -> Range<String.Index>? {
        let wanted = Array(text.utf8)
        let bytes = Array(utf8)
        guard !wanted.isEmpty, bytes.count >= wanted.count else { return nil }
        for i in 0...(bytes.count - wanted.count) where bytes[i] == wanted[0] && bytes[i..<(i + wanted.count)].elementsEqual(wanted) {
            let from = utf8.index(utf8.startIndex, offsetBy: i)
            return from..<utf8.index(from, offsetBy: wanted.count)
        }
        return nil
    }

    func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }

    func replacing(all old: String, with new: String) -> String {
        var text = self
        var done = ""
        while let range = text.firstRange(of: old) {
            done += String(text[..<range.lowerBound]) + new
            text = String(text[range.upperBound...])
        }
        return done + text
    }
}
