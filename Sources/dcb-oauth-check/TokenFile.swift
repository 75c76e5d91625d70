import JSON
import Platform

/// An entry of the keyring: one compact JWE (RFC 7516 section 7.1) of which only the header can be read without the password.
enum TokenFile {
    case good(created: Timestamp?)
    /// Well-formed, of a kind that no known gog writes.
    case foreign
    case damaged

    init(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 5, !parts[3].isEmpty, parts.allSatisfy({ Base64URL.decode($0) != nil }), let header = Base64URL.decode(parts[0]),
            let object = (try? Value(parsing: header))?.objectValue, object["alg"]?.stringValue != nil, object["enc"]?.stringValue != nil
        else {
            self = .damaged
            return
        }
        guard object["alg"] == "PBES2-HS256+A128KW", object["enc"] == "A256GCM" else {
            self = .foreign
            return
        }
        // A key of 40 bytes wrapped, an IV of 12, a tag of 16.
        guard parts[1].count == 54, parts[2].count == 16, parts[4].count == 22 else {
            self = .damaged
            return
        }
        self = .good(created: object["created"]?.stringValue.flatMap(TokenFile.goTime))
    }

    /// Go's `Time.String()`: `2026-11-23 18:15:05.254588576 +0000 UTC m=+0.020221776`.
    static func goTime(_ text: String) -> Timestamp? {
        if text.utf8.count > 100 { return nil }
        let words = text.split(separator: " ")
        guard words.count >= 3, words[2].utf8.count == 5 else { return nil }
        let zone = words[2]
        return Timestamp(rfc3339: "\(words[0])T\(words[1])\(zone.prefix(3)):\(zone.suffix(2))")
    }
}
