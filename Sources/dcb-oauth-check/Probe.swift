import CommandKit
import OpenClaw
import Platform

/// Runs gog in an agent's sandbox: as its user, with its environment, without a terminal, a shell or an input.
struct Probe {
    static let gogWords = ["gog", "--json", "--no-input", "auth", "list", "--check", "--timeout", "15s"]
    private static let deadlineMilliseconds = 30_000
    private static let outputLimitBytes = 1 << 20

    private let template: [String]
    private let executable: String
    private let environment: [String: String]
    /// Container by scope key, when the template needs one.
    private let containers: [String: String]
    private let interrupt: Descriptor?

    /// - Parameter command: `probeCommand` of the policy; nil: `docker exec`.
    /// - Throws: `docker-missing`, `helper-missing`.
    init(_ command: [String]?, environment: [String: String]) throws(Problem) {
        self.environment = environment
        interrupt = try? Termination.descriptor()
        template = command ?? ["docker", "exec", "{env}", "-u", "{user}", "-w", "/workspace", "{container}"]
        let name = template[0]
        guard let path = name.hasPrefix("/") ? (Files.isExecutable(name) ? name : nil) : Program.find(name, environment: environment) else {
            throw name == "docker"
                ? Problem(.dockerMissing, "there is no docker command on the PATH", hint: "install docker, or set probeCommand in dcb.json")
                : Problem(.helperMissing, "there is no '\(name)', which probeCommand names", hint: "install it, or mend probeCommand in dcb.json")
        }
        executable = path
        containers = template.contains { $0.contains("{container}") } ? try Probe.running(environment) : [:]
    }

    /// - Throws: `gog-missing`, `docker-missing`: so this sandbox says; `interrupted`.
    func run(_ agentID: String, workspace: String, _ settings: SandboxEnvironment, user: String, hasTokens: Bool) throws(Problem) -> (State, String) {
        var container = ""
        if template.contains(where: { $0.contains("{container}") }) {
            let key = "agent:\(agentID)"
            guard let found = containers[key] ?? containers.filter({ $0.key.hasPrefix(key + ":") }).min(by: { $0.key < $1.key })?.value else {
                return (.unknown, "cannot tell: its sandbox does not run")
            }
            container = found
        }
        var child = ChildEnvironment.allowed(from: environment)
        var passed: [String] = []
        for (name, value) in settings.variables.sorted(by: { $0.key < $1.key }) {
            passed += ["-e", "\(name)=\(value)"]
            // The program that enters the sandbox keeps its own; for one that does not need these words they are in its environment.
            if !template.contains("{env}") { child[name] = value }
        }
        // By name: the value goes through the environment, where only its owner can see it.
        for (name, secret) in settings.secrets.sorted(by: { $0.key < $1.key }) {
            passed += ["-e", name]
            child[name] = secret.revealForConfig()
        }
        let arguments = template.dropFirst().flatMap { word in
            word == "{env}"
                ? passed
                : [
                    word.replacing("{agent}", with: agentID).replacing("{workspace}", with: workspace).replacing("{user}", with: user)
                        .replacing("{container}", with: container)
                ]
        }
        var process = ChildProcess(executable, arguments + Probe.gogWords, environment: child)
        process.ownGroup = true
        process.folder = "/"
        process.readsNothing = true
        process.workingOutputLimitBytes = Probe.outputLimitBytes
        let result: ChildProcess.Result
        do { result = try process.run(input: [], deadline: Deadline(in: Probe.deadlineMilliseconds), interrupt: interrupt) } catch { throw Problem(error) }
        if result.interrupted { throw Problem(.interrupted, "interrupted by a signal") }
        if result.timedOut { return (.unknown, "cannot tell: gog did not answer in time") }
        if result.overflowed || result.failure != nil { return (.unknown, "cannot tell: gog's answer could not be read") }
        try refuse(String(decoding: result.errors.prefix(65536), as: UTF8.self))
        return ProbeVerdict.judge(result.output, result.errors, hasTokens: hasTokens)
    }

    /// What is no answer of gog's.
    private func refuse(_ errors: String) throws(Problem) {
        if ["executable file not found", "exec: \"gog\"", "gog: not found", "gog: command not found", "No such file or directory: 'gog'"].contains(where: {
            errors.contains($0)
        }) {
            throw Problem(.gogMissing, "there is no gog in the sandbox")
        }
        if ["Cannot connect to the Docker daemon", "permission denied while trying to connect to the Docker"].contains(where: { errors.contains($0) }) {
            throw Problem(.dockerMissing, "docker does not answer", hint: "start docker, or let this user talk to it")
        }
    }

    /// Sandboxes that run, by what OpenClaw writes on them (the label `openclaw.sessionKey`).
    private static func running(_ environment: [String: String]) throws(Problem) -> [String: String] {
        guard let docker = Program.find("docker", environment: environment) else {
            throw Problem(.dockerMissing, "there is no docker command on the PATH", hint: "install docker, or set probeCommand in dcb.json")
        }
        let words = ["ps", "--filter", "label=openclaw.sandbox=1", "--format", "{{.Label \"openclaw.sessionKey\"}}\t{{.ID}}"]
        let result: ChildProcess.Result
        do {
            var process = ChildProcess(docker, words, environment: ChildEnvironment.allowed(from: environment))
            process.folder = "/"
            process.workingOutputLimitBytes = outputLimitBytes
            result = try process.run(input: [], deadline: Deadline(in: deadlineMilliseconds))
        } catch { throw Problem(error) }
        guard result.status == .exited(0), !result.timedOut, !result.overflowed else {
            throw Problem(.dockerMissing, "docker does not answer", hint: "start docker, or let this user talk to it")
        }
        var found: [String: String] = [:]
        for line in String(decoding: result.output, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: "\t")
            if fields.count == 2 { found[String(fields[0])] = String(fields[1]) }
        }
        return found
    }
}

extension String {
    fileprivate func replacing(_ old: String, with new: String) -> String {
        var result = ""
        var rest = self[...]
        while let range = rest.firstRange(of: old) {
            result += rest[..<range.lowerBound] + new
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}
