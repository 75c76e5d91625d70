import JSON

extension Policy {
    /// What dcb.json may hold, as JSON Schema (draft 2020-12), for `--schema settings`.
    public static let schema: Value = {
        let builtIn = Policy.builtIn
        let members: Object = [
            "channel": described(["const": .string(builtIn.channel), "default": .string(builtIn.channel)], "OpenClaw's channel of the bindings."),
            "account": described(
                ["type": "string", "pattern": "^[^ ]{1,128}$", "default": .string(builtIn.account)], "accountId of the bindings; * is any account."),
            "sandbox": sandboxSchema(builtIn.sandbox),
            "templates": described(pathSchema, "Folder of the agent templates: <language>/AGENTS.md and so on."),
            "languages": described(
                [
                    "type": "object", "propertyNames": ["pattern": "^(default|[1-9][0-9]{0,14})$"],
                    "additionalProperties": ["type": "string", "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"],
                    "default": .object(languagesObject(builtIn.languages)),
                ], "Language by the first digits of the phone (longest wins), else default. Takes the place of the built-in map."),
            "agentName": described(["type": "string", "minLength": 1, "maxLength": 100, "default": .string(builtIn.agentName)], "name of an agent's entry."),
            "trashDays": described(integer(0, 36500, builtIn.trashDays), "Days after which the trash may be emptied."),
            "backupDir": described(pathSchema, "Where backups go."),
            "backupInclude": described(
                ["type": "array", "items": .object(pathSchema), "default": []], "What a backup holds beside the state folder, such as ~/.config/openclaw."),
            "agentCeiling": described(integer(1, 1_000_000, builtIn.agentCeiling), "Number of agents above which one gateway reloads too slowly."),
            "probeCommand": described(
                ["type": "array", "items": ["type": "string", "minLength": 1], "minItems": 1], "Argument vector that runs a command in an agent's sandbox."),
            "reconcile": object(
                [
                    "staleAfterHours": .object(integer(1, 87600, builtIn.reconcile.staleAfterHours)),
                    "maxRemovals": .object(integer(0, 1_000_000, builtIn.reconcile.maxRemovals)),
                    "maxFraction": ["type": "number", "minimum": 0, "maximum": 1, "default": .number("\(builtIn.reconcile.maxFraction)")],
                ], "Limits of dcb-reconcile."),
            "webhook": object(["rate": .object(rateSchema), "maxNew": .object(rateSchema)], "Limits of dcb-webhook."),
        ]
        var schema: Object = ["$schema": "https://json-schema.org/draft/2020-12/schema", "title": "dcb.json"]
        for (key, value) in members.asObjectSchema { schema[key] = value }
        return .object(schema)
    }()

    private static func sandboxSchema(_ builtIn: SandboxPolicy) -> Value {
        let drop: Value = .array(builtIn.capDrop.map { .string($0) })
        let members: Object = [
            "mode": described(["const": "all", "default": "all"], "Every session runs in a sandbox."),
            "scope": described(choices(SandboxPolicy.Scope.self, builtIn.scope), "One container for each agent, or for each session."),
            "workspaceAccess": .object(choices(SandboxPolicy.WorkspaceAccess.self, builtIn.workspaceAccess)),
            "image": ["type": "string", "pattern": "^[!-,.-~][!-~]{0,254}$", "default": .string(builtIn.image)],
            "network": described(
                [
                    "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$", "not": ["pattern": "^[Hh][Oo][Ss][Tt]$"],
                    "default": .string(builtIn.network),
                ],
                "none, bridge, or the name of a network; never the host's or another container's."),
            "memory": described(
                [
                    "type": ["string", "integer"], "pattern": "^[0-9]+(\\.[0-9]+)? ?([KkMmGgTt]([Ii]?[Bb])?|[Bb])?$", "minimum": 6_291_456,
                    "default": .string(builtIn.memory.text),
                ],
                "At least 6m; units are powers of 1024."),
            "cpus": ["type": "number", "minimum": .number("0.01"), "maximum": 1024, "default": .number("\(builtIn.cpus)")],
            "pidsLimit": .object(integer(1, 4_194_304, builtIn.pidsLimit)),
            "capDrop": ["type": "array", "items": ["type": "string", "pattern": "^[A-Z0-9_]+$"], "contains": ["const": "ALL"], "default": drop],
            "readOnlyRoot": described(["type": "boolean"], "Not given: OpenClaw's default, true."),
            "user": described(["type": "string", "pattern": "^(0|[1-9][0-9]*)(:(0|[1-9][0-9]*))?$"], "uid or uid:gid; must be the owner of the state folder."),
            "env": described(
                [
                    "type": "object",
                    "propertyNames": [
                        "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "not": ["enum": .array(SandboxPolicy.ownVariables.map { .string($0) })],
                    ],
                    "additionalProperties": ["type": "string"], "default": [:],
                ], "Variables in every sandbox, beside those that dcb sets."),
            "binds": described(
                ["type": "array", "items": ["type": "string", "pattern": "^/[^:]*:/[^:]*(:[A-Za-z,]*)?$"], "default": []],
                "source:target[:options]; nothing that OpenClaw refuses, and nothing private."),
            "setupCommand": described(["type": "string", "minLength": 1], "Runs once in a new container; needs root, network and a writable root."),
        ]
        return object(members, "What every agent's sandbox must be, at the least.")
    }

    private static let pathSchema: Object = ["type": "string", "pattern": "^(/|~/)"]
    private static let rateSchema: Object = ["type": "string", "pattern": "^(off|0*[1-9][0-9]*/0*[1-9][0-9]*[smhd])$"]

    private static func languagesObject(_ map: LanguageMap) -> Object {
        var object: Object = ["default": .string(map.standard.text)]
        for (prefix, tag) in map.prefixes.sorted(by: { $0.key < $1.key }) { object[prefix] = .string(tag.text) }
        return object
    }

    private static func described(_ schema: Object, _ text: String) -> Value {
        var schema = schema
        schema["description"] = .string(text)
        return .object(schema)
    }

    private static func object(_ members: Object, _ text: String) -> Value { described(members.asObjectSchema, text) }

    private static func integer(_ from: Int, _ to: Int, _ standard: Int) -> Object {
        ["type": "integer", "minimum": .number("\(from)"), "maximum": .number("\(to)"), "default": .number("\(standard)")]
    }

    private static func choices<T: RawRepresentable & CaseIterable>(_: T.Type, _ standard: T) -> Object where T.RawValue == String {
        ["enum": .array(T.allCases.map { .string($0.rawValue) }), "default": .string(standard.rawValue)]
    }
}

extension Object {
    /// These members as `properties` of an object that has no others.
    fileprivate var asObjectSchema: Object { ["type": "object", "additionalProperties": false, "properties": .object(self)] }
}
