import CommandKit
import HTTP
import JSON

/// What a caller is told.
struct Answer {
    let status: Int
    var body: [UInt8] = []
    var contentType: StaticString = Answer.json
    var fields: [(name: StaticString, value: String)] = []
    /// Why it was refused, for the metrics; nil when it was not.
    var refusal: String?

    static let json: StaticString = "application/json; charset=utf-8"
    private static let problem: StaticString = "application/problem+json"

    init(_ status: Int, _ object: Object) {
        self.status = status
        body = Value.object(object).compact()
    }

    init(_ status: Int, text: [UInt8], _ contentType: StaticString) {
        self.status = status
        body = text
        self.contentType = contentType
    }

    /// No content.
    init(status: Int) { self.status = status }

    /// A problem (RFC 9457), with the member `error` that older callers read.
    /// - Parameters:
    ///   - problem: the name of dcb(7), where there is one.
    ///   - detail: one sentence; nothing of another caller or of this machine.
    static func refused(_ status: Int, _ problem: String, _ detail: String, hint: String? = nil, _ more: Object = [:]) -> Answer {
        var object: Object = [
            "type": "about:blank", "title": .string(StatusCode.reason(status)), "status": .number("\(status)"), "detail": .string(detail),
            "error": .string(detail), "problem": .string(problem),
        ]
        if let hint { object["hint"] = .string(hint) }
        for (key, value) in more { object[key] = value }
        var answer = Answer(status, object)
        answer.contentType = Answer.problem
        answer.refusal = problem
        return answer
    }

    static func refused(_ violation: Violation) -> Answer { refused(violation.status, "bad-request", violation.detail) }

    /// Come again later.
    static func unavailable(_ problem: String, _ detail: String, seconds: Int = 1) -> Answer {
        refused(503, problem, detail).with("Retry-After", "\(seconds)")
    }

    func with(_ name: StaticString, _ value: String) -> Answer {
        var copy = self
        copy.fields.append((name, value))
        return copy
    }

    /// What a command's problem with this caller's own document means (COMMANDS.md, dcb-webhook).
    static func of(_ problem: Problem) -> Answer {
        switch problem.kind.exit {
        case .data:
            switch problem.kind {
            case .illegalTransition, .phoneBoundElsewhere, .agentBelongsElsewhere, .cancelled: refused(409, problem.name, problem.detail, hint: problem.hint)
            default: refused(400, problem.name, problem.detail, hint: problem.hint)
            }
        case .tempFail:
            if problem.kind == .changedMeanwhile {
                refused(409, problem.name, "it was changed meanwhile")
            } else {
                unavailable(problem.name, "the work on this phone cannot be done now; try again")
            }
        // What is wrong here is for the log, not for the caller.
        default: failed
        }
    }

    static let failed = refused(500, "internal", "the request could not be carried out")
    static let late = refused(504, "timeout", "the work did not end in time")
}
