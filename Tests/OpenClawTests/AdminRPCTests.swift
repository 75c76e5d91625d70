import CommandKit
import JSON
import OpenClaw
import Platform
import TestSupport
import Testing

/// The client, against the stand-in gateway.
@Suite struct AdminRPCTests {
    let scratch: Scratch
    let gateway: GatewayStandin
    let rpc: AdminRPC

    init() throws {
        scratch = try Scratch()
        gateway = try GatewayStandin(scratch)
        rpc = try AdminRPC(GatewayAddress(gateway.url), tokenFile: scratch.environment["DCB_GATEWAY_TOKEN_FILE"])
    }

    private var soon: Deadline { Deadline(in: 60_000) }

    private func failure<T>(_ body: () throws(AdminRPCError) -> T) -> AdminRPCError? {
        do throws(AdminRPCError) {
            _ = try body()
            return nil
        } catch { return error }
    }

    @Test func itAsksAndApplies() throws {
        let seen = try rpc.configGet(deadline: soon)
        #expect(seen.path == scratch.config && seen.isValid && seen.isApplied == true)
        let hash = try #require(seen.hash)
        try rpc.configApply(raw: try Files.read(scratch.config), baseHash: hash, deadline: soon)
        #expect(try scratch.configValue().at("meta") != nil)
        #expect(try rpc.configGet(deadline: soon).hash != hash)
        #expect(try rpc.agentsList(deadline: soon) == ["main"])
        let health = try rpc.health(deadline: soon)
        #expect(health.hotReloadStatus == "active" && health.plugins.contains("admin-http-rpc"))
    }

    @Test func eachFailureHasItsType() throws {
        let raw = try Files.read(scratch.config)
        #expect(failure { () throws(AdminRPCError) in try rpc.configApply(raw: raw, baseHash: "old", deadline: soon) } == .stale)
        let refused = failure { () throws(AdminRPCError) in try rpc.configApply(raw: Array("[]".utf8), baseHash: "", deadline: soon) }
        #expect(refused == .refused("invalid config: <root>: not an object"))
        let large = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)
        let before = try gateway.log().count
        #expect(failure { () throws(AdminRPCError) in try rpc.configApply(raw: large, baseHash: "", deadline: soon) } == .tooLarge("the request config.apply"))
        #expect(try gateway.log().count == before, "what is too large is not sent")
        try gateway.misbehave(["always limited 58839"])
        let limited = failure { () throws(AdminRPCError) in try rpc.configApply(raw: raw, baseHash: "old", deadline: soon) }
        #expect(limited == .limited(retryAfterMilliseconds: 58839))
        try gateway.misbehave(["always rubbish huge"])
        #expect(failure { () throws(AdminRPCError) in try rpc.health(deadline: soon) } == .tooLarge("the gateway's answer"))
        try gateway.misbehave(["always unauthorised"])
        #expect(failure { () throws(AdminRPCError) in try rpc.health(deadline: soon) } == .unauthorised)
        try gateway.misbehave(["always rubbish html"])
        #expect(failure { () throws(AdminRPCError) in try rpc.health(deadline: soon) } == .malformed("status 200, and no JSON object"))
        try gateway.misbehave(["always rubbish cut-off"])
        #expect(failure { () throws(AdminRPCError) in try rpc.health(deadline: soon) } == .unreachable("it ends too early"))
        gateway.stop()
        #expect(failure { () throws(AdminRPCError) in try rpc.health(deadline: soon) } == .unreachable("Connection refused"))
    }

    /// 30 writes a minute, refused ones count.
    @Test func theLimitIsCounted() throws {
        for number in 1...31 {
            let error = failure { () throws(AdminRPCError) in try rpc.configApply(raw: [], baseHash: "", deadline: soon) }
            if number <= 30 {
                #expect(error == .refused("invalid config: <root>: not an object"), "\(number)")
            } else if case .limited(let milliseconds) = error {
                #expect((1...60_000).contains(milliseconds))
            } else {
                Issue.record("\(number): \(String(describing: error))")
            }
        }
        #expect(try rpc.configGet(deadline: soon).isValid)
    }

    @Test func aDeadlineEndsEveryCall() throws {
        gateway.freeze()
        #expect(failure { () throws(AdminRPCError) in try rpc.health(deadline: Deadline(in: 100)) } == .unreachable("Connection timed out"))
        gateway.thaw()
    }

    @Test func anotherTokenIsNotTaken() throws {
        let file = scratch.folder + "/other"
        try scratch.write("another-token", to: file)
        let other = try AdminRPC(GatewayAddress(gateway.url), tokenFile: file)
        #expect(failure { () throws(AdminRPCError) in try other.health(deadline: soon) } == .unauthorised)
        let none = try AdminRPC(GatewayAddress(gateway.url), tokenFile: nil)
        #expect(failure { () throws(AdminRPCError) in try none.health(deadline: soon) } == .unauthorised)
        #expect(!"\(other)\(String(reflecting: other))".contains("another-token"))
    }

    @Test(arguments: ["", " \n", "two words", "line\nbreak", "caf\u{e9}", String(repeating: "x", count: 5000)]) func tokenFilesThatAreNone(_ text: String)
        throws
    {
        let file = scratch.folder + "/other"
        try scratch.write(text, to: file)
        do throws(Problem) {
            _ = try AdminRPC(GatewayAddress(gateway.url), tokenFile: file)
            Issue.record("taken")
        } catch {
            #expect(error.kind == .settingsInvalid)
            #expect(text.count < 3 || !"\(error)".contains(text.prefix(20)))
        }
    }

    @Test(arguments: ["http://127.0.0.1:18789", "http://127.0.0.1:18789/", "HTTP://10.0.0.7:1", "http://[::1]:18789", "http://[fd00::1]:65535"])
    func addresses(_ text: String) throws {
        let shown = try GatewayAddress(text).description
        #expect(shown.lowercased() == (text.hasSuffix("/") ? String(text.dropLast()) : text.lowercased()))
    }

    @Test(arguments: [
        "", "127.0.0.1:18789", "https://127.0.0.1:18789", "http://localhost:18789", "http://127.0.0.1", "http://127.0.0.1:", "http://127.0.0.1:0",
        "http://127.0.0.1:65536", "http://127.0.0.1:1/path", "http://::1:18789", "http://[::1]", "http://[127.0.0.1]:1", "http://user:secret-word@127.0.0.1:1",
        "http://127.0.0.1:+1", "http://127.1:80", "unix:/run/gateway", "http://[fe80::1%eth0]:1",
    ])
    func addressesThatAreNone(_ text: String) {
        do throws(Problem) {
            _ = try GatewayAddress(text)
            Issue.record("taken: \(text)")
        } catch {
            #expect(error.kind == .usage)
            #expect(!"\(error)".contains("secret-word"))
        }
    }
}
