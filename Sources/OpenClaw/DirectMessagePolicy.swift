import CommandKit
import JSON

/// Who may write to the channel's account directly.
public enum DirectMessagePolicy: Sendable, Equatable {
    /// The channel is not in the config.
    case none
    case disabled
    /// Anyone: `dmPolicy` is `open`, or the list holds `*`.
    case open
    /// Those on the list at `pointer` (it may not be there yet); `contains` are its entries without all but digits.
    case listed(pointer: String, contains: Set<String>)
}

/// The list that OpenClaw uses for an account, whatever its policy says.
struct AllowList: Sendable {
    /// Where the list stands, or would.
    let pointer: String
    /// The object that holds it.
    let owner: JSON.Node
    let node: JSON.Node?
    /// Entries by exact text, first position wins; and by digits.
    let exact: [String: JSON.Node]
    let digits: Set<String>
    let policy: DirectMessagePolicy

    /// - Parameter account: `*`: the channel's own list; else that account's, when it has one.
    init(channel: JSON.Node, channelPointer: String, account: String, _ inspection: Inspection) throws(Problem) {
        var owner = channel
        var pointer = channelPointer
        var dmPolicy = channel["dmPolicy"]
        if account != "*", let accounts = channel["accounts"] {
            try inspection.check(accounts, at: channelPointer + "/accounts")
            if let own = accounts[account.isEmpty ? channel["defaultAccount"]?.stringValue ?? "default" : account] {
                let ownPointer = Pointer.join(channelPointer + "/accounts", account.isEmpty ? "default" : account)
                try inspection.check(own, at: ownPointer)
                dmPolicy = own["dmPolicy"] ?? dmPolicy
                if own["allowFrom"] != nil {
                    owner = own
                    pointer = ownPointer
                }
            }
        }
        let list = owner["allowFrom"]
        if let list, list.kind != .array {
            try inspection.check(list, at: pointer + "/allowFrom")
            throw Problem(.configInvalid, "'\(pointer)/allowFrom' of openclaw.json is no array")
        }
        self.owner = owner
        self.pointer = pointer + "/allowFrom"
        node = list
        var exact: [String: JSON.Node] = [:]
        var digits: Set<String> = []
        var hasStar = false
        if let list {
            exact.reserveCapacity(list.count)
            digits.reserveCapacity(list.count)
            for element in list.elements {
                guard let text = element.stringValue else { continue }
                if exact[text] == nil { exact[text] = element }
                if text.utf8.allSatisfy({ $0 == UInt8(ascii: "*") || $0 == 32 }), text.utf8.contains(UInt8(ascii: "*")) { hasStar = true }
                digits.insert(AllowList.digits(of: text))
            }
        }
        digits.remove("")
        self.exact = exact
        self.digits = digits
        switch dmPolicy?.stringValue {
        case "disabled": policy = .disabled
        case "open": policy = .open
        default: policy = hasStar ? .open : .listed(pointer: self.pointer, contains: digits)
        }
    }

    /// `+1 555 123-4567`, `15551234567` and `+15551234567` are one entry; WhatsApp's own spelling (`…:3@s.whatsapp.net`) too.
    static func digits(of text: String) -> String {
        var found: [UInt8] = []
        for b in text.utf8 {
            if b == UInt8(ascii: "@") || b == UInt8(ascii: ":") && !found.isEmpty { break }
            if b >= 48 && b <= 57 { found.append(b) }
        }
        return String(decoding: found, as: UTF8.self)
    }
}
