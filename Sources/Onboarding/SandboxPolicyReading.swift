/// `sandbox` of dcb.json: what would be less than the rule "agent and sandbox first" is refused here, not when an agent is made.
extension SandboxPolicy {
    init(_ reader: PolicyReader, home: String?, privatePaths: [String]) throws(PolicyError) {
        self.init()
        mode = try reader.choice("mode", Mode.self, because: ": every agent runs in a sandbox") ?? mode
        scope = try reader.choice("scope", Scope.self, because: ": people never share a container") ?? scope
        workspaceAccess = try reader.choice("workspaceAccess", WorkspaceAccess.self) ?? workspaceAccess
        image = try SandboxPolicy.image(reader) ?? image
        network = try SandboxPolicy.network(reader) ?? network
        memory = try SandboxPolicy.memory(reader) ?? memory
        cpus = try reader.number("cpus", { $0 >= 0.01 && $0 <= 1024 }, "a number from 0.01 to 1024") ?? cpus
        pidsLimit = try reader.integer("pidsLimit", 1...4_194_304) ?? pidsLimit
        capDrop = try SandboxPolicy.capDrop(reader) ?? capDrop
        readOnlyRoot = try reader.bool("readOnlyRoot")
        user = try SandboxPolicy.user(reader)
        env = try SandboxPolicy.env(reader) ?? env
        binds = try SandboxPolicy.binds(reader, home: home, privatePaths: privatePaths) ?? binds
        setupCommand = try reader.string("setupCommand", allowsLines: true)
        if setupCommand?.isEmpty == true { throw reader.refusal(of: "setupCommand", "is empty") }
    }

    private static func image(_ reader: PolicyReader) throws(PolicyError) -> String? {
        guard let text = try reader.string("image") else { return nil }
        guard !text.isEmpty, text.utf8.count <= 255, text.first != "-", text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw reader.refusal(of: "image", "must be the name of an image, such as openclaw-sandbox:bookworm-slim")
        }
        return text
    }

    private static func network(_ reader: PolicyReader) throws(PolicyError) -> String? {
        guard let text = try reader.string("network") else { return nil }
        let folded = text.lowercased()
        if folded == "host" || folded.hasPrefix("container:") || folded.hasPrefix("ns:") {
            throw reader.refusal(of: "network", "must not be host or another container's: the sandbox would reach what only the host may")
        }
        let isName = text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
        guard (1...128).contains(text.utf8.count), isName, text.utf8.first.map(isLetterOrDigit) == true else {
            throw reader.refusal(of: "network", "must be none, bridge or the name of a network")
        }
        return text
    }

    private static func memory(_ reader: PolicyReader) throws(PolicyError) -> MemorySize? {
        guard let node = reader.node["memory"] else { return nil }
        let text = node.intValue.map { "\($0)" } ?? node.stringValue
        // Docker's own minimum is 6 MiB.
        guard let text, let memory = MemorySize(text), memory.bytes >= 6 << 20 else {
            throw reader.refusal(of: "memory", "must be an amount of at least 6m, such as 512m or 1g")
        }
        return memory
    }

    private static func capDrop(_ reader: PolicyReader) throws(PolicyError) -> [String]? {
        let isCapability = { (text: String) in
            !text.isEmpty && text.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_") }
        }
        guard let names = try reader.strings("capDrop", "an array of names of capabilities, ALL among them", isCapability) else { return nil }
        guard names.contains("ALL") else { throw reader.refusal(of: "capDrop", "must hold ALL") }
        return names
    }

    private static func user(_ reader: PolicyReader) throws(PolicyError) -> String? {
        guard let text = try reader.string("user") else { return nil }
        let ids = text.split(separator: ":", omittingEmptySubsequences: false)
        let areNumbers = ids.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } && UInt32($0).map { "\($0)" } == String($0) }
        guard ids.count <= 2, areNumbers else { throw reader.refusal(of: "user", "must be a number of a user, or uid:gid") }
        return text
    }

    private static func env(_ reader: PolicyReader) throws(PolicyError) -> [String: String]? {
        guard let section = try reader.section("env", accepted: nil) else { return nil }
        var variables: [String: String] = [:]
        for member in section.node.members {
            let name = member.key
            let isName = name.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
            guard !name.isEmpty, isName, name.utf8.first.map({ (48...57).contains($0) }) == false else {
                throw section.refusal(of: member.value, section.full(name.printable), "is no name of a variable")
            }
            if ownVariables.contains(name) {
                throw section.refusal(of: member.value, section.full(name), "is set by dcb, for each agent its own")
            }
            variables[name] = try section.text(member.value, section.full(name), allowsLines: true)
        }
        return variables
    }

    private static func binds(_ reader: PolicyReader, home: String?, privatePaths: [String]) throws(PolicyError) -> [String]? {
        guard let texts = try reader.strings("binds", "an array of source:target[:options]") else { return nil }
        var targets: Set<String> = []
        for (i, text) in texts.enumerated() {
            let element = reader.node["binds"]?[i] ?? reader.node
            let member = "\(reader.full("binds"))[\(i)]"
            switch BindMount.parse(text) {
            case .failure(let fault): throw reader.refusal(of: element, member, fault.reason)
            case .success(let bind):
                let names = [bind] + (bind.resolved.map { [$0] } ?? [])
                for name in names {
                    if let reason = name.refusal(home: home, privatePaths: privatePaths) { throw reader.refusal(of: element, member, reason) }
                }
                guard targets.insert(bind.target).inserted else { throw reader.refusal(of: element, member, "has the target of another bind") }
            }
        }
        return texts
    }

    /// What dcb-create-agent sets itself: a policy that sets them for all would make people share a keyring, or lose it.
    static let ownVariables = [
        "HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "GOG_HOME", "GOG_CONFIG_DIR", "GOG_DATA_DIR", "GOG_KEYRING_BACKEND", "GOG_KEYRING_PASSWORD", "GOG_ACCOUNT",
    ]

    private static func isLetterOrDigit(_ b: UInt8) -> Bool { (48...57).contains(b) || (65...90).contains(b) || (97...122).contains(b) }
}
