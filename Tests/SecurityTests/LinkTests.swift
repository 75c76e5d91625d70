import Glibc
import JSON
import Platform
import TestSupport
import Testing

@testable import Provisioning

/// Links in the place of what we make, and places that change between the look and the deed.
@Suite struct LinkTests {
    /// A lock, its journal and the trail are opened as they are, or not at all.
    @Test(arguments: [".dcb/config.lock", "onboarding.db.lock", "audit/audit.jsonl"]) func noWritingThroughALink(_ name: String) throws {
        let scratch = try Scratch()
        try scratch.onboarded(Scratch.phone(1))
        let precious = scratch.folder + "/precious"
        let place = scratch.state + "/" + name
        for there in [true, false] {
            try Files.remove(precious)
            if there { try scratch.write("precious\n", to: precious) }
            try Files.remove(place)
            #expect(symlink(precious, place) == 0)
            try scratch.step("dcb-onboard", [], [["phone": .string(Scratch.phone(there ? 2 : 3))]])
            if there { #expect(try scratch.text(precious) == "precious\n", "\(name)") } else { #expect(!Files.exists(precious), "\(name)") }
            try Files.remove(place)
        }
        // What stood in the way is gone: nothing is left undone.
        for n in 2...3 { try scratch.onboarded(Scratch.phone(n)) }
        #expect(try scratch.run("dcb-reconcile").document["summary"]?.at("error") == 0)
        #expect(try scratch.run("dcb-state", ["check"]).code == 0)
    }

    /// An agent that swaps a folder of its keyring for a link to another's, again and again: the other's keyring stays where it is.
    @Test func aKeyringThatIsSwappedIsNotFollowed() throws {
        let scratch = try Scratch(config: nil)
        let mine = scratch.state + "/workspace-user_1", other = scratch.state + "/workspace-user_2"
        func fill(_ workspace: String) {
            try? Files.makeDirectories(workspace + "/.gog/data/keyring")
            try? Files.create(workspace + "/.gog/data/keyring/token:a", [1], mode: 0o600, sync: false)
        }
        fill(mine)
        fill(other)
        #expect(symlink(other + "/.gog/data", mine + "/.gog/link") == 0)
        let isOver = Flag()
        let attacker = try WorkerThread { while !isOver.isRaised { try? Files.exchange(mine + "/.gog/data", mine + "/.gog/link") } }
        for round in 0..<(Skip.isLong ? 20_000 : 3000) {
            try? Keyring(workspace: mine).moveAside(suffix: "\(round)")
            fill(mine)
        }
        isOver.raise()
        attacker.join()
        #expect(try Files.list(other + "/.gog/data") == ["keyring"])
        #expect(try Files.list(mine + "/.gog").count == 2)
    }

    /// Its own keyring is another matter.
    @Test func aKeyringIsMovedAside() throws {
        let scratch = try Scratch(config: nil)
        let mine = scratch.state + "/workspace-user_1"
        for place in [".gog/data", ".gog-config/gogcli", ".gog-data/gogcli"] { try Files.makeDirectories("\(mine)/\(place)/keyring") }
        #expect(try !Keyring(workspace: mine).holdsEntries())
        try scratch.write("x", to: mine + "/.gog-data/gogcli/keyring/.lock")
        #expect(try !Keyring(workspace: mine).holdsEntries())
        try scratch.write("x", to: mine + "/.gog-data/gogcli/keyring/token:a")
        #expect(try Keyring(workspace: mine).holdsEntries())
        try Keyring(workspace: mine).moveAside(suffix: "now")
        #expect(try !Keyring(workspace: mine).holdsEntries())
        #expect(try Files.list(mine + "/.gog-data/gogcli") == ["keyring.lost-now"])
        #expect(try !Keyring(workspace: scratch.state + "/nothing").holdsEntries())
    }

    /// In a folder that everybody may write in, somebody has been there first.
    @Test func archivesGoIntoNobodyElsesFolder() throws {
        let scratch = try Scratch()
        try scratch.onboarded(Scratch.phone(1))
        let archives = scratch.folder + "/archives", stolen = scratch.folder + "/stolen"
        try Files.makeDirectories(archives)
        try Files.makeDirectories(stolen)
        for name in [".dcb-backup.lock", ".dcb-backup.tmp"] {
            #expect(symlink(name.hasSuffix("lock") ? stolen + "/lock" : stolen, archives + "/" + name) == 0)
            let output = try scratch.run("dcb-backup", ["create", "--to", archives])
            #expect(try Files.list(stolen).isEmpty, "\(name): \(output.err)")
            try Files.remove(archives + "/" + name)
        }
        #expect(try scratch.run("dcb-backup", ["create", "--to", archives]).code == 0)
    }

    @Test func aStateFolderOfEverybodysIsRefused() throws {
        let scratch = try Scratch()
        for (mode, code) in [(UInt32(0o777), Int32(77)), (0o1777, 77), (0o702, 77), (0o755, 0), (0o700, 0)] {
            try Files.setMode(scratch.state, mode)
            let output = try scratch.run("dcb-onboard", [Scratch.phone(1)])
            #expect(output.code == code, "\(String(mode, radix: 8)): \(output.err)")
            if code != 0 { #expect(output.problem == "not-permitted" && !Files.exists(scratch.state + "/onboarding.db")) }
        }
    }

    /// A pipe or a device where a small file of ours should be keeps nobody waiting.
    @Test(arguments: ["generation", "config.judged", "erasure.key"]) func aPipeInThePlaceOfAFile(_ name: String) throws {
        let scratch = try Scratch()
        try scratch.onboarded(Scratch.phone(1))
        let place = scratch.state + "/.dcb/" + name
        try Files.remove(place)
        #expect(mkfifo(place, 0o600) == 0)
        for words in [
            ["dcb-onboard", Scratch.phone(2)], ["dcb-reconcile", "--check"], ["dcb-onboard", "--undo", "--purge", Scratch.phone(1)], ["dcb-state", "check"],
        ] {
            // Refused or done, but over.
            _ = try scratch.run(words[0], Array(words.dropFirst()), timeoutSeconds: 60)
        }
    }
}
