import CommandKit
import JSON
import Onboarding

enum Schemas {
    static func onboard(_ which: String, _ verb: String?) -> Value? {
        switch which {
        case "input":
            Schema.document(
                "dcb-onboard input", required: ["phone"],
                [
                    ("phone", Schema.anyPhone), ("name", Schema.name), ("email", Schema.email), ("timestamp", Schema.timestamp), ("language", Schema.language),
                    ("requestId", Schema.requestID),
                ], open: false)
        case "output":
            Schema.document(
                "dcb-onboard output", required: ["phone", "outcome"],
                [
                    ("phone", Schema.phone), ("outcome", Schema.oneOf(["created", "existing", "removed", "absent"])), ("agentId", Schema.agentID),
                    ("status", Schema.status), ("applied", Schema.applied), ("claim", Schema.claim), ("fence", Schema.fence), ("workspace", Schema.text),
                    ("agentDir", Schema.text), ("language", Schema.language), ("agentCreated", Schema.flag), ("binding", Schema.binding),
                    ("bound", Schema.flag),
                    ("allowlisted", Schema.allowlisted), ("config", Schema.config), ("createdAt", Schema.time), ("updatedAt", Schema.time),
                    ("expiresAt", Schema.nullableTime), ("requestId", Schema.requestID),
                    ("routedTo", Schema.routedTo), ("hint", Schema.text),
                ], open: true)
        case "settings": Policy.schema
        default: nil
        }
    }
}
