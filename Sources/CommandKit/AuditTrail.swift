import JSON
import Platform

/// The append-only trail of what was done: `<state>/audit/audit.jsonl`, one write a line, synced once a group.
public struct AuditTrail {
    private let folder: String
    private let command: String
    private let clock: Clock
    private var lines: [[UInt8]] = []

    /// - Parameter folder: `<state>/audit`.
    public init(folder: String, command: String, clock: Clock) {
        self.folder = folder
        self.command = command
        self.clock = clock
    }

    /// Adds an event for the next `write`: what, and on which agent; a phone is redacted here.
    public mutating func note(_ event: String, agentID: String? = nil, phone: String? = nil, requestID: String? = nil, _ more: Object = [:]) {
        var object: Object = ["at": .string(clock.now.description), "event": .string(event), "command": .string(command)]
        object["uid"] = .number("\(CurrentProcess.effectiveUser)")
        object["pid"] = .number("\(CurrentProcess.pid)")
        if let agentID { object["agentId"] = .string(agentID) }
        if let phone { object["phone"] = .string(Redaction.phone(phone)) }
        if let requestID { object["requestId"] = .string(requestID) }
        for (key, value) in more { object[key] = value }
        lines.append(Value.object(object).compact() + [10])
    }

    /// Appends the gathered lines.
    /// - Throws: the problem of the file; what was done stays done.
    public mutating func write() throws(Problem) {
        if lines.isEmpty { return }
        let gathered = lines
        lines = []
        do throws(SystemError) {
            let path = Path.join(folder, "audit.jsonl")
            let file: Descriptor
            do throws(SystemError) { file = try open(path) } catch {
                guard error.code == .notFound else { throw error }
                try Files.makeDirectory(folder)
                file = try open(path)
            }
            // What a crash cut off must not take our first line with it.
            let size = try file.status().sizeBytes
            if size > 0 {
                try file.seek(to: size - 1)
                if try file.read(atMost: 1) != [10] { try file.writeAll([10]) }
            }
            for line in gathered { try file.writeAll(line) }
            try file.sync()
        } catch { throw Problem(error) }
    }

    /// Never through a link: the lines would go into somebody else's file.
    private func open(_ path: String) throws(SystemError) -> Descriptor {
        try Descriptor.open(path, .readWrite, create: 0o600, append: true, followLinks: false)
    }
}

extension AuditTrail {
    /// Gives the entries, oldest first, in constant memory. A line cut off by a crash is passed over.
    public static func read(folder: String, each body: (Object) throws(Problem) -> Void) throws(Problem) {
        let file: Descriptor
        do throws(SystemError) { file = try Descriptor.open(Path.join(folder, "audit.jsonl"), .read) } catch {
            if error.code == .notFound { return }
            throw Problem(error)
        }
        var rest: [UInt8] = []
        while true {
            let more: [UInt8]
            do throws(SystemError) { more = try file.read(atMost: 65536) } catch { throw Problem(error) }
            if more.isEmpty { return }
            rest += more
            var start = 0
            while let end = rest[start...].firstIndex(of: 10) {
                let line = Array(rest[start..<end])
                start = end + 1
                if let entry = (try? Value(parsing: line, dialect: .json, limits: .strict))?.objectValue { try body(entry) }
            }
            rest.removeFirst(start)
        }
    }
}
