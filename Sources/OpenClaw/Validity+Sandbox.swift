import JSON

extension Validity {
    mutating func sandbox(_ node: JSON.Node, _ pointer: @autoclosure () -> String, _ subject: String) {
        guard node.kind == .object else { return find(pointer(), "expected an object", subject: subject) }
        var included = false
        for member in node.members {
            switch name(member, many.sandbox, pointer(), subject, included: &included) {
            case .mode: one(of: Validity.modes, member.value, pointer() + "/mode", subject: subject)
            case .scope: one(of: Validity.sandboxScopes, member.value, pointer() + "/scope", subject: subject)
            case .workspaceAccess: one(of: Validity.accesses, member.value, pointer() + "/workspaceAccess", subject: subject)
            case .docker: docker(member.value, pointer() + "/docker", subject)
            default: continue
            }
        }
    }

    private static let modes = ["all", "non-main", "off"]
    private static let sandboxScopes = ["agent", "session", "shared"]
    private static let accesses = ["rw", "ro", "none"]

    private mutating func docker(_ node: JSON.Node, _ pointer: @autoclosure () -> String, _ subject: String) {
        guard node.kind == .object else { return find(pointer(), "expected an object", subject: subject) }
        var included = false
        for member in node.members {
            let value = member.value
            let fault: String? =
                switch name(member, many.docker, pointer(), subject, included: &included) {
                case .image, .containerPrefix, .workdir, .user: value.kind == .string ? nil : "expected a string"
                case .network: network(value)
                case .seccompProfile, .apparmorProfile: profile(value)
                case .readOnlyRoot: value.kind == .bool ? nil : "expected true or false"
                case .tmpfs, .capDrop, .dns, .extraHosts, .binds: isStrings(value) ? nil : "expected an array of strings"
                case .setupCommand: setupCommand(value)
                case .pidsLimit: positive(value, whole: true)
                case .cpus: version.hasSchema ? positive(value, whole: false) : value.kind == .number ? nil : "expected a number"
                case .memory, .memorySwap: value.kind == .string || value.kind == .number ? nil : "expected a string or a number"
                case .ulimits: value.kind == .object ? nil : "expected an object"
                case .env: environment(value, pointer() + "/env", subject)
                default: nil
                }
            if let fault { find(pointer() + "/" + member.key, fault, subject: subject) }
        }
    }

    private mutating func environment(_ node: JSON.Node, _ pointer: @autoclosure () -> String, _ subject: String) -> String? {
        guard node.kind == .object else { return "expected an object" }
        for member in node.members where member.value.kind != .string && !member.keyEquals("__proto__") {
            find(Pointer.join(pointer(), Inspection.shown(member.key)), "expected a string", subject: subject)
        }
        return nil
    }

    private func isStrings(_ value: JSON.Node) -> Bool {
        guard value.kind == .array else { return false }
        for element in value.elements where element.kind != .string { return false }
        return true
    }

    private func network(_ value: JSON.Node) -> String? {
        guard let text = value.stringValue else { return "expected a string" }
        return version.hasSchema && text != "bridge" && text.trimmedAndLowercased == "host" ? "network 'host' is not allowed" : nil
    }

    private func profile(_ value: JSON.Node) -> String? {
        guard let text = value.stringValue else { return "expected a string" }
        return version.hasSchema && text.trimmedAndLowercased == "unconfined" ? "'unconfined' is not allowed" : nil
    }

    private func setupCommand(_ value: JSON.Node) -> String? {
        if value.kind == .string { return nil }
        if version.hasSchema, isStrings(value) { return nil }
        return "expected a string"
    }

    private func positive(_ value: JSON.Node, whole: Bool) -> String? {
        if let number = value.intValue { return number > 0 ? nil : "expected more than 0" }
        guard value.kind == .number, let number = value.doubleValue else { return "expected a number" }
        if whole, number != number.rounded() { return "expected a whole number" }
        return number > 0 ? nil : "expected more than 0"
    }
}
