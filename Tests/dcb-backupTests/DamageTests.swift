import Archive
import JSON
import Platform
import TestSupport
import Testing

/// What verify and restore refuse, with the reason; and nothing is written, inside or outside.
@Suite struct DamageTests {
    static func entry(_ name: String, _ kind: TarEntry.Kind = .file, _ content: String = "") -> [UInt8] {
        let bytes = Array(content.utf8)
        return TarHeader.bytes(of: TarEntry(name: Array(name.utf8), kind: kind, mode: 0o600, sizeBytes: bytes.count)) + bytes
            + [UInt8](repeating: 0, count: Tar.padding(bytes.count))
    }

    /// sha256 of "x".
    static let sum = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    static let device = type(UInt8(ascii: "3"))
    static let fifo = type(UInt8(ascii: "6"))

    static func type(_ type: UInt8) -> [UInt8] {
        var block = Array(entry("device").prefix(512))
        block[156] = type
        block.replaceSubrange(148..<156, with: [UInt8](repeating: 32, count: 8))
        let digits = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        block.replaceSubrange(148..<156, with: Array((String(repeating: "0", count: 6 - digits.count) + digits).utf8) + [0, 32])
        return block
    }

    /// Archives that were made by somebody else, and why they are refused.
    static let made: [(String, [[UInt8]])] = [
        ("no SHA256SUMS", [entry("a", .file, "x")]),
        ("does not list", [entry("a", .file, "x"), entry("b", .file, "x"), entry("SHA256SUMS", .file, "\(sum)  a\n")]),
        ("lacks 'b'", [entry("a", .file, "x"), entry("SHA256SUMS", .file, "\(sum)  a\n\(sum)  b\n")]),
        ("sum is wrong", [entry("a", .file, "y"), entry("SHA256SUMS", .file, "\(sum)  a\n")]),
        ("behind SHA256SUMS", [entry("a", .file, "x"), entry("SHA256SUMS", .file, "\(sum)  a\n"), entry("late", .file, "x")]),
        ("cannot be read", [entry("a", .file, "x"), entry("SHA256SUMS", .file, "not a sum\n")]),
        ("climbs out", [entry("../escaped", .file, "x"), entry("SHA256SUMS", .file, "\(sum)  ../escaped\n")]),
        ("absolute", [entry("/tmp/escaped", .file, "x"), entry("SHA256SUMS", .file, "\(sum)  /tmp/escaped\n")]),
        ("link that leads out", [entry("l", .symbolicLink(Array("/etc".utf8))), entry("SHA256SUMS")]),
        ("link that leads out", [entry("d", .folder), entry("d/l", .symbolicLink(Array("../../x".utf8))), entry("SHA256SUMS")]),
        ("not its folder", [entry("l", .symbolicLink(Array("d".utf8))), entry("l/x", .file, "x"), entry("SHA256SUMS", .file, "\(sum)  l/x\n")]),
        ("hard link", [entry("h", .hardLink(Array("../../etc/passwd".utf8))), entry("SHA256SUMS")]),
        ("device", [device, entry("SHA256SUMS")]),
        ("FIFO", [fifo, entry("SHA256SUMS")]),
        ("twice", [entry("a", .file, "x"), entry("a", .file, "x"), entry("SHA256SUMS", .file, "\(sum)  a\n")]),
        ("no file", [entry("SHA256SUMS", .folder)]),
        // A bomb that says how large it is, and one that does not have to.
        ("grow beyond", [TarHeader.bytes(of: TarEntry(name: Array("bomb".utf8), kind: .file, mode: 0o600, sizeBytes: 1 << 40))]),
    ]

    @Test(arguments: 0..<made.count) func othersArchives(_ index: Int) throws {
        let (reason, entries) = DamageTests.made[index]
        let scratch = try Scratch(config: nil)
        let tar = scratch.folder + "/a.tar"
        try Files.create(tar, entries.flatMap { $0 } + Tar.end, mode: 0o600)
        try scratch.shell("gzip $DIR/a.tar")
        try DamageTests.expectRefused(scratch, tar + ".gz", reason)
    }

    static func expectRefused(_ scratch: Scratch, _ archive: String, _ reason: String) throws {
        try Files.makeDirectories(scratch.folder + "/inner")
        let before = try scratch.tree(scratch.folder)
        let verified = try scratch.run("dcb-backup", ["verify", archive])
        #expect(verified.code == 1 && verified.document["verified"]?.boolValue == false, "\(verified.err)")
        #expect(verified.document.text("reason")?.contains(reason) == true, "\(verified.out)")
        for into in ["/inner/new", "/inner"] {
            let restored = try scratch.run("dcb-backup", ["restore", archive, "--into", scratch.folder + into])
            #expect(restored.code == 65 && restored.problem == "archive-damaged" && restored.out.isEmpty, "\(restored.err)")
            #expect(restored.problems.first?.text("detail")?.contains(reason) == true, "\(restored.err)")
        }
        #expect(try scratch.tree(scratch.folder).filter { !$0.contains(".dcb-backup.verified") } == before.filter { !$0.contains(".dcb-backup.verified") })
        #expect(!Files.exists("/tmp/escaped"))
    }

    /// A good one that was cut, or in which bits were flipped.
    @Test func ourArchivesAfterAnAccident() throws {
        let scratch = try Scratch.lived()
        let good = try scratch.backup().text("archive") ?? ""
        let bytes = try Files.read(good)
        let bad = scratch.folder + "/bad.tar.gz"
        var cases: [([UInt8], String)] = [
            ([], ""), (Array(bytes.prefix(10)), ""), (Array(bytes.prefix(bytes.count / 2)), ""), (Array(bytes.dropLast(1)), ""), (bytes + [1, 2, 3], ""),
            (Array(bytes.dropFirst(1)), ""), (Array("not gzip at all".utf8), ""), (bytes + bytes, ""),
        ]
        for part in 1..<12 {
            // Where the same bytes stand at two distances, a bit may change and nothing else: then the next.
            var at = bytes.count * part / 12
            var flipped: [UInt8]
            repeat {
                flipped = bytes
                flipped[at] ^= 1 << (part % 8)
                at += 1
                try Files.remove(bad)
                try Files.create(bad, flipped, mode: 0o600, sync: false)
            } while try scratch.shell("gzip -t '\(bad)'").code == 0
            cases.append((flipped, ""))
        }
        for (content, reason) in cases {
            try Files.remove(bad)
            try Files.create(bad, content, mode: 0o600)
            try DamageTests.expectRefused(scratch, bad, reason)
        }
    }

    /// A database in it that is not sound, though its sum is right.
    @Test func aDamagedDatabase() throws {
        let scratch = try Scratch.lived()
        let archive = try scratch.backup().text("archive") ?? ""
        try scratch.shell(
            "mkdir $DIR/t && cd $DIR/t && tar xzf '\(archive)' && printf 'XXXXXXXXXXXXXXXX' | dd of=onboarding.db bs=1 seek=4096 conv=notrunc 2> /dev/null && rm SHA256SUMS && find * .dcb -type f -print0 | xargs -0 sha256sum > $DIR/sums && mv $DIR/sums SHA256SUMS && tar czf $DIR/bad.tar.gz --owner=0 --sort=name $(ls -A | grep -v SHA256SUMS) SHA256SUMS"
        )
        try DamageTests.expectRefused(scratch, scratch.folder + "/bad.tar.gz", "damaged database 'onboarding.db'")
    }

    /// A bomb that hides its size: the limit is on what comes out.
    @Test func aBombThatHidesItsSize() throws {
        let scratch = try Scratch(config: nil)
        try scratch.shell("mkdir $DIR/b && cd $DIR/b && for i in 1 2 3; do truncate -s 512M f$i; done; tar cf - f1 f2 f3 | gzip -1 > $DIR/bomb.tar.gz")
        let output = try scratch.run("dcb-backup", ["verify", scratch.folder + "/bomb.tar.gz", "--max-size", "1"])
        #expect(output.code == 1 && output.document.text("reason")?.contains("grow beyond 1024 MiB at 'f3'") == true)
    }

    /// GNU tar's own archives are read, when they have their sums.
    @Test func whatTarMakes() throws {
        let scratch = try Scratch(config: nil)
        let long = String(repeating: "n", count: 120) + "/" + String(repeating: "m", count: 120)
        try scratch.shell(
            "mkdir -p $DIR/t && cd $DIR/t && mkdir \(String(repeating: "n", count: 120)) && echo 1 > \(long) && echo 2 > b && ln b c && ln -s b d && sha256sum \(long) b c > ../s && mv ../s SHA256SUMS"
        )
        for format in ["gnu", "pax", "posix", "ustar"] where format != "ustar" {
            try scratch.shell("cd $DIR/t && tar czf $DIR/\(format).tar.gz --format=\(format) n* b c d SHA256SUMS")
            #expect(try scratch.run("dcb-backup", ["verify", scratch.folder + "/\(format).tar.gz"]).out.contains("\"verified\":true"))
            #expect(try scratch.run("dcb-backup", ["restore", scratch.folder + "/\(format).tar.gz", "--into", scratch.folder + "/" + format]).code == 0)
            #expect(Files.exists(scratch.folder + "/\(format)/" + long))
        }
    }
}
