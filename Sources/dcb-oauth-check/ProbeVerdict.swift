import CommandKit
import JSON
import Platform

/// What gog's answer means (GOG.md section 5). Its exit code decides nothing, and its words are matched, never passed on.
enum ProbeVerdict {
    /// - Returns: nil when a run says nothing about any account, with the words it failed with in `complaint`.
    static func judge(_ output: [UInt8], _ errors: [UInt8], hasTokens: Bool) -> (State, String) {
        let object = (try? Value(parsing: output, dialect: .json, limits: .standard))?.objectValue
        guard let accounts = object?["accounts"]?.arrayValue else {
            return complaint(String(decoding: errors, as: UTF8.self) + String(decoding: output.prefix(65536), as: UTF8.self))
        }
        if accounts.isEmpty {
            return hasTokens ? (.unreadable, "gog sees no account where files hold a token: it looks elsewhere or may not look there") : (.none, "")
        }
        var worst: (State, String) = (.valid, "gog has used it")
        for account in accounts {
            let verdict = judge(account.objectValue ?? [:])
            if rank(verdict.0) > rank(worst.0) { worst = verdict }
        }
        return worst
    }

    private static func judge(_ account: Object) -> (State, String) {
        if let error = account["error"]?.stringValue, !error.isEmpty { return complaint(error) }
        if account["valid"]?.boolValue == true { return (.valid, "gog has used it") }
        return (.unknown, "gog does not say whether it works")
    }

    /// Fragments, the most telling first.
    private static let fragments: [(String, State, String)] = [
        ("invalid_grant", .old, "Google says that it has expired or was revoked: the user must authorise again"),
        ("invalid_client", .damaged, "Google refuses the OAuth client"),
        ("unauthorized_client", .damaged, "Google refuses the OAuth client"),
        ("deleted_client", .damaged, "the OAuth client was deleted at Google"),
        ("service account", .present, "a service account, which gog does not check"),
        ("aes.KeyUnwrap", .unreadable, "the password of the config does not open the keyring"),
        ("no TTY available", .unreadable, "gog got no keyring password"),
        ("permission denied", .unreadable, "gog may not read the keyring"),
        ("read credentials", .damaged, "the client's credentials are missing or broken"),
        ("OAuth credentials missing", .damaged, "the client's credentials are missing"),
        ("oauth credentials missing", .damaged, "the client's credentials are missing"),
        ("jwt.DecodeBytes", .damaged, "an entry of the keyring is damaged"),
        ("illegal base64", .damaged, "an entry of the keyring is damaged"),
        ("message authentication failed", .damaged, "an entry of the keyring is damaged"),
        ("looking for beginning of value", .damaged, "an entry of the keyring is damaged"),
        ("is a directory", .damaged, "an entry of the keyring is damaged"),
        ("not a directory", .damaged, "the keyring is no folder"),
        ("cannot fetch token", .unknown, "cannot tell: Google's server gave no answer that says something"),
        ("dial tcp", .unknown, "cannot tell: Google was not reached"),
        ("tls:", .unknown, "cannot tell: no trusted connection to Google"),
        ("x509:", .unknown, "cannot tell: no trusted connection to Google"),
        ("deadline exceeded", .unknown, "cannot tell: Google did not answer in time"),
        ("timeout", .unknown, "cannot tell: Google did not answer in time"),
    ]

    private static func complaint(_ text: String) -> (State, String) {
        for (fragment, state, meaning) in fragments where text.contains(fragment) { return (state, meaning) }
        return (.unknown, "cannot tell: gog failed in a way that is not known")
    }

    private static func rank(_ state: State) -> Int {
        switch state {
        case .valid: 0
        case .present: 1
        case .unknown: 2
        case .unreadable: 3
        case .damaged: 4
        default: 5
        }
    }
}
