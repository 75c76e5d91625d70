import JSON
import Platform
import Testing
import TestSupport

/// All tests of the command.
@Suite("dcb-onboard") struct OnboardTests {}

extension OnboardTests {
    /// The long form of a test: more cases of the same.
    static let isLong = ProcessContext.current().environment["DCB_LONG"] == "1"
}

/// A scratch state folder, and a folder of commands in which stand-ins may take the place of steps.
final class Bench {
    let scratch: Scratch
    /// Where dcb-onboard runs from: it looks for its steps beside itself.
    let commands: String
    static let steps = ["dcb-validate", "dcb-state", "dcb-create-agent", "dcb-bind"]
    var onboard: String { Path.join(commands, "dcb-onboard") }

    /// - Parameters:
    ///   - standIns: bodies of shell for steps such as `claim`, `claim --removal`, `create-agent --undo`; `real "$@"` runs the real one.
    ///   - early: bodies run as soon as they are started, and not when they have got their documents.
    init(_ standIns: [String: String] = [:], config: String? = Scratch.plainConfig, early: Bool = false) throws {
        scratch = try Scratch(config: config)
        commands = scratch.folder + "/commands"
        try Files.makeDirectories(commands)
        // A copy and no link: dcb-onboard finds its folder by its own real path.
        let copied = try scratch.run("/bin/cp", [Path.join(Scratch.commands, "dcb-onboard"), commands])
        guard copied.code == 0 else { throw TestFailure("cannot copy dcb-onboard: \(copied.err)") }
        for step in Bench.steps { try scratch.run("/bin/ln", ["-s", Path.join(Scratch.commands, step), commands]) }
        try replace(standIns, early: early)
    }

    /// Puts stand-ins in place; steps that are not named are the real ones again.
    func replace(_ standIns: [String: String], early: Bool = false) throws {
        for step in Bench.steps {
            let path = Path.join(commands, step)
            try Files.remove(path)
            let short = String(step.dropFirst(4))
            let mine = standIns.filter { key, _ in short == "state" ? ["claim", "commit", "release"].contains { key.hasPrefix($0) } : key.hasPrefix(short) }
            if mine.isEmpty {
                try scratch.run("/bin/ln", ["-s", Path.join(Scratch.commands, step), path])
                continue
            }
            var script = "#!/bin/sh\nDIR='\(scratch.folder)'\nreal() { '\(Path.join(Scratch.commands, step))' \"$@\"; }\n"
            // A step is started while the one before it works.
            if !early { script += "perl -e 'vec($r, 0, 1) = 1; select($r, undef, undef, undef)'\n" }
            script += short == "state" ? "key=$1\n" : "key=\(short)\n"
            script += "for word in \"$@\"; do case $word in --undo|--removal) key=\"$key $word\";; esac; done\ncase $key in\n"
            for (key, body) in mine.sorted(by: { $0.key < $1.key }) { script += "'\(key)')\n\(body)\n;;\n" }
            script += "*) exec '\(Path.join(Scratch.commands, step))' \"$@\";;\nesac\n"
            try makeExecutable(path, script)
        }
    }

    @discardableResult
    func run(_ arguments: [String] = [], _ documents: String..., timeoutSeconds: Int = 120) throws -> Output {
        try scratch.run(onboard, arguments, input: documents.map { $0 + "\n" }.joined(), timeoutSeconds: timeoutSeconds)
    }

    @discardableResult
    func shell(_ line: String, timeoutSeconds: Int = 120) throws -> Output {
        try scratch.run(
            "/bin/sh", ["-c", line], environment: ["PATH": commands + ":/usr/bin:/bin", "DIR": scratch.folder], timeoutSeconds: timeoutSeconds)
    }

    func users() throws -> Users { try Users(scratch) }

    /// Config and record are sound, whatever else is unfinished.
    func expectValid(_ about: String, at place: SourceLocation = #_sourceLocation) throws {
        _ = try scratch.configValue()
        // Before the first claim there is no record to check.
        if !Files.exists(scratch.state + "/onboarding.db") { return }
        let check = try scratch.run("dcb-state", ["check"])
        #expect(check.code == 0, "\(about): \(check.out)\(check.err)", sourceLocation: place)
    }

    /// The phone has exactly one of everything, all of one agent, and nothing is unfinished.
    @discardableResult
    func expectOne(_ phone: String, _ about: String, at place: SourceLocation = #_sourceLocation) throws -> String {
        try expectValid(about, at: place)
        let all = try users()
        let agents = all.bindings.filter { $0.phone == phone }.map(\.agent)
        let agent = agents.first ?? "none"
        #expect(agents.count == 1, "\(about): bindings \(agents)", sourceLocation: place)
        #expect(all.agents.filter { $0 == agent }.count == 1, "\(about): no entry of \(agent)", sourceLocation: place)
        #expect(all.allowed.filter { $0 == phone }.count == 1, "\(about): allow-list \(all.allowed)", sourceLocation: place)
        #expect(all.rows.filter { $0.phone == phone && $0.status != "cancelled" }.map(\.agent) == [agent], "\(about): rows \(all.rows)", sourceLocation: place)
        #expect(all.workspaces.contains(agent), "\(about): workspaces \(all.workspaces)", sourceLocation: place)
        #expect(all.isWhole, "\(about): \(all)", sourceLocation: place)
        return agent
    }

    /// Nothing of any user is left in config, folders and claims.
    func expectNobody(_ about: String, at place: SourceLocation = #_sourceLocation) throws {
        try expectValid(about, at: place)
        let all = try users()
        #expect(all.agents.isEmpty && all.bindings.isEmpty && all.allowed.isEmpty && all.workspaces.isEmpty, "\(about): \(all)", sourceLocation: place)
        #expect(all.rows.allSatisfy { $0.status == "cancelled" }, "\(about): rows \(all.rows)", sourceLocation: place)
        #expect(all.isWhole, "\(about): \(all)", sourceLocation: place)
    }
}

/// Who is there: by config, record and folders.
struct Users: CustomStringConvertible {
    var agents: [String] = []
    var bindings: [(agent: String, phone: String)] = []
    var allowed: [String] = []
    var rows: [(phone: String, agent: String, status: String)] = []
    var workspaces: [String] = []
    var agentFolders: [String] = []
    var claims: [String] = []
    var openLedger: [String] = []
    var trash: [String] = []

    init(_ scratch: Scratch) throws {
        let config = try scratch.configValue()
        agents = config.at("agents", "entries")?.objectValue?.map(\.key).filter { $0.hasPrefix("user_") } ?? []
        for binding in config.at("bindings")?.arrayValue ?? [] {
            if let agent = binding.at("agentId")?.stringValue, let phone = binding.at("match", "peer", "id")?.stringValue { bindings.append((agent, phone)) }
        }
        allowed = config.at("channels", "whatsapp", "allowFrom")?.arrayValue?.compactMap(\.stringValue) ?? []
        for row in try scratch.run("dcb-state", ["list"]).documents {
            rows.append((row.text("phone") ?? "", row.text("agentId") ?? "", row.text("status") ?? ""))
        }
        claims = try scratch.run("dcb-state", ["claims"]).documents.map { Value.object($0).text }
        for entry in try scratch.run("dcb-state", ["ledger"]).documents where entry.text("removedAt") == nil {
            openLedger.append("\(entry.text("kind") ?? "") \(entry.text("phone") ?? "") \(entry.text("agentId") ?? "")")
        }
        workspaces = try Files.list(scratch.state).filter { $0.hasPrefix("workspace-") }.map { String($0.dropFirst(10)) }
        agentFolders = (try? Files.list(scratch.state + "/agents")) ?? []
        trash = (try? Files.list(scratch.state + "/trash")) ?? []
    }

    /// Config, rows, ledger and folders speak of the same users, and no claim is open.
    var isWhole: Bool {
        let live = rows.filter { $0.status != "cancelled" }
        let ids = live.map(\.agent).sorted()
        let pairs = live.map { "\($0.agent) \($0.phone)" }.sorted()
        return agents.sorted() == ids && bindings.map { "\($0.agent) \($0.phone)" }.sorted() == pairs && Set(pairs).count == pairs.count
            && allowed.sorted() == live.map(\.phone).sorted() && workspaces.sorted() == ids && agentFolders.sorted() == ids && claims.isEmpty
            && openLedger.sorted() == live.flatMap { row in ["agent", "allow", "binding"].map { "\($0) \(row.phone) \(row.agent)" } }.sorted()
    }

    var description: String {
        "agents \(agents) bindings \(bindings) allowed \(allowed) rows \(rows) workspaces \(workspaces) folders \(agentFolders) claims \(claims) ledger \(openLedger)"
    }
}

extension Value {
    var text: String { String(decoding: compact(), as: UTF8.self) }
}

func document(_ phone: String, id: String? = nil) -> String {
    id.map { "{\"phone\":\"\(phone)\",\"requestId\":\"\($0)\"}" } ?? "{\"phone\":\"\(phone)\"}"
}
