import CommandKit
import JSON
import Onboarding

enum Schemas {
    static func reconcile(_ which: String, _ verb: String?) -> Value? {
        switch which {
        // It reads no documents.
        case "input": Schema.document("dcb-reconcile input", required: [], [], open: false)
        case "output": report
        case "settings": Policy.schema
        default: nil
        }
    }

    private static let phone: Value = ["type": ["string", "null"], "description": "its last four digits"]

    private static func list(_ members: [(String, Value)]) -> Value {
        ["type": "array", "items": ["type": "object", "required": ["agentId"], "properties": .object(Object([("agentId", Schema.text)] + members))]]
    }

    private static let report = Schema.document(
        "dcb-reconcile output",
        required: [
            "mode", "at", "stateDir", "orphanedAgents", "orphanedRecords", "invalidBindings", "staleStates", "unfinishedClaims", "foreignAgents", "findings",
            "actions", "summary",
        ],
        [
            ("mode", Schema.oneOf(["check", "repair", "dry-run", "adopt"])), ("at", Schema.time), ("stateDir", Schema.text),
            ("orphanedAgents", list([("phone", phone), ("left", ["type": "array"])])),
            ("orphanedRecords", list([("phone", phone), ("status", Schema.status)])),
            ("invalidBindings", list([("phone", phone), ("pointer", Schema.text), ("detail", Schema.text), ("ours", Schema.flag)])),
            ("staleStates", list([("phone", phone), ("status", Schema.status), ("createdAt", Schema.time)])),
            ("unfinishedClaims", list([("phone", phone), ("kind", Schema.oneOf(["provision", "removal"])), ("done", ["type": "array"])])),
            ("foreignAgents", list([])),
            (
                "findings",
                [
                    "type": "array",
                    "items": [
                        "type": "object", "required": ["invariant", "severity", "subject", "detail", "hint"],
                        "properties": [
                            "invariant": ["type": "string", "pattern": "^I[1-9][0-9]*$"], "severity": Schema.oneOf(["critical", "error", "warning"]),
                            "subject": Schema.text, "detail": Schema.text, "hint": Schema.text, "mended": Schema.flag,
                        ],
                    ],
                ]
            ),
            (
                "actions",
                [
                    "type": "array",
                    "items": [
                        "type": "object", "required": ["action", "detail"],
                        "properties": [
                            "action": Schema.text, "agentId": Schema.text, "phone": Schema.text, "path": Schema.text, "detail": Schema.text,
                            "skipped": Schema.text, "problem": Schema.text,
                        ],
                    ],
                ]
            ),
            (
                "summary",
                [
                    "type": "object", "required": ["ok", "users", "found", "critical", "error", "warning", "actions", "failed"],
                    "properties": [
                        "ok": Schema.flag, "users": ["type": "integer"], "found": ["type": "integer"], "critical": ["type": "integer"],
                        "error": ["type": "integer"], "warning": ["type": "integer"], "mended": ["type": "integer"], "actions": ["type": "integer"],
                        "failed": ["type": "integer"],
                    ],
                ]
            ),
        ], open: false)
}
