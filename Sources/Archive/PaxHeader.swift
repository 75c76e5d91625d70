/// An extended header (POSIX.1-2017, pax, "pax Header Block"): `LENGTH KEY=VALUE\n` each.
struct PaxHeader: Sendable {
    var path: [UInt8]?
    var linkPath: [UInt8]?
    var size: Int?
    var user: Int?
    var group: Int?
    var seconds: Int64?
    var nanoseconds: Int64 = 0
    private(set) var isEmpty = true

    /// Bytes of a key at most.
    private static let greatestKey = 512

    init() {}

    init(_ body: [UInt8]) throws(TarFault) {
        isEmpty = false
        var rest = body[...]
        var seen: Set<String> = []
        while !rest.isEmpty {
            let digits = rest.prefix { (48...57).contains($0) }
            guard (1...7).contains(digits.count), let length = Int(String(decoding: digits, as: UTF8.self)), length <= rest.count,
                rest.dropFirst(digits.count).first == 32
            else { throw PaxHeader.damaged }
            let record = rest.prefix(length)
            rest = rest.dropFirst(length)
            let pair = record.dropFirst(digits.count + 1)
            guard pair.last == 10, let equals = pair.firstIndex(of: UInt8(ascii: "=")), equals - pair.startIndex <= PaxHeader.greatestKey else {
                throw PaxHeader.damaged
            }
            let key = String(decoding: pair[..<equals], as: UTF8.self)
            let value = Array(pair[(equals + 1)...].dropLast())
            guard seen.insert(key).inserted else { throw TarFault("says '\(TarEntry.shown(Array(key.utf8)))' twice in an extended header") }
            try take(key, value)
        }
    }

    private mutating func take(_ key: String, _ value: [UInt8]) throws(TarFault) {
        switch key {
        case "path": path = value
        case "linkpath": linkPath = value
        case "size": size = try PaxHeader.number(value)
        case "uid": user = try PaxHeader.number(value)
        case "gid": group = try PaxHeader.number(value)
        case "mtime":
            let text = value.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
            guard let whole = Int64(String(decoding: text[0], as: UTF8.self)), abs(whole) < 1 << 48 else { throw PaxHeader.damaged }
            seconds = whole
            guard text.count > 1, whole >= 0 else { return }
            guard text[1].allSatisfy({ (48...57).contains($0) }) else { throw PaxHeader.damaged }
            var fraction: Int64 = 0
            for i in 0..<9 { fraction = fraction * 10 + (i < text[1].count ? Int64(text[1][text[1].startIndex + i] - 48) : 0) }
            nanoseconds = fraction
        default:
            // The content of a sparse file is not what its header's size says.
            if key.hasPrefix("GNU.sparse") { throw TarFault("holds a sparse map") }
        }
    }

    private static func number(_ value: [UInt8]) throws(TarFault) -> Int {
        guard (1...18).contains(value.count), value.allSatisfy({ (48...57).contains($0) }), let number = Int(String(decoding: value, as: UTF8.self)) else {
            throw damaged
        }
        return number
    }

    private static let damaged = TarFault("is damaged: an extended header cannot be read")
}
