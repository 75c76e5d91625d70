import HTTP
import Testing

@Suite struct ResponseTests {
    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ]) func dates(_ seconds: Int, _ text: String) { #expect(HTTPDate(secondsSince1970: seconds).text == text) }

    @Test func head() {
        var head = ResponseHead(status: 405, date: HTTPDate(secondsSince1970: 0))
        head.add("Allow", "GET, HEAD")
        head.add("Content-Length", 12)
        head.end()
        #expect(
            String(decoding: head.bytes, as: UTF8.self)
                == "HTTP/1.1 405 Method Not Allowed\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nAllow: GET, HEAD\r\nContent-Length: 12\r\n\r\n")
    }

    @Test func noValueBeginsALine() {
        var head = ResponseHead(status: 200, date: nil)
        head.add("X", "a\r\nSet-Cookie: b\u{0}\u{7f}")
        #expect(String(decoding: head.bytes, as: UTF8.self) == "HTTP/1.1 200 OK\r\nX: a??Set-Cookie: b??\r\n")
    }

    @Test func everyStatusHasAReason() {
        for status in Violation.allCases.map(\.status) { #expect(StatusCode.reason(status) != "Unknown") }
    }
}
