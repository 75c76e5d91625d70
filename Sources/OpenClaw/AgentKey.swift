/// Agent ids as OpenClaw compares them.
enum AgentKey {
    /// Trimmed and lower-cased; other characters become hyphens, 64 at most; nothing left: `main`.
    static func normalise(_ text: String) -> String {
        if isNormal(text) { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var isPlain = true
        for b in text.utf8 {
            switch b {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): bytes.append(b + 32)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): bytes.append(b)
            default:
                isPlain = false
                bytes.append(b)
            }
        }
        if isPlain, let first = bytes.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "_"), bytes.count <= 64 {
            return String(decoding: bytes, as: UTF8.self)
        }
        let spaces: [UInt8] = [9, 10, 11, 12, 13, 32]
        while let last = bytes.last, spaces.contains(last) { bytes.removeLast() }
        bytes = Array(bytes.drop { spaces.contains($0) })
        var slug: [UInt8] = []
        var inRun = false
        for b in bytes {
            let fits = isKeyByte(b)
            if fits { slug.append(b) } else if !inRun { slug.append(UInt8(ascii: "-")) }
            inRun = !fits
        }
        while slug.last == UInt8(ascii: "-") { slug.removeLast() }
        let cut = slug.drop { $0 == UInt8(ascii: "-") }.prefix(64)
        return cut.isEmpty ? "main" : String(decoding: cut, as: UTF8.self)
    }

    /// Whether normalising changes nothing. Almost all are so already.
    static func isNormal(_ text: String) -> Bool {
        func check(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
            guard let first = bytes.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "_"), bytes.count <= 64 else { return false }
            for b in bytes where !isKeyByte(b) { return false }
            return true
        }
        return text.utf8.withContiguousStorageIfAvailable(check) ?? false
    }

    /// Whether OpenClaw takes it as a key of `agents.entries`: `^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$`.
    static func isKey(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, first != UInt8(ascii: "-"), bytes.count <= 64 else { return false }
        return bytes.allSatisfy { isKeyByte($0 >= 65 && $0 <= 90 ? $0 + 32 : $0) }
    }

    /// Whether a key names one person's agent, so that its entry is ours to judge (`user_…`).
    static func isOurs(_ key: String) -> Bool { key.utf8.count > 5 && key.utf8.starts(with: "user_".utf8) }

    private static func isKeyByte(_ b: UInt8) -> Bool {
        (b >= UInt8(ascii: "a") && b <= UInt8(ascii: "z")) || (b >= UInt8(ascii: "0") && b <= UInt8(ascii: "9")) || b == UInt8(ascii: "_")
            || b == UInt8(ascii: "-")
    }
}
