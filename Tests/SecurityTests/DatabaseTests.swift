import JSON
import Platform
import TestSupport
import Testing

/// Databases that an agent has made: reading one must not do what it says.
@Suite struct DatabaseTests {
    /// A rollback journal that names a super-journal, which SQLite deletes once the rollback is over (https://www.sqlite.org/fileformat.html section 3).
    private func journal(naming name: String) -> [UInt8] {
        func four(_ n: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: n >> $0) } }
        let magic: [UInt8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]
        // No pages to put back; the database has two of 4096 bytes; sectors of 512.
        var bytes = magic + four(0) + four(1) + four(2) + four(512) + four(4096)
        bytes += [UInt8](repeating: 0, count: 512 - bytes.count)
        let sum = name.utf8.reduce(0) { $0 + Int($1) }
        return bytes + four(0x4000_0000 / 4096 + 1) + Array(name.utf8) + four(name.utf8.count) + four(sum) + magic
    }

    @Test(arguments: ["workspace", "trash", "media"]) func aJournalThatNamesAFileToDelete(_ place: String) throws {
        let scratch = try Scratch()
        let agent = try scratch.onboarded(Scratch.phone(1))
        let precious = scratch.state + "/precious"
        var folder = "\(scratch.state)/workspace-\(agent)"
        if place == "media" { folder = scratch.state + "/media" }
        func plant() throws {
            try Files.makeDirectories(folder)
            try scratch.write("precious", to: precious)
            try Files.remove(folder + "/x.db")
            try SQL.run(folder + "/x.db", "CREATE TABLE t (n); INSERT INTO t VALUES (1)")
            try Files.remove(folder + "/x.db-journal")
            try Files.create(folder + "/x.db-journal", journal(naming: precious), mode: 0o600)
        }
        // It is a trap: who opens it to write falls into it.
        try plant()
        try SQL.run(folder + "/x.db", "SELECT * FROM t")
        try #require(!Files.exists(precious), "the trap does not work")
        try plant()
        if place == "trash" { try scratch.only(try scratch.run("dcb-onboard", ["--undo", Scratch.phone(1)])) }
        for words in [
            ["dcb-backup", "create", "--to", scratch.folder + "/archives"], ["dcb-reconcile", "--repair"], ["dcb-state", "check"], ["dcb-oauth-check"],
        ] {
            let output = try scratch.run(words[0], Array(words.dropFirst()))
            #expect([0, 1].contains(output.code), "\(words): \(output.err)")
            #expect(Files.exists(precious), "\(words)")
        }
    }
}
