/// Spans of time as options write them.
public enum DurationText {
    /// `500ms`, `60s`, `15m`, `24h`, `90d`; a bare number counts seconds.
    /// - Returns: milliseconds; nil when it is not one, or more than a hundred years.
    public static func milliseconds(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, digits.count <= 12, let number = Int(digits) else { return nil }
        let unit: Int
        switch text.dropFirst(digits.count) {
        case "ms": unit = 1
        case "", "s": unit = 1000
        case "m": unit = 60_000
        case "h": unit = 3_600_000
        case "d": unit = 86_400_000
        default: return nil
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow || product > 100 * 366 * 86_400_000 ? nil : product
    }
}
