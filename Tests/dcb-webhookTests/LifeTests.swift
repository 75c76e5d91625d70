import Glibc
import JSON
import Platform
import TestSupport
import Testing

/// From its start to its end: tokens, sockets, signals, systemd.
@Suite struct LifeTests {
    private static let held = "touch \"$(dirname \"$0\")/running\"; while [ ! -e \"$(dirname \"$0\")/go\" ]; do sleep 0.01; done\n" + Listener.existing

    // MARK: the start

    @Test(arguments: ["", "sh0rt", "123456789012345", "change-me-change-me-change-me", "Change-Me-please-0123456789", "   \n", "with space in it 0123456789"])
    func weakTokens(_ token: String) throws {
        let scratch = try Scratch()
        let output = try scratch.run("dcb-webhook", ["--listen", "127.0.0.1:0"], environment: ["HOOK_TOKEN": token])
        #expect(output.code == 78 && output.problem == "weak-token", "\(output)")
        try scratch.write(token, to: scratch.folder + "/token")
        let other = try scratch.run(
            "dcb-webhook", ["--listen", "127.0.0.1:0", "--token-file", scratch.folder + "/token"], environment: ["HOOK_TOKEN": Listener.token])
        #expect(other.code == 78 && other.problem == "weak-token", "\(other)")
        if token.count > 4 { #expect(!(output.err + other.err).contains(token)) }
    }

    @Test(arguments: [
        ["--listen", "nowhere"], ["--listen", "127.0.0.1:x"], ["--listen", "::1:80"], ["--listen", "unix:"], ["--rate", "15"], ["--max-new", "0/1m"],
        ["--queue", "0"],
        ["--child-timeout", "soon"], ["--trust-forwarded", "10.0.0.1/8"], ["--driver", "cli"], ["--max-body", "-1"], ["operand"],
    ]) func wrongOptions(_ words: [String]) throws {
        let output = try Scratch().run("dcb-webhook", words, environment: ["HOOK_TOKEN": Listener.token])
        #expect(output.code == 64 && output.problem == "usage", "\(output)")
    }

    @Test func whatIsMissingAtTheStart() throws {
        let scratch = try Scratch()
        let environment = ["HOOK_TOKEN": Listener.token]
        #expect(try scratch.run("dcb-webhook", ["--onboard", "/nowhere/dcb-onboard"], environment: environment).code == 69)
        try scratch.write("{webhook: {rate: 5}}", to: scratch.state + "/dcb.json")
        #expect(try scratch.run("dcb-webhook", ["--listen", "127.0.0.1:0"], environment: environment).problem == "settings-invalid")
        let one = try Listener(nil, onboard: Listener.existing, state: Listener.emptyState)
        let taken = try Scratch().run("dcb-webhook", ["--listen", "127.0.0.1:\(one.port)"], environment: environment)
        #expect(taken.code == 74 && taken.err.contains("Address already in use"))
    }

    @Test func unixSockets() throws {
        let scratch = try Scratch()
        let path = scratch.folder + "/s"
        do {
            let listener = try Listener(scratch, onboard: Listener.existing, state: Listener.emptyState, listen: "unix:\(path)")
            #expect(try Files.status(path, followLinks: false)?.permissions == 0o660)
            let caller = try Caller(path: path)
            try caller.send(Listener.request("POST", "/webhook/onboarding", body: Listener.document("+15551230001")))
            #expect(try caller.answer().status == 200)
            try until(seconds: 60, "the line") { listener.requests.first?.text("client") == "unix" }
            // While one listens, another does not take the name away.
            let second = try scratch.run("dcb-webhook", ["--listen", "unix:\(path)"], environment: ["HOOK_TOKEN": Listener.token])
            #expect(second.code == 74)
            listener.signal(SIGKILL)
            _ = try listener.started.wait()
        }
        // What a killed one left is replaced; what is no socket is not.
        #expect(Files.exists(path))
        do {
            let listener = try Listener(scratch, onboard: Listener.existing, state: Listener.emptyState, listen: "unix:\(path)")
            listener.signal(SIGTERM)
            #expect(try listener.started.wait().code == 0)
        }
        #expect(!Files.exists(path))
        try scratch.write("mine", to: path)
        #expect(try scratch.run("dcb-webhook", ["--listen", "unix:\(path)"], environment: ["HOOK_TOKEN": Listener.token]).code == 74)
        #expect(try scratch.text(path) == "mine")
    }

    @Test func portAndListenFromTheEnvironment() throws {
        let scratch = try Scratch()
        let one = try scratch.run("dcb-webhook", environment: ["HOOK_TOKEN": Listener.token, "PORT": "99999"])
        #expect(one.code == 64)
        let two = try scratch.run("dcb-webhook", environment: ["HOOK_TOKEN": Listener.token, "PORT": "0", "DCB_LISTEN": "nowhere"])
        #expect(two.code == 64)
    }

    // MARK: systemd

    @Test func systemdsSocketsAndNotices() throws {
        let scratch = try Scratch()
        let notices = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(notices) }
        let path = scratch.folder + "/notify"
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        #expect(withUnsafePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(notices, $0, size) } } == 0)
        // What systemd does: sockets from 3 on, and LISTEN_PID is the pid that exec keeps.
        let socketPath = scratch.folder + "/activated"
        let activate = #"""
            import os, socket, sys
            s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(16)
            fd = s.fileno()
            if fd != 3: os.dup2(fd, 3)
            os.set_inheritable(3, True)
            os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
            os.execv(sys.argv[2], sys.argv[2:])
            """#
        guard Files.isExecutable("/usr/bin/python3") else { return Skip.say("systemd's sockets need python3") }
        _ = try Listener.standin(scratch, "onboard", Listener.existing)
        _ = try Listener.standin(scratch, "state", Listener.emptyState)
        try scratch.write(activate, to: scratch.folder + "/activate.py")
        let started = try scratch.start(
            "/usr/bin/python3",
            [
                scratch.folder + "/activate.py", socketPath, Path.join(Scratch.commands, "dcb-webhook"), "--rate", "off", "--onboard",
                scratch.folder + "/standin-onboard", "--state",
                scratch.folder + "/standin-state", "--bind", "/bin/true",
            ], [], environment: ["HOOK_TOKEN": Listener.token, "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"])
        try until(seconds: 60, "the listener: \(started.errors)") { started.errors.contains("listening on") }
        func notice() throws -> String {
            var p = pollfd(fd: notices, events: Int16(POLLIN), revents: 0)
            guard poll(&p, 1, 60_000) == 1 else { throw TestFailure("no notice") }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let n = recv(notices, &buffer, buffer.count, 0)
            return String(decoding: buffer[..<max(0, n)], as: UTF8.self)
        }
        #expect(try notice() == "READY=1" && notice() == "WATCHDOG=1" && notice() == "WATCHDOG=1")
        let caller = try Caller(path: socketPath)
        try caller.send(Listener.request("POST", "/webhook/onboarding", body: Listener.document("+15551230001")))
        #expect(try caller.answer().status == 200)
        kill(try #require(started.pid), SIGHUP)
        var said: [String] = []
        while said.last?.hasPrefix("READY=1") != true { said.append(try notice()) }
        #expect(said.contains { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") })
        kill(try #require(started.pid), SIGTERM)
        while said.last != "STOPPING=1" { said.append(try notice()) }
        #expect(try started.wait().code == 0)
        // The socket is systemd's: its name stays.
        #expect(Files.exists(socketPath))
    }

    // MARK: signals

    /// Fifty are on their way when it is told to end: every one is answered, and nobody new is let in.
    @Test func drain() throws {
        let listener = try Listener(nil, onboard: LifeTests.held, state: Listener.emptyState)
        let mark = listener.scratch.folder + "/running"
        let idle = try listener.caller()
        try idle.send(Listener.request("GET", "/health"))
        #expect(try idle.answer().status == 200)
        let callers = try (0..<50).map { _ in try listener.caller() }
        for (n, caller) in callers.enumerated() {
            try caller.send(Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(n))))
            if n == 0 { try until(seconds: 60, "the first child") { Files.exists(mark) } }
        }
        listener.signal(SIGTERM)
        #expect(try idle.end() == "")
        try until(seconds: 60, "the end of listening") { (try? listener.caller()) == nil }
        try listener.scratch.write("", to: listener.scratch.folder + "/go")
        for (n, caller) in callers.enumerated() {
            let reply = try caller.answer()
            #expect(reply.status == 200 && reply.closes && reply.object.text("phone") == Scratch.phone(n))
        }
        let output = try listener.started.wait()
        #expect(output.code == 0 && output.out.isEmpty)
    }

    @Test func whoComesTooLate() throws {
        let listener = try Listener(nil, onboard: LifeTests.held, state: Listener.emptyState)
        let first = try listener.caller(), typing = try listener.caller()
        try first.send(Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(0))))
        try typing.send("GET /onboarding/state/+15551230001 HTTP/1.1\r\n")
        try until(seconds: 60, "the first child") { Files.exists(listener.scratch.folder + "/running") && listener.started.errors.contains("listening") }
        #expect(try listener.ask("GET", "/health").status == 200)
        listener.signal(SIGTERM)
        try until(seconds: 60, "the drain") { listener.started.errors.contains("ending") }
        try typing.send("Host: a\r\nAuthorization: Bearer \(Listener.token)\r\n\r\n")
        let late = try typing.answer()
        #expect(late.status == 503 && late.fields["retry-after"] != nil && late.closes)
        try listener.scratch.write("", to: listener.scratch.folder + "/go")
        #expect(try first.answer().status == 200)
        #expect(try listener.started.wait().code == 0)
    }

    @Test func aDrainThatTakesTooLongAndASecondSignal() throws {
        let one = try Listener(nil, ["--drain", "200ms"], onboard: LifeTests.held, state: Listener.emptyState)
        let two = try Listener(nil, onboard: LifeTests.held, state: Listener.emptyState)
        for listener in [one, two] {
            let caller = try listener.caller()
            try caller.send(Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(0))))
            try until(seconds: 60, "the child") { Files.exists(listener.scratch.folder + "/running") }
        }
        one.signal(SIGTERM)
        #expect(try one.started.wait().code == 75)
        two.signal(SIGINT)
        try until(seconds: 60, "the drain") { two.started.errors.contains("ending") }
        #expect(!two.started.hasEnded)
        two.signal(SIGTERM)
        #expect(try two.started.wait().code == 128 + SIGTERM)
    }

    @Test func hangUpReadsTokenAndSettingsAgain() throws {
        let scratch = try Scratch()
        let file = scratch.folder + "/token"
        try scratch.write(Listener.token + "\n", to: file)
        let listener = try Listener(scratch, ["--token-file", file], onboard: Listener.existing, state: Listener.emptyState, limits: true)
        let caller = try listener.caller()
        try caller.send(Listener.request("GET", "/metrics"))
        #expect(try caller.answer().status == 200)
        let new = "another-token-of-some-length"
        try scratch.write(new, to: file)
        try scratch.write(#"{webhook: {rate: "1/1h"}}"#, to: scratch.state + "/dcb.json")
        listener.signal(SIGHUP)
        try until(seconds: 60, "the new token") { listener.started.errors.contains("read again") }
        // On the same connection: the old one no longer, the new one now, and the new rate.
        for (token, status) in [(Listener.token, 403), (new, 404), (new, 429)] {
            try caller.send(Listener.request("GET", "/onboarding/state/+15551230001", token: token))
            #expect(try caller.answer().status == status)
        }
        // A weak one changes nothing.
        try scratch.write("weak", to: file)
        listener.signal(SIGHUP)
        try until(seconds: 60, "the refusal") { listener.started.errors.contains("weak-token") }
        try caller.send(Listener.request("GET", "/metrics", token: new))
        #expect(try caller.answer().status == 200)
        #expect(!listener.started.errors.contains(new))
    }

    /// Killed with a group running: its users are done, undone or resumed; the next call for each gives one agent.
    @Test func killed() throws {
        let scratch = try Scratch()
        for round in 0..<3 {
            let listener = try Listener(scratch)
            let callers = try (0..<6).map { _ in try listener.caller() }
            for (n, caller) in callers.enumerated() {
                try caller.send(Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(round * 6 + n))))
            }
            try until(seconds: 60, "a child") { !listener.children.isEmpty }
            Clock.sleep(milliseconds: round * 30)
            listener.signal(SIGKILL)
            _ = try listener.started.wait()
        }
        let listener = try Listener(scratch)
        for n in 0..<18 {
            let reply = try listener.onboard(Scratch.phone(n))
            #expect(reply.status == 201 || reply.status == 200, "\(n): \(reply)")
        }
        let rows = try scratch.run("dcb-state", ["list"]).documents
        #expect(rows.count == 18 && Set(rows.compactMap { $0.text("agentId") }).count == 18)
        let bindings = try scratch.configValue().at("bindings")?.arrayValue ?? []
        #expect(bindings.count == 18)
        #expect(try scratch.configValue().at("agents", "entries")?.objectValue?.count == 19)
        #expect(try scratch.run("dcb-state", ["claims"]).documents.isEmpty)
    }

    /// A caller on a Unix socket goes away for good while its request is carried out: nobody spins over it.
    @Test func callersOfAUnixSocketThatGoAway() throws {
        let scratch = try Scratch()
        let path = scratch.folder + "/s"
        let listener = try Listener(scratch, onboard: LifeTests.held, state: Listener.emptyState, listen: "unix:\(path)")
        do {
            let caller = try Caller(path: path)
            try caller.send(Listener.request("POST", "/webhook/onboarding", body: Listener.document("+15551230001")))
            try until(seconds: 60, "the child") { Files.exists(scratch.folder + "/running") }
        }
        let before = try Listener.processorTicks(listener.pid)
        Clock.sleep(milliseconds: 1500)
        #expect(try Listener.processorTicks(listener.pid) - before < 40)
        try scratch.write("", to: scratch.folder + "/go")
        try until(seconds: 60, "the line") { listener.requests.contains { $0["status"]?.intValue == 200 && $0["aborted"]?.boolValue == true } }
    }

    /// The caller goes away; the work does not.
    @Test func callersThatGoAway() throws {
        let scratch = try Scratch()
        let listener = try Listener(scratch)
        do {
            let callers = try (0..<8).map { _ in try listener.caller() }
            for (n, caller) in callers.enumerated() {
                try caller.send(Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(n))))
            }
            try until(seconds: 60, "all of them") { try listener.metric("connections") >= 8 }
        }
        try until(seconds: 90, "eight users") { try scratch.run("dcb-state", ["list"]).documents.count == 8 }
        try until(seconds: 60, "eight lines") { listener.requests.filter { $0["status"]?.intValue == 201 }.count == 8 }
    }

    // MARK: health and confirmation

    @Test func healthTellsOfTheRecord() throws {
        let state = #"""
            if [ "$1" = check ]; then [ -e "$(dirname "$0")/ill" ] && { echo '{"ok":false,"findings":[{"id":"damaged","detail":"d"}]}'; exit 1; }; echo '{"ok":true,"findings":[]}'; fi
            """#
        let scratch = try Scratch()
        try scratch.write("", to: scratch.folder + "/ill")
        let listener = try Listener(scratch, onboard: Listener.existing, state: state)
        let ill = try listener.ask("GET", "/health", token: nil)
        #expect(ill.status == 503 && ill.object.text("error")?.contains("damaged") == true && ill.fields["retry-after"] != nil)
        try Files.remove(scratch.folder + "/ill")
        // It looks every ten seconds.
        try until(seconds: 90, "its recovery") { try listener.ask("GET", "/health", token: nil).status == 200 }
    }

    /// With a gateway known every group that made someone is asked for, in the background, and groups keep their distance.
    @Test func confirmationAndSettling() throws {
        let created = Listener.existing.replacing("existing", with: "created")
        let bind = #"""
            echo "$@" > "$(dirname "$0")/asked.words"; cat >> "$(dirname "$0")/asked"; while [ ! -e "$(dirname "$0")/go" ]; do sleep 0.01; done
            """#
        let listener = try Listener(
            nil, ["--gateway", "ws://127.0.0.1:1", "--settle", "2s"], onboard: "date +%s%N >> \"$(dirname \"$0\")/times\"\n" + created,
            state: Listener.emptyState, bind: bind)
        let scratch = listener.scratch
        // The confirmation of the first group runs on, and the second group does not wait for it.
        #expect(try listener.onboard(Scratch.phone(1)).status == 201)
        #expect(try listener.onboard(Scratch.phone(2)).status == 201)
        try until(seconds: 60, "the question") { try Files.readIfPresent(scratch.folder + "/asked.words")?.last == 10 }
        #expect(try scratch.text(scratch.folder + "/asked.words").hasPrefix("--ask --wait "))
        #expect(try scratch.text(scratch.folder + "/asked.words").contains("--gateway ws://127.0.0.1:1"))
        try scratch.write("", to: scratch.folder + "/go")
        try until(seconds: 60, "the second question") { try scratch.text(scratch.folder + "/asked").contains(Scratch.phone(2)) }
        let times = try scratch.text(scratch.folder + "/times").split(separator: "\n").compactMap { Int($0) }
        #expect(times.count == 2 && times[1] - times[0] >= 1_000_000_000)
        #expect(try listener.ask("GET", "/health").status == 200)
    }

    @Test func withoutAGatewayNobodyIsAsked() throws {
        let listener = try Listener(
            nil, onboard: Listener.existing.replacing("existing", with: "created"), state: Listener.emptyState, bind: "touch \"$(dirname \"$0\")/asked\"")
        #expect(try listener.onboard(Scratch.phone(1)).status == 201)
        #expect(try listener.onboard(Scratch.phone(2)).status == 201)
        #expect(!Files.exists(listener.scratch.folder + "/asked"))
    }
}
