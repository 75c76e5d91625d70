import JSON
import TestSupport
import Testing

/// Every route with every method, by what the caller shows and sends.
@Suite struct TableTests {
    static let methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "BREW"]

    struct Route: Sendable {
        let path: String
        let allowed: [String]
        let isOpen: Bool
        let good: String?
        /// Of a good request.
        let status: Int
    }

    static let routes = [
        Route(path: "/health", allowed: ["GET", "HEAD"], isOpen: true, good: nil, status: 200),
        Route(path: "/metrics", allowed: ["GET", "HEAD"], isOpen: false, good: nil, status: 200),
        Route(path: "/onboarding/state/+15551230001", allowed: ["GET", "HEAD"], isOpen: false, good: nil, status: 200),
        Route(path: "/webhook/onboarding", allowed: ["POST"], isOpen: false, good: #"{"phone":"+1 (555) 123-0001"}"#, status: 200),
        Route(path: "/onboarding/update", allowed: ["POST"], isOpen: false, good: #"{"phone":"+15551230001","name":"Ada"}"#, status: 200),
        Route(path: "/onboarding/handover", allowed: ["POST"], isOpen: false, good: #"{"phone":"+15551230001"}"#, status: 200),
        Route(path: "/nothing", allowed: [], isOpen: false, good: nil, status: 404),
    ]

    @Test func everyRouteAndMethod() throws {
        let scratch = try Scratch()
        let listener = try Listener(scratch)
        try scratch.onboarded("+15551230001")
        for route in TableTests.routes {
            for method in TableTests.methods {
                let takesBody = !["GET", "HEAD", "TRACE", "OPTIONS"].contains(method)
                let good = takesBody ? route.good ?? "{}" : nil
                let bad = takesBody ? "{\"phone\":" : nil
                func check(_ what: String, _ reply: Reply, _ status: Int) {
                    #expect(reply.status == status, "\(method) \(route.path), \(what): \(reply.status) \(reply.body)")
                    #expect(status < 400 || method == "HEAD" || reply.object["error"]?.stringValue?.isEmpty == false, "\(method) \(route.path): \(reply.body)")
                    #expect(status < 400 || reply.fields["content-type"] == "application/problem+json")
                    #expect(reply.fields["date"]?.hasSuffix(" GMT") == true)
                    #expect(status != 405 || reply.fields["allow"] == (route.allowed + ["OPTIONS"]).joined(separator: ", "))
                    #expect((status == 401) == (reply.fields["www-authenticate"] != nil))
                    #expect(method != "HEAD" || status == 204 || (reply.fields["content-length"].flatMap { Int($0) } ?? 0) > 0)
                }
                let behind =
                    method == "BREW" ? 501 : route.allowed.isEmpty ? 404 : method == "OPTIONS" ? 204 : route.allowed.contains(method) ? route.status : 405
                let isReached = route.allowed.contains(method)
                check("no token", try listener.ask(method, route.path, token: nil, body: good), route.isOpen ? behind : 401)
                check("wrong token", try listener.ask(method, route.path, token: Listener.token + "x", body: good), route.isOpen ? behind : 403)
                check("prefix", try listener.ask(method, route.path, token: String(Listener.token.dropLast()), body: good), route.isOpen ? behind : 403)
                check("bad body", try listener.ask(method, route.path, body: bad), isReached && takesBody ? 400 : behind)
                check("good body", try listener.ask(method, route.path, body: good), behind)
            }
        }
    }

    @Test func metricsCanBeOpen() throws {
        let listener = try Listener(nil, ["--open-metrics"], onboard: Listener.existing, state: Listener.emptyState)
        #expect(try listener.ask("GET", "/metrics", token: nil).status == 200)
        #expect(try listener.ask("GET", "/onboarding/state/+15551230001", token: nil).status == 401)
    }

    /// What the older service answered, octet by octet.
    @Test func successAnswers() throws {
        let scratch = try Scratch()
        let listener = try Listener(scratch)
        let created = try listener.ask(
            "POST", "/webhook/onboarding", body: #"{"phone":"+1 555 123 0002","name":"Ada","timestamp":1769914800000,"language":"en"}"#)
        let agent = try #require(created.object.text("agentId"))
        #expect(created.status == 201 && created.body == #"{"status":"created","agentId":"\#(agent)","phone":"+15551230002"}"#)
        let existing = try listener.onboard("0015551230002")
        #expect(existing.status == 200 && existing.body == #"{"status":"existing","agentId":"\#(agent)","phone":"+15551230002"}"#)
        let row = try scratch.run("dcb-state", ["get", "+15551230002"]).document
        for path in ["/onboarding/state/+15551230002", "/onboarding/state/%2B15551230002", "/onboarding/state/%2B1%20555%20123-0002?x=y"] {
            let state = try listener.ask("GET", path)
            let times = try ["createdAt", "updatedAt", "expiresAt"].map { try #require(row.text($0)) }
            let expected =
                #"{"id":1,"phone_number":"+15551230002","agent_id":"\#(agent)","status":"new","name":"Ada","email":null,"created_at":"\#(times[0])","#
                + #""updated_at":"\#(times[1])","expires_at":"\#(times[2])"}"#
            #expect(state.status == 200 && state.body == expected, "\(path): \(state.body)")
        }
        let updated = try listener.ask("POST", "/onboarding/update", body: #"{"phone":"+15551230002","email":"ada@example.com"}"#)
        #expect(updated.status == 200 && updated.body == #"{"success":true}"#)
        let handed = try listener.ask("POST", "/onboarding/handover", body: #"{"phone":"+15551230002"}"#)
        #expect(handed.status == 200 && handed.body == #"{"status":"handed_over","agentId":"\#(agent)"}"#)
        #expect(try scratch.run("dcb-state", ["get", "+15551230002"]).document.text("status") == "complete")
        let health = try listener.ask("GET", "/health", token: nil)
        #expect(health.object.text("status") == "ok" && health.object.text("timestamp") != nil && health.object["checkAgeSeconds"]?.intValue != nil)
    }

    @Test(arguments: [
        (#"{"phone":"+15551230003"}"#, "/onboarding/update", 404, "not-found"), (#"{"phone":"+15551230003"}"#, "/onboarding/handover", 404, "not-found"),
        (#"{"phone":"5551230003"}"#, "/webhook/onboarding", 400, "invalid-phone"), (#"{"phone":5}"#, "/webhook/onboarding", 400, "invalid-member"),
        (#"{"phoneNumber":"+15551230003"}"#, "/webhook/onboarding", 400, "unknown-member"), ("{}", "/webhook/onboarding", 400, "missing-member"),
        ("[]", "/webhook/onboarding", 400, "not-json"), ("\u{FEFF}{}", "/webhook/onboarding", 400, "not-json"), ("", "/webhook/onboarding", 400, "not-json"),
        (#"{"phone":"+15551230003","phone":"+15551230004"}"#, "/webhook/onboarding", 400, "not-json"),
        (#"{"phone":"+15551230003","name":"a\nb"}"#, "/webhook/onboarding", 400, "invalid-name"),
        (#"{"phone":"+15551230003","email":"x"}"#, "/onboarding/update", 400, "invalid-email"),
        (#"{"phone":"+15551230003","status":"gone"}"#, "/onboarding/update", 400, "invalid-status"),
        (#"{"phone":"+15551230003","timestamp":"now"}"#, "/webhook/onboarding", 400, "invalid-time"),
        (#"{"phone":"+15551230003","language":"?"}"#, "/webhook/onboarding", 400, "invalid-language"),
    ]) func documentsThatAreRefused(_ body: String, _ path: String, _ status: Int, _ problem: String) throws {
        let listener = try Listener(nil, onboard: Listener.existing, state: Listener.emptyState)
        let reply = try listener.ask("POST", path, body: body)
        #expect(reply.status == status && reply.object.text("problem") == problem, "\(reply)")
        // What can be refused here costs no child.
        #expect(try listener.metric(#"groups_total{kind="onboarding"}"#) == 0)
    }

    @Test func bodiesThatAreNoJSON() throws {
        let listener = try Listener(nil, onboard: Listener.existing, state: Listener.emptyState)
        let document = Listener.document("+15551230003")
        for fields in [
            [], ["Content-Type: text/plain"], ["Content-Type: application/json; charset=latin1"], ["Content-Type: application/json", "Content-Encoding: gzip"],
        ] {
            let caller = try listener.caller()
            try caller.send(Listener.request("POST", "/webhook/onboarding", fields + ["Content-Length: \(document.utf8.count)"]) + document)
            #expect(try caller.answer().status == 415, "\(fields)")
        }
        #expect(try listener.ask("POST", "/webhook/onboarding", ["Content-Type: application/json"]).status == 411)
        let caller = try listener.caller()
        try caller.send(
            Listener.request("POST", "/webhook/onboarding", ["content-type: Application/JSON;charset=\"UTF-8\"", "Content-Length: \(document.utf8.count)"])
                + document)
        #expect(try caller.answer().status == 200)
    }
}
