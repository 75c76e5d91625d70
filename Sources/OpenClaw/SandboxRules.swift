import JSON
import Onboarding
import Platform

/// Whether an agent's sandbox is at least as strict as the policy (DESIGN.md "Sandbox policy").
///
/// What the entry does not say comes from `agents.defaults.sandbox`, then from OpenClaw's own defaults: mode off, workspaceAccess none,
/// network none, readOnlyRoot true, capDrop ALL, no limits (OPENCLAW.md section 1). Binds of both places add up.
/// A tool that runs commands beside the sandbox makes it none: `tools.exec.host` and `tools.elevated` of the entry and of the whole config are judged too
/// (OpenClaw's documentation; not observed).
struct SandboxRules {
    private let policy: SandboxPolicy
    private let channel: String
    private let ownTools: JSON.Node?
    private let tools: JSON.Node?
    private let own: JSON.Node?
    private let defaults: JSON.Node?
    private let ownDocker: JSON.Node?
    private let defaultDocker: JSON.Node?

    /// - Parameters:
    ///   - defaults: `agents.defaults.sandbox`.
    ///   - tools: the whole config's.
    ///   - channel: by which the agent's person comes.
    init(entry: JSON.Node, defaults: JSON.Node?, tools: JSON.Node?, channel: String, policy: SandboxPolicy) {
        self.policy = policy
        self.channel = channel
        self.tools = tools
        ownTools = entry["tools"]
        self.defaults = defaults
        own = entry["sandbox"]
        ownDocker = own?["docker"]
        defaultDocker = defaults?["docker"]
    }

    private func sandbox(_ key: String) -> JSON.Node? { own?[key] ?? defaults?[key] }
    private func docker(_ key: String) -> JSON.Node? { ownDocker?[key] ?? defaultDocker?[key] }

    /// A rule that is broken, and what would mend it in the entry itself.
    struct Fault {
        /// `sandbox.mode is 'off', not 'all'`
        let text: String
        /// The object of the entry that the member stands in.
        var place = Place.sandbox
        var key = ""
        var mend = Mend.none

        enum Place { case sandbox, docker, browser, exec }
        enum Mend {
            /// Nothing that the entry says: it comes from the defaults, and those are the operator's.
            case none
            case set(JSON.Value)
            case remove
        }
    }

    /// One fragment for each rule that is broken: `sandbox.mode is 'off', not 'all'`.
    func violations(ownerUser: UInt32) -> [String] { faults(ownerUser: ownerUser).map(\.text) }

    func faults(ownerUser: UInt32) -> [Fault] {
        var found: [Fault] = []
        place(&found)
        if tools != nil || ownTools != nil { beside(&found) }
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

    private func place(_ found: inout [Fault]) {
        func add(_ text: String, _ key: String, _ mend: Fault.Mend) { found.append(Fault(text: text, key: key, mend: mend)) }
        let mode = sandbox("mode")?.stringValue ?? "off"
        if mode != "all" { add("sandbox.mode is '\(mode)', not 'all'", "mode", .set(.string(policy.mode.rawValue))) }
        let perSession = sandbox("perSession")?.boolValue
        let scope = sandbox("scope")?.stringValue ?? (perSession == true ? "session" : perSession == false ? "shared" : "agent")
        if scope != "agent" && scope != "session" {
            add("sandbox.scope is '\(scope)', neither 'agent' nor 'session'", "scope", .set(.string(policy.scope.rawValue)))
        }
        let access = sandbox("workspaceAccess")?.stringValue ?? "none"
        if SandboxPolicy.WorkspaceAccess(rawValue: access).map({ $0 > policy.workspaceAccess }) ?? true {
            add(
                "sandbox.workspaceAccess is '\(access)', more than '\(policy.workspaceAccess.rawValue)'", "workspaceAccess",
                .set(.string(policy.workspaceAccess.rawValue)))
        }
        if let backend = sandbox("backend")?.stringValue, backend != "docker" {
            add("sandbox.backend is '\(backend)', not 'docker'", "backend", .set("docker"))
        }
    }

    // Commands that do not run in the sandbox at all.
    private func beside(_ found: inout [Fault]) {
        let ownHost = ownTools?["exec"]?["host"]
        if let host = (ownHost ?? tools?["exec"]?["host"])?.stringValue, host != "sandbox", host != "auto" {
            found.append(
                Fault(
                    text: "tools.exec.host is '\(host)': commands run outside of the sandbox", place: .exec, key: "host", mend: ownHost == nil ? .none : .remove
                ))
        }
        // OpenClaw asks both places; the whole config's must name somebody, the entry's may say nothing.
        guard let elevated = tools?["elevated"], elevated["enabled"]?.boolValue != false, letsEverybody(elevated) else { return }
        if let own = ownTools?["elevated"], own["enabled"]?.boolValue == false || own["allowFrom"] != nil && !letsEverybody(own) { return }
        found.append(Fault(text: "tools.elevated lets everybody of \(channel) run commands outside of the sandbox"))
    }

    private func letsEverybody(_ elevated: JSON.Node) -> Bool { elevated["allowFrom"]?[channel]?.elements.contains { $0.equals("*") } ?? false }

    private func container(_ found: inout [Fault]) {
        let network = docker("network")?.stringValue ?? "none"
        if network != policy.network && network != "none" {
            found.append(
                Fault(
                    text: "sandbox.docker.network is '\(network)', not '\(policy.network)'", place: .docker, key: "network",
                    mend: .set(.string(policy.network))))
        }
        if let capDrop = docker("capDrop"), !capDrop.elements.contains(where: { $0.stringValue?.uppercased() == "ALL" }) {
            found.append(
                Fault(text: "sandbox.docker.capDrop lacks ALL", place: .docker, key: "capDrop", mend: .set(.array(policy.capDrop.map { .string($0) }))))
        }
        if policy.readOnlyRoot == true, docker("readOnlyRoot")?.boolValue == false {
            found.append(Fault(text: "sandbox.docker.readOnlyRoot is false", place: .docker, key: "readOnlyRoot", mend: .set(true)))
        }
        binds(ownDocker?["binds"], .docker, &found)
        binds(defaultDocker?["binds"], nil, &found)
        binds(own?["browser"]?["binds"], .browser, &found)
        binds(defaults?["browser"]?["binds"], nil, &found)
    }

    /// - Parameter place: nil: of the defaults.
    private func binds(_ node: JSON.Node?, _ place: Fault.Place?, _ found: inout [Fault]) {
        guard let node else { return }
        let allowed = node.elements.filter { policy.binds.contains($0.stringValue ?? "") }
        let mend: Fault.Mend = place == nil ? .none : .set(.array(allowed.compactMap { $0.stringValue.map { .string($0) } }))
        if node.kind != .array { found.append(Fault(text: "binds of the sandbox are no array", place: place ?? .docker, key: "binds", mend: mend)) }
        for _ in allowed.count..<max(node.elements.reduce(0) { n, _ in n + 1 }, allowed.count) {
            found.append(Fault(text: "a bind of the sandbox is beyond the policy's", place: place ?? .docker, key: "binds", mend: mend))
        }
    }

    // To Docker a limit of 0 is none.
    private func limits(_ found: inout [Fault]) {
        func add(_ key: String, _ node: JSON.Node?, _ limit: String, _ value: JSON.Value) {
            found.append(Fault(text: "sandbox.docker.\(key) is \(shown(node)), not at most \(limit)", place: .docker, key: key, mend: .set(value)))
        }
        let memory = docker("memory")
        let bytes = memory?.stringValue.flatMap { MemorySize.bytes(of: $0) } ?? memory?.doubleValue.flatMap { Int(exactly: $0.rounded()) }
        if !(bytes.map { $0 > 0 && $0 <= policy.memory.bytes } ?? false) { add("memory", memory, "'\(policy.memory.text)'", .string(policy.memory.text)) }
        let cpus = docker("cpus")
        if !(cpus?.doubleValue.map { $0 > 0 && $0 <= policy.cpus } ?? false) {
            add("cpus", cpus, "\(policy.cpus)", .number(AgentSpec.spelling(policy.cpus)))
        }
        let pids = docker("pidsLimit")
        if !(pids?.doubleValue.map { $0 > 0 && $0 <= Double(policy.pidsLimit) } ?? false) {
            add("pidsLimit", pids, "\(policy.pidsLimit)", .number("\(policy.pidsLimit)"))
        }
    }

    private func switches(_ found: inout [Fault]) {
        for (node, place) in [(own, Fault.Place.sandbox), (ownDocker, .docker), (defaults, nil), (defaultDocker, nil)] {
            guard let node else { continue }
            for member in node.members {
                let key = member.key
                // Almost no key begins so, and lower-casing each of them would cost more than all the rest.
                guard let first = key.utf8.first, first | 32 == UInt8(ascii: "d") || first | 32 == UInt8(ascii: "p") else { continue }
                if key.lowercased().hasPrefix("dangerous") || key.lowercased() == "privileged", member.value.boolValue != false {
                    found.append(
                        Fault(
                            text: "sandbox has the switch '\(Inspection.shown(key))'", place: place ?? .sandbox, key: key, mend: place == nil ? .none : .remove)
                    )
                }
            }
        }
        for key in ["seccompProfile", "apparmorProfile"] where docker(key)?.stringValue?.trimmedAndLowercased == "unconfined" {
            found.append(Fault(text: "sandbox.docker.\(key) is unconfined", place: .docker, key: key, mend: .remove))
        }
        for (browser, mend) in [(own?["browser"], Fault.Mend.remove), (defaults?["browser"], .none)] {
            if browser?["allowHostControl"]?.boolValue == true {
                found.append(Fault(text: "sandbox.browser.allowHostControl is true", place: .browser, key: "allowHostControl", mend: mend))
            }
            // It has a network of its own by default; the host's, or another container's, is none.
            if let network = browser?["network"]?.stringValue?.trimmedAndLowercased, network == "host" || network.hasPrefix("container:") {
                found.append(Fault(text: "sandbox.browser.network is '\(network)'", place: .browser, key: "network", mend: mend))
            }
        }
    }

    // Files of the workspace belong to one uid; a sandbox of another cannot keep them, one of root keeps them from their owner.
    private func user(_ found: inout [Fault], _ ownerUser: UInt32) {
        guard let user = docker("user")?.stringValue, !user.isEmpty else { return }
        if String(user.prefix { $0 != ":" }) != "\(ownerUser)" {
            found.append(
                Fault(
                    text: "sandbox.docker.user is '\(user)', not uid \(ownerUser)", place: .docker, key: "user",
                    mend: policy.userText(owner: ownerUser, group: CurrentProcess.effectiveGroup).map { .set(.string($0)) } ?? .none))
        }
    }

    private func shown(_ node: JSON.Node?) -> String { node?.numberSpelling ?? node?.stringValue.map { "'\($0)'" } ?? "not set" }
}
