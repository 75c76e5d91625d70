import Glibc
import JSON
import Platform
import TestSupport
import Testing

/// What is refused has no effect, and what is served leaves nothing behind.
@Suite struct EffectTests {
    /// Before the token was right nothing happens: no child, no file.
    @Test func refusedBeforeAuthentication() throws {
        let scratch = try Scratch()
        let listener = try Listener(scratch, limits: true)
        let before = try scratch.picture()
        let files = try scratch.tree(scratch.state)
        let children = try listener.metric(#"children_total{kind="onboarding",outcome="ok"}"#)
        let body = Listener.document("+15551230001")
        for token in [nil, "", "wrong-wrong-wrong-wrong", String(Listener.token.dropLast()), Listener.token + "x", Listener.token.uppercased()] {
            for path in ["/webhook/onboarding", "/onboarding/update", "/onboarding/handover"] {
                let status = try listener.ask("POST", path, token: token, body: body).status
                #expect([401, 403, 429].contains(status))
            }
            #expect(try [401, 403, 429].contains(listener.ask("GET", "/onboarding/state/+15551230001", token: token).status))
        }
        let caller = try listener.caller()
        try caller.send("POST /webhook/onboarding HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" + body)
        #expect(try caller.answer().status == 400)
        #expect(try scratch.picture() == before && scratch.tree(scratch.state) == files)
        #expect(try listener.metric(#"children_total{kind="onboarding",outcome="ok"}"#) == children)
        for lane in ["onboarding", "get", "update", "handover"] { #expect(try listener.metric("groups_total{kind=\"\(lane)\"}") == 0) }
    }

    /// Who shows wrong tokens is in the audit trail: one line a client, written apart from the requests, without the token.
    @Test func wrongTokensAreAudited() throws {
        let scratch = try Scratch()
        let listener = try Listener(scratch)
        for _ in 0..<5 { #expect(try listener.ask("GET", "/metrics", token: "wrong-wrong-wrong-wrong").status == 403) }
        #expect(try listener.ask("GET", "/metrics", token: nil).status == 401)
        #expect(!Files.exists(scratch.state + "/audit/audit.jsonl"))
        kill(listener.pid, SIGTERM)
        #expect(try listener.started.wait(seconds: 60).code == 0)
        let lines = try scratch.run("dcb-state", ["audit"]).documents
        #expect(lines.count == 1 && lines.first?.text("event") == "authentication-failed", "\(lines)")
        #expect(lines.first?.text("client") == "127.0.0.1" && lines.first?["count"]?.intValue == 5)
        #expect(try !scratch.text(scratch.state + "/audit/audit.jsonl").contains("wrong-"))
    }

    /// Ten thousand requests of every kind, twice.
    @Test func nothingIsLeft() throws {
        let count = Skip.isLong ? 10_000 : 1000
        let onboard =
            "sed -n 's/.*\"phone\":\"\\([^\"]*\\)\".*\"requestId\":\"\\([^\"]*\\)\".*/{\"phone\":\"\\1\",\"agentId\":\"user_1\",\"outcome\":\"created\",\"requestId\":\"\\2\"}/p'"
        let state = #"""
            if [ "$1" = check ]; then echo '{"ok":true,"findings":[]}'; exit 0; fi
            sed -n 's/.*"phone":"\([^"]*\)".*"requestId":"\([^"]*\)".*/{"phone":"\1","agentId":"user_1","status":"new","requestId":"\2"}/p'
            """#
        let listener = try Listener(nil, ["--queue", "1000"], onboard: onboard, state: state)
        let post = ["Content-Type: application/json", "Transfer-Encoding: chunked"]
        let kinds: [(String, [Int], (Int) -> String)] = [
            ("health", [200], { _ in Listener.request("GET", "/health", token: nil) }),
            ("no token", [401], { Listener.request("POST", "/webhook/onboarding", token: nil, body: Listener.document(Scratch.phone($0))) }),
            ("wrong token", [403], { _ in Listener.request("GET", "/metrics", token: "wrong-wrong-wrong-wrong") }),
            ("bad body", [400], { _ in Listener.request("POST", "/webhook/onboarding", body: "{\"phone\":") }),
            ("no route", [404], { Listener.request("GET", "/nothing/\($0)") }),
            ("new phones", [201], { Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone($0))) }),
            (
                "chunked", [201],
                { n in
                    let body = Listener.document(Scratch.phone(n))
                    return Listener.request("POST", "/webhook/onboarding", post) + String(body.utf8.count, radix: 16) + "\r\n\(body)\r\n0\r\n\r\n"
                }
            ),
            ("one phone", [200, 201], { _ in Listener.request("POST", "/webhook/onboarding", body: Listener.document("+15551230001")) }),
            ("state", [200], { Listener.request("GET", "/onboarding/state/" + Scratch.phone($0)) }),
            ("update", [200], { Listener.request("POST", "/onboarding/update", body: Listener.document(Scratch.phone($0))) }),
            ("handover", [200], { Listener.request("POST", "/onboarding/handover", body: Listener.document(Scratch.phone($0))) }),
        ]
        var after: [Int] = []
        for round in 0..<2 {
            for (name, statuses, request) in kinds {
                try many(listener, count, name, statuses) { request(round * count + $0) }
            }
            try malformed(listener, count)
            try until(seconds: 60, "the ends of children") { listener.children.isEmpty }
            after.append(listener.residentKiB)
        }
        // The record is looked at by a child from time to time: for a moment there may be one.
        try until(seconds: 60, "descriptors and children") { listener.descriptors <= 8 && listener.children.isEmpty }
        if Skip.sanitizer == nil {
            #expect(after[1] - after[0] <= 2048, "\(after) KiB")
        } else {
            Skip.say("growth of the listener's memory: a sanitizer keeps what was freed")
        }
        // Each question is a connection, and the one before it may not be gone yet.
        try until(seconds: 60, "connections and queue") { try listener.metric("connections") == 1 && listener.metric("queue") == 0 }
    }

    /// On forty connections, each as fast as it is answered.
    private func many(_ listener: Listener, _ count: Int, _ name: String, _ statuses: [Int], _ request: (Int) -> String) throws {
        let callers = try (0..<40).map { _ in try listener.caller() }
        var next = 0
        while next < count {
            let now = callers.prefix(count - next)
            for (i, caller) in now.enumerated() { try caller.send(request(next + i)) }
            for caller in now {
                let status: Int
                do { status = try caller.answer().status } catch { throw TestFailure("\(name), after \(next): \(error)") }
                if !statuses.contains(status) { throw TestFailure("\(name): \(status)") }
            }
            next += now.count
        }
    }

    /// Connections that end in an error, and ones that just go.
    private func malformed(_ listener: Listener, _ count: Int) throws {
        for n in 0..<count {
            if n % 100 == 0 { try until(seconds: 60, "places") { try listener.metric("connections") < 100 } }
            let caller = try listener.caller()
            switch n % 4 {
            case 0:
                try caller.send("GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n")
                guard try caller.answer().status == 400 else { throw TestFailure("a malformed one is taken") }
            case 1: try caller.send("POST /webhook/onboarding HTTP/1.1\r\nHost: a\r\nContent-Le")
            // It keeps its place until its work is done.
            case 2: try caller.send(Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(n))))
            default: break
            }
        }
    }
}
