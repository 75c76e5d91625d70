import JSON
import Platform
import TestSupport
import Testing

/// Limits: what a slow, silent or greedy caller costs.
@Suite struct LimitTests {
    private func listener(_ arguments: [String] = [], limits: Bool = false) throws -> Listener {
        try Listener(nil, arguments, onboard: Listener.existing, state: Listener.emptyState, limits: limits)
    }

    @Test func slowCallers() throws {
        let listener = try listener(["--header-timeout", "1500ms", "--body-timeout", "1500ms", "--idle-timeout", "1500ms"])
        let silent = try listener.caller(), header = try listener.caller(), body = try listener.caller(), idle = try listener.caller()
        let refused = try listener.caller()
        try header.send("GET /health HTTP/1.1\r\nHost: a\r\n")
        try body.send(Listener.request("POST", "/webhook/onboarding", ["Content-Type: application/json", "Content-Length: 5"]) + "{")
        try refused.send(Listener.request("POST", "/webhook/onboarding", token: nil, ["Content-Length: 5"]) + "{")
        try idle.send(Listener.request("GET", "/health"))
        #expect(try idle.answer().status == 200)
        #expect(try silent.end() == "" && idle.end() == "")
        let one = try header.answer(), two = try body.answer(), three = try refused.answer()
        #expect(one.status == 408 && one.closes && two.status == 408 && two.closes && three.status == 401 && three.closes)
        #expect(try header.end() == "" && body.end() == "")
        #expect(try listener.given().isEmpty && listener.children.isEmpty)
    }

    /// A caller that does not take its answers is dropped; nobody else waits for it.
    @Test func aCallerThatDoesNotRead() throws {
        let listener = try listener(["--write-timeout", "300ms"])
        let caller = try listener.caller()
        let block = String(repeating: Listener.request("GET", "/metrics"), count: 100)
        var sent = 0
        // Until neither side's buffers take any more.
        do { while sent < 1000 { try caller.sendNow(block); sent += 1 } } catch {}
        #expect(sent < 1000)
        try until(seconds: 60, "its end") { try listener.metric("connections") == 1 }
    }

    /// A child that floods: it is heard no more, and asked to end.
    @Test func aChildThatFloods() throws {
        let scratch = try Scratch()
        let well = "[ \"$1\" = check ] && { echo '{\"ok\":true,\"findings\":[]}'; exit 0; }"
        let flood = "trap '' TERM PIPE; yes x | head -c 600000 >&2 2> /dev/null; echo $? > '\(scratch.folder)/code'; exit 9"
        let listener = try Listener(scratch, ["--child-timeout", "60s"], state: well + "; " + flood)
        #expect(try listener.ask("GET", "/onboarding/state/+15551230001").status >= 500)
        try until("the child's end") { try Files.exists(scratch.folder + "/code") && !scratch.text(scratch.folder + "/code").isEmpty }
        #expect(try scratch.text(scratch.folder + "/code") == "1\n")
        #expect(listener.started.errors.utf8.count < 1 << 20)
        #expect(try listener.ask("GET", "/health").status == 200)
    }

    @Test func connectionsAreCounted() throws {
        let listener = try listener(["--max-connections", "4", "--header-timeout", "60s"])
        let idle = try (0..<4).map { _ in try listener.caller() }
        for caller in idle {
            try caller.send(Listener.request("GET", "/health"))
            #expect(try caller.answer().status == 200)
        }
        // The one that has been silent longest makes room.
        #expect(try listener.ask("GET", "/health").status == 200)
        #expect(try idle[0].end() == "")
        let busy = try (0..<4).map { _ in try listener.caller() }
        for caller in busy { try caller.send("GET /health HTTP/1.1\r\n") }
        try until(seconds: 60, "all places taken") { (try? listener.caller().end()) == "" }
        for caller in busy { try caller.send("Host: a\r\n\r\n") }
        #expect(try busy.map { try $0.answer().status } == [200, 200, 200, 200])
    }

    @Test func descriptorsRunOut() throws {
        let scratch = try Scratch()
        let limited = try Listener.standin(scratch, "limited", "ulimit -n 40; exec \(Scratch.commands)/dcb-webhook \"$@\"")
        _ = try Listener.standin(scratch, "onboard", Listener.existing)
        _ = try Listener.standin(scratch, "state", Listener.emptyState)
        let started = try scratch.start(
            limited,
            [
                "--listen", "127.0.0.1:0", "--rate", "off", "--onboard", scratch.folder + "/standin-onboard", "--state", scratch.folder + "/standin-state",
                "--bind",
                "/bin/true", "--header-timeout", "60s",
            ],
            [], environment: ["HOOK_TOKEN": Listener.token])
        try until(seconds: 60, "the listener") { started.errors.contains("listening on") }
        let pid = try #require(started.pid)
        let port = try #require(started.errors.firstMatch(of: /listening on 127\.0\.0\.1:([0-9]+)/).flatMap { Int($0.1) })
        var callers = try (0..<80).map { _ in try Caller(port: port) }
        for caller in callers { try caller.send("GET /health HTTP/1.1\r\n") }
        let before = try Listener.processorTicks(pid)
        Clock.sleep(milliseconds: 2000)
        // It does not spin: in two seconds it uses far less than one.
        #expect(try Listener.processorTicks(pid) - before < 50)
        // And lives: when places become free, whoever waits is served.
        callers.removeFirst(60)
        for caller in callers { try? caller.send("Host: a\r\n\r\n") }
        #expect(try callers.last?.answer().status == 200)
        let after = try Caller(port: port)
        try after.send(Listener.request("POST", "/webhook/onboarding", body: Listener.document("+15551230001")))
        #expect(try after.answer().status == 200)
        callers = []
        try scratch.run("/bin/kill", ["-9", "\(pid)"])
        _ = try started.wait()
    }

    @Test func theQueue() throws {
        let held = "while [ ! -e \"$(dirname \"$0\")/go\" ]; do sleep 0.01; done\n" + Listener.existing
        let listener = try Listener(nil, ["--queue", "5"], onboard: held, state: Listener.emptyState)
        let first = try listener.caller()
        try first.send(Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(0))))
        try until(seconds: 60, "the first child") { !listener.children.isEmpty }
        let callers = try (1...8).map { n in
            let caller = try listener.caller()
            try caller.send(Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(n))))
            return caller
        }
        let refused = try callers.suffix(3).map { try $0.answer() }
        #expect(refused.allSatisfy { $0.status == 503 && $0.fields["retry-after"] == "1" && !$0.closes })
        // The same phone as one that waits is no more work.
        let again = try listener.caller()
        try again.send(Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(1))))
        #expect(try listener.ask("GET", "/health").status == 200)
        try listener.scratch.write("", to: listener.scratch.folder + "/go")
        #expect(try ([first, again] + callers.prefix(5)).allSatisfy { try $0.answer().status == 200 })
        #expect(try listener.metric(#"refusals_total{reason="queue-full"}"#) == 3)
    }

    // MARK: rates

    @Test func ratesOfTheMachineItselfGoByPhone() throws {
        let listener = try listener(["--rate", "3/15m"], limits: true)
        for _ in 0..<3 { #expect(try listener.onboard("+15551230001").status == 200) }
        let refused = try listener.onboard("+1 (555) 123-0001")
        #expect(refused.status == 429 && refused.fields["ratelimit-limit"] == "3" && refused.fields["ratelimit-remaining"] == "0")
        let retry = try #require(refused.fields["retry-after"].flatMap { Int($0) })
        #expect((1...900).contains(retry) && refused.fields["ratelimit-reset"] == "\(retry)")
        #expect(try listener.onboard("+15551230002").status == 200)
        // What is refused before costs nothing, and what is not limited is not counted.
        for _ in 0..<5 { #expect(try listener.onboard("x").status == 400 && listener.ask("GET", "/health").status == 200) }
        #expect(try listener.given().count == 4)
    }

    @Test func ratesOfOthersGoByAddress() throws {
        let listener = try listener(["--rate", "3/15m", "--trust-forwarded", "127.0.0.0/8"], limits: true)
        func ask(_ n: Int, _ forwarded: String) throws -> Int {
            try listener.ask("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(n)), ["X-Forwarded-For: \(forwarded)"]).status
        }
        #expect(try (0..<4).map { try ask($0, "203.0.113.9") } == [200, 200, 200, 429])
        // Only what the trusted proxy has added counts, not what the caller wrote in front of it.
        #expect(try ask(5, "198.51.100.1, 203.0.113.9") == 429)
        #expect(try ask(6, "203.0.113.9, 198.51.100.1") == 200)
        #expect(try ask(7, "2001:db8::1, 127.0.0.1") == 200)
        try until(seconds: 60, "the line") { listener.requests.contains { $0.text("client") == "2001:db8::1" } }
        #expect(try listener.ask("GET", "/metrics").status == 200)
    }

    /// Runs of combining marks cost no more than other text, before the token is looked at and after.
    @Test func marksInFields() throws {
        let listener = try listener(["--trust-forwarded", "127.0.0.0/8"])
        let marks = "a" + String(repeating: "\u{301}\u{323}", count: 3700)
        let before = try Listener.processorTicks(listener.pid)
        for _ in 0..<100 {
            #expect(try listener.ask("GET", "/metrics", token: nil, ["X-Forwarded-For: \(marks)"]).status == 401)
            #expect(try listener.ask("POST", "/webhook/onboarding", ["Content-Type: \(marks)", "Content-Length: 0"]).status == 415)
        }
        // In the square of their number it would be six seconds and more.
        #expect(try Listener.processorTicks(listener.pid) - before < 200 * Skip.patience)
    }

    @Test func nobodyIsBelievedUntrusted() throws {
        let listener = try listener(["--rate", "1/15m"], limits: true)
        let fields = ["X-Forwarded-For: 203.0.113.9"]
        #expect(
            try (1...3).map { try listener.ask("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone($0)), fields).status } == [200, 200, 200])
        #expect(!listener.started.errors.contains("203.0.113.9"))
    }

    @Test func wrongTokensAreCounted() throws {
        let listener = try listener(["--rate", "3/15m"], limits: true)
        func wrong() throws -> Reply { try listener.ask("GET", "/metrics", token: "wrong-wrong-wrong-wrong") }
        for _ in 0..<3 { #expect(try wrong().status == 403) }
        let refused = try wrong()
        #expect(refused.status == 429 && refused.fields["retry-after"] != nil)
        // Whoever has the token is not shut out by those who guess.
        #expect(try listener.ask("GET", "/metrics").status == 200)
    }

    /// So many new agents and no more; who is there is answered all the same.
    @Test func newAgentsAreCapped() throws {
        let scratch = try Scratch()
        let listener = try Listener(scratch, ["--rate", "off", "--max-new", "3/15m"], limits: true)
        for n in 0..<3 { #expect(try listener.onboard(Scratch.phone(n)).status == 201) }
        let refused = try listener.onboard(Scratch.phone(3))
        #expect(refused.status == 429 && refused.object.text("problem") == "max-new" && refused.fields["ratelimit-limit"] == "3")
        #expect(try listener.onboard(Scratch.phone(1)).body.contains("existing"))
        #expect(try scratch.run("dcb-state", ["list"]).documents.count == 3)
    }

    @Test func aRushDoesNotPassTheCap() throws {
        let scratch = try Scratch()
        let listener = try Listener(scratch, ["--rate", "off", "--max-new", "4/15m"], limits: true)
        let callers = try (0..<16).map { _ in try listener.caller() }
        for (n, caller) in callers.enumerated() { try caller.send(Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(n)))) }
        let statuses = try callers.map { try $0.answer().status }
        #expect(statuses.filter { $0 == 201 }.count == 4 && statuses.filter { $0 == 429 }.count == 12, "\(statuses)")
        #expect(try scratch.run("dcb-state", ["list"]).documents.count == 4)
    }

    @Test func theSettingsFileHasLimitsToo() throws {
        let scratch = try Scratch()
        try scratch.write(#"{webhook: {rate: "2/1h", maxNew: "1/1h"}}"#, to: scratch.state + "/dcb.json")
        let listener = try Listener(scratch, onboard: Listener.existing, state: Listener.emptyState, limits: true)
        #expect(try (0..<3).map { _ in try listener.ask("GET", "/onboarding/state/+15551230001").status } == [404, 404, 429])
    }

    // MARK: the log

    @Test func theLogTellsNothingItMustNot() throws {
        let listener = try listener(limits: true)
        try listener.onboard("+15551234567")
        try listener.ask("GET", "/onboarding/state/%2B15551234567")
        try listener.ask("GET", "/%0d%0a{\"forged\":true}")
        try listener.ask("POST", "/webhook/onboarding", body: #"{"phone":"+15551234567","name":"a\u0000b"}"#)
        let caller = try listener.caller()
        try caller.send("GET /\u{1b}[31m\u{7} HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try caller.answer().status == 400)
        try until(seconds: 60, "the lines") { listener.requests.count == 5 }
        let text = listener.started.errors
        #expect(!text.contains(Listener.token) && !text.contains("5551234567") && !text.contains("forged") && text.contains("+*******4567"))
        #expect(text.utf8.allSatisfy { $0 >= 32 || $0 == 10 })
        let line = try #require(listener.requests.first)
        #expect(line.text("time") != nil && line.text("id") != nil && line["ms"]?.doubleValue != nil && line["bytes"]?.intValue != nil)
        #expect(line.text("route") == "/webhook/onboarding" && line["status"]?.intValue == 200 && line.text("client") == "127.0.0.1")
        #expect(Set(listener.requests.compactMap { $0.text("id") }).count == 5)
    }

    /// Whatever a child lets slip.
    @Test func whatAChildSaysOfSomeone() throws {
        let script = #"""
            echo "crash at +15551234567 \033[31m" >&2; echo '{"level":"warning","command":"dcb-bind","message":"worth knowing"}' >&2
            """#
        let listener = try Listener(nil, onboard: script, state: Listener.emptyState)
        #expect(try listener.onboard("+15551234567").status == 500)
        try until(seconds: 60, "the line") { listener.started.errors.contains("worth knowing") && listener.requests.count == 1 }
        #expect(!listener.started.errors.contains("5551234567"))
    }

    @Test func metricsNameNobody() throws {
        let listener = try listener()
        try listener.onboard("+15551234567")
        try listener.ask("GET", "/onboarding/state/+15551234567")
        let text = try listener.ask("GET", "/metrics").body
        #expect(!text.contains("4567") && text.contains(#"dcb_webhook_requests_total{route="/onboarding/state/:phone",status="404"} 1"#))
        #expect(text.contains(#"dcb_webhook_request_seconds_count{route="/webhook/onboarding"} 1"#))
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            #expect(line.wholeMatch(of: /dcb_webhook_[a-z_]+(\{[^}]*\})? [0-9.e-]+/) != nil, "\(line)")
        }
    }
}
