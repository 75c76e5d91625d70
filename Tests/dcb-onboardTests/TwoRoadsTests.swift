import JSON
import Platform
import Testing
import TestSupport

extension OnboardTests {
    /// The pipeline of steps and the orchestrator leave the same state.
    @Suite struct TwoRoads {
        static let pipeline = "dcb-validate | dcb-state claim | dcb-create-agent | dcb-bind | dcb-state commit"
        static let wayBack = "dcb-validate | dcb-state claim --removal | dcb-bind --undo | dcb-create-agent --undo | dcb-state commit"

        static let documents = [
            "{\"phone\":\"+1 (555) 301-0001\"}", "{\"phone\":\"+15553010002\",\"name\":\"Ada\",\"email\":\"ada@example.com\"}",
            "{\"phone\":\"+34611000001\",\"requestId\":\"mine\"}", "{\"phone\":\"+15553010003\",\"language\":\"fr\"}",
        ]

        static let configs = [
            Scratch.plainConfig,
            "{\"gateway\":{\"mode\":\"local\"},\"agents\":{\"list\":[{\"id\":\"main\",\"default\":true}]},\"bindings\":[],\"channels\":{\"whatsapp\":{\"dmPolicy\":\"open\",\"allowFrom\":[\"*\"]}}}",
        ]

        @Test(arguments: configs) func leaveTheSameState(_ config: String) throws {
            let byHand = try Bench(config: config)
            let byOne = try Bench(config: config)
            let now = ["--now", "2026-02-01T03:00:00Z"]
            for document in Self.documents {
                let timed = Self.pipeline.split(separator: " | ").map { "\($0) --now 2026-02-01T03:00:00Z" }.joined(separator: " | ")
                try byHand.scratch.write(document + "\n", to: byHand.scratch.folder + "/in")
                let hand = try byHand.shell("cat \"$DIR/in\" | \(timed)")
                let one = try byOne.run(now, document)
                #expect(hand.code == 0 && one.code == 0, "\(hand.err)\(one.err)")
                var answer = one.document
                #expect(answer.text("outcome") == "created" && answer.text("applied") == "unknown")
                answer["outcome"] = nil
                answer["applied"] = nil
                #expect(try same(answer, byOne) == same(hand.document, byHand))
            }
            #expect(try picture(byHand) == picture(byOne))

            let timed = Self.wayBack.split(separator: " | ").map { "\($0) --now 2026-02-02T03:00:00Z" }.joined(separator: " | ")
            let hand = try byHand.shell("echo '{\"phone\":\"+15553010002\"}' | \(timed)")
            let one = try byOne.run(["--undo", "--now", "2026-02-02T03:00:00Z"], document("+15553010002"))
            #expect(hand.code == 0 && one.code == 0, "\(hand.err)\(one.err)")
            #expect(one.document.text("outcome") == "removed")
            #expect(try picture(byHand) == picture(byOne))
            try byHand.expectValid("by hand")
            try byOne.expectValid("by one")
        }

        /// What is random, and where it is, does not count.
        private func plain(_ text: String, _ bench: Bench) throws -> String {
            var text = text.replacing(bench.scratch.folder, with: "FOLDER")
            let ids = try bench.scratch.run("dcb-state", ["list"]).documents.compactMap { $0.text("agentId") }
            for (index, id) in ids.enumerated() { text = text.replacing(id, with: "user_\(index)") }
            text = text.replacing(/"GOG_KEYRING_PASSWORD": *"[^"]{43}"/, with: "PASSWORD")
            return text.replacing(/"fence":"[0-9a-f]{16}"/, with: "FENCE")
        }

        /// An answer as sorted members: their order is each road's own.
        private func same(_ answer: Object, _ bench: Bench) throws -> [String] {
            try answer.map { "\($0.key)=\(try plain(Value.object([$0.key: $0.value]).text, bench))" }.sorted()
        }

        private func picture(_ bench: Bench) throws -> String {
            var text = try bench.scratch.configText()
            for verb in ["list", "ledger"] { text += try bench.scratch.run("dcb-state", [verb]).out }
            for phone in ["+15553010001", "+15553010002"] { text += try bench.scratch.run("dcb-state", ["history", phone]).out }
            let files = try bench.shell("cd \"$DIR/state\"; find . -path './workspace-*' -o -path './agents*' -o -path './trash*' | xargs stat -c '%A %n'").out
            text += try plain(files, bench).split(separator: "\n").sorted().joined(separator: "\n")
            let contents = try bench.shell("cd \"$DIR/state\"; grep -r '' workspace-* trash").out
            return try plain(text, bench) + plain(contents, bench).split(separator: "\n").sorted().joined(separator: "\n")
        }
    }
}
