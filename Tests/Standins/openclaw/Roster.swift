import JSON

/// The config's agents in the version's shape, with all that the version writes beside them.
struct Roster {
    private(set) var root: Object
    private let version: Release

    init(_ root: Object, _ version: Release) {
        self.root = root
        self.version = version
    }

    private var agents: Object { root["agents"]?.objectValue ?? [:] }
    private var list: [Value] { agents["list"]?.arrayValue ?? [] }
    private var entries: Object { agents["entries"]?.objectValue ?? [:] }

    func has(_ id: String) -> Bool { entry(id) != nil }

    func entry(_ id: String) -> Object? {
        if version.hasEntries { return entries.first { $0.key.lowercased() == id }?.value.objectValue }
        return list.first { $0.objectValue?["id"]?.stringValue?.lowercased() == id }?.objectValue
    }

    mutating func add(_ id: String, name: String, workspace: String, agentDir: String, main: String) {
        var agents = agents
        var entry: Object = ["name": .string(name), "workspace": .string(workspace), "agentDir": .string(agentDir)]
        var defaults = agents["defaults"]?.objectValue ?? [:]
        if version.hasEntries {
            entry["identity"] = ["name": .string(name)]
            var entries = entries
            let isFirst = entries.isEmpty
            if isFirst { entries["main"] = ["workspace": .string(main)] }
            entries[id] = .object(entry)
            for owner in ["systemAgent", "heartbeat"] where isFirst && defaults[owner] == nil { defaults[owner] = ["agentId": "main"] }
            if isFirst { root["talk"] = ["agentId": "main"] }
            agents["defaults"] = .object(defaults)
            // Two owners of one thing are invalid: a default agent stays the way it is.
            if !entries.contains(where: { $0.value.objectValue?["default"]?.boolValue == true }) { agents["ownership"] = "explicit" }
            agents["entries"] = .object(entries)
        } else {
            entry.insert(key: "id", value: .string(id), at: 0)
            agents["list"] = .array((list.isEmpty ? [["id": "main"]] : list) + [.object(entry)])
            if version < .v2026_7_1 {
                if root["messages"] == nil { root["messages"] = ["ackReactionScope": "group-mentions"] }
                for (key, value) in Roster.oldDefaults where defaults[key] == nil { defaults[key] = value }
                agents["defaults"] = .object(defaults)
            }
        }
        root["agents"] = .object(agents)
        touch()
    }

    /// - Returns: how many bindings went with it.
    mutating func remove(_ id: String) -> Int {
        var agents = agents
        var count: Int
        if version.hasEntries {
            let kept = Object(entries.filter { $0.key.lowercased() != id }.map { ($0.key, $0.value) })
            agents["entries"] = .object(kept)
            count = kept.count
        } else {
            let kept = list.filter { $0.objectValue?["id"]?.stringValue?.lowercased() != id }
            agents["list"] = .array(kept)
            count = kept.count
        }
        if version.hasEntries, count == 1, let only = agents["entries"]?.objectValue?.keys.first {
            agents["ownership"] = nil
            var defaults = agents["defaults"]?.objectValue ?? [:]
            defaults["authInheritance"] = ["agentId": .string(only)]
            agents["defaults"] = .object(defaults)
        }
        root["agents"] = .object(agents)
        let bindings = root["bindings"]?.arrayValue ?? []
        let kept = bindings.filter { $0.objectValue?["agentId"]?.stringValue?.lowercased() != id }
        if kept.count < bindings.count { root["bindings"] = .array(kept) }
        count = bindings.count - kept.count
        touch()
        return count
    }

    private static let oldDefaults: Object = ["maxConcurrent": 4, "subagents": ["maxConcurrent": 8], "compaction": ["mode": "safeguard"]]

    private mutating func touch() {
        var meta = root["meta"]?.objectValue ?? [:]
        if version.hasEntries {
            var migrations: Object = ["modelPolicyAllowlist": true]
            if version >= .v2026_9_6 { migrations["utilityModelSeparation"] = true }
            meta["migrations"] = .object(migrations)
        }
        meta["lastTouchedVersion"] = .string(version.rawValue)
        if !version.hasEntries { meta["lastTouchedAt"] = "2026-11-23T19:08:22.535Z" }
        root["meta"] = .object(meta)
    }
}
