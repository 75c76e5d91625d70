import JSON
import Platform
import TestSupport
import Testing

/// Taking back: config as before, folders and password in the trash, nothing lost.
@Suite struct UndoTests {
    private func password(_ scratch: Scratch, _ agent: String) throws -> String? {
        try scratch.configValue().at("agents", "entries", agent, "sandbox", "docker", "env", "GOG_KEYRING_PASSWORD")?.stringValue
    }

    private func kept(_ place: String) throws -> String? {
        let entry = try Value(parsing: try Files.read(place + "/entry.json"))
        return entry.at("sandbox", "docker", "env", "GOG_KEYRING_PASSWORD")?.stringValue
    }

    @Test func whatGoesToTheTrash() throws {
        let scratch = try Scratch()
        let made = try scratch.made(Scratch.phone(1))
        let agent = made.text("agentId") ?? ""
        let password = try #require(try password(scratch, agent))
        try scratch.write("mine", to: "\(scratch.state)/workspace-\(agent)/notes.txt")
        try Files.makeDirectories("\(scratch.state)/agents/\(agent)/sessions")
        let undone = try scratch.only(try scratch.step("dcb-create-agent", ["--undo"], [made]))
        #expect(undone["agentRemoved"] == true)
        let place = try #require(undone.text("trash"))
        #expect(place.hasPrefix("\(scratch.state)/trash/\(agent)-"))
        #expect(try kept(place) == password)
        #expect(try Files.status(place + "/entry.json")?.permissions == 0o600)
        #expect(try Files.status(place)?.permissions == 0o700)
        #expect(try scratch.text(place + "/workspace/notes.txt") == "mine")
        #expect(Files.exists(place + "/agent/sessions"))
        #expect(try scratch.configText() == Scratch.plainConfig)
        #expect(try Files.list(scratch.state + "/agents").isEmpty)
        #expect(!Files.exists("\(scratch.state)/workspace-\(agent)"))
        // Twice is once, and says so.
        let again = try scratch.only(try scratch.step("dcb-create-agent", ["--undo"], [made]))
        #expect(again["agentRemoved"] == false)
        #expect(again.text("trash") == nil)
        #expect(try Files.list(scratch.state + "/trash").count == 1)
        try scratch.only(try scratch.step("dcb-state", ["release"], [made]))
    }

    /// A removal that is killed half-way leaves nothing half-made among what is kept, and what it leaves goes with the next work on that agent.
    @Test func thePlaceInTheTrashAppearsWhole() throws {
        let scratch = try Scratch()
        let made = try scratch.made(Scratch.phone(1))
        let agent = made.text("agentId") ?? ""
        let half = "\(scratch.state)/.dcb/staging/workspace-\(agent).trash"
        for words in [[], ["--undo", "--now", "2026-01-01T00:00:00Z"]] {
            try Files.makeDirectories(half)
            try scratch.write("{", to: half + "/entry.json")
            try Files.makeDirectories(scratch.state + "/trash")
            let watch = try RenameWatch(folder: scratch.state + "/trash", name: "\(agent)-20260101T000000Z")
            try scratch.only(try scratch.step("dcb-create-agent", words, [made]))
            #expect(try watch.count() == (words.isEmpty ? 0 : 1))
            #expect(try Files.list(scratch.state + "/.dcb/staging").isEmpty)
        }
        #expect(try Files.list("\(scratch.state)/trash/\(agent)-20260101T000000Z").sorted() == ["agent", "entry.json", "workspace"])
    }

    /// One agent made and taken back again and again, within one second and later: each time all of it goes, and no earlier password is overwritten.
    @Test(
        arguments: [
            ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"], ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-02T00:00:01Z"],
        ], [false, true])
    func againAndAgain(_ times: [String], _ loses: Bool) throws {
        let scratch = try Scratch()
        let made = try scratch.made(Scratch.phone(1))
        let agent = made.text("agentId") ?? ""
        var passwords: Set<String> = []
        for time in times {
            try scratch.only(try scratch.step("dcb-create-agent", [], [made]))
            passwords.insert(try #require(try password(scratch, agent)))
            // Somebody has removed the workspace by hand.
            if loses { try Files.removeTree("\(scratch.state)/workspace-\(agent)") }
            let output = try scratch.step("dcb-create-agent", ["--undo", "--now", time], [made])
            #expect(output.code == 0, "\(output.err)")
            #expect(!Files.exists("\(scratch.state)/workspace-\(agent)"))
            #expect(!Files.exists("\(scratch.state)/agents/\(agent)"))
            #expect(try scratch.configText() == Scratch.plainConfig)
        }
        var found: Set<String> = []
        for name in try Files.list(scratch.state + "/trash") { if let one = try kept("\(scratch.state)/trash/\(name)") { found.insert(one) } }
        #expect(found == passwords)
        try scratch.only(try scratch.step("dcb-state", ["release"], [made]))
    }

    @Test func undoOfWhatWasNeverDone() throws {
        let scratch = try Scratch()
        let claimed = try scratch.claimed(Scratch.phone(1))
        let before = try scratch.picture()
        let output = try scratch.only(try scratch.step("dcb-create-agent", ["--undo"], [claimed]))
        #expect(output["agentRemoved"] == false)
        #expect(try scratch.picture() == before)
    }

    /// The password of its keyring is nowhere else: the entry goes when the trash has it, and not before.
    @Test func aTrashThatCannotBeMade() throws {
        let scratch = try Scratch()
        let made = try scratch.made(Scratch.phone(1))
        let kept = try password(scratch, made.text("agentId") ?? "")
        try scratch.write("", to: scratch.state + "/trash")
        let before = try scratch.picture()
        let output = try scratch.step("dcb-create-agent", ["--undo"], [made])
        #expect(output.code == 74, "\(output.code) \(output.err)")
        #expect(try scratch.picture() == before)
        #expect(try password(scratch, made.text("agentId") ?? "") == kept && kept != nil)
        try Files.remove(scratch.state + "/trash")
        #expect(try scratch.only(try scratch.step("dcb-create-agent", ["--undo"], [made]))["agentRemoved"] == true)
    }

    @Test func whatIsBoundIsNotRemoved() throws {
        let scratch = try Scratch()
        let bound = try scratch.bound(Scratch.phone(1))
        let before = try scratch.picture()
        let output = try scratch.step("dcb-create-agent", ["--undo"], [bound])
        #expect(output.code == 65)
        #expect(output.problem == "not-ready")
        #expect(try scratch.picture() == before)
    }

    /// Another agent whose id begins like ours keeps its trash.
    @Test func purgeTakesNobodyElses() throws {
        let scratch = try Scratch()
        let phone = Scratch.phone(1)
        let agent = try scratch.onboarded(phone)
        let others = ["\(agent)-x-20260101T000000Z", "\(agent)x-20260101T000000Z", "user_other-20260101T000000Z", "notes"]
        for other in others { try Files.makeDirectories("\(scratch.state)/trash/\(other)") }
        try scratch.only(try scratch.step("dcb-onboard", ["--undo"], [["phone": .string(phone)]]))
        let second = try scratch.onboarded(phone)
        #expect(second != agent)
        #expect(try Files.list(scratch.state + "/trash").count == others.count + 1)
        let removing = try scratch.only(try scratch.step("dcb-state", ["claim", "--removal"], [["phone": .string(phone)]]))
        try scratch.step("dcb-bind", ["--undo"], [removing])
        let output = try scratch.step("dcb-create-agent", ["--undo", "--purge"], [removing])
        #expect(output.code == 0, "\(output.err)")
        #expect(try Files.list(scratch.state + "/trash") == others.sorted())
        try scratch.only(try scratch.step("dcb-state", ["commit"], [removing]))
    }

    /// Files that are there are the person's own.
    @Test func existingFilesStay() throws {
        let scratch = try Scratch()
        let made = try scratch.made(Scratch.phone(1))
        let workspace = made.text("workspace") ?? ""
        try scratch.write("my own", to: workspace + "/AGENTS.md")
        try Files.remove(workspace + "/SOUL.md")
        try scratch.only(try scratch.step("dcb-create-agent", [], [made]))
        #expect(try scratch.text(workspace + "/AGENTS.md") == "my own")
        #expect(try scratch.text(workspace + "/SOUL.md").isEmpty == false)
        #expect(try Files.list(workspace) == ["AGENTS.md", "MEMORY.md", "SOUL.md", "USER.md"])
    }

    /// Nothing is written through a link that stands where ours should be.
    @Test(arguments: ["workspace-ID", "agents/ID", "agents/ID/agent"])
    func linksInThePlaceOfFolders(_ place: String) throws {
        for dangling in [false, true] {
            let scratch = try Scratch()
            let claimed = try scratch.claimed(Scratch.phone(1))
            let victim = scratch.folder + "/victim"
            if !dangling { try Files.makeDirectory(victim) }
            let link = "\(scratch.state)/\(place.replacing("ID", with: claimed.text("agentId") ?? ""))"
            try Files.makeDirectories(Path.parent(link))
            try scratch.run("/bin/ln", ["-s", victim, link])
            let output = try scratch.step("dcb-create-agent", [], [claimed])
            let undo = try scratch.step("dcb-create-agent", ["--undo"], [claimed])
            if dangling { #expect(!Files.exists(victim)) } else { #expect(try Files.list(victim).isEmpty, "\(place): \(output.err)\(undo.err)") }
            #expect(output.code == 73, "\(place): \(output.err)")
            #expect(try scratch.configText() == Scratch.plainConfig)
            #expect(try Files.status(link, followLinks: false)?.isSymbolicLink == true || undo.code == 0)
        }
    }

    @Test func linksInThePlaceOfFiles() throws {
        let scratch = try Scratch()
        let claimed = try scratch.claimed(Scratch.phone(1))
        let workspace = "\(scratch.state)/workspace-\(claimed.text("agentId") ?? "")"
        try Files.makeDirectory(workspace)
        try scratch.write("victim", to: scratch.folder + "/victim")
        try scratch.run("/bin/ln", ["-s", scratch.folder + "/victim", workspace + "/AGENTS.md"])
        try scratch.run("/bin/ln", ["-s", scratch.folder + "/nothing", workspace + "/SOUL.md"])
        try scratch.step("dcb-create-agent", [], [claimed])
        #expect(try scratch.text(scratch.folder + "/victim") == "victim")
        #expect(!Files.exists(scratch.folder + "/nothing"))
        #expect(try Files.status(workspace + "/SOUL.md", followLinks: false)?.isSymbolicLink == true)
    }

    /// Without a claim a committed user is mended.
    @Test func aCommittedUsersEntryIsMended() throws {
        let scratch = try Scratch()
        let phone = Scratch.phone(1)
        let agent = try scratch.onboarded(phone)
        let document: Object = ["phone": .string(phone), "agentId": .string(agent)]
        let whole = try scratch.configText()
        try scratch.write(whole.replacing("\"pidsLimit\": 100,", with: ""), to: scratch.config)
        let mended = try scratch.only(try scratch.step("dcb-create-agent", [], [document]))
        #expect(mended["agentCreated"] == false)
        #expect(try scratch.configValue().at("agents", "entries", agent, "sandbox", "docker", "pidsLimit") == 100)
        #expect(try scratch.run("dcb-state", ["check"]).code == 0)
    }
}
