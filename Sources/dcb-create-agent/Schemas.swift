import CommandKit
import JSON
import Onboarding

enum Schemas {
    private static let taken: [(String, Value)] = [
        ("phone", Schema.phone), ("agentId", Schema.agentID), ("fence", Schema.fence), ("name", Schema.name), ("language", Schema.language),
        ("requestId", Schema.requestID),
    ]

    static func createAgent(_ which: String, _ verb: String?) -> Value? {
        switch which {
        case "input": Schema.document("dcb-create-agent input", required: ["phone", "agentId"], taken, open: true)
        case "output":
            Schema.document(
                "dcb-create-agent output", required: ["phone"],
                taken + [
                    ("workspace", Schema.text), ("agentDir", Schema.text), ("agentCreated", Schema.flag), ("config", Schema.config),
                    ("agentRemoved", Schema.flag), ("trash", Schema.text),
                ], open: true)
        case "settings": Policy.schema
        default: nil
        }
    }
}
