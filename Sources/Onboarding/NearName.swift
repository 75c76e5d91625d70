/// Finds the name that somebody probably meant.
public enum NearName {
    /// - Returns: the nearest of `names`, or nil when none is near: equal but for case, `_` and `-`; one the beginning or end of the other
    ///   (`phoneNumber`, `phone`); or few edits away (one for short words, a third of longer ones).
    public static func didYouMean(_ word: String, among names: [String]) -> String? {
        let wanted = folded(word)
        guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
        var best: (name: String, distance: Int)?
        func offer(_ name: String, _ distance: Int) {
            if distance < best?.distance ?? .max { best = (name, distance) }
        }
        for name in names where name != word {
            let candidate = folded(name)
            if candidate == wanted {
                offer(name, 0)
            } else if min(candidate.count, wanted.count) >= 3, isAffix(candidate, wanted) || isAffix(wanted, candidate) {
                offer(name, 1)
            } else {
                let limit = max(1, min(candidate.count, wanted.count) / 3)
                if let distance = distance(wanted, candidate, limit: limit) { offer(name, distance) }
            }
        }
        return best?.name
    }

    private static func folded(_ text: String) -> [UInt8] {
        text.utf8.compactMap { b in
            if b == UInt8(ascii: "_") || b == UInt8(ascii: "-") || b == UInt8(ascii: " ") { return nil }
            return (65...90).contains(b) ? b + 32 : b
        }
    }

    private static func isAffix(_ short: [UInt8], _ long: [UInt8]) -> Bool {
        short.count < long.count && (long.starts(with: short) || long.suffix(short.count) == short[...])
    }

    /// Edits (insert, delete, change, swap of neighbours) from one to the other; nil when more than `limit`.
    static func distance(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int? {
        if abs(a.count - b.count) > limit { return nil }
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var older: [Int] = []
        var old = Array(0...b.count)
        for i in 1...a.count {
            var row = [i] + [Int](repeating: 0, count: b.count)
            for j in 1...b.count {
                var least = min(old[j] + 1, row[j - 1] + 1, old[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { least = min(least, older[j - 2] + 1) }
                row[j] = least
            }
            if (row.min() ?? 0) > limit { return nil }
            older = old
            old = row
        }
        return old[b.count] <= limit ? old[b.count] : nil
    }
}
