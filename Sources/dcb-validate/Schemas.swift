import CommandKit
import JSON
import Onboarding

enum Schemas {
    static func validate(_ which: String, _ verb: String?) -> Value? {
        func members(_ phone: Value) -> [(String, Value)] {
            [
                ("phone", phone), ("name", Schema.name), ("email", Schema.email), ("timestamp", Schema.timestamp), ("language", Schema.language),
                ("requestId", Schema.requestID),
            ]
        }
        return switch which {
        case "input": Schema.document("dcb-validate input", required: ["phone"], members(Schema.anyPhone), open: false)
        case "output": Schema.document("dcb-validate output", required: ["phone"], members(Schema.phone), open: false)
        case "settings": Policy.schema
        default: nil
        }
    }
}
