import HTTP

/// What a connection's bytes were read as.
struct Reading: Equatable, CustomStringConvertible {
    struct Request: Equatable {
        var method = Method.get
        var path = ""
        var fields = 0
        var keepsAlive = true
        var body: [UInt8] = []
        var isComplete = false
    }

    var requests: [Request] = []
    var violation: Violation?

    var description: String { "\(requests.map { "\($0.method) \($0.path) \($0.body.count)\($0.isComplete ? "" : "…")" }) \(violation.map { "\($0)" } ?? "")" }

    /// Feeds the parser with the input in the parts that `cuts` makes of it.
    init(_ input: [UInt8], cuts: [Int] = [], limits: MessageLimits = MessageLimits()) {
        var parser = RequestParser(limits: limits)
        var from = 0
        for cut in cuts + [input.count] {
            let part = Array(input[from..<cut])
            from = cut
            if !feed(&parser, part) { return }
        }
    }

    private mutating func feed(_ parser: inout RequestParser, _ part: [UInt8]) -> Bool {
        var at = 0
        while true {
            let rest = Array(part[at...])
            let (step, consumed) = rest.withUnsafeBufferPointer { parser.next($0) }
            switch step {
            case .more: return true
            case .head:
                requests.append(
                    Request(
                        method: parser.head.method, path: String(decoding: parser.head.path, as: UTF8.self), fields: parser.head.fieldCount,
                        keepsAlive: parser.head.keepsAlive))
            case .body(let range): requests[requests.count - 1].body += rest[range]
            case .end:
                requests[requests.count - 1].isComplete = true
                if at + consumed == part.count { return true }
            case .refused(let violation):
                self.violation = violation
                return false
            }
            at += consumed
        }
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
