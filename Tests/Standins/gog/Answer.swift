/// Recorded answers of `gog auth list --check --json`.
enum Answer: String {
    case valid, nothing, revoked, reauth, client, unauthorized, deleted, refused, dns, tls, slow, server, html
    case password, noPassword = "no-password", damaged, truncated, garbled, denied, noCredentials = "no-credentials", wrapped, serviceAccount =
        "service-account"
    case newerError = "newer-error", unknownError = "unknown-error", notJSON = "not-json", two, hangs, floods, dies
    /// What a shell or Docker says, from inside.
    case liesOfGog = "lies-of-gog", liesOfDocker = "lies-of-docker"

    private static func account(_ valid: Bool, _ error: String?, email: String = "alice@example.com") -> String {
        let more = error.map { ",\n      \"error\": \"\($0)\"" } ?? ""
        return """
                {
                  "email": "\(email)",
                  "services": [
                    "calendar",
                    "gmail"
                  ],
                  "scopes": [
                    "https://www.googleapis.com/auth/gmail.modify"
                  ],
                  "created_at": "2026-01-15T10:20:30Z",
                  "valid": \(valid)\(more)
                }
            """
    }

    private static func list(_ accounts: String...) -> (String, String, Int32) {
        ("{\n  \"accounts\": [\n\(accounts.joined(separator: ",\n"))\n  ]\n}\n", "", 0)
    }

    private static func failed(_ error: String) -> (String, String, Int32) { list(account(false, error)) }
    private static func broken(_ error: String) -> (String, String, Int32) { ("", "read token for alice@example.com: read token: \(error)\n", 1) }

    var said: (String, String, Int32) {
        switch self {
        case .valid, .hangs, .floods: Answer.list(Answer.account(true, nil))
        case .nothing: ("{\n  \"accounts\": []\n}\n", "", 0)
        case .revoked: Answer.failed(#"refresh access token: oauth2: \"invalid_grant\" \"Token has been expired or revoked.\""#)
        case .reauth:
            Answer.failed(
                #"refresh access token: oauth2: \"invalid_grant\" \"reauth related error (invalid_rapt)\" \"https://support.google.com/a/answer/9368756\""#)
        case .client: Answer.failed(#"refresh access token: oauth2: \"invalid_client\" \"The provided client secret is invalid.\""#)
        case .unauthorized: Answer.failed(#"refresh access token: oauth2: \"unauthorized_client\" \"Unauthorized\""#)
        case .deleted: Answer.failed(#"refresh access token: oauth2: \"deleted_client\" \"The OAuth client was deleted.\""#)
        case .refused:
            Answer.failed(#"refresh access token: Post \"https://oauth2.googleapis.com/token\": dial tcp 127.0.0.1:443: connect: connection refused"#)
        case .dns:
            Answer.failed(
                #"refresh access token: Post \"https://oauth2.googleapis.com/token\": dial tcp: lookup oauth2.googleapis.com on 127.0.0.1:53: dial udp 127.0.0.1:53: connect: network is unreachable"#
            )
        case .tls:
            Answer.failed(
                #"refresh access token: Post \"https://oauth2.googleapis.com/token\": tls: failed to verify certificate: x509: certificate signed by unknown authority"#
            )
        case .slow: Answer.failed(#"refresh access token: Post \"https://oauth2.googleapis.com/token\": context deadline exceeded"#)
        case .server: Answer.failed(#"refresh access token: oauth2: \"internal_failure\""#)
        case .html: Answer.failed(#"refresh access token: oauth2: cannot fetch token: 503 Service Unavailable\nResponse: <html>SECRET-OF-THE-SERVER</html>"#)
        case .password: Answer.broken("aes.KeyUnwrap(): integrity check failed.")
        case .noPassword: Answer.broken("no TTY available for keyring file backend password prompt; set GOG_KEYRING_PASSWORD")
        case .damaged: Answer.broken("jwt.DecodeBytes() expects token of 3 or 5 parts, but was given: 1 parts")
        case .truncated: Answer.broken("cipher: message authentication failed")
        case .garbled: Answer.broken("illegal base64 data at input byte 3")
        case .denied: Answer.broken("open /workspace/.gog-config/gogcli/keyring/token:alice@example.com: permission denied")
        case .noCredentials: Answer.failed("read credentials: oauth credentials missing")
        case .wrapped: Answer.failed("read credentials: stored credentials.json is missing client_id/client_secret")
        // 0.14 and later (read in its source).
        case .serviceAccount: Answer.list(Answer.account(true, "service account (not checked)"))
        case .newerError: Answer.list(Answer.account(false, "read token: aes.KeyUnwrap(): integrity check failed."))
        case .unknownError: Answer.failed("something that nobody has seen alice@example.com")
        case .notJSON: ("Enter passphrase to unlock", "", 0)
        case .two:
            Answer.list(Answer.account(true, nil), Answer.account(false, #"refresh access token: oauth2: \"invalid_grant\" \"x\""#, email: "bob@example.org"))
        case .dies: ("", "", 139)
        case .liesOfGog: ("", "sh: 1: gog: not found\n", 127)
        case .liesOfDocker: ("", "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.\n", 126)
        }
    }
}
