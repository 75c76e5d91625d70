import CommandKit
import JSON
import Onboarding

enum Schemas {
    static func webhook(_ which: String, _ verb: String?) -> Value? {
        switch which {
        case "input":
            Schema.document(
                "dcb-webhook POST /webhook/onboarding", required: ["phone"],
                [
                    ("phone", Schema.anyPhone), ("name", Schema.name), ("email", Schema.email), ("timestamp", Schema.timestamp), ("language", Schema.language),
                    ("requestId", Schema.requestID),
                ], open: false)
        case "output":
            Schema.document(
                "dcb-webhook answer of POST /webhook/onboarding", required: ["status", "agentId", "phone"],
                [("status", Schema.oneOf(["created", "existing"])), ("agentId", Schema.agentID), ("phone", Schema.phone)], open: false)
        case "settings": Policy.schema
        default: nil
        }
    }
}
