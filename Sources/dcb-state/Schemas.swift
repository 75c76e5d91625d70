import CommandKit
import JSON
import Onboarding

enum Schemas {
    private static let row: [(String, Value)] = [
        ("id", ["type": "integer"]), ("phone", Schema.text), ("agentId", Schema.text), ("status", Schema.status), ("name", Schema.nullableText),
        ("email", Schema.nullableText), ("language", Schema.nullableText), ("createdAt", Schema.time), ("updatedAt", Schema.time),
        ("expiresAt", Schema.nullableTime), ("applied", ["enum": [true, .null]]),
        ("oauth", ["type": "object", "properties": ["state": Schema.nullableText, "checkedAt": Schema.nullableTime]]), ("requestId", Schema.requestID),
    ]
    private static let pair: [(String, Value)] = [
        ("phone", Schema.phone), ("agentId", Schema.agentID), ("fence", Schema.fence), ("claim", Schema.claim), ("requestId", Schema.requestID),
    ]

    static func state(_ which: String, _ verb: String?) -> Value? {
        let title = "dcb-state \(verb ?? "claim") \(which)"
        switch (which, verb) {
        case ("input", "claim"?), ("input", nil):
            return Schema.document(title, required: ["phone"], [("phone", Schema.phone), ("requestId", Schema.requestID)], open: true)
        case ("input", "commit"?), ("input", "release"?): return Schema.document(title, required: ["phone"], pair, open: true)
        case ("input", "update"?):
            return Schema.document(
                title, required: ["phone"],
                [
                    ("phone", Schema.phone), ("status", Schema.status), ("name", Schema.name), ("email", Schema.email), ("expect", Schema.status),
                    ("requestId", Schema.requestID),
                ], open: false)
        case ("input", "get"?), ("input", "history"?), ("input", "handover"?), ("input", "cancel"?):
            return Schema.document(title, required: ["phone"], [("phone", Schema.phone), ("requestId", Schema.requestID)], open: true)
        case ("output", "claim"?), ("output", nil): return Schema.document(title, required: ["phone", "claim"], pair + [("status", Schema.status)], open: true)
        case ("output", "commit"?):
            return Schema.document(
                title, required: ["phone"],
                pair + [("status", Schema.status), ("createdAt", Schema.time), ("updatedAt", Schema.time), ("expiresAt", Schema.nullableTime)], open: true)
        case ("output", "release"?): return Schema.document(title, required: ["phone"], pair + [("released", Schema.flag)], open: true)
        case ("output", "get"?), ("output", "list"?), ("output", "update"?), ("output", "handover"?), ("output", "cancel"?):
            return Schema.document(title, required: [], row, open: true)
        case ("output", "history"?):
            return Schema.document(
                title, required: ["at", "from", "to", "agentId"],
                [("at", Schema.time), ("from", Schema.nullableText), ("to", Schema.text), ("agentId", Schema.text)], open: false)
        case ("output", "claims"?):
            return Schema.document(
                title, required: ["phone", "agentId", "kind", "done", "leaseSeconds", "owner"],
                [
                    ("phone", Schema.phone), ("agentId", Schema.text), ("kind", Schema.oneOf(["provision", "removal"])), ("done", ["type": "array"]),
                    ("leaseSeconds", ["type": "integer"]), ("owner", ["type": ["object", "null"]]),
                ], open: false)
        case ("output", "ledger"?):
            return Schema.document(
                title, required: ["kind", "agentId", "phone", "madeAt", "removedAt", "how"],
                [
                    ("kind", Schema.oneOf(["agent", "binding", "allow"])), ("agentId", Schema.text), ("phone", Schema.text), ("madeAt", Schema.time),
                    ("removedAt", Schema.nullableTime), ("how", Schema.oneOf(["made", "adopted"])),
                ], open: false)
        case ("output", "jobs"?):
            return Schema.document(
                title, required: ["job", "lastRun", "exit", "ageSeconds", "late"],
                [("job", Schema.text), ("lastRun", Schema.time), ("exit", ["type": "integer"]), ("ageSeconds", ["type": "integer"]), ("late", Schema.flag)],
                open: false)
        case ("output", "check"?):
            return Schema.document(title, required: ["ok", "findings"], [("ok", Schema.flag), ("findings", ["type": "array"])], open: false)
        case ("output", "init"?):
            return Schema.document(
                title, required: ["ok", "db"], [("ok", Schema.flag), ("stateDir", Schema.text), ("db", Schema.text), ("created", Schema.flag)], open: false)
        case ("output", "audit"?): return Schema.document(title, required: ["at", "event"], [("at", Schema.time), ("event", Schema.text)], open: true)
        case ("settings", _): return Policy.schema
        default: return nil
        }
    }
}
