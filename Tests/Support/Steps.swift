import Glibc
import JSON
import Platform

// The steps of a pipeline by hand, and what they leave.
extension Scratch {
    /// A phone of the tests: `+1555` and seven digits.
    public static func phone(_ number: Int) -> String {
        let digits = "\(number)"
        return "+1555" + String(repeating: "0", count: max(0, 7 - digits.count)) + digits
    }

    /// One command fed with documents.
    @discardableResult
    public func step(_ command: String, _ arguments: [String] = [], _ documents: [Object], environment more: [String: String] = [:]) throws -> Output {
        try run(command, arguments, input: documents.map { $0.line }.joined(), environment: more)
    }

    /// The document after the claim.
    public func claimed(_ phone: String, _ more: Object = [:]) throws -> Object {
        var document: Object = ["phone": .string(phone)]
        for (key, value) in more { document[key] = value }
        return try only(try step("dcb-state", ["claim"], [document]))
    }

    /// The document after `dcb-create-agent`.
    public func made(_ phone: String, _ arguments: [String] = []) throws -> Object {
        try only(try step("dcb-create-agent", arguments, [try claimed(phone)]))
    }

    /// The document after `dcb-bind`.
    public func bound(_ phone: String) throws -> Object { try only(try step("dcb-bind", [], [try made(phone)])) }

    /// A committed user; gives the agent's id.
    @discardableResult
    public func onboarded(_ phone: String, _ arguments: [String] = []) throws -> String {
        try only(try step("dcb-onboard", arguments, [["phone": .string(phone)]])).text("agentId") ?? ""
    }

    /// Somebody sets the sandbox of a user's agent off, and its entry is no more whole.
    public func weaken(_ agent: String) throws {
        let start = "\"\(agent)\": {"
        let parts = try configText().split(separator: start, maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw TestFailure("no entry of \(agent)") }
        let entry = parts[1].replacing("\"name\": \"User Agent\",", with: "", maxReplacements: 1)
        try write(parts[0] + start + entry.replacing("\"mode\": \"all\"", with: "\"mode\": \"off\"", maxReplacements: 1), to: config)
    }

    /// The only answer of a step that went well.
    @discardableResult
    public func only(_ output: Output) throws -> Object {
        guard output.code == 0, output.documents.count == 1 else { throw TestFailure("exit \(output.code): \(output.err)") }
        return output.document
    }

    /// Everything below the state folder that a step may change, as one text: the config's bytes, names of files, claims and ledger.
    /// Times, leases and SQLite's own files are left out.
    public func picture() throws -> String {
        var lines: [String] = []
        if Files.exists(config) { lines.append(try configText()) }
        for path in try tree(state) where !path.contains("onboarding.db") && !path.hasPrefix(".dcb") && !path.hasPrefix("audit") { lines.append(path) }
        if Files.exists(state + "/onboarding.db") {
            for claim in try run("dcb-state", ["claims"]).documents {
                lines.append(
                    "claim \(claim.text("phone") ?? "") \(claim.text("agentId") ?? "") \(claim.text("kind") ?? "") \(claim["done"].map(Scratch.text) ?? "")")
            }
            lines.append(try run("dcb-state", ["ledger"]).out)
            lines.append(try run("dcb-state", ["list"]).out)
        }
        return lines.joined(separator: "\n")
    }

    /// Relative paths of all files and folders below a folder, sorted; links are not followed.
    public func tree(_ folder: String) throws -> [String] {
        var found: [String] = []
        var open = [""]
        while let here = open.popLast() {
            for name in try Files.list(here.isEmpty ? folder : folder + "/" + here) {
                let path = here.isEmpty ? name : here + "/" + name
                found.append(path)
                if try Files.status(folder + "/" + path, followLinks: false)?.isDirectory == true { open.append(path) }
            }
        }
        return found.sorted()
    }

    /// Gives the whole folder to another user; only root can.
    public func give(to user: UInt32) throws {
        for path in [folder] + (try tree(folder)).map({ folder + "/" + $0 }) where lchown(path, user, user) != 0 { throw TestFailure("chown \(path)") }
    }

    private static func text(_ value: Value) -> String { String(decoding: value.compact(), as: UTF8.self) }

    /// Starts a command that is not waited for.
    public func start(_ command: String, _ arguments: [String] = [], _ documents: [Object], environment more: [String: String] = [:]) throws -> Started {
        let base = folder + "/started-" + (try Random.hex(bytes: 4))
        try write(documents.map { $0.line }.joined(), to: base + ".in")
        let words = ([command.contains("/") ? command : Path.join(Scratch.commands, command)] + arguments).map { "'" + $0 + "'" }.joined(separator: " ")
        let inner = "echo \\$\\$ > \(base).pid; exec env --default-signal=INT,HUP \(words) < \(base).in > \(base).out 2> \(base).err"
        let line = "( sh -c \"\(inner)\"; echo $? > \(base).code; mv \(base).code \(base).end ) > /dev/null 2>&1 < /dev/null &"
        try run("/bin/sh", ["-c", line], environment: more)
        return Started(base: base)
    }
}

/// A command that runs beside the test.
public struct Started: Sendable {
    let base: String

    public var hasEnded: Bool { Files.exists(base + ".end") }

    /// nil until it runs.
    public var pid: Int32? {
        ((try? Files.read(base + ".pid")) ?? nil).flatMap { Int32(String(decoding: $0, as: UTF8.self).filter { $0.isNumber }) }
    }

    /// What it has said on standard error so far.
    public var errors: String { String(decoding: ((try? Files.readIfPresent(base + ".err")) ?? nil) ?? [], as: UTF8.self) }

    /// What it said, when it has ended.
    public func wait(seconds: Int = 60) throws -> Output {
        try until(seconds: seconds, "the end of a command") { hasEnded }
        let code = Int32(String(decoding: try Files.read(base + ".end"), as: UTF8.self).filter { $0.isNumber }) ?? -1
        return Output(
            code: code, out: String(decoding: try Files.read(base + ".out"), as: UTF8.self), err: String(decoding: try Files.read(base + ".err"), as: UTF8.self)
        )
    }
}

/// A program to be run, written by a process of its own: a file that this one writes is open, for a moment, in children that other tests have just
/// started, and cannot be run then (ETXTBSY).
public func makeExecutable(_ path: String, _ text: String) throws {
    let child = ChildProcess("/bin/sh", ["-c", "rm -f \"$0\"; cat > \"$0\" && chmod 755 \"$0\"", path], environment: ["PATH": "/usr/bin:/bin"])
    let result = try child.run(input: Array(text.utf8), deadline: Deadline(in: 60_000))
    if result.status != .exited(0) { throw TestFailure("cannot make \(path)") }
}

/// Waits for something to become true.
public func until(seconds: Int = 30, _ what: String, _ condition: () throws -> Bool) throws {
    let seconds = seconds * Skip.patience
    let deadline = Deadline(in: seconds * 1000)
    while try !condition() {
        if deadline.hasPassed { throw TestFailure("waited \(seconds) s for \(what)") }
        Clock.sleep(milliseconds: 2)
    }
}

extension Object {
    /// As a document of a stream.
    public var line: String { String(decoding: Value.object(self).compact(), as: UTF8.self) + "\n" }

    /// The same with other members.
    public func with(_ other: Object) -> Object {
        var result = self
        for (key, value) in other { result[key] = value }
        return result
    }

    public func without(_ keys: String...) -> Object {
        Object(self.filter { !keys.contains($0.key) }.map { ($0.key, $0.value) })
    }
}

/// Whether the tests run as root, who alone can mount and become others; else the test says `skipped`.
public func isRoot(for test: String) -> Bool {
    guard geteuid() == 0 else {
        Skip.say("\(test) needs root")
        return false
    }
    // Once they are another user, the commands must still find what lies beside them.
    var folder = Scratch.commands
    while folder != "/" {
        if let status = try? Files.status(folder), status.permissions & 1 == 0 {
            Skip.say("\(test) needs a clone that other users may enter; \(folder) is closed to them")
            return false
        }
        folder = Path.parent(folder)
    }
    return true
}
