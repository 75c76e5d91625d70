import CommandKit
import JSON
import Platform

/// Standard error: one JSON line a request, and what a person should know. Never the token, a full phone, or anything that a caller wrote.
final class AccessLog {
    /// More than this waits for nobody: a reader that has stopped must not stop us.
    private static let waitingLimitBytes = 1 << 20
    private static let pieceBytes = 4096

    private let output = Descriptor.standardError
    private let command: String
    private let quiet: Bool
    private var waiting: [UInt8] = []
    private(set) var lostLines = 0
    private var stampMilliseconds: Int64 = -1
    private var stamp: [UInt8] = []

    init(command: String, quiet: Bool) {
        self.command = command
        self.quiet = quiet
    }

    func request(_ exchange: Exchange, status: Int, bytes: Int, microseconds: Int, aborted: Bool) {
        if quiet { return }
        begin()
        text(",\"id\":\"")
        text(exchange.id)
        text("\",\"client\":\"")
        text(exchange.client.text)
        text("\",\"method\":\"")
        text(exchange.method.rawValue)
        text("\",\"route\":\"")
        text(exchange.route.template)
        text("\",\"status\":")
        number(status)
        text(",\"ms\":")
        number(microseconds / 1000)
        text(".")
        waiting.append(UInt8(48 + microseconds / 100 % 10))
        waiting.append(UInt8(48 + microseconds / 10 % 10))
        text(",\"bytes\":")
        number(bytes)
        if let phone = exchange.phone {
            text(",\"phone\":\"")
            text(Redaction.phone(phone))
            text("\"")
        }
        if aborted { text(",\"aborted\":true") }
        text("}\n")
    }

    /// Something a person should know.
    func say(_ level: String, _ message: String, _ more: Object = [:]) {
        if quiet, level == "info" { return }
        begin()
        var object: Object = ["level": .string(level), "command": .string(command), "message": .string(message)]
        for (key, value) in more { object[key] = value }
        waiting.append(UInt8(ascii: ","))
        waiting += Value.object(object).compact().dropFirst()
        waiting.append(10)
    }

    /// A problem, ours or a child's, as every command writes it.
    func problem(_ problem: Problem, reporter: String? = nil) {
        say(
            "error", problem.detail,
            [
                "problem": .string(problem.name), "exit": .number("\(problem.kind.exit.rawValue)"), "reporter": .string(reporter ?? command),
                "hint": .string(problem.hint),
            ])
    }

    /// A line that a child wrote and that is no problem. What our commands log keeps to our rules and is passed on; of anything else only that it came.
    func foreign(_ line: ArraySlice<UInt8>, from lane: String) {
        if let object = (try? Value(parsing: Array(line), dialect: .json, limits: .strict))?.objectValue, object["command"] != nil,
            let level = object["level"]?.stringValue, let message = object["message"]?.stringValue
        {
            return say(level, message, ["child": .string(lane)])
        }
        say("debug", "a child wrote \(line.count) bytes that are no problem line", ["child": .string(lane)])
    }

    private func begin() {
        if waiting.count > AccessLog.waitingLimitBytes {
            lostLines += waiting.split(separator: 10).count
            waiting.removeAll()
        }
        let now = Clock().now
        if now.milliseconds != stampMilliseconds {
            stampMilliseconds = now.milliseconds
            stamp = Array("{\"time\":\"\(now)\"".utf8)
        }
        waiting += stamp
    }

    private func text(_ text: String) { waiting += text.utf8 }
    private func number(_ n: Int) { waiting += String(n).utf8 }

    /// Writes what has gathered, as far as it goes without waiting.
    func flush() {
        var done = 0
        while done < waiting.count {
            // A file always takes it; a pipe that says so takes a piece.
            if !output.takesOutput { break }
            let piece = min(waiting.count - done, AccessLog.pieceBytes)
            guard case .bytes(let n) = waiting.withUnsafeBytes({ output.send(UnsafeRawBufferPointer(rebasing: $0[done..<(done + piece)])) }) else {
                // Standard error is the last resort: when it cannot be written, there is no one to tell.
                done = waiting.count
                break
            }
            done += n
        }
        if done == waiting.count { waiting.removeAll(keepingCapacity: waiting.capacity <= 65536) } else if done > 0 { waiting.removeFirst(done) }
    }
}
