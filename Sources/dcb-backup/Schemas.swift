import CommandKit
import JSON
import Onboarding

enum Schemas {
    private static let count: Value = ["type": "integer", "minimum": .number("0")]
    private static let texts: Value = ["type": "array", "items": Schema.text]
    private static let notes: Value = [
        "type": "array",
        "items": [
            "type": "object", "required": ["what", "path"],
            "properties": [
                "what": Schema.oneOf(["changed", "vanished", "unreadable", "damaged", "link", "special", "unfit"]), "path": Schema.text, "detail": Schema.text,
            ],
        ],
    ]

    static func backup(_ which: String, _ verb: String?) -> Value? {
        let title = "dcb-backup \(verb ?? "create") \(which)"
        switch (which, verb) {
        case ("output", "verify"?):
            return Schema.document(
                title, required: ["archive", "sizeBytes", "verified"],
                [
                    ("archive", Schema.text), ("sizeBytes", count), ("verified", Schema.flag), ("reason", Schema.text), ("files", count), ("databases", count),
                    ("contentBytes", count), ("unsound", texts),
                ], open: false)
        case ("output", "list"?):
            return Schema.document(
                title, required: ["archive", "createdAt", "ageSeconds", "sizeBytes", "verified", "verifiedAt"],
                [
                    ("archive", Schema.text), ("createdAt", Schema.time), ("ageSeconds", ["type": "integer"]), ("sizeBytes", count),
                    ("verified", Schema.flag), ("verifiedAt", Schema.nullableTime),
                ], open: false)
        case ("output", "restore"?):
            return Schema.document(
                title, required: ["archive", "into", "files", "databases", "contentBytes", "restored"],
                [
                    ("archive", Schema.text), ("into", Schema.text), ("files", count), ("databases", count), ("contentBytes", count),
                    ("restored", Schema.flag), ("check", ["type": ["object", "null"]]),
                ], open: false)
        case ("output", _):
            return Schema.document(
                title, required: ["archive", "files", "removed"],
                [
                    ("archive", Schema.text), ("sizeBytes", count), ("files", count), ("databases", count), ("verified", Schema.flag), ("removed", texts),
                    ("notesTotal", count), ("notes", notes), ("contentBytes", count),
                ], open: false)
        case ("input", _):
            // It reads no documents.
            return Schema.document(title, required: [], [], open: false)
        case ("settings", _): return Policy.schema
        default: return nil
        }
    }
}
