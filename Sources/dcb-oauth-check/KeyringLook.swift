import JSON
import Platform

/// One of the folders in which a gog may keep its state.
struct KeyringLook {
    enum Credentials { case missing, good, idOnly, broken, unreadable }

    struct Token {
        var isDamaged = false
    }

    /// A writer writes in place: a torn file is read again after so long.
    private static let rereadMilliseconds = 30
    /// So many in a keyring: an agent can make any number of damaged ones, and each would cost a pause.
    private static let greatestRereads = 8
    /// Far more than an entry has.
    private static let greatestEntry = 64 << 10

    let place: GogPlaces.Place
    private(set) var isThere = false
    private(set) var tokens: [Token] = []
    private(set) var accounts: [String] = []
    private(set) var newest: Timestamp?
    private(set) var version = GogVersion.any
    private(set) var credentials = Credentials.missing
    private(set) var hasClientSecret = false
    private(set) var hasServiceAccount = false
    private(set) var startedAt: Timestamp?
    private(set) var identity: (device: UInt64, inode: UInt64)?
    /// Others may read or write there.
    private(set) var isWide = false
    private var hasWideEntry = false
    /// Why nothing or not all can be said of it.
    private(set) var obstacle: (State, String)?
    private(set) var findings: [OAuthFinding] = []
    private var rereads = 0

    var isXDG: Bool { place.parts.last == "gogcli" }

    init(_ place: GogPlaces.Place, user: UInt32) {
        self.place = place
        do throws(SystemError) {
            guard let folder = try KeyringLook.open(place) else { return }
            isThere = true
            try lookAround(folder)
            try lookIntoKeyring(folder, user)
        } catch { refuse(error) }
    }

    private mutating func refuse(_ error: SystemError) {
        isThere = true
        switch error.code {
        // O_NOFOLLOW and O_DIRECTORY say it of a link: it may lead into another agent's keyring.
        case .loop, .notDirectory:
            findings.append(OAuthFinding(id: "link", severity: .error, detail: "a link or a file stands where gog's folder should be"))
            obstacle = (.insecure, "a link or a file stands where gog's folder should be")
            if let real = (try? Files.status(place.path)) ?? nil, real.isDirectory { identity = keyring(of: place.path) ?? (real.device, real.inode) }
        case .denied, .notPermitted: obstacle = (.unknown, "it may not be looked at")
        default: obstacle = (.unknown, "it cannot be looked at: \(error.code.message)")
        }
    }

    private func keyring(of path: String) -> (UInt64, UInt64)? {
        guard let status = (try? Files.status(Path.join(path, "keyring"))) ?? nil else { return nil }
        return (status.device, status.inode)
    }

    /// - Returns: nil when nothing is there.
    private static func open(_ place: GogPlaces.Place) throws(SystemError) -> Folder? {
        do throws(SystemError) {
            var here = try Folder.open(place.base)
            for part in place.parts { here = try here.folder(Array(part.utf8)) }
            return here
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    /// When an authorisation was begun there that is not finished.
    static func started(in place: GogPlaces.Place) -> Timestamp? {
        guard let folder = (try? open(place)) ?? nil, let names = try? folder.names() else { return nil }
        return started(folder, names)
    }

    private static func started(_ folder: Folder, _ names: [[UInt8]]) -> Timestamp? {
        names.filter { $0.starts(with: "oauth-manual-state-".utf8) }
            .compactMap { (try? folder.status($0)) ?? nil }.map { Timestamp(milliseconds: $0.modifiedNanoseconds / 1_000_000) }.max()
    }

    private mutating func lookAround(_ folder: Folder) throws(SystemError) {
        let names = try folder.names()
        startedAt = KeyringLook.started(folder, names)
        hasServiceAccount = names.contains { $0.starts(with: "sa-".utf8) || $0.starts(with: "keep-sa-".utf8) }
        for name in names where name.starts(with: "credentials".utf8) && name.suffix(5).elementsEqual(".json".utf8) {
            let found = KeyringLook.credentials(folder, name)
            if credentials == .missing || found == .good { credentials = found }
        }
    }

    /// Only which members there are.
    private static func credentials(_ folder: Folder, _ name: [UInt8]) -> Credentials {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try folder.file(name).readToEnd(limit: greatestEntry) } catch { return error.code == .denied ? .unreadable : .broken }
        guard let object = (try? Value(parsing: bytes))?.objectValue, object["client_id"]?.stringValue?.isEmpty == false else { return .broken }
        return object["client_secret"]?.stringValue?.isEmpty == false ? .good : .idOnly
    }

    private mutating func lookIntoKeyring(_ root: Folder, _ user: UInt32) throws(SystemError) {
        let name = Array("keyring".utf8)
        guard let status = try root.status(name) else { return }
        if !status.isDirectory { throw SystemError("open", place.path, status.isSymbolicLink ? .loop : .notDirectory) }
        identity = (status.device, status.inode)
        if status.user != user {
            findings.append(
                OAuthFinding(
                    id: "keyring-owner", severity: .error,
                    detail: "the keyring belongs to uid \(status.user), not to the sandbox's \(user): gog then says that there are no accounts"))
            obstacle = (.unreadable, "the keyring belongs to another user than the sandbox's")
        } else if status.permissions & 0o700 != 0o700 {
            obstacle = (.unreadable, "the keyring's mode bars its own user")
        }
        if status.permissions & 0o077 != 0 {
            isWide = true
            findings.append(OAuthFinding(id: "keyring-mode", severity: .warning, detail: "the keyring is open to other users"))
        }
        let keyring = try root.folder(name)
        for entry in try keyring.names() { try look(at: entry, in: keyring, user) }
    }

    private mutating func look(at name: [UInt8], in keyring: Folder, _ user: UInt32) throws(SystemError) {
        let (key, least) = KeyringKey.read(name)
        version = max(version, least)
        switch key {
        case .clientSecret: hasClientSecret = true
        case .token(let client, let account): accounts.append("\(client)\u{0}\(account.lowercased())")
        case .subject: break
        case .lock, .other: return
        }
        if key == .clientSecret { return }
        guard let status = try keyring.status(name) else { return }
        var token = Token()
        defer { tokens.append(token) }
        if !status.isRegular {
            token.isDamaged = true
            return
        }
        if status.user != user {
            obstacle = obstacle ?? (.unreadable, "an entry of the keyring belongs to another user than the sandbox's")
        } else if status.permissions & 0o400 == 0 {
            obstacle = obstacle ?? (.unreadable, "an entry's mode bars its own user")
        }
        if status.permissions & 0o077 != 0 {
            // Said once: an agent may have any number of them.
            if !hasWideEntry { findings.append(OAuthFinding(id: "entry-mode", severity: .warning, detail: "an entry of the keyring is open to other users")) }
            hasWideEntry = true
            isWide = true
        }
        do throws(SystemError) {
            var file = TokenFile(try keyring.file(name).readToEnd(limit: KeyringLook.greatestEntry))
            if case .damaged = file, rereads < KeyringLook.greatestRereads {
                rereads += 1
                Clock.sleep(milliseconds: KeyringLook.rereadMilliseconds)
                file = TokenFile(try keyring.file(name).readToEnd(limit: KeyringLook.greatestEntry))
                if case .damaged = file {
                } else {
                    findings.append(OAuthFinding(id: "torn-once", severity: .info, detail: "an entry was being written while it was read"))
                }
            }
            switch file {
            case .damaged: token.isDamaged = true
            case .foreign:
                findings.append(OAuthFinding(id: "unknown-format", severity: .warning, detail: "an entry is encrypted in a way that no known gog uses"))
                note(time: Timestamp(milliseconds: status.modifiedNanoseconds / 1_000_000))
            case .good(let created): note(time: created ?? Timestamp(milliseconds: status.modifiedNanoseconds / 1_000_000))
            }
        } catch {
            if error.code == .notFound { return }
            obstacle = obstacle ?? (.unknown, "an entry of the keyring may not be looked at")
        }
    }

    private mutating func note(time: Timestamp) { newest = max(newest ?? time, time) }
}
