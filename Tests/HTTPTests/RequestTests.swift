import HTTP
import Testing

@Suite struct RequestTests {
    /// A request line and header that is taken, and one line more or less in it.
    static func post(_ lines: String, body: String = "") -> [UInt8] { bytes("POST /a HTTP/1.1\r\n\(lines)\r\n\(body)") }

    static let refused: [(String, Violation)] = [
        ("GET  / HTTP/1.1\r\n", .requestLine), ("GET /  HTTP/1.1\r\n", .requestLine), (" GET / HTTP/1.1\r\n", .requestLine), ("GET /\r\n", .requestLine),
        ("GET / http/1.1\r\n", .requestLine), ("GET / HTTP/1.1 \r\n", .requestLine), ("GET\t/ HTTP/1.1\r\n", .requestLine),
        ("G@T / HTTP/1.1\r\n", .requestLine),
        ("GET / HTTP/11\r\n", .requestLine), ("GET / HTTP/1.10\r\n", .requestLine), ("GET /a b HTTP/1.1\r\n", .requestLine),
        ("\u{0}GET / HTTP/1.1\r\n", .requestLine),
        ("GET / HTTP/2.0\r\n", .version), ("GET / HTTP/1.2\r\n", .version), ("GET / HTTP/0.9\r\n", .version), ("PRI * HTTP/2.0\r\n", .version),
        ("GET / HTTP/1.1\n", .lineEnd), ("\nGET / HTTP/1.1\r\n", .lineEnd), ("GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n", .lineEnd),
        ("\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n", .requestLine),
        ("GET a HTTP/1.1\r\n", .target), ("GET * HTTP/1.1\r\n", .target), ("GET /a#b HTTP/1.1\r\n", .target), ("GET /%4 HTTP/1.1\r\n", .target),
        ("GET /%zz HTTP/1.1\r\n", .target), ("GET /\u{e9} HTTP/1.1\r\n", .target), ("GET /a\"b HTTP/1.1\r\n", .target), ("GET /a\\b HTTP/1.1\r\n", .target),
        ("GET http:// HTTP/1.1\r\n", .target), ("GET http://u@h/ HTTP/1.1\r\n", .target), ("GET http://h:99999/ HTTP/1.1\r\n", .target),
        ("GET ftp://h/ HTTP/1.1\r\n", .target), ("CONNECT / HTTP/1.1\r\n", .target), ("CONNECT h HTTP/1.1\r\n", .target),
        ("GET / HTTP/1.1\r\n\r\n", .host), ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .host), ("GET / HTTP/1.1\r\nHost:\r\n\r\n", .host),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .host), ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .host), ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", .host),
        ("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", .host), ("GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n", .host), ("GET / HTTP/1.1\r\nHost: a,b:1:2\r\n\r\n", .host),
        ("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", .host),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", .fieldLine), ("GET / HTTP/1.1\r\n: a\r\n\r\n", .fieldLine), ("GET / HTTP/1.1\r\nHost\r\n\r\n", .fieldLine),
        ("GET / HTTP/1.1\r\nA: b\u{0}\r\n\r\n", .fieldLine), ("GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", .fieldLine),
        ("GET / HTTP/1.1\r\nA: \u{7f}\r\n\r\n", .fieldLine),
        ("GET / HTTP/1.1\r\nA(: b\r\n\r\n", .fieldLine), ("GET / HTTP/1.1\r\n\u{e9}: b\r\n\r\n", .fieldLine), ("GET / HTTP/1.1\r\nA: b\r\r\n\r\n", .fieldLine),
        ("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", .folded), ("GET / HTTP/1.1\r\n A: b\r\n\r\n", .folded), ("GET / HTTP/1.1\r\nA:\r\n\tb\r\n\r\n", .folded),
        ("GET / HTTP/1.1\r\nExpect: 200-ok\r\n\r\n", .expectation),
    ]

    @Test(arguments: refused) func headThatIsRefused(_ text: String, _ violation: Violation) {
        let reading = Reading(bytes(text))
        #expect(reading.violation == violation && reading.requests.isEmpty, "\(text.debugDescription): \(reading)")
    }

    static let framing: [(String, Violation)] = [
        ("Content-Length: 1\r\nContent-Length: 1\r\n", .contentLength), ("Content-Length: 1, 1\r\n", .contentLength),
        ("Content-Length: +1\r\n", .contentLength),
        ("Content-Length: -1\r\n", .contentLength), ("Content-Length:\r\n", .contentLength), ("Content-Length: 0x1\r\n", .contentLength),
        ("Content-Length: 1 1\r\n", .contentLength), ("Content-Length: 1.0\r\n", .contentLength),
        ("content-length: 99999999999999999999999\r\n", .bodyTooLarge),
        ("Content-Length: 16385\r\n", .bodyTooLarge), ("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", .lengthAndCoding),
        ("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", .lengthAndCoding), ("Transfer-Encoding: identity\r\n", .transferCoding),
        ("Transfer-Encoding: chunked, identity\r\n", .transferCoding), ("Transfer-Encoding: chunked, chunked\r\n", .transferCoding),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", .transferCoding), ("Transfer-Encoding:\r\n", .transferCoding),
        ("Transfer-Encoding: \"chunked\"\r\n", .transferCoding), ("Transfer-Encoding: chunked;q=1\r\n", .transferCoding),
        ("Transfer-Encoding: ,\r\n", .transferCoding),
        ("Transfer-Encoding: chunked, gzip\r\n", .transferCoding), ("Transfer-Encoding: xchunked\r\n", .unknownCoding),
        ("Transfer-Encoding: gzip, chunked\r\n", .unknownCoding), ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", .unknownCoding),
    ]

    @Test(arguments: framing) func framingThatIsRefused(_ lines: String, _ violation: Violation) {
        let reading = Reading(RequestTests.post("Host: a\r\n" + lines))
        #expect(reading.violation == violation && reading.requests.isEmpty, "\(lines.debugDescription): \(reading)")
        #expect([400, 413, 501].contains(violation.status))
    }

    @Test func chunkedIsNotOfOldVersion() {
        #expect(Reading(bytes("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")).violation == .transferCoding)
    }

    static let taken: [(String, String, Bool)] = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "/", true), ("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "/", true), ("GET / HTTP/1.0\r\n\r\n", "/", false),
        ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "/", true), ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n", "/", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: CLOSE\r\n\r\n", "/", false),
        ("GET /a/%2B1?q=%20&r=/? HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "/a/%2B1", true), ("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", "/", true),
        ("GET HTTP://a:1/b?c HTTP/1.1\r\nHost: b\r\n\r\n", "/b", true), ("GET https://a?c HTTP/1.1\r\nHost: b:\r\n\r\n", "/", true),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "", true), ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "", true),
        ("BREW / HTTP/1.1\r\nHost: 0.0.0.0=5000\r\n\r\n", "/", true), ("GET / HTTP/1.1\r\nHost:\ta \t\r\nA:\r\nB: \u{e9}\t\"\r\n\r\n", "/", true),
        ("GET / HTTP/1.0\r\nExpect: what\r\n\r\n", "/", false), ("GET / HTTP/1.1\r\nHost: [v1.a:b]\r\n\r\n", "/", true),
    ]

    @Test(arguments: taken) func headThatIsTaken(_ text: String, _ path: String, _ keepsAlive: Bool) {
        let reading = Reading(bytes(text))
        #expect(reading.violation == nil && reading.requests.count == 1, "\(text.debugDescription): \(reading)")
        #expect(reading.requests.first?.path == path && reading.requests.first?.keepsAlive == keepsAlive && reading.requests.first?.isComplete == true)
    }

    @Test func methods() {
        for method in Method.allCases where method != .other && method != .connect {
            #expect(Reading(bytes("\(method.rawValue) / HTTP/1.1\r\nHost: a\r\n\r\n")).requests.first?.method == method)
        }
        for name in ["get", "GETT", "POSt", "!", "OPTIONX"] {
            #expect(Reading(bytes("\(name) / HTTP/1.1\r\nHost: a\r\n\r\n")).requests.first?.method == .other)
        }
    }

    @Test func pipelinedRequestsInOrder() {
        let one = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 003\r\n\r\nabc"
        let two = "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nd\r\n2;x=\"\\\"\"\r\nef\r\n00\r\nT: v\r\n\r\n"
        let three = "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n"
        let reading = Reading(bytes(one + two + three + "GET /4"))
        #expect(reading.requests.map(\.path) == ["/1", "/2", "/3"] && reading.violation == nil)
        #expect(reading.requests.map(\.body) == [bytes("abc"), bytes("def"), []])
        #expect(reading.requests.allSatisfy { $0.isComplete })
    }

    @Test func limits() {
        let limits = MessageLimits(headBytes: 64, fields: 2, bodyBytes: 4, trailerBytes: 8)
        func verdict(_ text: String) -> Violation? { Reading(bytes(text), limits: limits).violation }
        let long = String(repeating: "a", count: 64)
        #expect(verdict("GET /" + long) == .targetTooLong)
        #expect(verdict("GET / HTTP/1.1\r\nHost: a\r\nB: " + long) == .headTooLarge)
        #expect(verdict("GET / HTTP/1.1\r\nHost: a\r\nB:\r\nC:\r\n") == .tooManyFields)
        #expect(verdict("GET / HTTP/1.1\r\nHost: a\r\nB:\r\n\r\n") == nil)
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(verdict(head + "4\r\nabcd\r\n0\r\n\r\n") == nil)
        #expect(verdict(head + "5\r\n") == .bodyTooLarge && verdict(head + "3\r\nabc\r\n2\r\n") == .bodyTooLarge)
        #expect(verdict(head + "1;abcdefghi") == .trailerTooLarge && verdict(head + "0\r\nabc: defgh") == .trailerTooLarge)
        // Exactly as much as the head may have is not too much.
        let exact = "GET / HTTP/1.1\r\nHost: a\r\nB: "
        #expect(verdict(exact + String(repeating: "b", count: 64 - exact.utf8.count - 4) + "\r\n\r\n") == nil)
        #expect(verdict(exact + String(repeating: "b", count: 65 - exact.utf8.count - 4) + "\r\n\r\n") == .headTooLarge)
    }

    @Test func fields() throws {
        var parser = RequestParser()
        let text = bytes("GET / HTTP/1.1\r\nHost: a\r\nX-A:  1 \r\nx-a: 2\r\nB:\r\n\r\n")
        #expect(text.withUnsafeBufferPointer { parser.next($0).step } == .head)
        #expect(parser.head.values("x-a").map { Array($0) } == [bytes("1"), bytes("2")])
        #expect(parser.head.value("x-a")?.isRepeated == true && parser.head.value("b")?.value.isEmpty == true && parser.head.value("c") == nil)
    }
}
