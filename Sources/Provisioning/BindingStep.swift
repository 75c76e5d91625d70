import CommandKit
import JSON
import Onboarding
import OpenClaw
import Store

/// Routes phones to their agents, and takes the routes back. Binding and allow-list entry go in with one replacement.
public struct BindingStep {
    let workplace: Workplace
    let record: Record

    public init(_ workplace: Workplace, record: Record) {
        self.workplace = workplace
        self.record = record
    }

    public func bind(_ items: [StepItem]) throws(Problem) {
        for item in items {
            item.attempt { () throws(Problem) in _ = try record.authorise(item.phone, item.agentID.text, fence: item.fence, undo: false) }
        }
        var joins: Set<PhoneNumber> = []
        try ConfigTransaction(workplace: workplace, record: record, event: "bound").run(
            items, authority: ConfigTransaction.authority(undo: false),
            edit: { (item, edit) throws(Problem) in
                let outcome = try edit.bind(item.phone, to: item.agentID)
                // Asked of the whole edit: the second document of one phone finds what the first one put in.
                if edit.allows(item.phone) { joins.insert(item.phone) } else { joins.remove(item.phone) }
                BindingStep.describe(outcome, item)
                item.membersChanged = (outcome.isNew ? [BindingStep.bindings] : []) + (outcome.allow == .added ? [allowFrom] : [])
            },
            intended: { (item, claim, r) throws(Problem) in
                try r.enterLedger(.binding, agent: item.agentID.text, phone: item.phone)
                if joins.contains(item.phone) { try r.enterLedger(.allow, agent: item.agentID.text, phone: item.phone) }
                guard let claim else { return }
                if claim.binding == .none { try r.setProgress(item.phone, binding: .intended) }
                if joins.contains(item.phone), claim.allow == .none { try r.setProgress(item.phone, allow: .intended) }
            },
            recorded: { (item, claim, r) throws(Problem) in
                guard let claim else { return }
                try r.setProgress(item.phone, binding: .made)
                if claim.allow != .none { try r.setProgress(item.phone, allow: .made) }
            })
    }

    public func undo(_ items: [StepItem]) throws(Problem) {
        var pending: [StepItem] = []
        var ownsAllow: Set<PhoneNumber> = []
        for item in items {
            item.attempt { () throws(Problem) in
                item.additions["bound"] = false
                item.additions["allowlisted"] = false
                item.additions["unbound"] = false
                guard case .claim(let claim) = try record.authorise(item.phone, item.agentID.text, fence: item.fence, undo: true) else { return }
                // A provision takes back what it recorded; a removal everything that the ledger holds.
                let open = claim.kind == .removal ? try record.openLedger(item.phone, agent: item.agentID.text).map(\.kind) : []
                let allow = claim.allow != .none || open.contains(.allow)
                let binding = claim.binding != .none || open.contains(.binding)
                if allow { ownsAllow.insert(item.phone) }
                if binding || allow { pending.append(item) }
            }
        }
        try ConfigTransaction(workplace: workplace, record: record, event: "unbound").run(
            pending, authority: ConfigTransaction.authority(undo: true),
            edit: { (item, edit) throws(Problem) in
                let outcome = try edit.unbind(item.phone, from: item.agentID, removeAllowEntry: ownsAllow.contains(item.phone))
                item.additions["unbound"] = .bool(outcome.unbound)
                item.membersChanged = (outcome.unbound ? [BindingStep.bindings] : []) + (outcome.disallowed ? [allowFrom] : [])
            },
            recorded: { (item, _, r) throws(Problem) in
                try r.closeLedger(.binding, agent: item.agentID.text, phone: item.phone)
                try r.setProgress(item.phone, binding: Progress.none)
                if ownsAllow.contains(item.phone) {
                    try r.closeLedger(.allow, agent: item.agentID.text, phone: item.phone)
                    try r.setProgress(item.phone, allow: Progress.none)
                }
            })
    }

    private static let bindings = "/bindings"
    /// Or the account's own list, when that account has one.
    private var allowFrom: String { "/channels/\(workplace.policy.channel)/allowFrom" }

    static func describe(_ outcome: ConfigEdit.BindOutcome, _ item: StepItem) {
        item.additions["binding"] = outcome.binding
        item.additions["bound"] = true
        switch outcome.allow {
        case .added, .present: item.additions["allowlisted"] = true
        case .open: item.additions["allowlisted"] = "open"
        case .noChannel:
            item.additions["allowlisted"] = false
            item.additions["hint"] = "openclaw.json has no channels.whatsapp: set WhatsApp up in OpenClaw, then run dcb-bind again"
        }
    }
}
