import CommandKit
import JSON
import Onboarding
import OpenClaw

/// Who answers whom.
extension Invariant {
    static let routes = [
        Invariant("I4", "bindings name agents that are there, a phone has one, and each can match", .error, bindings),
        Invariant("I5", "direct chats have sessions of their own", .critical, sessions),
        Invariant("I6", "only those who are bound may write, and all of them", .error, allowed),
        Invariant("I7", "no user's agent answers everybody else", .critical, catchAll),
    ]

    // MARK: I4

    private static func bindings(_ facts: Facts, _ found: inout Findings) {
        guard let model = facts.model else { return }
        let hasEntries = model.shape == .entries
        for binding in model.allBindings {
            let user = facts.user(binding.agentID)
            if user?.isInProgress == true { continue }
            let subject = "/bindings/\(binding.position)"
            func add(_ detail: String, _ hint: String, _ severity: Severity? = nil) {
                found.add(subject, detail, hint: hint, agent: user?.agentID, severity: severity)
            }
            let phone = binding.peerID.map { Redaction.phone($0) } ?? "nobody"
            if model.agent(binding.agentID) == nil {
                add("the binding of \(phone) names agent \(binding.agentID), which is not there", hint(facts, binding), .critical)
            }
            guard binding.channel == model.policy.channel, let kind = binding.peerKind, kind == "direct" || kind == "dm", let id = binding.peerID else {
                continue
            }
            if hasEntries, kind == "dm" { add("the binding of \(phone) has the kind 'dm', which this OpenClaw does not know", "write direct") }
            if PhoneNumber(e164: id) == nil { add("the binding of \(phone) can never match: its peer is not written as +E164", "write + and the digits only") }
            guard let owner = facts.user(ofPhone: id), !owner.isInProgress else { continue }
            if binding.agentID != owner.entry?.id ?? owner.agentID.lowercased() {
                found.add(
                    subject, "\(phone) is routed to agent \(binding.agentID), and its own is \(owner.agentID)", hint: hint(facts, binding),
                    agent: owner.agentID,
                    severity: .critical)
            }
        }
        doubled(facts, model, &found)
        broadcasts(facts, model, &found)
    }

    private static func broadcasts(_ facts: Facts, _ model: ConfigModel, _ found: inout Findings) {
        for user in facts.users where !user.isInProgress {
            guard let row = user.liveRow else { continue }
            for agent in model.broadcast.agents(ofPhone: row.phone, channel: model.policy.channel) where agent != user.entry?.id {
                found.add(
                    "/broadcast", "it gives the messages of \(Redaction.phone(row.phone)) to agent \(agent), and its own is \(user.agentID)",
                    hint: "take that phone out of broadcast by hand", agent: user.agentID, severity: .critical)
            }
        }
    }

    /// Phones with more than one binding. Of one that is nobody's of ours, several to one agent are the operator's way.
    private static func doubled(_ facts: Facts, _ model: ConfigModel, _ found: inout Findings) {
        var seen: Set<String> = []
        for binding in model.allBindings where binding.channel == model.policy.channel && binding.isDirectPeer {
            guard let id = binding.peerID, seen.insert(id).inserted else { continue }
            let same = model.bindings(ofPhone: id)
            guard same.count > 1, let last = same.last, facts.user(last.agentID)?.isInProgress != true else { continue }
            let subject = "/bindings/\(last.position)"
            let phone = Redaction.phone(id)
            if let owner = facts.user(ofPhone: id) {
                if owner.isInProgress { continue }
                found.add(
                    subject, "\(phone) has \(same.count) bindings; the first wins silently", hint: "keep the one to agent \(owner.agentID)",
                    agent: owner.agentID)
            } else if Set(same.map(\.agentID)).count > 1 {
                found.add(subject, "\(phone) is bound to several agents; the first wins silently", hint: Hint.byHand)
            }
        }
    }

    private static func hint(_ facts: Facts, _ binding: Binding) -> String {
        Drifts.isMendable(binding, facts) ? Hint.repair : "it is not ours: remove or correct it by hand"
    }

    // MARK: I5, I6, I7

    private static func sessions(_ facts: Facts, _ found: inout Findings) {
        guard let model = facts.model else { return }
        let scope = model.document.root["session"]?["dmScope"]?.stringValue
        if scope == "per-channel-peer" || scope == "per-account-channel-peer" { return }
        found.add(
            "/session/dmScope", "session.dmScope is \(scope.map { "'\($0)'" } ?? "not set (main)"): direct chats of an agent share a session",
            hint: "set it to per-channel-peer")
    }

    private static func allowed(_ facts: Facts, _ found: inout Findings) {
        guard let model = facts.model else { return }
        let channel = "/channels/\(model.policy.channel)"
        switch model.directMessages {
        case .open:
            found.add(
                "\(channel)/dmPolicy", "anybody may write: dmPolicy is open, or allowFrom holds *", hint: "set it to allowlist or pairing", severity: .critical)
        case .disabled: found.add("\(channel)/dmPolicy", "direct messages are disabled: nobody is served", hint: "set it to allowlist or pairing")
        case .none:
            if facts.users.contains(where: { $0.liveRow != nil }) {
                found.add(channel, "openclaw.json has no \(model.policy.channel)", hint: "set it up in OpenClaw", severity: .warning)
            }
        case .listed:
            for user in facts.users where !user.isInProgress {
                guard let row = user.liveRow, user.entry != nil, let phone = PhoneNumber(e164: row.phone), !model.isAllowed(phone) else { continue }
                found.add(user, "\(Redaction.phone(row.phone)) is not on the allow-list", hint: Hint.repair)
            }
        }
        // Accounts may open what the channel closes.
        if let accounts = model.document.root["channels"]?[model.policy.channel]?["accounts"] {
            for account in accounts.members where account.value["dmPolicy"]?.equals("open") == true {
                found.add(
                    "\(channel)/accounts/\(account.key)/dmPolicy", "anybody may write to this account", hint: "set it to allowlist or pairing",
                    severity: .critical)
            }
        }
        for user in facts.users where user.ledger.contains(.allow) && !user.isInProgress && user.liveRow == nil {
            guard let phone = user.ledgerPhone, model.isListedExactly(phone), facts.user(ofPhone: phone) == nil else { continue }
            found.add(user, "\(Redaction.phone(phone)) is on the allow-list by us, and has no agent", hint: Hint.repair)
        }
    }

    private static func catchAll(_ facts: Facts, _ found: inout Findings) {
        guard let model = facts.model else { return }
        for agent in model.agents where agent.isOurs && agent.isDefault {
            found.add(
                agent.id, "agent \(agent.id) is marked as the default: it answers everybody who has no binding", hint: Hint.repair,
                agent: facts.user(agent.id)?.agentID)
        }
        if let first = model.catchAll, first.isOurs, !first.isDefault {
            found.add(
                first.id, "agent \(first.id) is the default, being the first without another: it answers everybody who has no binding",
                hint: "mark an agent of your own with default=true, or set agents.ownership to explicit", agent: facts.user(first.id)?.agentID)
        }
        for binding in model.allBindings where binding.peerKind == nil {
            guard let agent = model.agent(binding.agentID), agent.isOurs else { continue }
            found.add(
                "/bindings/\(binding.position)", "agent \(agent.id) is bound without a peer: it answers everybody", hint: Hint.byHand,
                agent: facts.user(agent.id)?.agentID)
        }
    }
}
