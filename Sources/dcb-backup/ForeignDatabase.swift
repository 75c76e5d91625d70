import CommandKit
import JSON
import Platform
import Store

/// A database that an agent could have made, in the hands of a process of its own: what it makes SQLite do, wait for, fill or die of ends with that process.
enum ForeignDatabase {
    enum Outcome {
        /// Whether it is sound: `damage` is what was found first.
        case judged(damage: String?)
        case failed(String)
    }

    /// The first argument of that process; no verb of the command line.
    static let word = "foreign-database"
    /// SQLite's own memory in it.
    private static let memoryBytes: Int64 = 256 << 20
    /// What may be written beside the file's own size: its log.
    private static let spareBytes = 16 << 20
    /// Bytes a millisecond of a slow disk; and what every one may take besides.
    private static let slowestBytes = 5000
    private static let graceMilliseconds = 10_000

    /// How long one of so many bytes may take without being a nuisance.
    static func fairMilliseconds(_ bytes: Int) -> Int { bytes / slowestBytes }

    /// - Parameters:
    ///   - source: in bytes, absolute; nil: what is at `target` is only checked.
    ///   - bytes: its size, its log's included.
    /// - Throws: `interrupted`; when the process cannot be started.
    static func run(_ source: [UInt8]?, _ target: String, bytes: Int, environment: [String: String]) throws(Problem) -> Outcome {
        // This very program, also when an upgrade has put another in its place.
        var child = ChildProcess("/proc/self/exe", [word, "\(bytes + spareBytes)"], environment: ChildEnvironment.allowed(from: environment))
        child.workingOutputLimitBytes = 1 << 16
        let input = (source ?? []) + [0] + Array(target.utf8)
        let deadline = Deadline(in: graceMilliseconds + fairMilliseconds(bytes))
        let result: ChildProcess.Result
        do throws(SystemError) { result = try child.run(input: input, deadline: deadline, interrupt: try Termination.descriptor()) } catch {
            throw Problem(error)
        }
        if result.interrupted { throw Problem(.interrupted, "interrupted by a signal") }
        if result.timedOut { return .failed("it takes SQLite too long") }
        guard result.status == .exited(0), let said = (try? Value(parsing: result.output, dialect: .json, limits: .strict))?.objectValue else {
            return .failed("it cannot be read as a database")
        }
        return .judged(damage: said["damage"]?.stringValue)
    }

    /// What the process does: `source NUL target` on standard input, the size that a file may have as its argument.
    static func serve(_ arguments: [String]) -> Never {
        let input = (try? Descriptor.standardInput.readToEnd(limit: 1 << 16)) ?? []
        guard let end = input.firstIndex(of: 0), let bytes = arguments.last.flatMap({ Int64($0) }) else { CurrentProcess.exit(ExitCode.usage.rawValue) }
        CurrentProcess.limitFiles(bytes)
        SQLiteFile.limitMemory(memoryBytes)
        let target = String(decoding: input[(end + 1)...], as: UTF8.self)
        do throws(Problem) {
            if end > 0 { try SQLiteFile(Array(input[..<end]), isTrusted: false, waitMilliseconds: 1000).copy(to: target) }
            let damage = try SQLiteFile.damage(of: target)
            try? Descriptor.standardOutput.writeAll(Value.object(["damage": damage.map { .string($0) } ?? .null]).compact())
            CurrentProcess.exit(0)
        } catch { CurrentProcess.exit(error.kind.exit.rawValue) }
    }
}
