import JSON

extension Validity {
    mutating func sandbox(_ node: JSON.Node, _ pointer: String, _ subject: String) {
        guard members(node, known.sandbox, pointer, subject: subject) else { return }
        for member in node.members {
            switch member.key {
            case "mode": one(of: ["off", "non-main", "all"], member.value, pointer + "/mode", subject: subject)
            case "scope": one(of: ["session", "agent", "shared"], member.value, pointer + "/scope", subject: subject)
            case "workspaceAccess": one(of: ["none", "ro", "rw"], member.value, pointer + "/workspaceAccess", subject: subject)
            case "docker": docker(member.value, pointer + "/docker", subject)
            default: continue
            }
        }
    }

    private mutating func docker(_ node: JSON.Node, _ pointer: String, _ subject: String) {
        guard members(node, known.docker, pointer, subject: subject) else { return }
        for member in node.members {
            let key = member.key
            let value = member.value
            let fault: String? =
                switch key {
                case "image", "containerPrefix", "workdir", "user": value.kind == .string ? nil : "expected a string"
                case "network": network(value)
                case "seccompProfile", "apparmorProfile": profile(value)
                case "readOnlyRoot": value.kind == .bool ? nil : "expected true or false"
                case "tmpfs", "capDrop", "dns", "extraHosts", "binds":
                    value.kind == .array && value.elements.allSatisfy { $0.kind == .string } ? nil : "expected an array of strings"
                case "setupCommand": setupCommand(value)
                case "pidsLimit": positive(value, whole: true)
                case "cpus": version.hasSchema ? positive(value, whole: false) : value.kind == .number ? nil : "expected a number"
                case "memory", "memorySwap": value.kind == .string || value.kind == .number ? nil : "expected a string or a number"
                case "ulimits": value.kind == .object ? nil : "expected an object"
                default: nil
                }
            if let fault { find(pointer + "/" + key, fault, subject: subject) }
            if key == "env" { environment(value, pointer + "/env", subject) }
        }
    }

    private mutating func environment(_ node: JSON.Node, _ pointer: String, _ subject: String) {
        guard node.kind == .object else { return find(pointer, "expected an object", subject: subject) }
        for member in node.members where member.value.kind != .string && !member.keyEquals("__proto__") {
            find(Pointer.join(pointer, Inspection.shown(member.key)), "expected a string", subject: subject)
        }
    }

    private func network(_ value: JSON.Node) -> String? {
        guard let text = value.stringValue else { return "expected a string" }
        return version.hasSchema && trimmedLower(text) == "host" ? "network 'host' is not allowed" : nil
    }

    private func profile(_ value: JSON.Node) -> String? {
        guard let text = value.stringValue else { return "expected a string" }
        return version.hasSchema && trimmedLower(text) == "unconfined" ? "'unconfined' is not allowed" : nil
    }

    private func setupCommand(_ value: JSON.Node) -> String? {
        if value.kind == .string { return nil }
        if version.hasSchema, value.kind == .array, value.elements.allSatisfy({ $0.kind == .string }) { return nil }
        return "expected a string"
    }

    private func positive(_ value: JSON.Node, whole: Bool) -> String? {
        guard value.kind == .number, let number = value.doubleValue else { return "expected a number" }
        if whole, number != number.rounded() { return "expected a whole number" }
        return number > 0 ? nil : "expected more than 0"
    }

    private func trimmedLower(_ text: String) -> String {
        let bytes = text.utf8.map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 }
        let spaces: [UInt8] = [9, 10, 11, 12, 13, 32]
        let end = bytes.lastIndex { !spaces.contains($0) }.map { $0 + 1 } ?? 0
        return String(decoding: bytes[..<end].drop { spaces.contains($0) }, as: UTF8.self)
    }
}
