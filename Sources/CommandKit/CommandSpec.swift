import JSON

/// One option of a command: the row that is parsed, printed as help, and completed by shells.
public struct OptionSpec: Sendable {
    public enum Argument: Sendable, Equatable {
        case none
        /// Named in the help, such as `DIR`.
        case one(String)
        /// May be given several times.
        case many(String)
    }

    /// Without the two dashes.
    public let name: String
    public let short: Character?
    public let argument: Argument
    public let help: String
    /// The only values taken, when there are such.
    public let choices: [String]
    /// The verbs that take it; empty: all.
    public let verbs: Set<String>

    public init(_ name: String, takes argument: Argument = .none, short: Character? = nil, choices: [String] = [], verbs: Set<String> = [], _ help: String) {
        self.name = name
        self.argument = argument
        self.short = short
        self.choices = choices
        self.verbs = verbs
        self.help = help
    }

    /// Taken by every command.
    public static let common: [OptionSpec] = [
        OptionSpec("help", short: "h", "print this help and exit"),
        OptionSpec("version", "print the version and exit"),
        OptionSpec("quiet", short: "q", "say only problems"),
        OptionSpec("verbose", short: "v", "say each step"),
        OptionSpec(
            "log", takes: .one("FORMAT"), choices: ["text", "json", "journal"], "how standard error is written; default: text on a terminal, else json"),
        OptionSpec("schema", takes: .one("WHICH"), "print a JSON Schema (input, output, settings) and exit"),
        OptionSpec("completions", takes: .one("SHELL"), choices: CommandSpec.shells, "print a completion script and exit"),
    ]

    public static let dryRun = OptionSpec("dry-run", short: "n", "change nothing; answer what would be")

    /// The settings that every command takes; each has its environment variable (dcb(7)).
    public static let settings: [OptionSpec] = [
        OptionSpec("state-dir", takes: .one("DIR"), "OpenClaw's state folder [OPENCLAW_STATE_DIR, ~/.openclaw]"),
        OptionSpec("config", takes: .one("FILE"), "OpenClaw's config [OPENCLAW_CONFIG_PATH, STATE/openclaw.json]"),
        OptionSpec("db", takes: .one("FILE"), "the record [DCB_DB, STATE/onboarding.db]"),
        OptionSpec("settings", takes: .one("FILE"), "the policy [DCB_SETTINGS, STATE/dcb.json]"),
        OptionSpec("templates", takes: .one("DIR"), "agent templates [DCB_TEMPLATES, built in]"),
        OptionSpec("driver", takes: .one("DRIVER"), choices: ["file", "cli"], "how agents are made [DCB_DRIVER, file]"),
        OptionSpec("openclaw-version", takes: .one("V"), "where the config does not tell [DCB_OPENCLAW_VERSION, newest]"),
        OptionSpec("gateway", takes: .one("URL"), "the running gateway [DCB_GATEWAY_URL]"),
        OptionSpec("gateway-token-file", takes: .one("FILE"), "its token [DCB_GATEWAY_TOKEN_FILE]"),
        OptionSpec("now", takes: .one("RFC3339"), "the time of day, for tests"),
    ]
}

/// A command's face: what it is called, what it takes, what it says of itself.
public struct CommandSpec: Sendable {
    public let name: String
    /// The line under the name in help.
    public let summary: String
    /// What follows the name, one line a form.
    public let usage: [String]
    public let options: [OptionSpec]
    /// Verbs, for a command that has some; then the first operand is one.
    public let verbs: [String]
    /// Operands taken at most (the verb not counted).
    public let operandLimit: Int
    /// The schema of a name, or nil; made only when asked for.
    public let schema: @Sendable (_ which: String, _ verb: String?) -> Value?

    public init(
        _ name: String, summary: String, usage: [String], options: [OptionSpec], verbs: [String] = [], operandLimit: Int = 0,
        schema: @escaping @Sendable (_ which: String, _ verb: String?) -> Value?
    ) {
        self.name = name
        self.summary = summary
        self.usage = usage
        self.options = options + OptionSpec.settings + OptionSpec.common
        self.verbs = verbs
        self.operandLimit = operandLimit
        self.schema = schema
    }

    public static let version = "0.1.0"

    /// The help text, made from the option table.
    public var help: String {
        var text = "\(name) - \(summary)\n\n"
        for (index, form) in usage.enumerated() { text += (index == 0 ? "usage: " : "       ") + "\(name) \(form)\n" }
        text += "\noptions:\n"
        for option in options {
            var left = option.short.map { "-\($0), " } ?? "    "
            left += "--\(option.name)"
            switch option.argument {
            case .none: break
            case .one(let what), .many(let what): left += " " + (option.choices.isEmpty ? what : option.choices.joined(separator: "|"))
            }
            let padding = String(repeating: " ", count: max(1, 34 - left.count))
            text += "  \(left)\(padding)\(option.help)\n"
        }
        return text + "\nExit codes and the document that flows: dcb(7). This command: \(name)(1).\n"
    }

    /// Reads a command line by this table. Long options are never abbreviated; `--` ends them.
    /// - Throws: `usage`.
    public func parse(_ words: [String]) throws(Problem) -> Arguments {
        var values: [String: [String]] = [:]
        var operands: [String] = []
        var rest = words[...]
        func take(_ option: OptionSpec, _ attached: String?) throws(Problem) {
            let shown = "--\(option.name)"
            if option.argument == .none {
                if attached != nil { throw Problem(.usage, "option \(shown) takes no value") }
                values[option.name, default: []].append("")
                return
            }
            guard let value = attached ?? rest.popFirst() else { throw Problem(.usage, "option \(shown) needs a value") }
            if !option.choices.isEmpty, !option.choices.contains(value) {
                throw Problem(.usage, "option \(shown) takes \(option.choices.joined(separator: ", "))")
            }
            if case .one = option.argument, values[option.name] != nil { throw Problem(.usage, "option \(shown) is given twice") }
            values[option.name, default: []].append(value)
        }
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                break
            }
            if word.hasPrefix("--") {
                let body = word.dropFirst(2)
                let name = String(body.prefix { $0 != "=" })
                guard let option = options.first(where: { $0.name == name }) else {
                    throw Problem(.usage, "there is no option --\(CommandSpec.printable(name))")
                }
                try take(option, name.utf8.count == body.utf8.count ? nil : String(body.dropFirst(name.count + 1)))
            } else if word.hasPrefix("-"), word != "-" {
                for letter in word.dropFirst() {
                    guard let option = options.first(where: { $0.short == letter }) else {
                        throw Problem(.usage, "there is no option -\(CommandSpec.printable(String(letter)))")
                    }
                    try take(option, nil)
                }
            } else {
                operands.append(word)
            }
        }
        var verb: String?
        if !verbs.isEmpty, values["help"] == nil, values["version"] == nil {
            guard let first = operands.first else {
                if values["schema"] != nil || values["completions"] != nil { return Arguments(verb: nil, values: values, operands: []) }
                throw Problem(.usage, "a verb is missing: \(verbs.joined(separator: ", "))")
            }
            guard verbs.contains(first) else { throw Problem(.usage, "there is no verb '\(CommandSpec.printable(first))'") }
            verb = first
            operands.removeFirst()
            for option in options where !option.verbs.isEmpty && values[option.name] != nil && !option.verbs.contains(first) {
                throw Problem(.usage, "option --\(option.name) does not go with \(first)")
            }
        }
        if operands.count > operandLimit, values["help"] == nil {
            throw Problem(.usage, operandLimit == 0 ? "there are words that are no option" : "too many operands")
        }
        return Arguments(verb: verb, values: values, operands: operands)
    }

    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.prefix(40).map { $0.value >= 32 && $0.value < 127 ? Character($0) : "?" })
    }
}

/// A command line, read.
public struct Arguments: Sendable {
    public let verb: String?
    let values: [String: [String]]
    public let operands: [String]

    public func has(_ name: String) -> Bool { values[name] != nil }
    public func value(_ name: String) -> String? { values[name]?.last }
    public func all(_ name: String) -> [String] { values[name] ?? [] }

    /// The option as milliseconds.
    /// - Throws: `usage`.
    public func milliseconds(_ name: String, default standard: Int) throws(Problem) -> Int {
        guard let text = value(name) else { return standard }
        guard let n = DurationText.milliseconds(text) else { throw Problem(.usage, "option --\(name) takes a duration such as 500ms, 60s or 15m") }
        return n
    }

    /// The option as a whole number.
    /// - Throws: `usage`.
    public func integer(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = value(name) else { return nil }
        guard let n = Int(text), range.contains(n) else {
            throw Problem(.usage, "option --\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return n
    }
}
