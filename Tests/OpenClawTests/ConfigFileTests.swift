import CommandKit
import JSON
import Onboarding
import Platform
import Testing

@testable import OpenClaw

@Suite struct ConfigFileTests {
    private func add(_ n: Int) -> (inout ConfigEdit) throws(Problem) -> Void {
        { (edit) throws(Problem) in
            let (spec, phone, id) = try Workers.user(n)
            try edit.addAgent(spec)
            try edit.bind(phone, to: id)
        }
    }

    private func leftovers(_ folder: TemporaryFolder) throws -> [String] { try ConfigFile.leftovers(beside: folder.config) }

    @Test func replacesTheFileAndKeepsItsMode() throws {
        let folder = try TemporaryFolder()
        try folder.write(Samples.entries, mode: 0o640)
        let before = try #require(try Files.status(folder.config))
        #expect(try folder.update(add(1)).changed)
        let after = try #require(try Files.status(folder.config))
        #expect(after.permissions == 0o640 && after.inode != before.inode)
        #expect(try Samples.model(folder.read()).agent("user_0000000000000001") != nil)
        #expect(try Files.list(folder.path) == [".dcb", "openclaw.json"])
        #expect(try Files.status(folder.path + "/.dcb")?.permissions == 0o700)
        #expect(try !folder.update(add(1)).changed)
        #expect(try Files.status(folder.config)?.inode == after.inode)
    }

    @Test func oneReplacementForAGroupAndABadDocumentAlone() throws {
        let folder = try TemporaryFolder()
        try folder.write(Samples.entries)
        var refused: [Problem.Kind] = []
        try folder.update { (edit) throws(Problem) in
            refused = []
            for n in 1...50 {
                let (spec, phone, id) = try Workers.user(n)
                do throws(Problem) {
                    if n != 7 { try edit.addAgent(spec) }
                    try edit.bind(phone, to: id)
                } catch { refused.append(error.kind) }
            }
        }
        #expect(refused == [.noSuchAgent])
        let model = try Samples.model(folder.read())
        #expect(model.agents.count == 51 && model.allBindings.count == 49)
        #expect(try model.agentIDs.suffix(2) == [Samples.id(49).text, Samples.id(50).text])
    }

    @Test func aSymbolicLinkIsFollowedAndStays() throws {
        let folder = try TemporaryFolder()
        try Files.makeDirectory(folder.path + "/real")
        try Files.create(folder.path + "/real/there.json", Array(Samples.entries.utf8), mode: 0o600)
        let link = try ChildProcess("/bin/ln", ["-s", "real/there.json", folder.config], environment: [:]).run(input: [], deadline: Deadline(in: 10000))
        #expect(link.status == .exited(0))
        try folder.update(add(1))
        #expect(try Files.status(folder.config, followLinks: false)?.isSymbolicLink == true)
        #expect(try Samples.text(folder.path + "/real/there.json").contains("user_0000000000000001"))
        #expect(try Files.list(folder.path + "/real") == ["there.json"])
        #expect(!Files.exists(folder.config + ".lock"))
        // Led elsewhere between the read and the rename: begun again with what is there.
        try Files.create(folder.path + "/real/other.json", Array(Samples.list.utf8), mode: 0o600)
        var moved = false
        try folder.update(
            durable: { () throws(Problem) in
                if moved { return }
                moved = true
                _ = try? ChildProcess("/bin/ln", ["-sfn", "real/other.json", folder.config], environment: [:]).run(input: [], deadline: Deadline(in: 10000))
            }, add(2))
        #expect(try Samples.text(folder.path + "/real/other.json").contains("user_0000000000000002"))
        #expect(try !Samples.text(folder.path + "/real/there.json").contains("user_0000000000000002"))
    }

    @Test func whatIsNotThereOrNoFileIsSaid() throws {
        let folder = try TemporaryFolder()
        #expect(problem { try folder.update(add(1)) } == .configMissing)
        #expect(try Files.list(folder.path) == [])
        #expect(problem { _ = try ConfigFile.read(folder.config, policy: .builtIn, version: nil) } == .configMissing)
        try Files.makeDirectory(folder.config)
        #expect(problem { try folder.update(add(1)) } == .configInvalid)
        try Files.removeTree(folder.config)
        try folder.write("{dcb: 1}")
        #expect(problem { try folder.update(add(1)) } == .configInvalid)
        #expect(problem { _ = try ConfigFile.read(folder.config, policy: .builtIn, version: nil) } == nil)
        #expect(try folder.read() == "{dcb: 1}")
        try folder.write("")
        #expect(problem { try folder.update(add(1)) } == .configInvalid)
        #expect(try leftovers(folder).isEmpty)
    }

    @Test func aWriterBetweenReadAndRenameIsNotOverwritten() throws {
        let folder = try TemporaryFolder()
        try folder.write(Samples.entries)
        var calls = 0
        try folder.update(
            durable: { () throws(Problem) in
                calls += 1
                // The first time by a rename, the second in place and within the same size.
                if calls == 1 { try? folder.write(Samples.entries.replacing("18789", with: "18790")) }
                if calls == 2, let file = try? Descriptor.open(folder.config, .write) { _ = try? file.write(Array("{ ".utf8), at: 0) }
            }, add(1))
        #expect(calls == 3)
        let text = try folder.read()
        #expect(text.contains("18790") && text.hasPrefix("{ ") && text.contains("user_0000000000000001"))
        #expect(try leftovers(folder).isEmpty)
    }

    @Test func aFileThatChangesAllTheTimeIsGivenUp() throws {
        let folder = try TemporaryFolder()
        try folder.write(Samples.entries)
        var calls = 0
        let kind = problem {
            try folder.update(
                waitMilliseconds: 1500,
                durable: { () throws(Problem) in
                    calls += 1
                    try? folder.write(Samples.entries.replacing("18789", with: "\(10000 + calls)"))
                }, add(1))
        }
        #expect(kind == .changedMeanwhile && calls > 1)
        #expect(try !folder.read().contains("user_"))
        #expect(try leftovers(folder).isEmpty && !Files.exists(folder.config + ".lock"))
    }

    @Test func theLockIsCheckedBeforeTheRename() throws {
        let folder = try TemporaryFolder()
        try folder.write(Samples.entries)
        var calls = 0
        try folder.update(
            durable: { () throws(Problem) in
                calls += 1
                if calls == 1 { _ = try? Files.remove(folder.config + ".lock") }
            }, add(1))
        #expect(calls == 2)
    }

    @Test func throwingBeforeReplaceAbandons() throws {
        let folder = try TemporaryFolder()
        try folder.write(Samples.entries)
        for step in ["prepare", "durable", "replacing"] {
            let kind = problem {
                _ = try ConfigFile.update(
                    path: folder.config, ownLock: folder.ownLock, policy: .builtIn, version: nil, waitMilliseconds: 1000
                ) { (model) throws(Problem) -> (ConfigEdit, Bool) in
                    var edit = ConfigEdit(model, membersMade: [])
                    try add(1)(&edit)
                    if step == "prepare" { throw Problem(.busy, "prepare") }
                    return (edit, true)
                } durable: { (_, _) throws(Problem) in
                    if step == "durable" { throw Problem(.busy, "durable") }
                } replacing: { (_, _, _) throws(Problem) in
                    throw Problem(.claimLost, "replacing")
                }
            }
            #expect(kind == (step == "replacing" ? .claimLost : .busy))
            #expect(try folder.read() == Samples.entries)
            #expect(try Files.list(folder.path) == [".dcb", "openclaw.json"])
        }
    }

    @Test func anEmptyEditStillLetsTheRecordBeCompleted() throws {
        let folder = try TemporaryFolder()
        try folder.write(Samples.entries)
        var calls = ""
        let result = try ConfigFile.update(
            path: folder.config, ownLock: folder.ownLock, policy: .builtIn, version: nil, waitMilliseconds: 1000
        ) { (model) throws(Problem) -> (ConfigEdit, Int) in
            (ConfigEdit(model, membersMade: []), 7)
        } durable: { (_, _) throws(Problem) in
            calls += "durable "
        } replacing: { (_, _, replace) throws(Problem) in
            try replace()
            calls += "recorded"
        }
        #expect(calls == "recorded" && result.value == 7 && !result.changed)
        #expect(try result.path == Files.resolve(folder.config))
    }

    @Test func waitsForOpenClawsLock() throws {
        let folder = try TemporaryFolder()
        try folder.write(Samples.entries)
        let own = ProcessIdentity.current
        try Files.create(folder.config + ".lock", Array(OpenClawLockTests.payload(pid: own.pid, start: own.startTicks).utf8), mode: 0o600)
        #expect(problem { try folder.update(waitMilliseconds: 200, add(1)) } == .configLocked)
        try Files.remove(folder.config + ".lock")
        #expect(problem { try folder.update(waitMilliseconds: 60_000, add(1)) } == nil)
    }

    @Test func aFileThatIsMountedByItselfIsSaid() throws {
        let folder = try TemporaryFolder()
        try folder.write(Samples.entries)
        try Files.create(folder.path + "/source", Array(Samples.entries.utf8), mode: 0o600)
        let mount = try? ChildProcess("/bin/mount", ["--bind", folder.path + "/source", folder.config], environment: [:]).run(
            input: [], deadline: Deadline(in: 10000))
        guard mount?.status == .exited(0) else {
            print("skipped: mounting is not allowed here")
            return
        }
        defer { _ = try? ChildProcess("/bin/umount", [folder.config], environment: [:]).run(input: [], deadline: Deadline(in: 10000)) }
        do {
            try folder.update(add(1))
            Issue.record("replaced a mounted file")
        } catch {
            #expect(error.kind == .cannotReplace && error.hint.contains("mount the folder"))
        }
        #expect(try leftovers(folder).isEmpty)
    }

    @Test(arguments: ["die-prepare", "die-durable", "die-before", "die-after"])
    func aKilledDcbBlocksNobody(_ role: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(Samples.entries)
        #expect(try Workers.run(folder, [role]))
        #expect(Files.exists(folder.config + ".lock"))
        #expect(try folder.read().contains("user_000000000000004d") == (role == "die-after"))
        let began = Clock.monotonicMilliseconds
        #expect(try folder.update(add(1)).changed)
        // Half the wait: it did not wait for the dead.
        #expect(Clock.monotonicMilliseconds - began < 2500)
        #expect(!Files.exists(folder.config + ".lock"))
        #expect(try leftovers(folder).isEmpty)
    }

    @Test func eightProcessesLoseNothing() throws {
        let folder = try TemporaryFolder()
        try folder.write(Samples.list)
        #expect(try Workers.run(folder, Array(repeating: "update", count: 8)))
        let model = try Samples.model(folder.read())
        #expect(model.agents.count == 1 + 8 * Workers.rounds && model.allBindings.count == 8 * Workers.rounds)
        #expect(Set(model.agentIDs).count == model.agents.count)
        #expect(try leftovers(folder).isEmpty)
        #expect(Validity.findings(model.document, .newest).isEmpty)
    }
}
