import JSON
import Platform
import TestSupport
import Testing

/// The stand-in gateway says what the real one was seen to say.
@Suite struct GatewayTranscriptTests {
    private struct Exchange {
        var status = 0
        var body = ""
    }

    /// Title to answer.
    private func exchanges(_ path: String) throws -> [String: Exchange] {
        var found: [String: Exchange] = [:]
        var title = ""
        for line in String(decoding: try Files.read(path), as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix("## ") { title = String(line.dropFirst(3)) }
            guard line.hasPrefix("< ") else { continue }
            if let status = Int(line.dropFirst(2)) { found[title, default: Exchange()].status = status }
            if line.dropFirst(2).hasPrefix("{") { found[title, default: Exchange()].body = String(line.dropFirst(2)) }
        }
        return found
    }

    @Test func itSaysWhatTheRealOneSaid() throws {
        guard let folder = Shared.folder("openclaw/transcripts/gateway", for: "the stand-in gateway against transcripts") else { return }
        let seen = try exchanges(folder + "/2026.9.6/q5-admin-http-rpc.txt")
        let scratch = try Scratch()
        let gateway = try GatewayStandin(scratch)
        let token = GatewayStandin.token
        func body(_ method: String, _ parameters: Object = [:]) -> [UInt8] {
            Value.object(["id": "1", "method": .string(method), "params": .object(parameters)]).compact()
        }
        let raw: Value = .string(try scratch.configText())
        // The real one was asked to patch where the stand-in is asked to apply: both compare hashes with the same words.
        let cases: [(title: String, answer: (status: Int, body: Object))] = [
            ("config.patch, stale baseHash", try gateway.post(body("config.apply", ["raw": raw, "baseHash": "hmac-sha256:v1:x"]), token: token)),
            ("unknown method", try gateway.post(body("nosuch.method"), token: token)),
            ("method not on the allow list", try gateway.post(body("pairing.list"), token: token)),
            ("bad token", try gateway.post(body("agents.list"), token: "wrong")),
            ("no token", try gateway.post(body("agents.list"), token: nil)),
            ("not JSON", try gateway.post(Array("{\"method\":".utf8), token: token)),
            ("oversize body 1.2 MB", try gateway.post([UInt8](repeating: 120, count: 1_200_049), token: token)),
            ("GET", try gateway.post([], token: token, method: "GET")),
        ]
        for (title, answer) in cases {
            let real = try #require(seen[title], "\(title)")
            #expect(answer.status == real.status, "\(title)")
            #expect(try Value.object(answer.body) == Value(parsing: Array(real.body.utf8)), "\(title)")
        }
        // Long answers are cut off in the transcripts: their members and the form of their hashes are compared.
        let text = String(decoding: try Files.read(folder + "/2026.9.6/q5-admin-http-rpc.txt"), as: UTF8.self)
        let names = try #require(text.firstMatch(of: /config\.get payload keys: \[([^\]]*)\]/)?.1).split(separator: ", ").map { $0.filter { $0 != "'" } }
        let payload = try #require(try gateway.call("config.get")["payload"]?.objectValue)
        #expect(payload.keys.sorted() == names.map { String($0) }.sorted())
        let hash = try #require(text.firstMatch(of: /"baseHash": "([^"]*)"/)?.1)
        for name in ["hash", "configRevisionHash", "appliedConfigHash"] {
            #expect(payload.text(name)?.count == hash.count && payload.text(name)?.hasPrefix("hmac-sha256:v1:") == true, "\(name)")
        }
        #expect(text.contains("(hash length \(hash.count))"))
        for method in ["config.get", "agents.list", "health"] {
            let real = try #require(seen[method])
            #expect(real.status == 200)
            let start = real.body.prefix { $0 != "[" && $0 != "…" }
            let ours = try gateway.call(method)
            for name in start.matches(of: /"([A-Za-z]+)":/).map({ String($0.1) }) where !["id", "ok", "payload", "ts", "durationMs"].contains(name) {
                #expect(ours["payload"]?.objectValue?[name] != nil || ours["payload"]?.at("plugins")?.objectValue?[name] != nil, "\(method): \(name)")
            }
        }
        // 30 refused writes, then the refusal of all.
        let limited = String(decoding: try Files.read(folder + "/2026.9.6/q5-rate-limit.txt"), as: UTF8.self)
        let said = try #require(limited.split(separator: "\n").first { $0.contains("\"retryAfterMs\":58839") })
        let real = try Value(parsing: Array(said.utf8)).at("error")?.objectValue ?? [:]
        try gateway.misbehave(["always limited 58839"])
        let ours = try gateway.call("config.apply")["error"]?.objectValue ?? [:]
        #expect(limited.contains("call 31 at") && limited.contains(": 503 {}"))
        #expect(ours.keys == real.keys && ours["code"] == real["code"] && ours["retryAfterMs"] == real["retryAfterMs"])
        #expect(ours.text("message") == real.text("message")?.replacing("config.patch", with: "config.apply"))
    }
}
