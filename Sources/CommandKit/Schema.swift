import JSON

/// JSON Schemas (2020-12) of documents, put together from the members that flow.
public enum Schema {
    /// An object with members in order.
    /// - Parameter open: other members pass through.
    public static func document(_ title: String, required: [String], _ members: [(String, Value)], open: Bool) -> Value {
        .object([
            "$schema": "https://json-schema.org/draft/2020-12/schema", "title": .string(title), "type": "object",
            "required": .array(required.map { .string($0) }), "properties": .object(Object(members)), "additionalProperties": .bool(open),
        ])
    }

    public static let text: Value = ["type": "string"]
    public static let flag: Value = ["type": "boolean"]
    public static let nullableText: Value = ["type": ["string", "null"]]
    public static let time: Value = ["type": "string", "format": "date-time"]
    public static let nullableTime: Value = ["type": ["string", "null"], "format": "date-time"]
    public static func oneOf(_ values: [String]) -> Value { ["enum": .array(values.map { .string($0) })] }

    public static let anyPhone: Value = ["type": "string", "description": "an international number as people or WhatsApp write it"]
    public static let phone: Value = ["type": "string", "pattern": "^\\+[1-9][0-9]{1,14}$"]
    public static let agentID: Value = ["type": "string", "pattern": "^user_[A-Za-z0-9_-]+$", "maxLength": 64]
    public static let fence: Value = ["type": "string", "pattern": "^[0-9a-f]{16}$"]
    public static let requestID: Value = ["type": "string", "maxLength": 64]
    public static let name: Value = ["type": "string", "minLength": 1, "maxLength": 200]
    public static let email: Value = ["type": "string", "format": "email", "maxLength": 254]
    public static let language: Value = ["type": "string", "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"]
    public static let timestamp: Value = [
        "anyOf": [["type": "string", "format": "date-time"], ["type": "integer", "description": "milliseconds since 1970"]]
    ]
    public static let status = oneOf(["new", "pending_welcome", "collecting_info", "ready_for_handover", "complete", "active", "cancelled"])
    public static let applied: Value = ["enum": [true, false, "pending", "unknown"]]
    public static let routedTo: Value = [
        "type": "object", "required": ["config", "gateway"], "properties": ["config": nullableText, "gateway": nullableText],
    ]
    public static let claim = oneOf(["new", "resumed", "existing", "removal", "absent"])
    public static let binding: Value = ["type": "object", "description": "the binding as it stands in openclaw.json"]
    public static let config: Value = [
        "type": "object", "required": ["path", "changed"], "properties": ["path": ["type": "string"], "changed": ["type": "boolean"]],
    ]
    public static let allowlisted: Value = ["enum": [true, false, "open"]]
}
