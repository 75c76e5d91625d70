import JSON
import Platform
import TestSupport
import Testing

/// Documents that somebody has written by hand between two steps: what a step believes of them binds nobody to another's agent and removes nobody's folder.
/// Other phones and agents in them are tried in ProvisioningTests/AuthorityTests.
@Suite struct ForgedTests {
    /// The fence of a document that mends a committed row is compared with nothing: it must not become part of a path.
    @Test(arguments: ["../../../evil", "a/b", "../x", ".", "..", "", "x\u{0}y", String(repeating: "f", count: 300), "0123456789ABCDEF", "mend"])
    func aFenceIsNoPath(_ fence: String) throws {
        let scratch = try Scratch()
        let phone = Scratch.phone(1)
        let agent = try scratch.onboarded(phone)
        let other = try scratch.onboarded(Scratch.phone(2))
        let before = try scratch.tree(scratch.folder)
        try Files.removeTree("\(scratch.state)/workspace-\(agent)")
        // Were the name taken as it is, this would be a folder on the way.
        try Files.makeDirectories("\(scratch.state)/.dcb/staging/workspace-\(agent).")
        let output = try scratch.step("dcb-create-agent", [], [["phone": .string(phone), "agentId": .string(agent), "fence": .string(fence)]])
        #expect(output.code == 0, "\(output.err)")
        #expect(try scratch.tree(scratch.folder) == before, "\(fence)")
        #expect(Files.exists("\(scratch.state)/workspace-\(other)/AGENTS.md"))
    }

    static let steps: [(String, [String])] = [
        ("dcb-create-agent", []), ("dcb-bind", []), ("dcb-bind", ["--ask"]), ("dcb-state", ["commit"]), ("dcb-bind", ["--undo"]),
        ("dcb-create-agent", ["--undo"]), ("dcb-create-agent", ["--undo", "--purge"]), ("dcb-state", ["release"]), ("dcb-state", ["claim"]),
        ("dcb-state", ["update"]), ("dcb-state", ["handover"]), ("dcb-state", ["cancel"]),
    ]

    /// What is believed is a string: anything else of that name is refused, or has no effect.
    @Test(arguments: ["phone", "agentId", "fence", "claim", "name", "email", "language", "requestId", "status"])
    func membersOfAnotherType(_ member: String) throws {
        let scratch = try Scratch()
        try scratch.onboarded(Scratch.phone(2))
        let claimed = try scratch.claimed(Scratch.phone(1))
        let before = try scratch.picture()
        let values: [Value] = [
            .null, true, 7, 15_550_000_001, [], [claimed[member] ?? "x"], [:], ["e164": claimed[member] ?? "x"], "", "null", "\u{0}", "user_", "-x", "--purge",
        ]
        for (command, arguments) in ForgedTests.steps where arguments != ["claim"] || member == "phone" {
            for value in values {
                let isText = value.stringValue != nil
                if isText, ["name", "language", "claim", "requestId", "status"].contains(member) { continue }
                // A step may have its lawful effect when the member is none of its business.
                let document = claimed.with([member: value, "fence": member == "fence" ? value : "0000000000000000"])
                let output = try scratch.step(command, arguments, [document])
                #expect([0, 1, 65, 75, 78].contains(output.code), "\(command) \(arguments) \(member) \(value): \(output.err)")
                #expect(try scratch.picture() == before, "\(command) \(arguments) \(member) \(value)")
            }
        }
    }

    /// Where things are is what the settings say, never what the document does.
    @Test func placesInADocument() throws {
        let scratch = try Scratch()
        let other = try scratch.onboarded(Scratch.phone(2))
        let bound = try scratch.bound(Scratch.phone(1))
        let theirs = "\(scratch.state)/workspace-\(other)"
        let lies: Object = [
            "workspace": .string(theirs), "agentDir": .string("\(scratch.state)/agents/\(other)/agent"), "trash": .string(theirs),
            "config": ["path": .string(scratch.folder + "/elsewhere.json"), "changed": true], "binding": ["agentId": .string(other)],
            "routedTo": ["config": .string(other), "gateway": .string(other)], "entry": ["workspace": .string(theirs)], "dryRun": true, "purge": true,
            "stateDir": .string(scratch.folder), "unbound": true, "agentRemoved": true, "bound": true, "agentCreated": true,
        ]
        let theirFiles = try scratch.tree(theirs)
        let forged = bound.with(lies)
        try scratch.only(try scratch.step("dcb-create-agent", [], [forged]))
        try scratch.only(try scratch.step("dcb-bind", [], [forged]))
        try scratch.only(try scratch.step("dcb-bind", ["--undo"], [forged]))
        try scratch.only(try scratch.step("dcb-create-agent", ["--undo", "--purge"], [forged]))
        try scratch.only(try scratch.step("dcb-state", ["release"], [forged]))
        #expect(try scratch.tree(theirs) == theirFiles)
        #expect(!Files.exists(scratch.folder + "/elsewhere.json"))
        #expect(try scratch.configValue().at("agents", "entries", other) != nil)
        #expect(try scratch.run("dcb-state", ["check"]).code == 0)
        #expect(try scratch.run("dcb-reconcile").document["summary"]?.at("error") == 0)
    }

    /// A commit that lies about what was done, an undo that lies about what is there.
    @Test func whatWasDoneIsInTheRecord() throws {
        let scratch = try Scratch()
        let claimed = try scratch.claimed(Scratch.phone(1))
        let done: Object = ["agentCreated": true, "bound": true, "allowlisted": true, "status": "active", "applied": true, "outcome": "created"]
        let output = try scratch.step("dcb-state", ["commit"], [claimed.with(done)])
        #expect(output.code == 65 && output.problem == "not-ready")
        #expect(try scratch.run("dcb-state", ["list"]).out.isEmpty)
        let bound = try scratch.only(try scratch.step("dcb-bind", [], [try scratch.only(try scratch.step("dcb-create-agent", [], [claimed]))]))
        let released = try scratch.step("dcb-state", ["release"], [bound.with(["unbound": true, "agentRemoved": true, "bound": false])])
        #expect(released.code == 65 && released.problem == "not-ready")
        #expect(try scratch.only(try scratch.step("dcb-state", ["commit"], [bound.with(done)])).text("status") == "new")
    }
}
