import CommandKit
import HTTP
import Onboarding
import Platform

/// What the command line, the environment and dcb.json say.
struct Settings {
    let limits: MessageLimits
    let maxConnections: Int
    let queue: Int
    let maxRunning: Int
    let group: Int
    let headerTimeout: Int
    let bodyTimeout: Int
    let idleTimeout: Int
    let writeTimeout: Int
    let childTimeout: Int
    let settle: Int
    let drain: Int
    var rate: RateLimit.Setting
    var maxNew: RateLimit.Setting
    let trusted: [TrustedPeer]
    let openMetrics: Bool
    let tokenFile: String?
    let commands: Commands

    /// How the commands behind are run.
    struct Commands {
        let onboard: String
        let state: String
        let bind: String
        /// The settings of every command, passed on.
        let words: [String]
        let environment: [String: String]
        /// A gateway is configured: what was made can be confirmed.
        let knowsGateway: Bool
    }

    static let spec = CommandSpec(
        "dcb-webhook", summary: "the HTTP listener in front of dcb-onboard and dcb-state", usage: ["[OPTIONS]"],
        options: [
            OptionSpec("listen", takes: .many("ADDRESS"), "HOST:PORT or unix:PATH [DCB_LISTEN, PORT, 127.0.0.1:3000]"),
            OptionSpec("token-file", takes: .one("FILE"), "the token that callers show [HOOK_TOKEN]"),
            OptionSpec("max-running", takes: .one("N"), "dcb-state children at once [8]"),
            OptionSpec("queue", takes: .one("N"), "documents that may wait [64]"),
            OptionSpec("group", takes: .one("N"), "documents a child takes at most [256]"),
            OptionSpec("max-connections", takes: .one("N"), "[512]"),
            OptionSpec("max-header", takes: .one("BYTES"), "of a request, line and fields [16384]"),
            OptionSpec("max-headers", takes: .one("N"), "fields of a request [100]"),
            OptionSpec("max-body", takes: .one("BYTES"), "of a request [16384]"),
            OptionSpec("header-timeout", takes: .one("TIME"), "from a request's first octet to the end of its header [10s]"),
            OptionSpec("body-timeout", takes: .one("TIME"), "from there to the end of its body [10s]"),
            OptionSpec("idle-timeout", takes: .one("TIME"), "between two requests [30s]"),
            OptionSpec("write-timeout", takes: .one("TIME"), "for a caller to take its answer [10s]"),
            OptionSpec("child-timeout", takes: .one("TIME"), "for a child to do its work [90s]"),
            OptionSpec("rate", takes: .one("N/TIME"), "requests a client, or off [15/15m]"),
            OptionSpec("max-new", takes: .one("N/TIME"), "new agents, or off [100/15m]"),
            OptionSpec("settle", takes: .one("TIME"), "between two groups of new agents when a gateway is known [2s]"),
            OptionSpec("trust-forwarded", takes: .many("CIDR"), "peers whose X-Forwarded-For is believed; unix for the Unix socket"),
            OptionSpec("open-metrics", "GET /metrics needs no token"),
            OptionSpec("drain", takes: .one("TIME"), "for what runs to finish after TERM [100s]"),
            OptionSpec("onboard", takes: .one("PATH"), "dcb-onboard [beside this command]"),
            OptionSpec("state", takes: .one("PATH"), "dcb-state [beside this command]"),
            OptionSpec("bind", takes: .one("PATH"), "dcb-bind [beside this command]"),
        ], schema: Schemas.webhook)

    /// - Throws: `usage`, `helper-missing`.
    init(_ command: Command) throws(Problem) {
        let arguments = command.arguments
        func time(_ name: String, _ standard: Int, from least: Int = 1) throws(Problem) -> Int {
            let n = try arguments.milliseconds(name, default: standard)
            guard n >= least, n <= 86_400_000 else { throw Problem(.usage, "option --\(name) takes a time of at most a day") }
            return n
        }
        func number(_ name: String, _ standard: Int, _ range: ClosedRange<Int>) throws(Problem) -> Int { try arguments.integer(name, in: range) ?? standard }
        limits = MessageLimits(
            headBytes: try number("max-header", 16384, 64...1 << 20), fields: try number("max-headers", 100, 1...10_000),
            bodyBytes: try number("max-body", 16384, 1...1 << 20), trailerBytes: try number("max-header", 16384, 64...1 << 20))
        maxConnections = try number("max-connections", 512, 1...60_000)
        queue = try number("queue", 64, 1...100_000)
        maxRunning = try number("max-running", 8, 1...256)
        group = try number("group", DocumentStream.groupLimit, 1...DocumentStream.groupLimit)
        headerTimeout = try time("header-timeout", 10_000)
        bodyTimeout = try time("body-timeout", 10_000)
        idleTimeout = try time("idle-timeout", 30_000)
        writeTimeout = try time("write-timeout", 10_000)
        childTimeout = try time("child-timeout", 90_000)
        settle = try time("settle", 2000, from: 0)
        drain = try time("drain", 100_000, from: 0)
        openMetrics = arguments.has("open-metrics")
        tokenFile = arguments.value("token-file")
        var trusted: [TrustedPeer] = []
        for text in arguments.all("trust-forwarded") {
            guard let peer = TrustedPeer(text) else { throw Problem(.usage, "option --trust-forwarded takes a network such as 10.0.0.0/8, or unix") }
            trusted.append(peer)
        }
        self.trusted = trusted
        if command.setting("driver", environment: "DCB_DRIVER") == "cli" {
            throw Problem(.usage, "the listener does not use the driver cli", hint: "leave --driver and DCB_DRIVER away; it takes minutes for one agent")
        }
        commands = try Commands(command)
        (rate, maxNew) = try Settings.rates(command)
    }

    /// Options go before dcb.json, which goes before what is built in.
    static func rates(_ command: Command) throws(Problem) -> (RateLimit.Setting, RateLimit.Setting) {
        func option(_ name: String) throws(Problem) -> RateLimit.Setting? {
            guard let text = command.arguments.value(name) else { return nil }
            guard let setting = RateLimit.Setting(text) else { throw Problem(.usage, "option --\(name) takes a limit such as 15/15m, or off") }
            return setting
        }
        let rate = try option("rate"), maxNew = try option("max-new")
        var policy = Policy.builtIn
        if let paths = Paths.resolve(option: command.arguments.value, environment: command.context.environment, home: command.context.home) {
            do throws(PolicyError) { policy = try Policy.load(for: paths) } catch { throw Problem(.settingsInvalid, error.detail) }
        }
        return (
            rate ?? policy.webhook.rate ?? .limit(RateLimit(count: 15, windowSeconds: 900)),
            maxNew ?? policy.webhook.maxNew ?? .limit(RateLimit(count: 100, windowSeconds: 900))
        )
    }
}

extension Settings.Commands {
    init(_ command: Command) throws(Problem) {
        let folder = Path.parent(CurrentProcess.executablePath ?? "/usr/bin/dcb-webhook")
        func find(_ name: String) throws(Problem) -> String {
            let path = Path.absolute(command.arguments.value(name) ?? Path.join(folder, "dcb-\(name)"))
            guard Files.isExecutable(path) else {
                throw Problem(.helperMissing, "there is no executable '\(path)'", hint: "give --\(name), or install all dcb commands in one folder")
            }
            return path
        }
        onboard = try find("onboard")
        state = try find("state")
        bind = try find("bind")
        var passed = ["--log", "json"]
        for option in OptionSpec.settings { if let value = command.arguments.value(option.name) { passed += ["--\(option.name)", value] } }
        words = passed
        environment = ChildEnvironment.allowed(from: command.context.environment)
        knowsGateway = command.setting("gateway", environment: "DCB_GATEWAY_URL") != nil
    }
}
