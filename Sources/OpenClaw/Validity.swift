import CommandKit
import JSON
import Onboarding

/// What a version of OpenClaw finds wrong in a config, as its `config validate` was seen to say (OPENCLAW.md section 1, verdicts.jsonl).
///
/// Only what was observed is judged, at the places that dcb writes or reads; silence is no proof. What is said to be wrong is wrong. Objects with
/// `$include` are not judged by their members, and variables that are not set cannot be seen from here.
public struct Validity {
    let version: OpenClawVersion
    let known: KnownMembers
    let many: KnownMembers.Many
    let keys: KeyReader
    var findings: [Finding] = []
    let limit: Int
    let baseline: Baseline?

    /// Everything that is wrong for this version, in the order of the rules.
    public static func findings(_ document: JSON.Document, _ version: OpenClawVersion) -> [Finding] {
        findings(document, version, limit: .max, baseline: nil)
    }

    /// The same for a text that may be no document at all.
    public static func findings(parsing bytes: [UInt8], _ version: OpenClawVersion) -> [Finding] {
        do { return findings(try JSON.Document(parsing: bytes, dialect: .json5), version) } catch {
            return [Finding("", "\(error.reason) at line \(error.line), column \(error.column)")]
        }
    }

    /// - Parameters:
    ///   - limit: stops after about so many.
    ///   - baseline: what was judged before for this version, and found good.
    static func findings(_ document: JSON.Document, _ version: OpenClawVersion, limit: Int, baseline: Baseline? = nil) -> [Finding] {
        let findings = document.bytes.withUnsafeBufferPointer { bytes in
            var validity = Validity(version: version, KeyReader(bytes), limit: limit, baseline: baseline)
            validity.judge(document.root)
            return validity.findings
        }
        return version > .newest ? findings.filter { !$0.isUnknownMember } : findings
    }

    private init(version: OpenClawVersion, _ keys: KeyReader, limit: Int, baseline: Baseline?) {
        self.version = version
        (known, many) = KnownMembers.both(version)
        self.keys = keys
        self.limit = limit
        self.baseline = baseline
    }

    var isFull: Bool { findings.count >= limit }

    mutating func find(_ pointer: String, _ reason: String, subject: String? = nil) {
        findings.append(Finding(pointer, reason, subject: subject))
    }

    private mutating func judge(_ root: JSON.Node) {
        guard root.kind == .object else { return find("", "expected an object") }
        members(root, known.root, "")
        var agents: JSON.Node?
        var bindings: JSON.Node?
        for member in root.members {
            switch member.key {
            case "agents": agents = member.value
            case "bindings": bindings = member.value
            case "channels": channels(member.value)
            case "commands": optional(member.value, known.commands, "/commands")
            case "meta": optional(member.value, known.meta, "/meta")
            case "session": session(member.value)
            case "gateway": gateway(member.value)
            case "logging": optional(member.value, known.logging, "/logging")
            case "plugins":
                if !version.hasSchema, let entry = member.value["entries"]?["admin-http-rpc"] {
                    _ = entry
                    find("/plugins/entries/admin-http-rpc", "plugin not found")
                }
            default: continue
            }
        }
        let roster = roster(agents)
        if let bindings { self.bindings(bindings, roster) }
    }

    // MARK: - Shapes

    /// Reports members that are not known. Names that OpenClaw ignores, and objects that are another file's, are passed over.
    /// - Returns: false when it is no object, or its content cannot be judged.
    @discardableResult
    mutating func members(_ node: JSON.Node, _ names: Set<String>?, _ pointer: @autoclosure () -> String, subject: String? = nil) -> Bool {
        guard node.kind == .object else {
            find(pointer(), "expected an object", subject: subject)
            return false
        }
        guard let names else { return true }
        var included = false
        for member in node.members {
            let key = member.key
            if names.contains(key) { continue }
            if key == "$include" {
                included = true
            } else if key != "__proto__" && key != "constructor" && key != "prototype" {
                findings.append(Finding(pointer(), "unknown member '\(Inspection.shown(key))'", subject: subject, isUnknownMember: true))
            }
        }
        return !included
    }

    /// The same for a member of an object of which there are many.
    /// - Returns: its name, when this version knows it here.
    mutating func name(
        _ member: JSON.Node.Member, _ names: NameSet, _ pointer: @autoclosure () -> String, _ subject: @autoclosure () -> String, included: inout Bool
    ) -> Name? {
        let slot = keys.slot(member)
        if let slot, names.has(slot.bit) { return slot.name }
        switch slot?.name {
        case .include: included = true
        case .dunderProto, .constructor, .prototype: break
        default:
            findings.append(Finding(pointer(), "unknown member '\(Inspection.shown(member.key))'", subject: subject(), isUnknownMember: true))
        }
        return nil
    }

    mutating func optional(_ node: JSON.Node, _ names: Set<String>?, _ pointer: String) {
        if names != nil { members(node, names, pointer) }
    }

    mutating func string(_ node: JSON.Node?, _ pointer: @autoclosure () -> String, subject: @autoclosure () -> String) {
        if let node, node.kind != .string { find(pointer(), "expected a string", subject: subject()) }
    }

    mutating func one(of values: [String], _ node: JSON.Node?, _ pointer: @autoclosure () -> String, subject: @autoclosure () -> String? = nil) {
        guard let node, !values.contains(where: { node.equals($0) }), !hasVariable(node) else { return }
        find(pointer(), "none of \(values.joined(separator: ", "))", subject: subject())
    }

    func hasVariable(_ node: JSON.Node) -> Bool { node.stringValue?.utf8.contains(UInt8(ascii: "$")) == true }

    // MARK: - The smaller parts

    static let scopes = ["main", "per-peer", "per-channel-peer", "per-account-channel-peer"]

    private mutating func session(_ node: JSON.Node) {
        guard node.kind == .object else { return find("/session", "expected an object") }
        members(node, known.session, "/session")
        one(of: Validity.scopes, node["dmScope"], "/session/dmScope")
    }

    private mutating func gateway(_ node: JSON.Node) {
        guard node.kind == .object else { return find("/gateway", "expected an object") }
        members(node, known.gateway, "/gateway")
        one(of: ["local", "remote"], node["mode"], "/gateway/mode")
        guard let reload = node["reload"], known.reload != nil else { return }
        members(reload, known.reload, "/gateway/reload")
        one(of: version.hasEntries ? ["off", "hybrid"] : ["off", "restart", "hot", "hybrid"], reload["mode"], "/gateway/reload/mode")
    }

    private mutating func channels(_ node: JSON.Node) {
        guard node.kind == .object else { return find("/channels", "expected an object") }
        guard let whatsapp = node["whatsapp"], members(whatsapp, known.whatsapp, "/channels/whatsapp") else { return }
        directMessages(whatsapp, "/channels/whatsapp")
        guard let accounts = whatsapp["accounts"] else { return }
        guard accounts.kind == .object else { return find("/channels/whatsapp/accounts", "expected an object") }
        for member in accounts.members where !member.keyEquals("$include") {
            let pointer = Pointer.join("/channels/whatsapp/accounts", member.key)
            if members(member.value, known.account, pointer) { directMessages(member.value, pointer) }
        }
    }

    private mutating func directMessages(_ node: JSON.Node, _ pointer: String) {
        one(of: ["pairing", "allowlist", "open", "disabled"], node["dmPolicy"], pointer + "/dmPolicy")
        strings(node["allowFrom"], pointer + "/allowFrom")
    }

    mutating func strings(_ node: JSON.Node?, _ pointer: @autoclosure () -> String, subject: String? = nil) {
        guard let node else { return }
        if node.kind != .array || node.elements.contains(where: { $0.kind != .string }) { find(pointer(), "expected an array of strings", subject: subject) }
    }
}
