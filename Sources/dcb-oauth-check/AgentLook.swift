import JSON
import OpenClaw
import Platform

/// What the files of one agent tell (GOG.md section 4): no secret is read, no link followed.
struct AgentLook {
    let agentID: String
    var state = State.none
    var detail = ""
    var findings: [OAuthFinding] = []
    /// Of the newest token.
    var tokenTime: Timestamp?
    /// The keyring that the state is about.
    var path: String?
    var accounts = 0
    var version = GogVersion.any
    /// Device and inode of every keyring folder that is there.
    var keyrings: [(device: UInt64, inode: UInt64)] = []

    /// - Parameter user: the uid that the sandbox runs as.
    init(agentID: String, places: GogPlaces, user: UInt32, hasPassword: Bool, now: Timestamp) {
        self.agentID = agentID
        var looks: [KeyringLook] = []
        for place in places.roots {
            let look = KeyringLook(place, user: user)
            if look.isThere { looks.append(look) }
        }
        if places.isOutOfReach { note("out-of-reach", .warning, "a GOG_ or XDG_ variable of the sandbox leads to a folder that is not on this host") }
        keyrings = looks.compactMap(\.identity)
        let held = looks.filter { !$0.tokens.isEmpty }
        accounts = Set(held.flatMap(\.accounts)).count
        version = looks.map(\.version).max() ?? .any
        for look in looks { findings += look.findings }
        underWay(places, looks, now)

        guard let newest = held.max(by: { ($0.newest ?? .distantPast) < ($1.newest ?? .distantPast) }) else {
            path = looks.first { $0.place.isPointedAt }?.place.path ?? looks.first?.place.path
            if let look = looks.first(where: { $0.obstacle != nil }), let obstacle = look.obstacle {
                path = look.place.path
                (state, detail) = obstacle
            } else if looks.contains(where: \.hasServiceAccount) {
                (state, detail) = (.present, "a service account is stored; no token")
            } else if places.isOutOfReach {
                (state, detail) = (.unknown, "the folder that the sandbox is set to cannot be looked at from here")
            }
            return
        }
        path = newest.place.path
        tokenTime = newest.newest
        if held.count > 1 {
            note("split-state", .warning, "two folders hold a token: which one is used depends on the version of gog")
        }
        if let obstacle = looks.compactMap(\.obstacle).first {
            (state, detail) = obstacle
        } else if !newest.place.isPointedAt(by: newest.version) {
            (state, detail) = (.unreadable, "the sandbox settings in the config do not point at the folder that holds the token")
        } else if !hasPassword {
            (state, detail) = (.unreadable, "the config has no GOG_KEYRING_PASSWORD for this agent")
        } else if newest.tokens.contains(where: \.isDamaged) {
            (state, detail) = (.damaged, "an entry of the keyring is damaged; gog then shows none of them")
        } else if let fault = credentialsFault(newest, looks) {
            (state, detail) = (.damaged, fault)
        } else if held.contains(where: \.isWide) {
            (state, detail) = (.insecure, "the keyring or an entry of it is open to other users")
        } else {
            (state, detail) = (.present, "")
        }
    }

    private mutating func note(_ id: String, _ severity: OAuthFinding.Severity, _ detail: String) {
        findings.append(OAuthFinding(id: id, severity: severity, detail: detail))
    }

    /// `oauth-manual-state-*.json` is valid for ten minutes.
    private mutating func underWay(_ places: GogPlaces, _ looks: [KeyringLook], _ now: Timestamp) {
        var times = looks.compactMap(\.startedAt)
        for place in places.configs { if let time = KeyringLook.started(in: place) { times.append(time) } }
        if times.contains(where: { now.milliseconds - $0.milliseconds < 600_000 }) {
            note("under-way", .info, "an authorisation has been started and is not finished")
        }
    }

    /// Credentials may be in the data folder while the keyring is still in the config folder.
    private func credentialsFault(_ look: KeyringLook, _ all: [KeyringLook]) -> String? {
        let candidates = look.credentials == .missing ? all.filter { $0.place.isPointedAt || $0.isXDG } : [look]
        if candidates.contains(where: { $0.credentials == .good }) { return nil }
        if candidates.contains(where: { $0.credentials == .idOnly && $0.hasClientSecret || $0.credentials == .idOnly && look.hasClientSecret }) { return nil }
        if candidates.contains(where: { $0.credentials == .unreadable }) { return nil }
        if candidates.contains(where: { $0.credentials == .idOnly }) { return "the client secret is missing from the keyring" }
        if candidates.contains(where: { $0.credentials == .broken }) { return "credentials.json is not what gog stores" }
        return look.hasServiceAccount ? nil : "credentials.json is missing"
    }
}

extension Timestamp {
    static let distantPast = Timestamp(milliseconds: .min)
}
