import HTTP
import Testing

@Suite struct ChunkTests {
    private func decode(_ input: [UInt8], step size: Int = .max, limit: Int = 100) -> (body: [UInt8], end: Int?, violation: Violation?) {
        var decoder = ChunkedDecoder(maxBodyBytes: limit)
        var body: [UInt8] = []
        var at = 0
        while at < input.count {
            let part = Array(input[at..<min(input.count, at.addingReportingOverflow(size).overflow ? input.count : at + size)])
            var from = 0
            while from < part.count {
                let rest = Array(part[from...])
                let (step, n) = rest.withUnsafeBufferPointer { decoder.next($0) }
                from += n
                switch step {
                case .more: break
                case .data(let range): body += rest[range]
                case .end: return (body, at + from, nil)
                case .refused(let violation): return (body, nil, violation)
                }
            }
            at += part.count
        }
        return (body, nil, nil)
    }

    static let taken: [(String, String)] = [
        ("0\r\n\r\n", ""), ("1\r\na\r\n0\r\n\r\n", "a"), ("00A\r\n0123456789\r\n000\r\n\r\n", "0123456789"), ("1;a\r\nx\r\n0;b=c\r\n\r\n", "x"),
        ("1 ; a = b ;c=\"d \\\" e\" ;f\r\nx\r\n0\r\n\r\n", "x"), ("1\r\n\r\r\n0\r\nA: b\r\nC:\r\n\r\n", "\r"),
        ("a\r\n0\r\n\r\n12345\r\n0\r\n\r\n", "0\r\n\r\n12345"),
    ]

    @Test(arguments: taken) func bodies(_ text: String, _ body: String) {
        for size in [1, 2, 3, Int.max] {
            let result = decode(bytes(text) + bytes("next"), step: size)
            #expect(result.body == bytes(body) && result.end == text.utf8.count && result.violation == nil, "\(text.debugDescription) by \(size): \(result)")
        }
    }

    static let refused: [String] = [
        "\r\n", "g\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", " 1\r\n", "1 \r\n", "1\t\r\n", "1\n", "1\r1", "1\ra", "1;\r\n", "1; \r\n", "1;a=\r\n", "1;a \r\n",
        "1;a=b \r\n",
        "1;a=\"b\r\n", "1;a=\"\u{0}\"\r\n", "1 a\r\n", "1;a b\r\n", "1;a=b c\r\n", "1;;a\r\n", "1;=b\r\n", "1;a==b\r\n", "1\r\nab\r\n", "1\r\na\n",
        "1\r\na\r\r",
        "ffffffffffffffff\r\n", "10000000000000000\r\n", "00000000000000001\r\n", "0\r\n\n", "0\r\n\rx", "0\r\nA\r\n", "0\r\n: b\r\n", "0\r\nA : b\r\n",
        "0\r\n A: b\r\n",
        "0\r\nA: b\n", "0\r\nA: \u{1}\r\n", "0\r\nA: b\r\n c\r\n", "0_0\r\n",
    ]

    @Test(arguments: refused) func bodiesThatAreRefused(_ text: String) {
        for size in [1, Int.max] {
            let result = decode(bytes(text), step: size)
            #expect(result.violation == .chunk && result.end == nil, "\(text.debugDescription): \(result)")
        }
    }

    @Test func largerThanTheLimit() {
        #expect(decode(bytes("65\r\n")).violation == .bodyTooLarge)
        #expect(decode(bytes("fffffffffffff\r\n")).violation == .bodyTooLarge)
        #expect(decode(bytes("64\r\n" + String(repeating: "x", count: 100) + "\r\n1\r\n")).violation == .bodyTooLarge)
    }

    @Test func withoutEndItGoesOn() {
        for text in ["", "1", "1\r", "1\r\n", "1\r\na", "1\r\na\r\n0\r\n", "1\r\na\r\n0\r\n\r"] {
            let result = decode(bytes(text))
            #expect(result.end == nil && result.violation == nil)
        }
    }
}
