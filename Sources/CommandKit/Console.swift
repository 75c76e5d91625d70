import JSON
import Platform

/// A command's two outputs: answers on standard output, problems and logs on standard error.
public final class Console {
    public enum Format: String, Sendable { case text, json, journal }

    public let command: String
    private let format: Format
    private let quiet: Bool
    private let verbose: Bool
    private var pending: [UInt8] = []
    /// The gravest code so far.
    public private(set) var code = ExitCode.ok

    /// - Parameter format: nil: text on a terminal, else json.
    public init(command: String, format: Format? = nil, quiet: Bool = false, verbose: Bool = false) {
        self.command = command
        self.format = format ?? (Descriptor.standardError.isTerminal ? .text : .json)
        self.quiet = quiet
        self.verbose = verbose
    }

    /// Keeps one answer for the next `flush`.
    public func answer(_ object: Object) {
        pending += Value.object(object).compact()
        pending.append(10)
    }

    /// Answers gathered so far, for a caller that streams.
    public var pendingBytes: Int { pending.count }

    /// - Throws: `output-lost` when standard output does not take it.
    public func flush() throws(Problem) {
        if pending.isEmpty { return }
        let bytes = pending
        pending = []
        do { try Descriptor.standardOutput.writeAll(bytes) } catch {
            throw Problem(.outputLost, "cannot write to standard output: \(error.code.message)")
        }
    }

    /// A plain text answer, such as help.
    public func write(_ text: String) throws(Problem) {
        pending += text.utf8
        try flush()
    }

    public func note(_ exit: ExitCode) { code = code.joined(with: exit) }

    /// Says one problem and takes its code into the stream's.
    /// - Parameters:
    ///   - line: of this command's own input, from 1.
    ///   - phone: as it came; it is redacted here.
    ///   - reporter: the command that found it, when it is not this one.
    public func report(_ problem: Problem, line: Int? = nil, phone: String? = nil, requestID: String? = nil, reporter: String? = nil) {
        note(problem.kind.exit)
        let reporter = reporter ?? command
        switch format {
        case .json:
            var object: Object = [:]
            object["problem"] = .string(problem.name)
            object["exit"] = .number("\(problem.kind.exit.rawValue)")
            object["command"] = .string(reporter)
            if let line { object["line"] = .number("\(line)") }
            if let phone { object["phone"] = .string(Redaction.phone(phone)) }
            if let requestID { object["requestId"] = .string(requestID) }
            object["detail"] = .string(problem.detail)
            object["hint"] = .string(problem.hint)
            say(Value.object(object).compact())
        case .text, .journal:
            let prefix = format == .journal ? "<3>" : ""
            let place = line.map { "line \($0): " } ?? ""
            say(Array("\(prefix)\(Console.oneLine(reporter)): \(place)\(Console.oneLine(problem.detail)) (\(Console.oneLine(problem.hint)))".utf8))
        }
    }

    /// A step said with `-v`.
    public func trace(_ text: @autoclosure () -> String) {
        if verbose { log("debug", text(), priority: 7) }
    }

    /// Something a person should know that is no failure.
    public func warn(_ text: String) {
        if !quiet { log("warning", text, priority: 4) }
    }

    private func log(_ level: String, _ text: String, priority: Int) {
        switch format {
        case .json: say(Value.object(["level": .string(level), "command": .string(command), "message": .string(text)]).compact())
        case .text: say(Array("\(command): \(Console.oneLine(text))".utf8))
        case .journal: say(Array("<\(priority)>\(command): \(Console.oneLine(text))".utf8))
        }
    }

    /// Standard error is the last resort: when it cannot be written, there is no one to tell.
    private func say(_ bytes: [UInt8]) { try? Descriptor.standardError.writeAll(bytes + [10]) }

    /// Flushes what is left and ends the process with the gravest code. Both outputs are closed first: what a file system has put off until then is still
    /// told, and a reader need not wait until the kernel has taken a large process apart.
    public func exit() -> Never {
        do throws(Problem) {
            try flush()
            do { try Descriptor.standardOutput.closeChecked() } catch {
                throw Problem(.outputLost, "cannot write to standard output: \(error.code.message)")
            }
        } catch { report(error) }
        Descriptor.standardError.close()
        CurrentProcess.exit(code.rawValue)
    }

    /// Reports and ends.
    public func exit(with problem: Problem) -> Never {
        report(problem)
        exit()
    }

    /// Control characters would let an input write log lines of its own, and marks that turn the direction of text let it show what is not there.
    public static func oneLine(_ text: String) -> String {
        String(
            text.unicodeScalars.map { scalar in
                switch scalar.value {
                case 0..<0x20, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: "?"
                default: Character(scalar)
                }
            })
    }
}
