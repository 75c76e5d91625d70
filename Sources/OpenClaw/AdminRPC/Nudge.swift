import CommandKit
import JSON
import Platform

/// Brings a blind gateway back: lets it write the very config that stands in the file, which makes it load it.
///
/// `config.get`, then the file, then `config.apply` with the hash of the former: an edit that came between any two of them makes the hash stale, and
/// all begins again. Our own lock is held, OpenClaw's is not: the gateway takes that itself.
struct Nudge {
    /// Why it must not be tried.
    enum Obstacle: Error, Equatable {
        /// OpenClaw's write would lose them, or put a file in the place of the link.
        case comments, includes, symbolicLink, notPlainJSON
        case tooLarge
        case invalid
        /// The gateway uses another openclaw.json.
        case otherFile
        /// It changed all the time, or another dcb command held it.
        case busy
        case call(AdminRPCError)

        var detail: String {
            switch self {
            case .comments: "openclaw.json has comments, which OpenClaw would remove"
            case .includes: "openclaw.json includes other files, which OpenClaw would write into"
            case .symbolicLink: "openclaw.json is a symbolic link, which OpenClaw would replace by a file"
            case .notPlainJSON: "openclaw.json is JSON5, which OpenClaw would rewrite as JSON"
            case .tooLarge: "openclaw.json is larger than the gateway takes in a request (1 MB)"
            case .invalid: "the gateway cannot load openclaw.json as it is"
            case .otherFile: "the gateway at that address uses another openclaw.json"
            case .busy: "openclaw.json is written all the time"
            case .call(let error): error.detail
            }
        }

        var hint: String {
            switch self {
            case .comments, .includes, .symbolicLink, .notPlainJSON, .tooLarge:
                "the gateway does not see edits of the file and cannot be nudged: restart it, with CHOKIDAR_USEPOLLING=1 in its environment"
            case .invalid: "openclaw config validate names the place"
            case .otherFile: "check --gateway and --state-dir"
            case .busy: "ask again later"
            case .call(let error): error.hint
            }
        }
    }

    let rpc: AdminRPC
    /// As OpenClaw names it.
    let config: String
    /// `.dcb/config.lock`.
    let ownLock: String
    let channel: String

    private static let attempts = 5
    /// How long our lock is held at most: others wait for it up to 30 s, and a gateway that reloads is silent for longer than that. What it answers
    /// later than this is seen by the questions that follow.
    private static let heldMilliseconds = 8000

    /// - Parameter isNeeded: judges each answer; the gateway may have caught up, or another one of us may have nudged it.
    /// - Returns: whether it was nudged; false: it was not needed any more.
    func run(deadline: Deadline, isNeeded: (GatewayConfig) throws(AdminRPCError) -> Bool) throws(Obstacle) -> Bool {
        guard let lock = try? FileLock.acquire(ownLock, waitMilliseconds: deadline.remainingMilliseconds) else { throw .busy }
        defer { lock.release() }
        let deadline = Deadline(in: min(Nudge.heldMilliseconds, deadline.remainingMilliseconds))
        for attempt in 1...Nudge.attempts where !deadline.hasPassed {
            let seen: GatewayConfig
            do throws(AdminRPCError) {
                seen = try rpc.configGet(deadline: deadline)
                if try !isNeeded(seen) { return false }
            } catch { throw .call(error) }
            let raw = try text(seen)
            guard let hash = seen.hash else { throw .call(.malformed("config.get without hash")) }
            do throws(AdminRPCError) {
                try rpc.configApply(raw: raw, baseHash: hash, deadline: deadline)
                return true
            } catch {
                switch error {
                case .stale: Clock.sleep(milliseconds: min(50 << attempt, deadline.remainingMilliseconds))
                case .tooLarge: throw .tooLarge
                default: throw .call(error)
                }
            }
        }
        throw .busy
    }

    /// The file as `config.apply` takes it, compacted. Read after `config.get`, so that it is at least as new as the hash.
    private func text(_ seen: GatewayConfig) throws(Obstacle) -> [UInt8] {
        if !seen.isValid { throw .invalid }
        if (try? Files.status(config, followLinks: false))?.isSymbolicLink == true { throw .symbolicLink }
        guard let bytes = (try? Snapshot(config))?.bytes else { throw .busy }
        var limits = JSON.Limits.standard
        limits.maxDepth = 256
        guard let document = try? JSON.Document(parsing: bytes, dialect: .json5, limits: limits) else { throw .invalid }
        if document.hasComments { throw .comments }
        if Nudge.includes(document.root) { throw .includes }
        guard (try? JSON.Document(parsing: bytes, dialect: .json)) != nil else { throw .notPlainJSON }
        let mine = ConfigGlance(document.root, channel: channel).agentIDs.filter { AgentKey.isOurs($0) }
        // Ids are random: a gateway that knows one of these reads this file, whatever it calls it; and many call theirs by the same path.
        guard !seen.glance(channel: channel).agentIDs.isDisjoint(with: mine) else { throw .otherFile }
        return document.compactJSON()
    }

    /// Whether a member anywhere is `$include`; as deep as the parser went.
    static func includes(_ node: JSON.Node) -> Bool {
        switch node.kind {
        case .object:
            for member in node.members where member.keyEquals("$include") || includes(member.value) { return true }
            return false
        case .array:
            for element in node.elements where includes(element) { return true }
            return false
        default: return false
        }
    }
}
