import JSON

extension Validity {
    /// The agents as one version sees them.
    struct Roster {
        var ids: Set<String> = []
        /// False when the roster is another file's, or not readable: then nothing can be said of who is in it.
        var isKnown = true
        /// Who is in it beside `ids`: those that are as they were.
        var staying: ConfigModel?

        func has(_ id: String) -> Bool {
            if !isKnown || ids.contains(id) { return true }
            if let staying, !staying.agents.isEmpty { return staying.agent(id) != nil }
            return ids.isEmpty && id == "main"
        }

        /// - Parameter position: of the agent in the roster.
        /// - Returns: false when another agent before it has the same id.
        mutating func enter(_ id: String, position: Int) -> Bool {
            let isFirst = staying.map { ($0.agent(id)?.position ?? position) == position } ?? true
            return ids.insert(id).inserted && isFirst
        }
    }

    mutating func roster(_ agents: JSON.Node?) -> Roster {
        var roster = Roster(staying: baseline?.candidate)
        guard let agents else { return roster }
        guard agents.kind == .object else {
            find("/agents", "expected an object")
            return roster
        }
        var entries: JSON.Node?
        var list: JSON.Node?
        var defaults: JSON.Node?
        var ownership: JSON.Node?
        var included = false
        for member in agents.members {
            switch member.key {
            case "entries": entries = member.value
            case "list": list = member.value
            case "defaults": defaults = member.value
            case "ownership": ownership = member.value
            case "$include": included = true
            default: continue
            }
        }
        if included { roster.isKnown = false }
        var names = known.agents
        // Without entries a list is still read, and turned into entries, when it has any element (2026.8.1, 2026.9.6).
        if version.hasEntries, entries == nil, let list, list.kind != .array || list.count > 0 { names.insert("list") }
        members(agents, names, "/agents")
        let explicit = ownership?.equals("explicit") == true
        if version.hasEntries, ownership != nil, !explicit { find("/agents/ownership", "the only value is 'explicit'") }
        var count = 0
        var defaultCount = 0
        if version.hasEntries, let entries {
            self.entries(entries, &roster, &count, &defaultCount)
            if explicit, entries.kind == .object, entries.count == 0 { find("/agents/entries", "must hold at least one agent") }
        } else if let list {
            self.list(list, &roster, &count, &defaultCount)
        }
        if version.hasEntries {
            if explicit, defaultCount > 0 { find("/agents/ownership", "explicit ownership and an agent with default=true exclude each other") }
            if !explicit, count > 1, defaultCount != 1, roster.isKnown {
                find("/agents/ownership", "several agents need ownership 'explicit' or exactly one agent with default=true")
            }
        }
        if let defaults { self.defaults(defaults, roster) }
        return roster
    }

    private mutating func entries(_ node: JSON.Node, _ roster: inout Roster, _ count: inout Int, _ defaultCount: inout Int) {
        guard node.kind == .object else { return find("/agents/entries", "expected an object") }
        var directories: Set<String> = []
        if baseline == nil { roster.ids.reserveCapacity(node.count) }
        var position = -1
        for member in node.members {
            position += 1
            if let baseline, baseline.isSame(agent: count, member.value, key: member) {
                count += 1
                if member.value["default"]?.boolValue == true { defaultCount += 1 }
                continue
            }
            let key = member.key
            if key == "$include" {
                roster.isKnown = false
                continue
            }
            if key == "__proto__" { continue }
            guard AgentKey.isNormal(key) || AgentKey.isKey(key) else {
                find(Pointer.join("/agents/entries", key), "invalid key", subject: key)
                continue
            }
            let id = AgentKey.normalise(key)
            if !roster.enter(id, position: position) { find("/agents/entries/" + key, "two keys are the same agent id", subject: id) }
            count += 1
            if agent(member.value, "/agents/entries/" + key, id, &directories) { defaultCount += 1 }
            if isFull { return }
        }
    }

    private mutating func list(_ node: JSON.Node, _ roster: inout Roster, _ count: inout Int, _ defaultCount: inout Int) {
        guard node.kind == .array else {
            if node["$include"] != nil { roster.isKnown = false } else { find("/agents/list", "expected an array") }
            return
        }
        var directories: Set<String> = []
        if baseline == nil { roster.ids.reserveCapacity(node.count) }
        var position = -1
        for element in node.elements {
            position += 1
            if let baseline, baseline.isSame(agent: count, element) {
                count += 1
                if element["default"]?.boolValue == true { defaultCount += 1 }
                continue
            }
            var pointer: String { "/agents/list/\(position)" }
            guard element.kind == .object else {
                find(pointer, "expected an object")
                continue
            }
            guard let key = element["id"]?.stringValue else {
                if element["$include"] != nil { roster.isKnown = false } else { find(pointer, "the id is missing or no string") }
                continue
            }
            let id = AgentKey.normalise(key)
            let isNew = roster.enter(id, position: position)
            // The list becomes entries only when each id is already as OpenClaw writes it, and there once.
            if version.hasEntries {
                if id != key { find(pointer + "/id", "the id is not normalised", subject: id) }
                if !isNew { find(pointer + "/id", "two elements are the same agent id", subject: id) }
            }
            count += 1
            if agent(element, pointer, id, &directories, isElement: true) { defaultCount += 1 }
            if isFull { return }
        }
    }

    /// - Parameter directories: those of the agents before. What an edit's agents share with those that stay is `Candidate`'s to find.
    /// - Returns: whether it is marked as the default.
    private mutating func agent(
        _ node: JSON.Node, _ pointer: @autoclosure () -> String, _ id: String, _ directories: inout Set<String>, isElement: Bool = false
    ) -> Bool {
        guard node.kind == .object else {
            find(pointer(), "expected an object", subject: id)
            return false
        }
        var isDefault = false
        var included = false
        for member in node.members {
            // An element's id is gone once the list has become entries.
            if isElement, keys.name(member) == .id { continue }
            switch name(member, many.entry, pointer(), id, included: &included) {
            case .name: string(member.value, pointer() + "/name", subject: id)
            case .workspace: string(member.value, pointer() + "/workspace", subject: id)
            case .agentDir:
                string(member.value, pointer() + "/agentDir", subject: id)
                if let text = member.value.stringValue, !text.isEmpty, !directories.insert(text).inserted {
                    find(pointer() + "/agentDir", "another agent has the same agentDir", subject: id)
                }
            case .isDefault:
                if let flag = member.value.boolValue { isDefault = flag } else { find(pointer() + "/default", "expected true or false", subject: id) }
            case .sandbox: sandbox(member.value, pointer() + "/sandbox", id)
            default: continue
            }
        }
        return isDefault
    }

    private mutating func defaults(_ node: JSON.Node, _ roster: Roster) {
        guard members(node, known.defaults, "/agents/defaults") else { return }
        for member in node.members {
            switch member.key {
            case "sandbox": sandbox(member.value, "/agents/defaults/sandbox", "/agents/defaults/sandbox")
            case "heartbeat" where !version.hasEntries:
                if member.value["agentId"] != nil { find("/agents/defaults/heartbeat", "unknown member 'agentId'") }
            case "systemAgent", "heartbeat", "authInheritance", "sessionStore":
                guard version.hasEntries, let owner = member.value["agentId"]?.stringValue else { continue }
                let id = AgentKey.normalise(owner)
                if !roster.has(id) { find("/agents/defaults/\(member.key)/agentId", "no such agent", subject: id) }
            default: continue
            }
        }
    }

    // MARK: - Bindings

    mutating func bindings(_ node: JSON.Node, _ roster: Roster) {
        guard node.kind == .array else {
            if node["$include"] == nil { find("/bindings", "expected an array") }
            return
        }
        var position = 0
        for element in node.elements {
            if isFull { return }
            binding(element, position, roster)
            position += 1
        }
    }

    private mutating func binding(_ node: JSON.Node, _ position: Int, _ roster: Roster) {
        var pointer: String { "/bindings/\(position)" }
        var subject: String { "binding of \(node["agentId"]?.stringValue.map { AgentKey.normalise($0) } ?? "nobody")" }
        var agent: JSON.Node?
        var match: JSON.Node?
        var included = false
        guard node.kind == .object else { return find(pointer, "expected an object") }
        if let baseline, baseline.isSame(binding: position, node) {
            guard !baseline.removed.isEmpty, version.hasSchema, let id = node["agentId"]?.stringValue.map({ AgentKey.normalise($0) }) else { return }
            if baseline.removed.contains(id), !roster.has(id) { find(pointer + "/agentId", "no such agent", subject: subject) }
            return
        }
        for member in node.members {
            switch name(member, many.binding, pointer, subject, included: &included) {
            case .agentId: agent = member.value
            case .match: match = member.value
            case .type: one(of: Validity.types, member.value, pointer + "/type", subject: subject)
            case .session: one(of: Validity.scopes, member.value["dmScope"], pointer + "/session/dmScope", subject: subject)
            case .comment: string(member.value, pointer + "/comment", subject: subject)
            default: continue
            }
        }
        if included { return }
        guard let id = agent?.stringValue else { return find(pointer + "/agentId", "the agentId is missing or no string", subject: subject) }
        if version.hasSchema, !roster.has(AgentKey.normalise(id)) { find(pointer + "/agentId", "no such agent", subject: subject) }
        guard let match, match.kind == .object else { return find(pointer + "/match", "the match is missing or no object", subject: subject) }
        self.match(match, pointer + "/match", subject)
    }

    private static let types = ["route", "acp"]

    private mutating func match(_ node: JSON.Node, _ pointer: @autoclosure () -> String, _ subject: @autoclosure () -> String) {
        var included = false
        var channel: JSON.Node?
        for member in node.members {
            switch name(member, many.match, pointer(), subject(), included: &included) {
            case .channel: channel = member.value
            case .accountId: string(member.value, pointer() + "/accountId", subject: subject())
            case .peer: peer(member.value, pointer() + "/peer", subject())
            default: continue
            }
        }
        if !included, channel?.kind != .string { find(pointer() + "/channel", "the channel is missing or no string", subject: subject()) }
    }

    private static let newKinds = ["direct", "group", "channel"]
    private static let bothKinds = ["direct", "dm", "group", "channel"]
    private static let oldKinds = ["dm", "group", "channel"]
    private static let peerMembers = NameSet(["kind", "id"])

    private mutating func peer(_ node: JSON.Node, _ pointer: @autoclosure () -> String, _ subject: @autoclosure () -> String) {
        guard node.kind == .object else { return find(pointer(), "expected an object", subject: subject()) }
        let kinds = version.hasEntries ? Validity.newKinds : version.knowsDirect ? Validity.bothKinds : Validity.oldKinds
        var included = false
        var hasKind = false
        var hasID = false
        for member in node.members {
            switch name(member, Validity.peerMembers, pointer(), subject(), included: &included) {
            case .kind:
                hasKind = true
                one(of: kinds, member.value, pointer() + "/kind", subject: subject())
            case .id: hasID = member.value.kind == .string
            default: continue
            }
        }
        if included { return }
        if !hasKind { find(pointer() + "/kind", "the kind is missing", subject: subject()) }
        if !hasID { find(pointer() + "/id", "the id is missing or no string", subject: subject()) }
    }
}
