import JSON

extension Validity {
    /// The agents as one version sees them.
    struct Roster {
        var ids: Set<String> = []
        /// False when the roster is another file's, or not readable: then nothing can be said of who is in it.
        var isKnown = true

        func has(_ id: String) -> Bool { !isKnown || (ids.isEmpty ? id == "main" : ids.contains(id)) }
    }

    mutating func roster(_ agents: JSON.Node?) -> Roster {
        var roster = Roster()
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
        roster.ids.reserveCapacity(node.count)
        for member in node.members {
            let key = member.key
            if key == "$include" {
                roster.isKnown = false
                continue
            }
            if key == "__proto__" { continue }
            let pointer = Pointer.join("/agents/entries", key)
            guard AgentKey.isKey(key) else {
                find(pointer, "invalid key", subject: key)
                continue
            }
            let id = AgentKey.normalise(key)
            if !roster.ids.insert(id).inserted { find(pointer, "two keys are the same agent id", subject: id) }
            count += 1
            if agent(member.value, pointer, id, &directories) { defaultCount += 1 }
            if isFull { return }
        }
    }

    private mutating func list(_ node: JSON.Node, _ roster: inout Roster, _ count: inout Int, _ defaultCount: inout Int) {
        guard node.kind == .array else {
            if node["$include"] != nil { roster.isKnown = false } else { find("/agents/list", "expected an array") }
            return
        }
        var directories: Set<String> = []
        roster.ids.reserveCapacity(node.count)
        var position = 0
        for element in node.elements {
            defer { position += 1 }
            let pointer = "/agents/list/\(position)"
            guard element.kind == .object else {
                find(pointer, "expected an object")
                continue
            }
            guard let key = element["id"]?.stringValue else {
                if element["$include"] != nil { roster.isKnown = false } else { find(pointer, "the id is missing or no string") }
                continue
            }
            let id = AgentKey.normalise(key)
            let isNew = roster.ids.insert(id).inserted
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

    /// - Returns: whether it is marked as the default.
    private mutating func agent(_ node: JSON.Node, _ pointer: String, _ id: String, _ directories: inout Set<String>, isElement: Bool = false) -> Bool {
        guard node.kind == .object else {
            find(pointer, "expected an object", subject: id)
            return false
        }
        var isDefault = false
        for member in node.members {
            let key = member.key
            switch key {
            case "id" where isElement: continue
            case "name", "workspace": string(member.value, pointer + "/" + key, subject: id)
            case "agentDir":
                string(member.value, pointer + "/agentDir", subject: id)
                if let text = member.value.stringValue, !text.isEmpty, !directories.insert(text).inserted {
                    find(pointer + "/agentDir", "another agent has the same agentDir", subject: id)
                }
            case "default":
                if let flag = member.value.boolValue { isDefault = flag } else { find(pointer + "/default", "expected true or false", subject: id) }
            case "sandbox": sandbox(member.value, pointer + "/sandbox", id)
            case "$include", "__proto__", "constructor", "prototype": continue
            default:
                if !known.entry.contains(key) {
                    findings.append(Finding(pointer, "unknown member '\(Inspection.shown(key))'", subject: id, isUnknownMember: true))
                }
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
        let pointer = "/bindings/\(position)"
        var agent: JSON.Node?
        var match: JSON.Node?
        var type: JSON.Node?
        var session: JSON.Node?
        var included = false
        guard node.kind == .object else { return find(pointer, "expected an object") }
        let subject = "binding of \(node["agentId"]?.stringValue.map { AgentKey.normalise($0) } ?? "nobody")"
        for member in node.members {
            let key = member.key
            switch key {
            case "agentId": agent = member.value
            case "match": match = member.value
            case "type" where version.hasSchema: type = member.value
            case "session" where version.hasSchema: session = member.value
            case "comment" where version.hasSchema: string(member.value, pointer + "/comment", subject: subject)
            case "acp" where version.hasSchema: continue
            case "$include", "__proto__", "constructor", "prototype": included = included || key == "$include"
            default: findings.append(Finding(pointer, "unknown member '\(Inspection.shown(key))'", subject: subject, isUnknownMember: true))
            }
        }
        if included { return }
        one(of: ["route", "acp"], type, pointer + "/type", subject: subject)
        one(of: Validity.scopes, session?["dmScope"], pointer + "/session/dmScope", subject: subject)
        guard let id = agent?.stringValue else { return find(pointer + "/agentId", "the agentId is missing or no string", subject: subject) }
        if version.hasSchema, !roster.has(AgentKey.normalise(id)) { find(pointer + "/agentId", "no such agent", subject: subject) }
        guard let match, match.kind == .object else { return find(pointer + "/match", "the match is missing or no object", subject: subject) }
        self.match(match, pointer + "/match", subject)
    }

    private mutating func match(_ node: JSON.Node, _ pointer: String, _ subject: String) {
        guard members(node, known.match, pointer, subject: subject) else { return }
        var channel: JSON.Node?
        for member in node.members {
            if member.keyEquals("channel") {
                channel = member.value
            } else if member.keyEquals("accountId") {
                string(member.value, pointer + "/accountId", subject: subject)
            } else if member.keyEquals("peer") {
                peer(member.value, pointer + "/peer", subject)
            }
        }
        if channel?.kind != .string { find(pointer + "/channel", "the channel is missing or no string", subject: subject) }
    }

    private static let peerMembers: Set<String> = ["kind", "id"]

    private mutating func peer(_ node: JSON.Node, _ pointer: String, _ subject: String) {
        guard members(node, Validity.peerMembers, pointer, subject: subject) else { return }
        let kinds =
            if version.hasEntries {
                ["direct", "group", "channel"]
            } else if version.knowsDirect {
                ["direct", "dm", "group", "channel"]
            } else {
                ["dm", "group", "channel"]
            }
        let kind = node["kind"]
        if kind == nil { find(pointer + "/kind", "the kind is missing", subject: subject) }
        one(of: kinds, kind, pointer + "/kind", subject: subject)
        if node["id"]?.kind != .string { find(pointer + "/id", "the id is missing or no string", subject: subject) }
    }
}
