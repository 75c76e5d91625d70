import JSON
import Platform

/// One document of a stream: its members, and where it stood.
public struct StreamDocument: Sendable {
    /// Of this command's input, from 1.
    public let line: Int
    public var members: Object

    public init(line: Int, members: Object) {
        self.line = line
        self.members = members
    }

    public var requestID: String? { members["requestId"]?.stringValue }
    /// The phone as it came, for problems (redacted there).
    public var phoneText: String? { members["phone"]?.stringValue }

    /// A member that must be there and be a string.
    /// - Throws: `missing-member`, `invalid-member`.
    public func string(_ name: String) throws(Problem) -> String {
        guard let text = try optionalString(name) else { throw Problem(.missingMember, "the document has no member '\(name)'") }
        return text
    }

    /// - Throws: `invalid-member` when it is there and not a string.
    public func optionalString(_ name: String) throws(Problem) -> String? {
        guard let value = members[name] else { return nil }
        guard let text = value.stringValue else { throw Problem(.invalidMember, "member '\(name)' is not a string") }
        return text
    }
}

/// A document that did not get past the boundary.
public struct Refusal: Sendable {
    public let line: Int
    public let problem: Problem
    public let phone: String?
    public let requestID: String?
}

/// What waits on standard input, as one unit of work.
public struct DocumentGroup: Sendable {
    public var documents: [StreamDocument] = []
    public var refusals: [Refusal] = []
    var isEmpty: Bool { documents.isEmpty && refusals.isEmpty }
}

/// JSON Lines, or one object over several lines when its first line is just the opening brace and it is the whole input.
public final class DocumentStream {
    public static let groupLimit = 256
    public static let silenceMilliseconds = 50
    public static let documentLimitBytes = 1 << 20

    private let input: Descriptor
    private var buffer: [UInt8] = []
    /// Where the unread part of `buffer` begins.
    private var start = 0
    /// How far the unread part has been searched for a newline.
    private var searched = 0
    private var line = 0
    private var ended = false
    private var skipping = false
    private var operand: String?
    private let groupLimit: Int

    /// - Parameters:
    ///   - operand: a phone given on the command line; then standard input is not read.
    ///   - groupLimit: documents a group at most.
    /// - Throws: `usage` when input is needed and standard input is a terminal.
    public init(operand: String? = nil, input: Descriptor = .standardInput, groupLimit: Int = DocumentStream.groupLimit) throws(Problem) {
        self.groupLimit = groupLimit
        self.operand = operand
        self.input = input
        if operand != nil {
            ended = true
        } else if input.isTerminal {
            throw Problem(.usage, "standard input is a terminal", hint: "pipe JSON documents in, or give a phone number")
        }
    }

    /// The next group; nil at the end of the input.
    /// - Throws: `io`.
    public func next() throws(Problem) -> DocumentGroup? {
        var group = DocumentGroup()
        if let phone = operand {
            operand = nil
            group.documents.append(StreamDocument(line: 1, members: ["phone": .string(phone)]))
            return group
        }
        // Refusals count too: an input of bad lines alone is told of while it comes, and fills no memory.
        while group.documents.count + group.refusals.count < groupLimit {
            if let bytes = takeLine() {
                accept(bytes, into: &group)
                continue
            }
            if ended { break }
            if !group.isEmpty {
                do { if try !Wait.readable(input, milliseconds: DocumentStream.silenceMilliseconds) { break } } catch { throw Problem(error) }
            }
            try fill(&group)
        }
        return group.isEmpty ? nil : group
    }

    private func fill(_ group: inout DocumentGroup) throws(Problem) {
        if start > 0 {
            buffer.removeFirst(start)
            searched -= start
            start = 0
        }
        let more: [UInt8]
        do { more = try input.read(atMost: 65536) } catch { throw Problem(.io, "cannot read standard input: \(error.code.message)") }
        if more.isEmpty { ended = true }
        buffer += more
        if buffer.count - start > DocumentStream.documentLimitBytes, !isWholeObject || ended {
            if buffer[searched...].firstIndex(of: 10) == nil { skip(&group) }
        } else if isWholeObject, buffer.count > DocumentStream.documentLimitBytes {
            skip(&group)
            drain()
        }
    }

    /// Reads the rest of an input that is refused, so that the writer does not see a broken pipe.
    private func drain() {
        while let more = try? input.read(atMost: 65536), !more.isEmpty {}
        buffer = []
        start = 0
        searched = 0
        ended = true
        skipping = false
    }

    private func skip(_ group: inout DocumentGroup) {
        if !skipping {
            line += 1
            group.refusals.append(Refusal(line: line, problem: Problem(.tooLarge, "the document is larger than 1 MiB"), phone: nil, requestID: nil))
        }
        skipping = true
        buffer = []
        start = 0
        searched = 0
    }

    /// The first line of all is just `{`.
    private var isWholeObject: Bool {
        guard line == 0, !skipping else { return false }
        var sawBrace = false
        for b in buffer[start...] {
            if b == 10 { return sawBrace }
            if b == UInt8(ascii: "{"), !sawBrace { sawBrace = true } else if b != 32, b != 9, b != 13 { return false }
        }
        return false
    }

    /// A whole line without its newline; the last one may lack it.
    private func takeLine() -> ArraySlice<UInt8>? {
        if isWholeObject {
            if !ended { return nil }
            line = 1
            defer { start = buffer.count; searched = start }
            return buffer[start...]
        }
        while true {
            if let newline = buffer[searched...].firstIndex(of: 10) {
                let bytes = buffer[start..<newline]
                start = newline + 1
                searched = start
                if skipping {
                    skipping = false
                    continue
                }
                line += 1
                return bytes
            }
            searched = buffer.count
            if ended, start < buffer.count {
                let bytes = buffer[start...]
                start = buffer.count
                if skipping { return nil }
                line += 1
                return bytes
            }
            return nil
        }
    }

    private func accept(_ bytes: ArraySlice<UInt8>, into group: inout DocumentGroup) {
        // A line of white space only is no document: an editor's last newline must not be an error.
        if bytes.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 || $0 == 10 }) { return }
        func refuse(_ problem: Problem, _ members: Object? = nil) {
            group.refusals.append(
                Refusal(
                    line: line, problem: problem, phone: members?["phone"]?.stringValue,
                    requestID: members?["requestId"]?.stringValue.flatMap { $0.unicodeScalars.count <= 64 ? $0 : nil }))
        }
        if bytes.count > DocumentStream.documentLimitBytes { return refuse(Problem(.tooLarge, "the document is larger than 1 MiB")) }
        let value: Value
        do { value = try Value(parsing: Array(bytes), dialect: .json, limits: .strict) } catch {
            return refuse(Problem(.notJSON, "the document is not JSON: \(error.reason) at byte \(error.offset)"))
        }
        guard case .object(let members) = value else { return refuse(Problem(.notJSON, "the document is not a JSON object")) }
        if let id = members["requestId"] {
            guard let text = id.stringValue, text.unicodeScalars.count <= 64 else {
                return refuse(Problem(.invalidMember, "member 'requestId' is not a string of at most 64 characters"), members)
            }
        }
        group.documents.append(StreamDocument(line: line, members: members))
    }
}
