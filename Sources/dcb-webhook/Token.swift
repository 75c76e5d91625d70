import CommandKit
import Platform

/// The secret that callers show. It is read only to be compared.
struct Token: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let bytes: [UInt8]

    var description: String { "[REDACTED]" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(reflecting: description) }

    /// From the file, else from `HOOK_TOKEN`.
    /// - Throws: `weak-token` when there is none, or when it is one that can be guessed.
    static func load(file: String?, environment: [String: String]) throws(Problem) -> Token {
        guard let file else { return try Token(Array((environment["HOOK_TOKEN"] ?? "").utf8)) }
        let bytes: [UInt8]?
        do { bytes = try Files.readIfPresent(file, limit: 4096) } catch { throw Problem(error) }
        guard let bytes else { throw Problem(.weakToken, "there is no token file '\(file)'", hint: "write at least 16 random characters into it, mode 0600") }
        return try Token(bytes)
    }

    private init(_ text: [UInt8]) throws(Problem) {
        var bytes = text[...]
        while let last = bytes.last, [9, 10, 13, 32].contains(last) { bytes.removeLast() }
        while let first = bytes.first, [9, 10, 13, 32].contains(first) { bytes.removeFirst() }
        let hint = "make one with: openssl rand -hex 32"
        if bytes.isEmpty { throw Problem(.weakToken, "there is no token, or it is empty", hint: "\(hint); then give --token-file or HOOK_TOKEN") }
        if bytes.count < 16 { throw Problem(.weakToken, "the token is shorter than 16 bytes", hint: hint) }
        if String(decoding: bytes, as: UTF8.self).lowercased().hasPrefix("change-me") {
            throw Problem(.weakToken, "the token is the one of an example", hint: hint)
        }
        guard bytes.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw Problem(.weakToken, "the token has characters that no Authorization field can have", hint: hint)
        }
        self.bytes = Array(bytes)
    }

    /// Whether it is the same, in a time that depends on what was shown alone.
    func isSame(as shown: ArraySlice<UInt8>) -> Bool {
        var difference = UInt64(truncatingIfNeeded: shown.count ^ bytes.count)
        var i = 0
        for b in shown {
            difference |= UInt64(b ^ bytes[i])
            i += 1
            if i == bytes.count { i = 0 }
        }
        return difference == 0
    }
}
