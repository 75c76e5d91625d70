/// What the state folder has of one person's agent.
struct AgentFiles {
    /// What stands under a name.
    enum Place: Equatable {
        case missing
        case folder(mode: UInt32, user: UInt32)
        /// Of a symbolic link where it leads; else nil.
        case other(link: String?)

        var isMissing: Bool { self == .missing }
        var isFolder: Bool { if case .folder = self { true } else { false } }
    }

    /// Whether somebody has written to the agent.
    enum Life {
        case none, session, unknown

        /// - Parameter hasSession: as its database tells; nil: it does not.
        init(hasSession: Bool?) {
            guard let hasSession else {
                self = .unknown
                return
            }
            self = hasSession ? .session : .none
        }
    }

    var workspace = Place.missing
    /// `agents/<id>`.
    var home = Place.missing
    /// `agents/<id>/agent`.
    var agentDir = Place.missing
    /// Required files of the workspace that are not there, are empty, or are no plain files.
    var lacking: [String] = []
    /// Required files with a placeholder that nothing has filled.
    var unfilled: [String] = []
    /// Links inside the workspace that lead out of it, the first few.
    var linksOut: [String] = []
    /// Files of another owner: how many, and the first.
    var strange = 0
    var firstStrange: String?
    var hasDatabase = false
    var hasAuthProfiles = false
    var life = Life.none
    /// `onboarding.json` as the agent wrote it; nil when there is none or it is too large.
    var report: [UInt8]?
    /// Too many files, or nested too deep, to be looked at whole.
    var isCut = false
    /// Names in its workspace that are no UTF-8: what stands there is not looked at.
    var oddNames = 0
    /// Something in it could not be looked at.
    var unreadable: String?
}
