/// What is known of one agent's Google authorisation.
enum State: String, CaseIterable {
    /// No token in any place that a gog looks at.
    case none
    /// A token is stored. Whether it works, files cannot tell.
    case present
    /// gog has just used it. Only after a probe.
    case valid
    /// Older than the age at which to warn.
    case expiring
    /// Older than the greatest age, or Google says that it has expired or was revoked.
    case old
    /// It cannot work as it is stored: an entry or the client's credentials are broken.
    case damaged
    /// It is there, and the agent's gog cannot get at it.
    case unreadable
    /// Others than the agent can get at it.
    case insecure
    /// It could not be looked at: this never means that it is missing.
    case unknown

    /// A token is there, as far as was seen.
    var hasToken: Bool { self == .present || self == .valid || self == .expiring }
    var needsAttention: Bool { !(self == .none || self == .present || self == .valid) }
}

/// Something seen beside the state.
struct OAuthFinding {
    enum Severity: String { case info, warning, error }

    let id: String
    let severity: Severity
    /// Never a name of a file that holds an address, never a text of gog's.
    let detail: String
}
