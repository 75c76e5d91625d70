import JSON
import Platform

/// What the operator decides (dcb.json), or what is built in.
public struct Policy: Sendable, Equatable {
    public var channel = "whatsapp"
    /// `accountId` of our bindings; `*` is any.
    public var account = "*"
    public var sandbox = SandboxPolicy()
    /// A template folder; absolute or with `~/`.
    public var templates: String?
    public var languages = LanguageMap.builtIn
    /// `name` of an agent's entry.
    public var agentName = "User Agent"
    /// After so many days the trash may be emptied.
    public var trashDays = 30
    /// Absolute or with `~/`, as all paths here.
    public var backupDir: String?
    public var backupInclude: [String] = []
    /// With more agents than this, one gateway reloads too slowly (OpenClaw 2026.9.6: 5 s at 100).
    public var agentCeiling = 100
    /// Argument vector that runs something in an agent's sandbox, for a probe of its Google account.
    public var probeCommand: [String]?
    public var reconcile = Reconcile()
    public var webhook = Webhook()

    /// Limits of dcb-reconcile.
    public struct Reconcile: Sendable, Equatable {
        public var staleAfterHours = 24
        /// More removals than this in one run, or than this part of all agents: nothing is removed.
        public var maxRemovals = 3
        public var maxFraction = 0.1
    }

    /// Limits of dcb-webhook; nil: the command's default.
    public struct Webhook: Sendable, Equatable {
        public var rate: RateLimit.Setting?
        public var maxNew: RateLimit.Setting?
    }

    /// What holds without a dcb.json.
    public static let builtIn = Policy()

    public init() {}

    /// The language of a new user's agent: the asked one if it is a language tag, else the one of the longest prefix of the phone, else the default.
    public func language(for phone: PhoneNumber, asked: String?) -> String {
        if let asked, let tag = LanguageTag(asked) { return tag.text }
        return languages.language(of: phone).text
    }

    /// The policy file that was asked for, which must be there; else `<state>/dcb.json`; else what is built in.
    public static func load(for paths: Paths) throws(PolicyError) -> Policy {
        let named = [paths.stateDir, paths.config, paths.record]
        let privatePaths = named + named.compactMap { try? Files.resolve($0) }
        do {
            return try load(paths.settings ?? paths.defaultSettings, home: paths.home, privatePaths: privatePaths)
        } catch {
            if case .missing = error, paths.settings == nil { return .builtIn }
            throw error
        }
    }

    /// - Parameter home: to refuse binds of credentials in it.
    /// - Parameter privatePaths: no bind may show these (absolute paths).
    public static func load(_ path: String, home: String? = nil, privatePaths: [String] = []) throws(PolicyError) -> Policy {
        let bytes: [UInt8]?
        do {
            // A pipe or a device in its place would wait for ever.
            if let status = try Files.status(path), !status.isRegular {
                throw PolicyError.invalid(path: path, member: "", reason: "is no regular file", line: nil)
            }
            bytes = try Files.readIfPresent(path, limit: 1 << 20)
            // A link that leads nowhere is a policy that got lost, not one that was never there.
            if bytes == nil, try Files.status(path, followLinks: false) != nil {
                throw PolicyError.invalid(path: path, member: "", reason: "is a link to nothing", line: nil)
            }
        } catch let error as PolicyError {
            throw error
        } catch let error as SystemError {
            throw .unreadable(error)
        } catch {
            throw .invalid(path: path, member: "", reason: "cannot be read", line: nil)
        }
        guard let bytes else { throw .missing(path: path) }
        return try Policy(parsing: bytes, path: path, home: home, privatePaths: privatePaths)
    }

    /// - Parameter path: only for messages.
    public init(parsing bytes: [UInt8], path: String, home: String? = nil, privatePaths: [String] = []) throws(PolicyError) {
        var limits = Limits.strict
        limits.allowsByteOrderMark = true
        let document: Document
        do { document = try Document(parsing: bytes, dialect: .json5, limits: limits) } catch {
            throw .invalid(path: path, member: "", reason: "is no JSON5: \(error.reason)", line: error.line)
        }
        try self.init(PolicyReader(path: path, document: document, node: document.root, name: "", accepted: Policy.memberNames), home, privatePaths)
    }

    private init(_ reader: PolicyReader, _ home: String?, _ privatePaths: [String]) throws(PolicyError) {
        if let text = try reader.string("channel"), text != channel {
            throw reader.refusal(of: "channel", "must be whatsapp: no other channel names people by phone")
        }
        if let text = try reader.string("account") {
            guard !text.isEmpty, text.utf8.count <= 128, !text.utf8.contains(UInt8(ascii: " ")) else {
                throw reader.refusal(of: "account", "must be * or an account's id")
            }
            account = text
        }
        if let inner = try reader.section("sandbox", accepted: SandboxPolicy.memberNames) {
            sandbox = try SandboxPolicy(inner, home: home, privatePaths: privatePaths)
        }
        templates = try reader.pathText("templates")
        if let inner = try reader.section("languages", accepted: nil) { languages = try LanguageMap(inner) }
        if let text = try reader.string("agentName") {
            guard (1...100).contains(text.unicodeScalars.count), text.contains(where: { !$0.isWhitespace }) else {
                throw reader.refusal(of: "agentName", "must have 1 to 100 characters")
            }
            agentName = text
        }
        trashDays = try reader.integer("trashDays", 0...36500) ?? trashDays
        backupDir = try reader.pathText("backupDir")
        backupInclude = try reader.strings("backupInclude", "an array of paths that begin with / or ~/", PolicyReader.isPath) ?? backupInclude
        agentCeiling = try reader.integer("agentCeiling", 1...1_000_000) ?? agentCeiling
        probeCommand = try reader.strings("probeCommand")
        if probeCommand?.isEmpty == true { throw reader.refusal(of: "probeCommand", "is empty") }
        if let inner = try reader.section("reconcile", accepted: Policy.reconcileNames) {
            reconcile.staleAfterHours = try inner.integer("staleAfterHours", 1...87600) ?? reconcile.staleAfterHours
            reconcile.maxRemovals = try inner.integer("maxRemovals", 0...1_000_000) ?? reconcile.maxRemovals
            reconcile.maxFraction = try inner.number("maxFraction", { (0...1).contains($0) }, "a number from 0 to 1") ?? reconcile.maxFraction
        }
        if let inner = try reader.section("webhook", accepted: Policy.webhookNames) {
            webhook.rate = try Policy.limit(inner, "rate")
            webhook.maxNew = try Policy.limit(inner, "maxNew")
        }
    }

    private static func limit(_ reader: PolicyReader, _ key: String) throws(PolicyError) -> RateLimit.Setting? {
        guard let text = try reader.string(key) else { return nil }
        guard let setting = RateLimit.Setting(text) else { throw reader.refusal(of: key, "must be off, or a limit such as 15/15m") }
        return setting
    }

    static let memberNames = [
        "channel", "account", "sandbox", "templates", "languages", "agentName", "trashDays", "backupDir", "backupInclude", "agentCeiling", "probeCommand",
        "reconcile", "webhook",
    ]
    static let reconcileNames = ["staleAfterHours", "maxRemovals", "maxFraction"]
    static let webhookNames = ["rate", "maxNew"]
}
