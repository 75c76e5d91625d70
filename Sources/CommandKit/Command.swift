import JSON
import Platform

/// A command that has read its command line: what every `main.swift` begins with.
public struct Command {
    public let arguments: Arguments
    public let console: Console
    public let context: ProcessContext
    public let clock: Clock

    /// Reads the command line; answers help, version and schema itself; ends with 64 on a wrong one.
    public static func begin(_ spec: CommandSpec) -> Command {
        CurrentProcess.fillStandardDescriptors()
        CurrentProcess.setPrivateFileMode()
        Termination.ignoreBrokenPipe()
        let context = ProcessContext.current()
        let arguments: Arguments
        let words = Array(context.arguments.dropFirst())
        do throws(Problem) { arguments = try spec.parse(words) } catch { Console(command: spec.name, format: logFormat(words)).exit(with: error) }
        let console = Console(
            command: spec.name, format: arguments.value("log").flatMap(Console.Format.init(rawValue:)), quiet: arguments.has("quiet"),
            verbose: arguments.has("verbose"))
        do throws(Problem) {
            if arguments.has("help") {
                try console.write(spec.help)
                console.exit()
            }
            if arguments.has("version") {
                try console.write("\(spec.name) \(CommandSpec.version)\n")
                console.exit()
            }
            if let script = arguments.value("completions").flatMap(spec.completions) {
                try console.write(script)
                console.exit()
            }
            if let which = arguments.value("schema") {
                guard let schema = spec.schema(which, arguments.verb) else {
                    throw Problem(.usage, "there is no schema of that name", hint: "use --schema input, output or settings")
                }
                try console.write(String(decoding: schema.pretty(), as: UTF8.self) + "\n")
                console.exit()
            }
            var clock = Clock()
            if let now = arguments.value("now") {
                guard let time = Timestamp(rfc3339: now) else { throw Problem(.usage, "option --now takes an RFC 3339 time") }
                clock = Clock(now: time)
            }
            return Command(arguments: arguments, console: console, context: context, clock: clock)
        } catch { console.exit(with: error) }
    }

    /// What `--log` says on a command line that cannot be read otherwise.
    private static func logFormat(_ words: [String]) -> Console.Format? {
        for (word, next) in zip(words, words.dropFirst() + [""]) {
            if word == "--log" { return Console.Format(rawValue: next) }
            if word.hasPrefix("--log=") { return Console.Format(rawValue: String(word.dropFirst(6))) }
        }
        return nil
    }

    /// A setting: the option, else its environment variable, else nil. An empty variable counts as unset.
    public func setting(_ option: String, environment name: String) -> String? {
        if let value = arguments.value(option) { return value }
        guard let value = context.environment[name], !value.isEmpty else { return nil }
        return value
    }

    /// Runs a stream: groups in, answers and problems out, then the exit.
    /// - Parameters:
    ///   - phoneOperand: the document `{"phone": OPERAND}` instead of standard input.
    ///   - groupLimit: documents a group at most.
    ///   - process: handles one group and answers through the console; a problem it throws concerns the whole group and ends the stream.
    public func runStream(
        phoneOperand: String? = nil, groupLimit: Int = DocumentStream.groupLimit, _ process: ([StreamDocument]) throws(Problem) -> Void
    ) -> Never {
        do throws(Problem) {
            let stream = try DocumentStream(operand: phoneOperand, groupLimit: groupLimit)
            while let group = try stream.next() {
                // A group is finished once it is begun; a signal that came meanwhile ends us after its answers.
                Termination.hold()
                for refusal in group.refusals { console.report(refusal.problem, line: refusal.line, phone: refusal.phone, requestID: refusal.requestID) }
                if !group.documents.isEmpty { try process(group.documents) }
                try console.flush()
                if let signal = Termination.pending { CurrentProcess.die(by: signal) }
                Termination.allow()
            }
        } catch { console.report(error) }
        console.exit()
    }

    /// Says a document's problem.
    public func refuse(_ document: StreamDocument, _ problem: Problem) {
        console.report(problem, line: document.line, phone: document.phoneText, requestID: document.requestID)
    }
}
