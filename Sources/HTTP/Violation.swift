/// Why a message is not taken. After one the connection has no known boundary any more and is closed.
public enum Violation: String, Error, Sendable, Equatable, CaseIterable {
    case requestLine = "the request line is malformed"
    case target = "the request target is malformed"
    case targetTooLong = "the request target is too long"
    case version = "the HTTP version is not 1.0 or 1.1"
    case lineEnd = "a line does not end in CR LF"
    case fieldLine = "a header field is malformed"
    case folded = "a header field is folded over several lines"
    case headTooLarge = "the header is too large"
    case tooManyFields = "there are too many header fields"
    case host = "there is not exactly one well-formed Host"
    case contentLength = "Content-Length is malformed or given twice"
    case lengthAndCoding = "both Content-Length and Transfer-Encoding are given"
    case transferCoding = "Transfer-Encoding is malformed, or does not end in chunked"
    case unknownCoding = "the transfer coding is not known"
    case expectation = "the expectation is not known"
    case chunk = "the chunked body is malformed"
    case trailerTooLarge = "chunk extensions and trailers are too large"
    case bodyTooLarge = "the body is too large"

    /// The status of the answer.
    public var status: Int {
        switch self {
        case .targetTooLong: 414
        case .version: 505
        case .headTooLarge, .tooManyFields, .trailerTooLarge: 431
        case .unknownCoding: 501
        case .expectation: 417
        case .bodyTooLarge: 413
        default: 400
        }
    }

    /// One sentence, nothing of the input in it.
    public var detail: String { rawValue }
}

/// What a message may have at most.
public struct MessageLimits: Sendable, Equatable {
    /// Start line, header and every line end together.
    public var headBytes: Int
    public var fields: Int
    /// Without chunk lines and trailers.
    public var bodyBytes: Int
    /// All chunk lines beyond their sizes, and all trailers, together.
    public var trailerBytes: Int

    public init(headBytes: Int = 16384, fields: Int = 100, bodyBytes: Int = 16384, trailerBytes: Int = 16384) {
        self.headBytes = headBytes
        self.fields = fields
        self.bodyBytes = bodyBytes
        self.trailerBytes = trailerBytes
    }
}
