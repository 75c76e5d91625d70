import JSON
import OpenClaw
import Platform

/// Nothing is left to be filled in, and no secret can be guessed.
extension Invariant {
    static let secrets = [Invariant("I9", "no placeholder is left, and no secret is short, empty or used twice", .critical, secrets)]

    static let shortestSecret = 16

    private static func secrets(_ facts: Facts, _ found: inout Findings) {
        guard let model = facts.model else { return }
        for (pointer, text) in Placeholders.find(model.document) {
            found.add(pointer, "a placeholder was never filled: \(text)", hint: "put the true value in its place")
        }
        for agent in model.agents {
            for (what, path) in [("workspace", agent.workspace), ("agentDir", agent.agentDir)] where path.map(isTilde) == true {
                found.add(
                    agent.id, "the \(what) of agent \(agent.id) begins with ~", hint: "write the whole path", agent: facts.user(agent.id)?.agentID,
                    severity: .warning)
            }
        }
        var seen: [String: String] = [:]
        for (what, text) in gatewaySecrets(model) {
            judge(text, "gateway.auth.\(what)", "/gateway/auth/\(what)", nil, &seen, &found)
        }
        for agent in model.agents where agent.isOurs {
            guard let password = agent.keyringPassword?.revealForConfig() else { continue }
            let user = facts.user(agent.id)
            if user?.isInProgress == true { continue }
            // Two equal ones of users are I2's.
            if password.utf8.count < shortestSecret {
                found.add(
                    agent.id, "its keyring password is \(password.isEmpty ? "empty" : "shorter than \(shortestSecret) bytes")", hint: "offboard and onboard it",
                    agent: user?.agentID)
            } else if let other = seen[password] {
                found.add(agent.id, "its keyring password is that of \(other)", hint: "make a new \(other)", agent: user?.agentID)
            }
        }
        tokenFile(facts, &found)
    }

    private static func gatewaySecrets(_ model: ConfigModel) -> [(String, String)] {
        let auth = model.document.root["gateway"]?["auth"]
        return ["token", "password"].compactMap { name in auth?[name]?.stringValue.map { (name, $0) } }
    }

    private static func judge(_ text: String, _ name: String, _ subject: String, _ agent: String?, _ seen: inout [String: String], _ found: inout Findings) {
        // `${NAME}` comes from the gateway's environment, which cannot be seen from here.
        if text.hasPrefix("${"), text.hasSuffix("}") { return }
        if text.isEmpty {
            found.add(subject, "\(name) is empty", hint: "use at least 16 random bytes")
        } else if text.utf8.count < shortestSecret {
            found.add(subject, "\(name) is shorter than \(shortestSecret) bytes", hint: "use at least 16 random bytes")
        } else if let other = seen.updateValue(name, forKey: text) {
            found.add(subject, "\(name) is the same as \(other)", hint: "use another one")
        }
    }

    private static func tokenFile(_ facts: Facts, _ found: inout Findings) {
        guard let path = facts.workplace.command.setting("gateway-token-file", environment: "DCB_GATEWAY_TOKEN_FILE") else { return }
        guard let bytes = try? Files.read(path, limit: 4096) else {
            return found.add(path, "the gateway's token file cannot be read", hint: "check --gateway-token-file", severity: .error)
        }
        if bytes.filter({ $0 > 32 }).count < shortestSecret {
            found.add(path, "the gateway's token is shorter than \(shortestSecret) bytes", hint: "use at least 16 random bytes")
        }
    }

    private static func isTilde(_ path: String) -> Bool { path == "~" || path.utf8.starts(with: "~/".utf8) }
}

/// Texts in openclaw.json that somebody was meant to replace.
enum Placeholders {
    static func find(_ document: JSON.Document) -> [(pointer: String, text: String)] {
        // Almost no file has one: the whole text is searched before its strings are.
        guard mayHold(document.bytes) else { return [] }
        var found: [(String, String)] = []
        var open: [(JSON.Node, String)] = [(document.root, "")]
        while let (node, pointer) = open.popLast() {
            switch node.kind {
            case .string:
                if let text = node.stringValue, let what = placeholder(text) { found.append((pointer, what)) }
            case .object: for member in node.members { open.append((member.value, pointer + "/" + member.key)) }
            case .array:
                var index = 0
                for element in node.elements {
                    open.append((element, "\(pointer)/\(index)"))
                    index += 1
                }
            default: continue
            }
        }
        return found.sorted { $0.0 < $1.0 }
    }

    private static func placeholder(_ text: String) -> String? {
        let folded = text.lowercased()
        for word in ["change-me", "changeme", "change_me"] where folded.contains(word) { return "'\(word)'" }
        // OpenClaw knows ${NAME} only: what a shell or compose would fill in stays as it is.
        if let open = text.range("${"), text[open...].contains(":-") { return "'${…:-…}'" }
        return nil
    }

    private static func mayHold(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            var i = 0
            let count = bytes.count
            while i + 1 < count {
                let b = bytes[i]
                if b == UInt8(ascii: "$"), bytes[i + 1] == UInt8(ascii: "{") { return true }
                if b | 32 == UInt8(ascii: "c"), i + 6 < count, bytes[i + 1] | 32 == UInt8(ascii: "h"), bytes[i + 2] | 32 == UInt8(ascii: "a"),
                    bytes[i + 3] | 32 == UInt8(ascii: "n"), bytes[i + 4] | 32 == UInt8(ascii: "g")
                {
                    return true
                }
                // An escape could spell it too.
                if b == UInt8(ascii: "\\") { return true }
                i += 1
            }
            return false
        }
    }
}

extension String {
    /// Where a text begins in this one.
    fileprivate func range(_ text: String) -> String.Index? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(text) { return at }
            at = index(after: at)
        }
        return nil
    }
}
