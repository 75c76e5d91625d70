import JSON
import Platform
import TestSupport
import Testing

/// Which tokens are the token: one, whole, and none that is like it. How long the comparison takes is in bench/results.md.
@Suite struct TokenTests {
    @Test func onlyTheTokenItself() throws {
        let listener = try Listener(onboard: Listener.existing, state: Listener.emptyState)
        let token = Array(Listener.token)
        var wrong = [
            String(token.dropLast()), String(token.dropFirst()), Listener.token + "0", "0" + Listener.token, Listener.token + Listener.token,
            String(repeating: Listener.token, count: 9), Listener.token.uppercased(), String(token.reversed()), "0", String(repeating: "0", count: 32),
            Listener.token + " " + Listener.token, Listener.token + "," + Listener.token,
        ]
        for place in token.indices {
            var other = token
            // The nearest that a field may hold: one bit.
            other[place] = other[place] == "0" ? "1" : "0"
            wrong.append(String(other))
        }
        let caller = try listener.caller()
        for shown in wrong {
            try caller.send(Listener.request("GET", "/metrics", token: shown))
            #expect(try caller.answer().status == 403, "\(shown)")
        }
        for field in ["", "Bearer", "Bearer ", "Bearer\(Listener.token)", "Basic \(Listener.token)", Listener.token, "Bearer\t\(Listener.token)"] {
            try caller.send(Listener.request("GET", "/metrics", token: nil, ["Authorization: \(field)"]))
            #expect(try caller.answer().status == 401, "\(field)")
        }
        try caller.send(Listener.request("GET", "/metrics", ["X-Token: \(wrong[0])"]))
        #expect(try caller.answer().status == 200)
    }

    /// A token that everybody can read is none; whose file it is may have its reasons, so it is said and no more.
    @Test func aFileThatAllMayRead() throws {
        for (mode, isSaid) in [(UInt32(0o600), false), (0o640, false), (0o644, true)] {
            let scratch = try Scratch()
            let file = scratch.folder + "/token"
            try scratch.write(Listener.token + "\n", to: file)
            try Files.setMode(file, mode)
            let listener = try Listener(
                scratch, ["--token-file", file], onboard: Listener.existing, state: Listener.emptyState, environment: ["HOOK_TOKEN": ""])
            #expect(try listener.ask("GET", "/metrics").status == 200)
            #expect(listener.started.errors.contains("every user of this machine") == isSaid, "\(String(mode, radix: 8))")
        }
    }
}
