import CommandKit
import JSON
import Onboarding

enum Schemas {
    private static let number: Value = ["type": "integer"]

    static func check(_ which: String, _ verb: String?) -> Value? {
        switch which {
        // It reads no documents.
        case "input": return Schema.document("dcb-oauth-check input", required: [], [], open: false)
        case "output":
            return Schema.document(
                "dcb-oauth-check output", required: ["checkedAt", "agents", "summary"],
                [("checkedAt", Schema.time), ("agents", ["type": "array", "items": agent]), ("summary", ["type": "object", "additionalProperties": number])],
                open: false)
        case "settings": return Policy.schema
        default: return nil
        }
    }

    private static let agent: Value = [
        "type": "object", "required": ["agentId", "state", "tokenAgeSeconds", "path", "detail", "attention", "findings"],
        "properties": [
            "agentId": Schema.text, "state": Schema.oneOf(State.allCases.map(\.rawValue)), "tokenAgeSeconds": ["type": ["integer", "null"]],
            "path": Schema.nullableText, "detail": Schema.text, "attention": Schema.flag, "status": Schema.nullableText, "accounts": number,
            "gog": Schema.oneOf(["any", ">=0.9", ">=0.14", ">=0.19"]),
            "findings": [
                "type": "array",
                "items": [
                    "type": "object", "required": ["id", "severity", "detail"],
                    "properties": ["id": Schema.text, "severity": Schema.oneOf(["info", "warning", "error"]), "detail": Schema.text],
                ],
            ],
        ],
    ]
}
