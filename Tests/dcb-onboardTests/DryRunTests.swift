import JSON
import Platform
import TestSupport
import Testing

/// A dry run says what the run would come to.
@Suite struct DryRunTests {
    /// The exit code and the problems of a step, dry and then real, which must be the same.
    private func both(_ scratch: Scratch, _ command: String, _ words: [String] = [], _ documents: [Object]) throws -> Output {
        let before = try scratch.picture()
        let dry = try scratch.step(command, ["-n"] + words, documents)
        #expect(try scratch.picture() == before)
        let real = try scratch.step(command, words, documents)
        #expect(dry.code == real.code && dry.documents.count == real.documents.count, "\(command) \(words): dry \(dry.code), real \(real.code) \(dry.err)")
        #expect(dry.problems.compactMap { $0.text("problem") } == real.problems.compactMap { $0.text("problem") })
        return real
    }

    /// Somebody began, and died.
    @Test(arguments: [[], ["--undo"]]) func aClaimThatMayBeTakenOver(_ words: [String]) throws {
        let scratch = try Scratch()
        try scratch.step("dcb-state", ["claim", "--lease", "1s"], [["phone": .string(Scratch.phone(1))]])
        Clock.sleep(milliseconds: 1100)
        #expect(try both(scratch, "dcb-onboard", words, [["phone": .string(Scratch.phone(1))]]).code == 0)
    }

    /// Its removal is finished first, and then it gets a new agent.
    @Test func anUnfinishedRemoval() throws {
        let scratch = try Scratch()
        try scratch.onboarded(Scratch.phone(1))
        try scratch.step("dcb-state", ["claim", "--removal", "--lease", "1s"], [["phone": .string(Scratch.phone(1))]])
        Clock.sleep(milliseconds: 1100)
        let output = try both(scratch, "dcb-onboard", [], [["phone": .string(Scratch.phone(1))]])
        #expect(output.code == 0 && output.document.text("outcome") == "created", "\(output.err)")
    }

    @Test(arguments: [true, false]) func thePhoneTwice(_ hasRecord: Bool) throws {
        let scratch = try Scratch()
        if hasRecord { try scratch.run("dcb-state", ["init"]) }
        let line = "{\"phone\":\"\(Scratch.phone(1))\"}\\n"
        for dry in ["-n", ""] {
            let output = try scratch.shell(
                "printf '\(line)\(line)' | dcb-state claim \(dry) | dcb-create-agent \(dry) | dcb-bind \(dry) | dcb-state commit \(dry)")
            #expect(output.code == 0 && output.documents.count == 2, "\(output.err)")
            #expect(Set(output.documents.compactMap { $0.text("agentId") }).count == 1)
        }
    }

    @Test func noTemplates() throws {
        let scratch = try Scratch()
        let claimed = try scratch.claimed(Scratch.phone(1))
        try Files.makeDirectories(scratch.folder + "/empty")
        let output = try both(scratch, "dcb-create-agent", ["--templates", scratch.folder + "/empty"], [claimed])
        #expect(output.code == 78 && output.problem == "template-missing")
    }

    /// What the check of the edited file objects to.
    @Test func anAgentThatWasWeakened() throws {
        let scratch = try Scratch()
        let first = try scratch.bound(Scratch.phone(1))
        try scratch.weaken(first.text("agentId") ?? "")
        let second = try scratch.claimed(Scratch.phone(2))
        let output = try both(scratch, "dcb-create-agent", [], [first, second])
        // The other one of the group is served.
        #expect(output.code == 78 && output.problems.map { $0.text("problem") } == ["agent-not-sandboxed"])
        #expect(output.documents.map { $0.text("phone") } == [Scratch.phone(2)])
    }

    /// Of a config that OpenClaw refuses nothing is taken out.
    @Test(arguments: ["dcb-bind", "dcb-create-agent"]) func anUndoInABrokenConfig(_ step: String) throws {
        let scratch = try Scratch()
        let made = try scratch.made(Scratch.phone(1))
        let document = step == "dcb-bind" ? try scratch.only(try scratch.step("dcb-bind", [], [made])) : made
        try scratch.write(try scratch.configText().replacing("\"agents\"", with: "\"agentz\""), to: scratch.config)
        #expect(try both(scratch, step, ["--undo"], [document]).problem == "config-invalid")
    }
}
