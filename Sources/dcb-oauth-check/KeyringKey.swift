/// What the name of a file in gog's keyring says (GOG.md section 3).
enum KeyringKey: Equatable {
    /// A token of an address, with the OAuth client it is for.
    case token(client: String, account: String)
    /// A copy of a token, named by Google's id of the account.
    case subject
    case clientSecret
    /// `.lock` of gog 0.19 and later.
    case lock
    case other

    /// Also the least version of gog that writes such a name.
    static func read(_ name: [UInt8]) -> (key: KeyringKey, version: GogVersion) {
        if name == Array(".lock".utf8) { return (.lock, .v19) }
        let encoded = Array("_gogcli_key_v1_".utf8)
        if name.starts(with: encoded) {
            guard let bytes = Base64URL.decode(name.dropFirst(encoded.count)), let text = String(validating: bytes) else { return (.other, .any) }
            let (key, version) = parse(text)
            return (key, max(version, .v14))
        }
        // A raw name has `/` written as %2F.
        guard let text = String(validating: name) else { return (.other, .any) }
        return parse(text)
    }

    private static func parse(_ text: String) -> (KeyringKey, GogVersion) {
        if text.hasPrefix("token:") {
            let rest = text.dropFirst(6)
            guard let colon = rest.firstIndex(of: ":") else { return rest.isEmpty ? (.other, .any) : (.token(client: "default", account: String(rest)), .any) }
            return (.token(client: String(rest[..<colon]), account: String(rest[rest.index(after: colon)...])), .v9)
        }
        if text.hasPrefix("token-sub:") { return (.subject, .v14) }
        if text.hasPrefix("client/") || text.hasPrefix("client%2F"), text.hasSuffix("client-secret") { return (.clientSecret, .v19) }
        return (.other, .any)
    }
}

/// The least version of gog that something points to.
enum GogVersion: Int, Comparable {
    case any, v9, v14, v19

    static func < (a: GogVersion, b: GogVersion) -> Bool { a.rawValue < b.rawValue }

    var text: String {
        switch self {
        case .any: "any"
        case .v9: ">=0.9"
        case .v14: ">=0.14"
        case .v19: ">=0.19"
        }
    }
}

extension String {
    /// nil unless the bytes are UTF-8.
    init?(validating bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if !text.utf8.elementsEqual(bytes) { return nil }
        self = text
    }
}
