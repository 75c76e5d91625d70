import CommandKit
import JSON
import Onboarding

enum Schemas {
    private static let taken: [(String, Value)] = [
        ("phone", Schema.phone), ("agentId", Schema.agentID), ("fence", Schema.fence), ("requestId", Schema.requestID),
    ]

    static func bind(_ which: String, _ verb: String?) -> Value? {
        switch which {
        case "input": Schema.document("dcb-bind input", required: ["phone", "agentId"], taken, open: true)
        case "output":
            Schema.document(
                "dcb-bind output", required: ["phone"],
                taken + [
                    ("binding", Schema.binding), ("bound", Schema.flag), ("allowlisted", Schema.allowlisted), ("config", Schema.config), ("hint", Schema.text),
                    ("unbound", Schema.flag), ("applied", Schema.applied), ("routedTo", Schema.routedTo),
                ], open: true)
        case "settings": Policy.schema
        default: nil
        }
    }
}
