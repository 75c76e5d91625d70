import JSON
import Onboarding
import Platform
import Store

/// Rows as `get` and `list` print them.
enum RowAnswer {
    static func object(_ row: Row) -> Object {
        [
            "id": .number("\(row.id)"), "phone": .string(row.phone), "agentId": .string(row.agentID), "status": .string(row.status.rawValue),
            "name": text(row.name), "email": text(row.email), "language": text(row.language), "createdAt": .string(row.createdAt.description),
            "updatedAt": .string(row.updatedAt.description), "expiresAt": time(row.expiresAt), "applied": row.appliedAt == nil ? .null : true,
            "oauth": ["state": text(row.oauthState), "checkedAt": time(row.oauthCheckedAt)],
        ]
    }

    static func text(_ value: String?) -> Value { value.map { .string($0) } ?? .null }
    static func time(_ value: Timestamp?) -> Value { value.map { .string($0.description) } ?? .null }
}
