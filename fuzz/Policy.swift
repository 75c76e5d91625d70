import JSON
import Onboarding

/// The policy file: what is taken holds every rule that no policy may switch off, and written again it is the same policy.
func fuzzPolicy(_ data: UnsafeBufferPointer<UInt8>) {
    let policy: Policy
    do throws(PolicyError) {
        policy = try Policy(parsing: Array(data), path: "dcb.json", home: home, privatePaths: privatePaths)
    } catch {
        must(error.detail.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }, "a refusal of several lines")
        return
    }
    must(policy.channel == "whatsapp" && !policy.account.isEmpty && !policy.account.utf8.contains(UInt8(ascii: " ")), "another channel")
    must(isLine(policy.agentName) && policy.agentName.unicodeScalars.count <= 100 && isLine(policy.account), "no name")
    must((0...36500).contains(policy.trashDays) && policy.agentCeiling > 0, "numbers that cannot be")
    must(policy.reconcile.staleAfterHours > 0 && policy.reconcile.maxRemovals >= 0 && (0...1).contains(policy.reconcile.maxFraction), "no limit")
    must(policy.probeCommand?.isEmpty != true && policy.probeCommand?.contains("") != true, "a probe of nothing")
    for path in policy.backupInclude + [policy.templates, policy.backupDir].compactMap({ $0 }) {
        must(isLine(path) && (path.utf8.starts(with: "/".utf8) || path.utf8.starts(with: "~/".utf8)), "a path from nowhere")
    }
    check(policy.sandbox)
    let text = policy.written.compact()
    guard let again = try? Policy(parsing: text, path: "dcb.json", home: home, privatePaths: privatePaths) else {
        fatalError("written again it is refused: \(String(decoding: text, as: UTF8.self))")
    }
    must(again == policy, "written again it is another policy")
}

private let home = "/var/lib/operator"
private let privatePaths = ["/var/lib/operator/.openclaw/onboarding", "/var/lib/operator/.openclaw/openclaw.json"]

/// Agent and sandbox first: nobody's agent on the host, nobody's container shared, no way to the host, to credentials or to other people's files.
private func check(_ sandbox: SandboxPolicy) {
    must(sandbox.mode.rawValue == "all" && ["agent", "session"].contains(sandbox.scope.rawValue), "no sandbox for each")
    must(sandbox.capDrop.contains("ALL"), "capabilities are kept")
    let network = sandbox.network.utf8
    must(sandbox.network.lowercased() != "host" && !network.contains(UInt8(ascii: ":")) && !network.isEmpty, "a network of the host or of others")
    must(
        sandbox.memory.bytes >= 6 << 20 && sandbox.memory.text.utf8.allSatisfy { $0 < 0x80 } && (0.01...1024).contains(sandbox.cpus) && sandbox.pidsLimit > 0,
        "no limit")
    must(isLine(sandbox.image) && sandbox.image.utf8.first != UInt8(ascii: "-"), "an option in place of an image")
    if let user = sandbox.user { must(user.split(separator: ":", omittingEmptySubsequences: false).allSatisfy { UInt32($0) != nil }, "a user without number") }
    must(sandbox.setupCommand?.isEmpty != true && sandbox.setupCommand?.utf8.contains(0) != true, "a command of nothing")
    for (name, value) in sandbox.env {
        let own = ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "GOG_HOME", "GOG_ACCOUNT", "GOG_KEYRING_BACKEND", "GOG_KEYRING_PASSWORD"].contains(name)
        must(!own && !name.isEmpty && !name.utf8.contains(UInt8(ascii: "=")) && !value.utf8.contains(0), "a variable that is dcb's own")
    }
    var targets: Set<String> = []
    for bind in sandbox.binds {
        // By bytes, as Docker takes it apart.
        let parts = bind.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { Substring($0) }
        must((2...3).contains(parts.count), "a bind of other parts")
        let source = plain(parts[0])
        for hidden in ["etc", "proc", "sys", "dev", "boot", "root", "run"].map({ [$0] }) + privatePaths.map({ plain($0[...]) }) {
            must(!source.starts(with: hidden) && !hidden.starts(with: source), "a bind of what nobody may see: \(bind)")
        }
        must(!source.contains { [".ssh", ".aws", ".gnupg", ".config", "docker.sock"].contains($0) }, "a bind of credentials: \(bind)")
        let target = plain(parts[1])
        must(!target.isEmpty && target[0] != "workspace" && target[0] != "agent", "a bind over the workspace: \(bind)")
        must(targets.insert(target.joined(separator: "/")).inserted, "two binds at one place: \(bind)")
    }
}

private func isLine(_ text: String) -> Bool { !text.isEmpty && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control } }

/// The parts of an absolute path, by bytes, without `.` and `..`.
private func plain(_ path: Substring) -> [String] {
    must(path.utf8.first == UInt8(ascii: "/"), "a path that is not absolute")
    var parts: [String] = []
    for part in path.utf8.split(separator: UInt8(ascii: "/")) {
        switch String(decoding: part, as: UTF8.self) {
        case ".": break
        case "..": _ = parts.popLast()
        case let name: parts.append(name)
        }
    }
    return parts
}

extension Policy {
    /// As dcb.json.
    fileprivate var written: Value {
        var root: Object = [
            "channel": .string(channel), "account": .string(account), "agentName": .string(agentName), "trashDays": .number("\(trashDays)"),
            "agentCeiling": .number("\(agentCeiling)"), "backupInclude": texts(backupInclude), "sandbox": sandbox.written,
            "languages": .object(Object([("default", .string(languages.standard.text))] + languages.prefixes.map { ($0, .string($1.text)) })),
            "reconcile": [
                "staleAfterHours": .number("\(reconcile.staleAfterHours)"), "maxRemovals": .number("\(reconcile.maxRemovals)"),
                "maxFraction": .number("\(reconcile.maxFraction)"),
            ],
        ]
        root["templates"] = templates.map { .string($0) }
        root["backupDir"] = backupDir.map { .string($0) }
        root["probeCommand"] = probeCommand.map(texts)
        var limits = Object()
        limits["rate"] = webhook.rate.map(text)
        limits["maxNew"] = webhook.maxNew.map(text)
        root["webhook"] = .object(limits)
        return .object(root)
    }
}

extension SandboxPolicy {
    fileprivate var written: Value {
        var root: Object = [
            "mode": .string(mode.rawValue), "scope": .string(scope.rawValue), "workspaceAccess": .string(workspaceAccess.rawValue), "image": .string(image),
            "network": .string(network), "memory": .string(memory.text), "cpus": .number("\(cpus)"), "pidsLimit": .number("\(pidsLimit)"),
            "capDrop": texts(capDrop), "binds": texts(binds), "env": .object(Object(env.map { ($0, .string($1)) })),
        ]
        root["readOnlyRoot"] = readOnlyRoot.map { .bool($0) }
        root["user"] = user.map { .string($0) }
        root["setupCommand"] = setupCommand.map { .string($0) }
        return .object(root)
    }
}

private func texts(_ all: [String]) -> Value { .array(all.map { .string($0) }) }

private func text(_ setting: RateLimit.Setting) -> Value {
    switch setting {
    case .off: "off"
    case .limit(let limit): .string("\(limit)")
    }
}
