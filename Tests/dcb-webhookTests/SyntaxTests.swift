import TestSupport
import Testing

/// HTTP/1.1 on a real socket; the parser's own tables are in HTTPTests.
@Suite struct SyntaxTests {
    private func listener(_ arguments: [String] = []) throws -> Listener {
        try Listener(nil, arguments, onboard: Listener.existing, state: Listener.emptyState)
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() throws {
        let listener = try listener()
        let caller = try listener.caller()
        var sent = ""
        for n in 0..<40 {
            sent +=
                n % 4 == 0
                ? Listener.request("GET", "/health", token: nil)
                : n % 4 == 1
                    ? Listener.request("GET", "/onboarding/state/" + Scratch.phone(n))
                    : n % 4 == 2
                        ? Listener.request("GET", "/nothing") : Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(n)))
        }
        try caller.send(sent)
        for n in 0..<40 {
            let reply = try caller.answer()
            #expect(reply.status == [200, 404, 404, 200][n % 4] && !reply.closes)
            if n % 4 == 3 { #expect(reply.object.text("phone") == Scratch.phone(n)) }
        }
        try caller.send(Listener.request("GET", "/health", ["Connection: close"]))
        #expect(try caller.answer().closes)
        #expect(try caller.end() == "")
    }

    @Test func octetByOctet() throws {
        let listener = try listener()
        let caller = try listener.caller()
        for byte in Listener.request("POST", "/webhook/onboarding", body: Listener.document("+15551230001")).utf8 { try caller.send([byte]) }
        #expect(try caller.answer().status == 200)
    }

    @Test func chunkedBodies() throws {
        let listener = try listener()
        let caller = try listener.caller()
        let head = Listener.request("POST", "/webhook/onboarding", ["Content-Type: application/json", "Transfer-Encoding: chunked"])
        try caller.send(head + "9;x=y\r\n{\"phone\":\r\n0f\r\n\"+15551230001\"}\r\n000\r\nTrailer: dropped\r\n\r\n" + Listener.request("GET", "/health"))
        #expect(try caller.answer().object.text("phone") == "+15551230001")
        #expect(try caller.answer().status == 200)
    }

    @Test func expectations() throws {
        let listener = try listener()
        let caller = try listener.caller()
        let body = Listener.document("+15551230001")
        let fields = ["Content-Type: application/json", "Content-Length: \(body.utf8.count)", "Expect: 100-continue"]
        try caller.send(Listener.request("POST", "/webhook/onboarding", fields))
        #expect(try caller.answer().status == 100)
        try caller.send(body)
        #expect(try caller.answer().status == 200)
        // Who is refused is not asked for a body, and whether it comes is not known: the connection ends.
        try caller.send(Listener.request("POST", "/webhook/onboarding", token: nil, fields))
        let refused = try caller.answer()
        #expect(refused.status == 401 && refused.closes)
        #expect(try caller.end() == "")
        #expect(try listener.ask("GET", "/health", ["Expect: magic"]).status == 417)
        // A body that comes with the header needs no invitation.
        let other = try listener.caller()
        try other.send(Listener.request("POST", "/webhook/onboarding", fields) + body)
        #expect(try other.answer().status == 200)
    }

    @Test func oldVersion() throws {
        let listener = try listener()
        let caller = try listener.caller()
        try caller.send("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let first = try caller.answer()
        #expect(first.status == 200 && first.fields["connection"] == "keep-alive")
        try caller.send("GET /health HTTP/1.0\r\n\r\n")
        #expect(try caller.answer().closes)
        #expect(try caller.end() == "")
    }

    @Test func headAndOptionsAndAbsoluteTargets() throws {
        let listener = try listener()
        let caller = try listener.caller()
        try caller.send(Listener.request("HEAD", "/health") + Listener.request("GET", "http://other:80/health") + Listener.request("OPTIONS", "/health"))
        let head = try caller.answer(toHead: true)
        let get = try caller.answer()
        #expect(head.status == 200 && head.fields["content-length"] == "\(get.body.utf8.count)" && get.status == 200)
        let options = try caller.answer()
        #expect(options.status == 204 && options.fields["allow"] == "GET, HEAD, OPTIONS" && options.fields["content-length"] == nil)
        #expect(try listener.ask("OPTIONS", "*").status == 204)
        #expect(try listener.ask("CONNECT", "localhost:80").status == 404)
    }

    /// An answer to HEAD has no content, also when the request was refused while it was read (RFC 9110 section 9.3.2).
    @Test(arguments: ["Host: a\r\nHost: b\r\n\r\n", "Host: a\r\nX : y\r\n\r\n", "Host: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n"])
    func aRefusedHead(_ lines: String) throws {
        let listener = try listener()
        let caller = try listener.caller()
        try caller.send("HEAD /health HTTP/1.1\r\n" + lines)
        let reply = try caller.answer(toHead: true)
        #expect(reply.status == 400 && reply.closes && reply.fields["content-length"] != nil)
        #expect(try caller.end() == "")
    }

    /// After a message whose end is not known nothing of the connection is believed.
    @Test(arguments: [
        ("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", 400), ("Content-Length: 2\r\nContent-Length: 2\r\n", 400), ("Content-Length: +2\r\n", 400),
        ("X: a\n", 400), (" X: a\r\n", 400), ("X : a\r\n", 400), ("Transfer-Encoding: gzip, chunked\r\n", 501), ("Content-Length: 16385\r\n", 413),
        ("X: " + String(repeating: "a", count: 17000) + "\r\n", 431), ("Transfer-Encoding: chunked\r\n\r\n2 \r\n{}", 400),
    ]) func malformedMessages(_ lines: String, _ status: Int) throws {
        let listener = try listener()
        let caller = try listener.caller()
        let head = "POST /webhook/onboarding HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(Listener.token)\r\nContent-Type: application/json\r\n"
        try? caller.send(head + lines + "\r\n{}" + Listener.request("GET", "/health"))
        let reply = try caller.answer()
        #expect(reply.status == status && reply.closes, "\(reply)")
        #expect(try caller.end() == "")
    }

    @Test func longTargetsAndOtherVersions() throws {
        let listener = try listener()
        #expect(try listener.ask("GET", "/" + String(repeating: "a", count: 17000)).status == 414)
        let caller = try listener.caller()
        try caller.send("GET / HTTP/2.0\r\n")
        #expect(try caller.answer().status == 505)
    }

    @Test func twoTokensAreNone() throws {
        let listener = try listener()
        let reply = try listener.ask("GET", "/metrics", token: "wrong-wrong-wrong-wrong", ["Authorization: Bearer \(Listener.token)"])
        #expect(reply.status == 400)
        #expect(try listener.ask("GET", "/metrics", token: nil, ["authorization: bEARER  \(Listener.token)"]).status == 200)
        for shown in ["Basic Zm9vOmJhcg==", "Bearer", "Bearer ", Listener.token, "Bearer \(Listener.token) x"] {
            let status = try listener.ask("GET", "/metrics", token: nil, ["Authorization: \(shown)"]).status
            #expect(status == 401 || status == 403)
        }
    }

    @Test func aCallerThatEndsItsSideGetsItsAnswer() throws {
        let listener = try listener()
        let caller = try listener.caller()
        try caller.send(Listener.request("POST", "/webhook/onboarding", body: Listener.document("+15551230001")))
        caller.endSending()
        #expect(try caller.answer().status == 200)
        #expect(try caller.end() == "")
    }
}
