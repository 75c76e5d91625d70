import JSON

/// A problem line as another dcb command wrote it on standard error.
public struct ReportedProblem: Sendable {
    public let problem: Problem
    public let command: String
    public let line: Int?
    public let requestID: String?

    /// - Returns: nil when the line is no problem (a log line, or not JSON at all).
    public init?(line bytes: some Collection<UInt8>) {
        guard bytes.first == UInt8(ascii: "{"), let value = try? Value(parsing: Array(bytes), dialect: .json, limits: .strict),
            let object = value.objectValue, let name = object["problem"]?.stringValue, let exit = object["exit"]?.intValue
        else { return nil }
        // A name of a newer command is judged by its exit code.
        let kind = Problem.Kind(rawValue: name) ?? Problem.Kind.allCases.first { Int($0.exit.rawValue) == exit } ?? .internalError
        var problem = Problem(kind, object["detail"]?.stringValue ?? name, hint: object["hint"]?.stringValue)
        if problem.name != name { problem.foreignName = name }
        self.problem = problem
        command = object["command"]?.stringValue ?? "?"
        line = object["line"]?.intValue
        requestID = object["requestId"]?.stringValue
    }
}
