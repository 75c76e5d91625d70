import JSON
import Onboarding

/// Whether an agent's sandbox is at least as strict as the policy (DESIGN.md "Sandbox policy").
///
/// What the entry does not say comes from `agents.defaults.sandbox`, then from OpenClaw's own defaults: mode off, workspaceAccess none,
/// network none, readOnlyRoot true, capDrop ALL, no limits (OPENCLAW.md section 1). Binds of both places add up.
struct SandboxRules {
    private let policy: SandboxPolicy
    private let own: JSON.Node?
    private let defaults: JSON.Node?
    private let ownDocker: JSON.Node?
    private let defaultDocker: JSON.Node?

    init(entry: JSON.Node, defaults: JSON.Node?, policy: SandboxPolicy) {
        self.policy = policy
        self.defaults = defaults
        own = entry["sandbox"]
        ownDocker = own?["docker"]
        defaultDocker = defaults?["docker"]
    }

    private func sandbox(_ key: String) -> JSON.Node? { own?[key] ?? defaults?[key] }
    private func docker(_ key: String) -> JSON.Node? { ownDocker?[key] ?? defaultDocker?[key] }

    /// One fragment for each rule that is broken: `sandbox.mode is 'off', not 'all'`.
    func violations(ownerUser: UInt32) -> [String] {
        var found: [String] = []
        place(&found)
        if ownDocker != nil || defaultDocker != nil || own != nil || defaults != nil {
            container(&found)
            limits(&found)
            switches(&found)
            user(&found, ownerUser)
        }
        return found
    }

    /// Where it differs without being weaker by itself.
    func warnings() -> [String] {
        var found: [String] = []
        if let image = docker("image")?.stringValue, image != policy.image { found.append("the image is '\(image)', not '\(policy.image)'") }
        if docker("image") == nil { found.append("no image is set") }
        return found
    }

    private func place(_ found: inout [String]) {
        let mode = sandbox("mode")?.stringValue ?? "off"
        if mode != "all" { found.append("sandbox.mode is '\(mode)', not 'all'") }
        let perSession = sandbox("perSession")?.boolValue
        let scope = sandbox("scope")?.stringValue ?? (perSession == true ? "session" : perSession == false ? "shared" : "agent")
        if scope != "agent" && scope != "session" { found.append("sandbox.scope is '\(scope)', neither 'agent' nor 'session'") }
        let access = sandbox("workspaceAccess")?.stringValue ?? "none"
        if SandboxPolicy.WorkspaceAccess(rawValue: access).map({ $0 > policy.workspaceAccess }) ?? true {
            found.append("sandbox.workspaceAccess is '\(access)', more than '\(policy.workspaceAccess.rawValue)'")
        }
        if let backend = sandbox("backend")?.stringValue, backend != "docker" { found.append("sandbox.backend is '\(backend)', not 'docker'") }
    }

    private func container(_ found: inout [String]) {
        let network = docker("network")?.stringValue ?? "none"
        if network != policy.network && network != "none" { found.append("sandbox.docker.network is '\(network)', not '\(policy.network)'") }
        if let capDrop = docker("capDrop"), !capDrop.elements.contains(where: { $0.stringValue?.uppercased() == "ALL" }) {
            found.append("sandbox.docker.capDrop lacks ALL")
        }
        if policy.readOnlyRoot == true, docker("readOnlyRoot")?.boolValue == false { found.append("sandbox.docker.readOnlyRoot is false") }
        for place in [ownDocker?["binds"], defaultDocker?["binds"], own?["browser"]?["binds"], defaults?["browser"]?["binds"]] {
            guard let place else { continue }
            if place.kind != .array { found.append("binds of the sandbox are no array") }
            for bind in place.elements where !policy.binds.contains(bind.stringValue ?? "") { found.append("a bind of the sandbox is beyond the policy's") }
        }
    }

    // To Docker a limit of 0 is none.
    private func limits(_ found: inout [String]) {
        let memory = docker("memory")
        let bytes = memory?.stringValue.flatMap { MemorySize.bytes(of: $0) } ?? memory?.doubleValue.flatMap { Int(exactly: $0.rounded()) }
        if !(bytes.map { $0 > 0 && $0 <= policy.memory.bytes } ?? false) {
            found.append("sandbox.docker.memory is \(shown(memory)), not at most '\(policy.memory.text)'")
        }
        let cpus = docker("cpus")
        if !(cpus?.doubleValue.map { $0 > 0 && $0 <= policy.cpus } ?? false) {
            found.append("sandbox.docker.cpus is \(shown(cpus)), not at most \(policy.cpus)")
        }
        let pids = docker("pidsLimit")
        if !(pids?.doubleValue.map { $0 > 0 && $0 <= Double(policy.pidsLimit) } ?? false) {
            found.append("sandbox.docker.pidsLimit is \(shown(pids)), not at most \(policy.pidsLimit)")
        }
    }

    private func switches(_ found: inout [String]) {
        for place in [own, defaults, ownDocker, defaultDocker] {
            guard let place else { continue }
            for member in place.members {
                let key = member.key
                if key.lowercased().hasPrefix("dangerous") || key.lowercased() == "privileged", member.value.boolValue != false {
                    found.append("sandbox has the switch '\(Inspection.shown(key))'")
                }
            }
        }
        for key in ["seccompProfile", "apparmorProfile"] where docker(key)?.stringValue.map(trimmed)?.lowercased() == "unconfined" {
            found.append("sandbox.docker.\(key) is unconfined")
        }
        for browser in [own?["browser"], defaults?["browser"]] where browser?["allowHostControl"]?.boolValue == true {
            found.append("sandbox.browser.allowHostControl is true")
        }
    }

    // Files of the workspace belong to one uid; a sandbox of another cannot keep them, one of root keeps them from their owner.
    private func user(_ found: inout [String], _ ownerUser: UInt32) {
        guard let user = docker("user")?.stringValue, !user.isEmpty else { return }
        if String(user.prefix { $0 != ":" }) != "\(ownerUser)" { found.append("sandbox.docker.user is '\(user)', not uid \(ownerUser)") }
    }

    private func shown(_ node: JSON.Node?) -> String { node?.numberSpelling ?? node?.stringValue.map { "'\($0)'" } ?? "not set" }

    private func trimmed(_ text: String) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

extension AgentEntry {
    /// Why its sandbox does not satisfy the policy; empty when it does.
    /// - Parameters:
    ///   - defaults: `agents.defaults.sandbox`.
    ///   - ownerUser: the uid that the sandbox must run as, if the entry names one.
    public func sandboxViolations(policy: SandboxPolicy, defaults: JSON.Node?, ownerUser: UInt32) -> [String] {
        SandboxRules(entry: node, defaults: defaults, policy: policy).violations(ownerUser: ownerUser)
    }

    /// What differs from the policy without breaking it.
    public func sandboxWarnings(policy: SandboxPolicy, defaults: JSON.Node?) -> [String] {
        SandboxRules(entry: node, defaults: defaults, policy: policy).warnings()
    }
}
