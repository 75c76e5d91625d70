import JSON
import Platform
import TestSupport
import Testing

/// What goes to a child together, and who is told what of it.
@Suite struct GroupTests {
    /// Waits for the file `go` beside it, then answers as `existing`.
    private static let held = #"""
        touch "$(dirname "$0")/running"; while [ ! -e "$(dirname "$0")/go" ]; do sleep 0.01; done
        """# + "\n" + Listener.existing

    private func go(_ scratch: Scratch) throws { try scratch.write("", to: scratch.folder + "/go") }

    private func untilRunning(_ listener: Listener) throws {
        let mark = listener.scratch.folder + "/running"
        try until(seconds: 60, "the first child") { Files.exists(mark) }
    }

    @Test func whatWaitsGoesTogether() throws {
        let listener = try Listener(nil, onboard: GroupTests.held, state: Listener.emptyState)
        let callers = try (0..<40).map { _ in try listener.caller() }
        try callers[0].send(Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(0))))
        try untilRunning(listener)
        for n in 1..<40 { try callers[n].send(Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(n)))) }
        try until(seconds: 60, "the queue") { try listener.metric("queue") == 39 }
        // The look at the record is a child too, for a moment.
        try until(seconds: 60, "one child") { listener.children.count == 1 }
        try go(listener.scratch)
        for n in 0..<40 {
            let reply = try callers[n].answer()
            #expect(reply.status == 200 && reply.object.text("phone") == Scratch.phone(n))
        }
        let given = try listener.given()
        #expect(given.count == 2 && given.map { $0.split(separator: "\n").count }.sorted() == [1, 39])
        #expect(try listener.metric(#"groups_total{kind="onboarding"}"#) == 2)
        #expect(try listener.metric(#"group_documents_total{kind="onboarding"}"#) == 40)
        let ids = given.flatMap { Output.objects($0) }.compactMap { $0.text("requestId") }
        #expect(Set(ids).count == 40)
    }

    /// Two were answered together and ask again, one a moment after the other: the next group waits for both, a tenth of its time.
    @Test func whoComesBackGoesTogether() throws {
        let listener = try Listener(nil, onboard: "sleep 0.3\n" + Listener.existing, state: Listener.emptyState)
        let callers = try (0..<3).map { _ in try listener.caller() }
        let first = Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(1)))
        let second = Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(2)))
        // The 20 ms may be over before a busy machine has sent both: then once more.
        for _ in 0..<50 {
            let before = try listener.given().count
            try callers[2].send(Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(3))))
            try until(seconds: 60, "the first child") { listener.children.count == 1 }
            for n in 0..<2 { try callers[n].send(n == 0 ? first : second) }
            for caller in callers { #expect(try caller.answer().status == 200) }
            let answered = Clock.monotonicMilliseconds
            try callers[0].send(first)
            // The first one was read before the second one comes.
            try callers[2].send(Listener.request("GET", "/health"))
            #expect(try callers[2].answer().status == 200)
            try callers[1].send(second)
            let isInTime = Clock.monotonicMilliseconds - answered < 10
            for n in 0..<2 { #expect(try callers[n].answer().status == 200) }
            if !isInTime { continue }
            #expect(try listener.given().count == before + 3)
            return
        }
        Issue.record("never was the machine quick enough to tell")
    }

    @Test func theSamePhoneIsOneDocument() throws {
        let created = Listener.existing.replacing("existing", with: "created")
        let listener = try Listener(nil, onboard: GroupTests.held.replacing(Listener.existing, with: created), state: Listener.emptyState)
        let callers = try (0..<20).map { _ in try listener.caller() }
        for (n, caller) in callers.enumerated() {
            try caller.send(Listener.request("POST", "/webhook/onboarding", body: Listener.document(n % 2 == 0 ? "+1 555 000 0001" : "+15550000001")))
            if n == 0 { try untilRunning(listener) }
            if n == 10 { try until(seconds: 60, "eleven callers") { try listener.metric("connections") >= 20 } }
        }
        // All have been read when a later one is answered.
        #expect(try listener.ask("GET", "/health").status == 200)
        try go(listener.scratch)
        #expect(try callers.map { try $0.answer().status }.sorted() == [Int](repeating: 200, count: 19) + [201])
        let given = try listener.given()
        #expect(given.joined().split(separator: "\n").count == 1)
    }

    @Test func readsOfTheRecordGoTogetherAndUpToAsManyAsMayRun() throws {
        let state = #"""
            [ "$1" = check ] && { echo '{"ok":true,"findings":[]}'; exit 0; }
            """# + "\n" + GroupTests.held.replacing(#""outcome":"existing""#, with: #""status":"new""#)
        let listener = try Listener(nil, ["--max-running", "3"], onboard: Listener.existing, state: state)
        let callers = try (0..<12).map { _ in try listener.caller() }
        for n in 0..<12 {
            try callers[n].send(Listener.request("GET", "/onboarding/state/" + Scratch.phone(n)))
            if n < 3 { try until(seconds: 60, "child \(n + 1)") { listener.children.count == n + 1 } }
        }
        try until(seconds: 60, "the queue") { try listener.metric("queue") == 9 }
        try until(seconds: 60, "three children") { listener.children.count == 3 }
        try go(listener.scratch)
        for n in 0..<12 { #expect(try callers[n].answer().object.text("phone_number") == Scratch.phone(n)) }
        let sizes = try listener.given().map { $0.split(separator: "\n").count }
        #expect(sizes.reduce(0, +) == 12 && sizes.count <= 7, "\(sizes)")
    }

    /// One document of the group fails, the others do not notice.
    @Test func oneProblemIsOneCallers() throws {
        let script = #"""
            while read -r line; do
              id=${line##*\"requestId\":\"}; id=${id%%\"*}
              case $line in
                *0000001*) echo '{"problem":"phone-bound-elsewhere","exit":65,"command":"dcb-bind","requestId":"'$id'","detail":"secret of one","hint":"h"}' >&2 ;;
                *0000002*) ;;
                *0000003*) echo '{"problem":"config-locked","exit":75,"command":"dcb-bind","requestId":"'$id'","detail":"d","hint":"h"}' >&2 ;;
                *0000004*) echo '{"problem":"config-shape","exit":78,"command":"dcb-bind","requestId":"'$id'","detail":"/private/place","hint":"h"}' >&2 ;;
                *0000005*) echo '{"problem":"no-such-agent","exit":78,"command":"dcb-bind","requestId":"'$id'","detail":"x","hint":"h"}' >&2
                           echo '{"phone":"+15550000005","agentId":"user_5","outcome":"created","requestId":"'$id'"}' ;;
                *) echo '{"phone":"+15550000009","agentId":"user_9","outcome":"existing","requestId":"'$id'"}'; echo '{"agentId":"user_0","requestId":"w999"}'; echo 'no json' ;;
              esac
            done
            exit 78
            """#
        let listener = try Listener(nil, onboard: script, state: Listener.emptyState)
        let callers = try (0..<7).map { _ in try listener.caller() }
        for n in 0..<7 { try callers[n].send(Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(n)))) }
        let replies = try callers.map { try $0.answer() }
        #expect(replies.map(\.status) == [200, 409, 500, 503, 500, 201, 200])
        #expect(replies[1].body.contains("secret of one") && replies[1].object.text("problem") == "phone-bound-elsewhere")
        for (n, reply) in replies.enumerated() where n != 1 { #expect(!reply.body.contains("secret of one")) }
        #expect(replies[3].fields["retry-after"] != nil)
        // What is wrong here is told to the operator, not to the caller.
        #expect(!replies[4].body.contains("private"))
        try until(seconds: 60, "the line") { listener.started.errors.contains("/private/place") }
    }

    /// The table of COMMANDS.md.
    @Test(arguments: [
        ("illegal-transition", 65, 409), ("phone-bound-elsewhere", 65, 409), ("agent-belongs-elsewhere", 65, 409), ("cancelled", 65, 409),
        ("invalid-email", 65, 400), ("not-ready", 65, 400), ("news-of-tomorrow", 65, 400), ("changed-meanwhile", 75, 409), ("busy", 75, 503),
        ("unfinished", 75, 503),
        ("tomorrow", 75, 503), ("usage", 64, 500), ("helper-missing", 69, 500), ("internal", 70, 500), ("cannot-replace", 73, 500), ("io", 74, 500),
        ("not-owner", 77, 500), ("config-invalid", 78, 500), ("odd", 99, 500),
    ]) func problemsOfADocument(_ name: String, _ exit: Int, _ status: Int) throws {
        let script = #"""
            read -r line; id=${line##*\"requestId\":\"}; id=${id%%\"*}
            echo '{"problem":"NAME","exit":EXIT,"command":"dcb-bind","requestId":"'$id'","detail":"d","hint":"h"}' >&2; exit EXIT
            """#.replacing("NAME", with: name).replacing("EXIT", with: "\(exit)")
        let listener = try Listener(nil, onboard: script, state: Listener.emptyState)
        let reply = try listener.onboard("+15551230001")
        #expect(reply.status == status && (status == 503) == (reply.fields["retry-after"] != nil), "\(reply)")
    }

    @Test(arguments: [
        ("exit 0", 500), ("exit 78", 500), ("kill -9 $$", 500), ("kill -15 $$", 500), ("exit 200", 500), ("echo garbage; cat > /dev/null", 500),
        (#"echo '{"problem":"record-locked","exit":75,"command":"dcb-state","detail":"d","hint":"h"}' >&2; exit 75"#, 503),
        (#"echo '{"problem":"config-missing","exit":78,"command":"dcb-state","detail":"d","hint":"h"}' >&2; exit 78"#, 500),
        (#"sed 's/.*/{"found":true}/'"#, 500), ("yes | head -c 5000000", 500), ("head -c 3000000 /dev/zero", 500), ("yes aaaa >&2", 500),
    ]) func childrenThatSayNothingOfIt(_ script: String, _ status: Int) throws {
        let listener = try Listener(nil, onboard: script, state: Listener.emptyState)
        #expect(try listener.onboard("+15551230001").status == status)
        try until(seconds: 60, "the end of the child") { listener.children.isEmpty }
    }

    /// TERM, and what does not heed it is killed with all it has started.
    @Test func theDeadline() throws {
        let script = #"""
            trap '' TERM; (trap '' TERM; echo $$ > "$(dirname "$0")/leader"; sleep 1000) & sleep 1000; sleep 1000
            """#
        let listener = try Listener(nil, ["--child-timeout", "2s"], onboard: script, state: Listener.emptyState)
        let reply = try listener.onboard("+15551230001")
        #expect(reply.status == 504)
        // The next one waits until that group is gone, and has the same fate.
        #expect(try listener.onboard("+15551230002").status == 504)
        let leader = try #require(Int32(try listener.scratch.text(listener.scratch.folder + "/leader").filter { $0.isNumber }))
        try until(seconds: 60, "the end of the children") { listener.children.isEmpty }
        #expect(leader > 1)
        try until(seconds: 60, "the end of their group") { try !groupHasMembers(of: listener) }
        #expect(try listener.metric(#"children_total{kind="onboarding",outcome="timeout"}"#) == 2)
    }

    /// Whether any process still has the stand-in's path on its command line.
    private func groupHasMembers(of listener: Listener) throws -> Bool {
        for name in try Files.list("/proc") where name.allSatisfy(\.isNumber) {
            let line = (try? Files.read("/proc/\(name)/cmdline")) ?? []
            if String(decoding: line, as: UTF8.self).contains(listener.scratch.folder + "/standin-onboard"),
                !String(decoding: line, as: UTF8.self).contains("dcb-webhook")
            {
                return true
            }
        }
        return false
    }

    @Test func whatAChildIsGiven() throws {
        let script = #"""
            here=$(dirname "$0"); for a in "$@"; do echo "$a"; done > "$here/words"; env | sort > "$here/environment"; ls /proc/self/fd > "$here/descriptors"
            """# + "\n" + Listener.existing
        let scratch = try Scratch()
        let listener = try Listener(
            scratch, ["--config", scratch.config], onboard: script, state: Listener.emptyState,
            environment: ["DCB_DB": "/tmp/x y.db", "DCB_API_TOKEN": "s3cret", "OTHER": "x", "OPENCLAW_PASSWORD": "p", "DCB_GATEWAY_TOKEN_FILE": "/tmp/t"])
        #expect(try listener.onboard("+15551230001; rm -rf /").status == 400)
        #expect(try listener.ask("POST", "/webhook/onboarding", body: #"{"phone":"+15551230001","name":"$(id) `id` ; '\""}"#).status == 200)
        let words = try scratch.text(scratch.folder + "/words")
        #expect(words.contains("--log\njson\n--config\n\(scratch.config)\n"))
        let environment = try scratch.text(scratch.folder + "/environment")
        #expect(
            environment.contains("DCB_DB=/tmp/x y.db\n") && environment.contains("OPENCLAW_STATE_DIR=") && environment.contains("DCB_GATEWAY_TOKEN_FILE=/tmp/t")
        )
        for secret in ["HOOK_TOKEN", Listener.token, "s3cret", "OTHER", "OPENCLAW_PASSWORD"] {
            #expect(!environment.contains(secret) && !words.contains(secret))
        }
        // Three, and the one that ls reads.
        #expect(try scratch.text(scratch.folder + "/descriptors").split(separator: "\n").count == 4)
        #expect(try listener.given().joined().contains(#""name":"$(id) `id` ; '\"""#))
        #expect(try !String(decoding: Files.read("/proc/\(listener.pid)/cmdline"), as: UTF8.self).contains(Listener.token))
    }

    /// Real commands: a phone that cannot be onboarded beside phones that can.
    @Test func aFailingPhoneInARealGroup() throws {
        let config = Scratch.plainConfig.replacing(
            #""bindings": []"#, with: #""bindings": [{"agentId": "main", "match": {"channel": "whatsapp", "peer": {"kind": "direct", "id": "+15550000003"}}}]"#)
        let scratch = try Scratch(config: config)
        let listener = try Listener(scratch)
        let callers = try (0..<8).map { _ in try listener.caller() }
        for n in 0..<8 { try callers[n].send(Listener.request("POST", "/webhook/onboarding", body: Listener.document(Scratch.phone(n)))) }
        for n in 0..<8 {
            let reply = try callers[n].answer()
            #expect(reply.status == (n == 3 ? 409 : 201), "\(n): \(reply)")
            #expect(n == 3 || !reply.body.contains("elsewhere"))
        }
        let listed = try scratch.run("dcb-state", ["list"]).documents
        #expect(listed.count == 7 && !listed.contains { $0.text("phone") == "+15550000003" })
    }
}
