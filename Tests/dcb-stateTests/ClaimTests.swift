import JSON
import Platform
import TestSupport
import Testing

@Suite struct ClaimTests {
    private let ask = "{\"phone\":\"+15551230001\"}\n"

    @Test func aNewClaim() throws {
        let scratch = try Scratch(config: nil)
        let output = try scratch.state("claim", input: "{\"x\":1,\"phone\":\"+15551230001\",\"requestId\":\"r\"}\n")
        #expect(output.code == 0)
        #expect(output.document.keys == ["x", "phone", "requestId", "agentId", "claim", "fence"])
        #expect(output.document.text("claim") == "new")
        let agent = output.document.text("agentId") ?? ""
        #expect(agent.hasPrefix("user_") && agent.utf8.count == 21 && agent.utf8.dropFirst(5).allSatisfy { (48...57).contains($0) || (97...102).contains($0) })
        #expect(output.document.text("fence")?.utf8.count == 16)
        let claims = try scratch.state("claims")
        #expect(claims.document.keys == ["phone", "agentId", "kind", "done", "leaseSeconds", "owner"])
        #expect(claims.document.text("kind") == "provision" && claims.document["done"] == [] && claims.document["owner"] == .null)
        #expect((50...60).contains(claims.document["leaseSeconds"]?.intValue ?? 0))
    }

    /// A second claim is refused while the first lives, and takes it over when its lease is past: the agent stays, the fence does not.
    @Test func busyThenResumed() throws {
        let scratch = try Scratch(config: nil)
        let first = try scratch.state("claim", "--lease", "4s", input: ask).document
        let busy = try scratch.state("claim", "--wait", "0s", input: ask)
        #expect(busy.code == 75 && busy.problem == "busy" && busy.out.isEmpty)
        #expect(busy.problems.first?.text("phone") == "+*******0001")
        let second = try scratch.state("claim", "--wait", "60s", input: ask).document
        #expect(second.text("claim") == "resumed")
        #expect(second.text("agentId") == first.text("agentId"))
        #expect(second.text("fence") != first.text("fence"))
        // The late former owner can do nothing.
        let late = "{\"phone\":\"+15551230001\",\"agentId\":\"\(first.text("agentId") ?? "")\",\"fence\":\"\(first.text("fence") ?? "")\"}\n"
        for verb in ["commit", "release"] { #expect(try scratch.state(verb, input: late).problem == "claim-lost") }
        #expect(try scratch.state("claims").documents.count == 1)
    }

    /// The owner's death frees the claim at once, however long its lease; while it lives, it does not.
    @Test func ownersAreJudged() throws {
        let scratch = try Scratch(config: nil)
        let output = try scratch.shell(
            """
            cd "$DIR"; echo '{"phone":"+15551230001"}' > ask; mkfifo hold; cat hold > /dev/null & owner=$!; exec 3> hold
            dcb-state claim --lease 24h --owner-pid $owner < ask
            dcb-state claim --wait 0s < ask; echo "{\\"code\\":$?,\\"owner\\":$owner}"
            dcb-state claims
            kill -9 $owner; wait $owner 2> /dev/null
            dcb-state claim --wait 0s < ask
            """)
        #expect(output.documents.count == 4, "\(output.err)")
        #expect(output.documents.first?.text("claim") == "new")
        #expect(output.documents.dropFirst().first?["code"]?.intValue == 75)
        let owner = output.documents.dropFirst().first?["owner"]?.intValue
        #expect(output.problem == "busy" && output.problems.first?.text("detail")?.contains("pid \(owner ?? 0)") == true)
        #expect(output.documents.dropFirst(2).first?["owner"]?.at("pid")?.intValue == owner)
        #expect(output.documents.last?.text("claim") == "resumed")
    }

    /// The waiter gets it when the owner dies, without being told.
    @Test func aWaiterComesIn() throws {
        let scratch = try Scratch(config: nil)
        let output = try scratch.shell(
            """
            cd "$DIR"; echo '{"phone":"+15551230001"}' > ask; mkfifo hold; cat hold > /dev/null & owner=$!; exec 3> hold
            dcb-state claim --lease 24h --owner-pid $owner < ask > /dev/null
            dcb-state claim --wait 60s < ask 3>&- & waiter=$!
            kill -9 $owner; wait $owner 2> /dev/null; wait $waiter
            """, timeoutSeconds: 90)
        #expect(output.code == 0 && output.document.text("claim") == "resumed")
    }

    @Test func anOwnerThatIsGoneIsNone() throws {
        let scratch = try Scratch(config: nil)
        let output = try scratch.shell("sh -c : & gone=$!; wait $gone; echo '{\"phone\":\"+15551230001\"}' | dcb-state claim --owner-pid $gone")
        #expect(output.code == 64 && output.problem == "usage")
    }

    @Test func existingAndAbsent() throws {
        let scratch = try Scratch()
        let made = try scratch.onboard("+15551230001")
        #expect(Array(made.keys.suffix(4)) == ["status", "createdAt", "updatedAt", "expiresAt"])
        let existing = try scratch.state("claim", input: ask).document
        #expect(existing.keys == ["phone", "agentId", "claim", "status"])
        #expect(existing.text("claim") == "existing" && existing.text("agentId") == made.text("agentId") && existing.text("status") == "new")
        // `existing` passes through commit, and changes nothing.
        let again = try scratch.state("commit", input: String(decoding: Value.object(existing).compact(), as: UTF8.self) + "\n")
        #expect(again.code == 0 && again.document.text("createdAt") == made.text("createdAt"))
        let absent = try scratch.state("claim", "--removal", input: "{\"phone\":\"+15551230002\",\"x\":1}\n")
        #expect(absent.code == 0 && absent.out == "{\"phone\":\"+15551230002\",\"x\":1,\"claim\":\"absent\"}\n")
        for verb in ["commit", "release"] { #expect(try scratch.state(verb, input: absent.out).out == absent.out) }
        #expect(try scratch.state("claims").out.isEmpty)
    }

    /// Removal by the four steps; then the phone may come back with another agent, and its history shows both.
    @Test func removal() throws {
        let scratch = try Scratch()
        let made = try scratch.onboard("+15551230001")
        let output = try scratch.shell(
            "echo '{\"phone\":\"+15551230001\"}' | dcb-state claim --removal | dcb-bind --undo | dcb-create-agent --undo | dcb-state commit")
        #expect(output.code == 0 && output.document.text("claim") == "removal" && output.document.text("status") == "cancelled")
        #expect(try scratch.configText() == Scratch.plainConfig)
        #expect(try scratch.state("get", "+15551230001").document.text("status") == "cancelled")
        let back = try scratch.onboard("+15551230001")
        #expect(back.text("agentId") != made.text("agentId"))
        let history = try scratch.state("history", "+15551230001").documents
        #expect(history.allSatisfy { $0.keys == ["at", "from", "to", "agentId"] })
        #expect(history.map { $0.text("to") } == ["new", "cancelled", "new"])
        #expect(history.map { $0.text("agentId") } == [made, made, back].map { $0.text("agentId") })
        let ledger = try scratch.state("ledger").documents
        #expect(ledger.allSatisfy { $0.keys == ["kind", "agentId", "phone", "madeAt", "removedAt", "how"] })
        #expect(ledger.map { $0.text("kind") } == ["agent", "binding", "allow", "agent", "binding", "allow"])
        #expect(ledger.map { $0["removedAt"] == .null } == [false, false, false, true, true, true])
    }

    /// A cancelled user's agent is still there until the next claim of that phone, which takes it away first.
    @Test func anUnfinishedRemovalIsFinishedFirst() throws {
        let scratch = try Scratch()
        let made = try scratch.onboard("+15551230001")
        #expect(try scratch.state("cancel", "+15551230001").document.text("status") == "cancelled")
        let open = try scratch.state("claims").document
        #expect(open.text("kind") == "removal" && open["done"] == ["agent", "binding", "allow"])
        #expect(try scratch.configText().contains(made.text("agentId") ?? "?"))
        let next = try scratch.state("claim", input: ask)
        #expect(next.code == 0 && next.document.text("claim") == "new")
        #expect(next.document.text("agentId") != made.text("agentId"))
        #expect(try scratch.configText() == Scratch.plainConfig)
        #expect(try !Files.exists(scratch.state + "/workspace-\(#require(made.text("agentId")))"))
        #expect(try scratch.state("check").code == 0)
    }

    @Test func refusalsOfTheEnds() throws {
        let scratch = try Scratch()
        let claimed = try scratch.state("claim", input: ask)
        let early = try scratch.state("commit", input: claimed.out)
        #expect(early.code == 65 && early.problem == "not-ready" && early.out.isEmpty)
        let other = try scratch.state("claim", input: "{\"phone\":\"+15551230002\"}\n").document
        // The phone of one with the agent of another, whatever fence is shown.
        for fence in [claimed.document.text("fence"), other.text("fence"), "0123456789abcdef"] {
            let mixed = "{\"phone\":\"+15551230001\",\"agentId\":\"\(other.text("agentId") ?? "")\",\"fence\":\"\(fence ?? "")\"}\n"
            for verb in ["commit", "release"] {
                let output = try scratch.state(verb, input: mixed)
                #expect(output.code == 65 && output.problem == "agent-belongs-elsewhere" && output.out.isEmpty)
            }
        }
        let made = try scratch.run("dcb-create-agent", input: claimed.out)
        #expect(try scratch.state("release", input: made.out).problem == "not-ready")
        #expect(try scratch.state("commit", input: made.out).problem == "not-ready")
        let undone = try scratch.run("dcb-create-agent", ["--undo"], input: made.out)
        let released = try scratch.state("release", input: undone.out)
        #expect(released.code == 0 && released.document["released"] == true)
        // Twice is once; afterwards there is no claim to commit.
        #expect(try scratch.state("release", input: undone.out).code == 0)
        #expect(try scratch.state("commit", input: made.out).problem == "claim-lost")
        #expect(try scratch.state("release", input: "{\"phone\":\"+15551230009\"}\n").problem == "missing-member")
    }

    @Test func releaseOfTheCommitted() throws {
        let scratch = try Scratch()
        let made = try scratch.onboard("+15551230001")
        let output = try scratch.state("release", input: String(decoding: Value.object(made).compact(), as: UTF8.self) + "\n")
        #expect(output.code == 75 && output.problem == "committed")
        #expect(try scratch.state("get", "+15551230001").document.text("status") == "new")
    }

    /// The same phone twice in a group is one claim; a bad line costs itself only.
    @Test func aGroup() throws {
        let scratch = try Scratch(config: nil)
        let output = try scratch.state(
            "claim",
            input:
                "{\"phone\":\"+15551230001\",\"requestId\":\"a\"}\n{\"phone\":\"555\",\"requestId\":\"b\"}\n\n{\"phone\":\"+15551230001\",\"requestId\":\"c\"}\n{}\n"
        )
        #expect(output.code == 65)
        #expect(output.documents.map { $0.text("requestId") } == ["a", "c"])
        #expect(Set(output.documents.map { $0.text("fence") }).count == 1 && Set(output.documents.map { $0.text("agentId") }).count == 1)
        #expect(output.problems.map { $0.text("problem") } == ["invalid-phone", "missing-member"])
        #expect(output.problems.map { $0["line"]?.intValue } == [2, 5])
        #expect(output.problems.map { $0.text("requestId") } == ["b", nil])
    }

    /// Many at once on one phone: one claim is given, the others are told to wait.
    @Test func oneOfManyGetsIt() throws {
        let scratch = try Scratch(config: nil)
        let output = try scratch.shell(
            "cd \"$DIR\"; echo '{\"phone\":\"+15551230001\"}' > ask; for i in $(seq 20); do { dcb-state claim --wait 0s < ask; echo \"{\\\"code\\\":$?}\"; } & done; wait"
        )
        #expect(output.documents.filter { $0.text("claim") == "new" }.count == 1)
        #expect(output.documents.compactMap { $0["code"]?.intValue }.sorted() == [0] + [Int](repeating: 75, count: 19))
        #expect(output.problems.allSatisfy { $0.text("problem") == "busy" })
    }

    /// One piece of work for both documents: the removal is finished, and the phone claimed once.
    @Test func thePhoneTwiceOverAnUnfinishedRemoval() throws {
        let scratch = try Scratch()
        try scratch.onboarded(Scratch.phone(1))
        try scratch.run("dcb-state", ["cancel", Scratch.phone(1)])
        for words in [["claim", "-n"], ["claim", "--wait", "0s"]] {
            let output = try scratch.step("dcb-state", words, [["phone": "+15550000001", "x": 1], ["phone": "+15550000001", "x": 2]])
            #expect(output.code == 0 && output.documents.map { $0.text("claim") } == ["new", "resumed"], "\(output.err)")
            #expect(output.documents.map { $0["x"] } == [1, 2] && Set(output.documents.compactMap { $0.text("agentId") }).count == 1)
        }
    }

    /// Of a dry pipeline and of a real one.
    @Test(arguments: [("name", "\u{202E}x", "invalid-name"), ("email", "nobody", "invalid-email"), ("language", "../en", "invalid-language")])
    func whatCommitDoesNotTake(_ member: String, _ text: String, _ problem: String) throws {
        let scratch = try Scratch(config: nil)
        let dry = try scratch.step("dcb-state", ["claim", "-n"], [["phone": .string(Scratch.phone(1))]]).document
        #expect(try scratch.step("dcb-state", ["commit", "-n"], [dry.with([member: .string(text)])]).problem == problem)
        let claimed = try scratch.claimed(Scratch.phone(1))
        for words in [["commit", "-n"], ["commit"]] {
            let output = try scratch.step("dcb-state", words, [claimed.with([member: .string(text)])])
            #expect(output.code == 65 && output.problem == problem, "\(words): \(output.err)")
        }
        #expect(try scratch.run("dcb-state", ["get", Scratch.phone(1)]).code == 1)
    }
}
