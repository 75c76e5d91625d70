import JSON
import Platform
import TestSupport
import Testing

/// The listener and a running gateway: few replacements, and everybody is confirmed by itself.
@Suite struct GatewayTests {
    /// 300 phones, thirty callers at a time: two replacements a group, groups not more often than `--settle`, and all applied in the end.
    @Test func threeHundredPhones() throws {
        let scratch = try Scratch()
        let gateway = try GatewayStandin(scratch)
        let watch = try RenameWatch(folder: scratch.state, name: "openclaw.json")
        let listener = try Listener(scratch)
        let callers = try (0..<30).map { _ in try listener.caller() }
        for round in 0..<10 {
            for (number, caller) in callers.enumerated() {
                try caller.send(Listener.request("POST", "/webhook/onboarding", body: Listener.document("+1555808\(1000 + round * 30 + number)")))
            }
            for caller in callers { #expect(try caller.answer().status == 201) }
        }
        try until(seconds: 300, "everybody is confirmed") {
            try scratch.run("dcb-state", ["list", "--status", "pending_welcome"]).documents.count == 300
        }
        let nudges = try gateway.calls("config.apply")
        let replaced = try watch.count() - nudges
        #expect(replaced <= 65 && nudges <= 2, "\(replaced) replacements, \(nudges) nudges")
        #expect(try scratch.run("dcb-state", ["list"]).documents.count == 300)
    }

    /// What keeps the background from confirming is the operator's to know.
    @Test(arguments: ["unauthorised", "address"]) func whatCannotBeConfirmedIsTold(_ why: String) throws {
        let scratch = try Scratch()
        let gateway = try GatewayStandin(scratch, ["always unauthorised"])
        let listener = try Listener(scratch, why == "address" ? ["--gateway", "localhost:18789"] : [])
        #expect(try listener.onboard("+15558090002").status == 201)
        let words = why == "address" ? "option --gateway" : "does not accept the token"
        try until(seconds: 60, "the log") { listener.started.errors.contains(words) }
        #expect(gateway.url.hasPrefix("http"))
    }

    /// The listener tells its children where the gateway is, and never what its token is.
    @Test func theTokenIsAFile() throws {
        let scratch = try Scratch()
        _ = try GatewayStandin(scratch)
        let seen = scratch.folder + "/seen"
        let bind = "{ tr '\\0' '\\n' < /proc/$$/environ; tr '\\0' '\\n' < /proc/$$/cmdline; } > '\(seen).new'; cat > /dev/null; mv '\(seen).new' '\(seen)'"
        let listener = try Listener(scratch, bind: bind)
        #expect(try listener.onboard("+15558090001").status == 201)
        try until(seconds: 60, "the background asks") { Files.exists(seen) }
        let text = try scratch.text(seen)
        #expect(text.contains("--ask") && text.contains("http://127.0.0.1:"))
        #expect(!text.contains(GatewayStandin.token) && !text.contains(Listener.token))
    }
}
