/// A time of day in UTC, milliseconds since 1970, written as RFC 3339.
public struct Timestamp: Sendable, Equatable, Comparable, CustomStringConvertible {
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }
    public func adding(milliseconds more: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds + more) }

    /// RFC 3339 section 5.6 date-time with any offset; a space or `t` for `T` and `z` for `Z` are taken, a leap second becomes the next second.
    /// - Returns: nil when it is not one.
    public init?(rfc3339 text: String) {
        let b = Array(text.utf8)
        func number(_ from: Int, _ count: Int) -> Int? {
            guard from + count <= b.count else { return nil }
            var n = 0
            for i in from..<(from + count) {
                guard b[i] >= 48, b[i] <= 57 else { return nil }
                n = n * 10 + Int(b[i] - 48)
            }
            return n
        }
        func has(_ c: Unicode.Scalar, at i: Int) -> Bool { i < b.count && b[i] == UInt8(ascii: c) }
        guard let year = number(0, 4), has("-", at: 4), let month = number(5, 2), has("-", at: 7), let day = number(8, 2),
            has("T", at: 10) || has("t", at: 10) || has(" ", at: 10),
            let hour = number(11, 2), has(":", at: 13), let minute = number(14, 2), has(":", at: 16), let second = number(17, 2),
            (1...12).contains(month), day >= 1, day <= Timestamp.days(in: month, of: year), hour < 24, minute < 60, second <= 60
        else { return nil }
        var i = 19
        var fraction = 0
        if has(".", at: i) {
            i += 1
            let start = i
            while i < b.count, b[i] >= 48, b[i] <= 57 {
                if i - start < 3 { fraction = fraction * 10 + Int(b[i] - 48) }
                i += 1
            }
            if i == start { return nil }
            for _ in min(i - start, 3)..<3 { fraction *= 10 }
        }
        var offset = 0
        if has("Z", at: i) || has("z", at: i) {
            i += 1
        } else if has("+", at: i) || has("-", at: i), let h = number(i + 1, 2), has(":", at: i + 3), let m = number(i + 4, 2), h < 24, m < 60 {
            offset = (h * 60 + m) * (has("-", at: i) ? -60 : 60)
            i += 6
        } else {
            return nil
        }
        guard i == b.count else { return nil }
        let seconds = Timestamp.daysSinceEpoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
        // An offset or a leap second may lead out of what `description` can write and this reads again.
        let milliseconds = Int64(seconds) * 1000 + Int64(fraction)
        guard Timestamp.written.contains(milliseconds) else { return nil }
        self.milliseconds = milliseconds
    }

    /// `2026-02-01T03:00:00Z`, with milliseconds only when there are some. Times outside the years 0000 to 9999, which RFC 3339 cannot write,
    /// read as the nearest that it can.
    public var description: String {
        let (year, month, day, hour, minute, second, fraction) = parts
        return String(unsafeUninitializedCapacity: 24) { out in
            var end = 0
            func put(_ value: Int, digits: Int, then mark: Unicode.Scalar) {
                var rest = value
                for i in (end..<(end + digits)).reversed() {
                    out[i] = UInt8(48 + rest % 10)
                    rest /= 10
                }
                out[end + digits] = UInt8(ascii: mark)
                end += digits + 1
            }
            put(year, digits: 4, then: "-")
            put(month, digits: 2, then: "-")
            put(day, digits: 2, then: "T")
            put(hour, digits: 2, then: ":")
            put(minute, digits: 2, then: ":")
            put(second, digits: 2, then: fraction > 0 ? "." : "Z")
            if fraction > 0 { put(fraction, digits: 3, then: "Z") }
            return end
        }
    }

    /// `20260201T030000Z`: sorts by time, and fits a file name.
    public var compact: String { String(description.prefix(19)).filter { $0 != "-" && $0 != ":" } + "Z" }

    /// The years 0000 to 9999.
    private static let written = Int64(-62_167_219_200_000)...253_402_300_799_999

    private var parts: (Int, Int, Int, Int, Int, Int, Int) {
        let milliseconds = min(max(milliseconds, Timestamp.written.lowerBound), Timestamp.written.upperBound)
        let seconds = Int(milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000)
        let fraction = Int(milliseconds) - seconds * 1000
        let days = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
        let rest = seconds - days * 86400
        // Days to civil date, proleptic Gregorian, eras of 400 years counted from 1 March.
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1, rest / 3600, rest / 60 % 60, rest % 60, fraction)
    }

    private static func daysSinceEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: return 30
        default: return 31
        }
    }
}
