/// Takes the chunked transfer coding apart (RFC 9112 section 7.1), of requests and of responses. Extensions and trailers are checked and dropped.
///
/// Give it what has come; it says what the first part of it is and how long that part is. Any way of cutting the input gives the same body
/// and the same verdict.
public struct ChunkedDecoder: Sendable {
    /// What the next part of the input is.
    public enum Step: Sendable, Equatable {
        /// All was taken, and the message goes on.
        case more
        /// This range of the bytes given is body.
        case data(Range<Int>)
        /// The last chunk and the trailers have come.
        case end
        case refused(Violation)
    }

    private enum State {
        case size, afterSize, extensionName, afterName, beforeValue, value, quoted, escaped, afterValue, sizeLF
        case data, dataCR, dataLF
        case trailerStart, trailerName, trailerValue, trailerLF, endLF, done
    }

    private var state = State.size
    private var digits = 0
    private var sizeBytes = 0
    private var extensionBegun = false
    private var overheadBytes = 0
    private var bodyBytes = 0
    private let maxBodyBytes: Int
    private let maxTrailerBytes: Int

    /// - Parameter maxTrailerBytes: for everything that is neither a chunk's size nor data.
    public init(maxBodyBytes: Int, maxTrailerBytes: Int = 16384) {
        self.maxBodyBytes = maxBodyBytes
        self.maxTrailerBytes = maxTrailerBytes
    }

    /// Takes a first part of the bytes.
    /// - Returns: what it is, and how many bytes were taken; after `end` or `refused` nothing more may be given.
    public mutating func next(_ bytes: UnsafeBufferPointer<UInt8>) -> (step: Step, consumed: Int) {
        var i = 0
        while i < bytes.count {
            if state == .data {
                let n = min(sizeBytes, bytes.count - i)
                sizeBytes -= n
                if sizeBytes == 0 { state = .dataCR }
                return (.data(i..<(i + n)), i + n)
            }
            if let violation = take(bytes[i]) { return (.refused(violation), i) }
            i += 1
            if state == .done { return (.end, i) }
        }
        return (.more, i)
    }

    private mutating func take(_ b: UInt8) -> Violation? {
        let bits = Octets.classes[Int(b)]
        switch state {
        case .size:
            if let digit = Octets.hex(b) {
                digits += 1
                // Sixteen digits fill 64 bits; leading zeros beyond them serve nobody.
                if digits > 16 || sizeBytes >> 58 != 0 { return .chunk }
                sizeBytes = sizeBytes << 4 | digit
                return nil
            }
            if digits == 0 { return .chunk }
            return endOfSize(b)
        case .afterSize, .afterName, .afterValue: return endOfSize(b)
        case .extensionName:
            if bits & Octets.token != 0 {
                extensionBegun = true
                return overhead()
            }
            if !extensionBegun { return Octets.isSpace(b) ? overhead() : .chunk }
            if b == UInt8(ascii: "=") {
                state = .beforeValue
                return overhead()
            }
            state = .afterName
            return endOfSize(b)
        case .beforeValue:
            if Octets.isSpace(b) { return overhead() }
            if b == UInt8(ascii: "\"") { state = .quoted } else if bits & Octets.token != 0 { state = .value } else { return .chunk }
            return overhead()
        case .value:
            if bits & Octets.token != 0 { return overhead() }
            state = .afterValue
            return endOfSize(b)
        case .quoted:
            if b == UInt8(ascii: "\"") {
                state = .afterValue
            } else if b == UInt8(ascii: "\\") {
                state = .escaped
            } else if bits & Octets.quoted == 0 {
                return .chunk
            }
            return overhead()
        case .escaped:
            if bits & Octets.fieldValue == 0 { return .chunk }
            state = .quoted
            return overhead()
        case .sizeLF:
            if b != 10 { return .chunk }
            if sizeBytes == 0 {
                state = .trailerStart
            } else {
                bodyBytes += sizeBytes
                if bodyBytes > maxBodyBytes { return .bodyTooLarge }
                state = .data
            }
        case .dataCR:
            if b != 13 { return .chunk }
            state = .dataLF
        case .dataLF:
            if b != 10 { return .chunk }
            (state, digits, sizeBytes) = (.size, 0, 0)
        case .trailerStart:
            if b == 13 {
                state = .endLF
            } else {
                if bits & Octets.token == 0 { return .chunk }
                state = .trailerName
                return overhead()
            }
        case .trailerName:
            if b == UInt8(ascii: ":") { state = .trailerValue } else if bits & Octets.token == 0 { return .chunk }
            return overhead()
        case .trailerValue:
            if b == 13 { state = .trailerLF } else if bits & Octets.fieldValue == 0 { return .chunk }
            return overhead()
        case .trailerLF:
            if b != 10 { return .chunk }
            state = .trailerStart
        case .endLF:
            if b != 10 { return .chunk }
            state = .done
        case .data, .done: return .chunk
        }
        return nil
    }

    /// What may come when a size, a name or a value is over: the line's end, or the next extension; white space only before a semicolon or
    /// an equals sign (RFC 9112 section 7.1.1), never before the line's end.
    private mutating func endOfSize(_ b: UInt8) -> Violation? {
        switch b {
        case 13:
            if state == .afterSize || state == .afterName && spaced || state == .afterValue && spaced { return .chunk }
            spaced = false
            // More than the body may have at all is told before its extensions are.
            state = .sizeLF
            return nil
        case UInt8(ascii: ";"):
            spaced = false
            extensionBegun = false
            state = .extensionName
            return overhead()
        case UInt8(ascii: "=") where state == .afterName:
            spaced = false
            state = .beforeValue
            return overhead()
        case 32, 9:
            if state == .size { state = .afterSize }
            spaced = true
            return overhead()
        default: return .chunk
        }
    }

    /// White space has come after a name or a value.
    private var spaced = false

    private mutating func overhead() -> Violation? {
        overheadBytes += 1
        return overheadBytes > maxTrailerBytes ? .trailerTooLarge : nil
    }
}
