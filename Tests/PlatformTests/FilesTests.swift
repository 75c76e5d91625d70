import Glibc
import Platform
import TestSupport
import Testing

@Suite struct FilesTests {
    @Test func replaceMakesAndReplaces() throws {
        let folder = try Folder()
        try Files.replace(folder.file("a"), with: Array("one".utf8), mode: 0o640)
        try Files.replace(folder.file("a"), with: Array("two".utf8), mode: 0o600)
        #expect(try folder.text("a") == "two")
        #expect(try Files.status(folder.file("a"))?.permissions == 0o600)
        #expect(try Files.list(folder.path) == ["a"])
    }

    /// A link is replaced by the file, and what it named is left alone.
    @Test func replaceDoesNotWriteThroughALink() throws {
        let folder = try Folder()
        try Files.create(folder.file("target"), Array("kept".utf8), mode: 0o600)
        try folder.shell("ln -s target a")
        try Files.replace(folder.file("a"), with: Array("new".utf8), mode: 0o600)
        #expect(try folder.text("target") == "kept")
        #expect(try Files.status(folder.file("a"), followLinks: false)?.isSymbolicLink == false)
    }

    @Test func aFailedReplaceLeavesNothing() throws {
        let folder = try Folder()
        try folder.shell("mkdir -p a/inside")
        #expect(throws: SystemError.self) { try Files.replace(folder.file("a"), with: [1], mode: 0o600) }
        #expect(try Files.list(folder.path) == ["a"])
        #expect(throws: SystemError.self) { try Files.replace(folder.file("none/a"), with: [1], mode: 0o600) }
    }

    /// Who reads while others replace sees one content or the other, never a part.
    @Test func readersSeeWholeFiles() throws {
        let folder = try Folder()
        let writer = try Running(Scratch.commands + "/platform-probe", ["replace", folder.file("a"), "300"])
        #expect(writer.line() == "begun")
        try wait(for: "the first file") { Files.exists(folder.file("a")) }
        var seen: Set<UInt8> = []
        let deadline = Deadline(in: 20_000)
        while seen.count < 5, !deadline.hasPassed {
            let bytes = try Files.read(folder.file("a"))
            #expect(bytes.count == 300 << 10)
            let first = try #require(bytes.first)
            #expect(bytes.allSatisfy { $0 == first })
            seen.insert(first)
        }
        #expect(seen.count >= 5)
    }

    /// Killed anywhere, the file is whole; beside it there is at most one temporary file of a known name.
    @Test func killedWritersLeaveWholeFiles() throws {
        let folder = try Folder()
        for round in 1...(Skip.isLong ? 200 : 20) {
            let writer = try Running(Scratch.commands + "/platform-probe", ["replace", folder.file("a"), "300"])
            #expect(writer.line() == "begun")
            let before = try Files.status(folder.file("a"))?.inode
            try wait(for: "a replacement") { try Files.status(folder.file("a"))?.inode ?? before != before }
            Clock.sleep(microseconds: round * 137)
            writer.signal(SIGKILL)
            #expect(writer.line() == nil)
            let bytes = try Files.read(folder.file("a"))
            #expect(bytes.count == 300 << 10 && bytes.allSatisfy { $0 == bytes.first })
            #expect(try Files.status(folder.file("a"))?.permissions == 0o640 & ~currentMask())
        }
        for name in try Files.list(folder.path) where name != "a" { #expect(name.hasPrefix(".a.dcb-") && name.hasSuffix(".tmp")) }
    }

    private func currentMask() -> UInt32 {
        let mask = umask(0)
        umask(mask)
        return mask
    }

    /// No room: the old file stays, nothing is left beside it, and the errno is one of no space.
    @Test func noRoomKeepsTheOldFile() throws {
        let folder = try Folder()
        try Files.create(folder.file("a"), Array("old".utf8), mode: 0o600)
        let result = try folder.shell("ulimit -f 8; platform-probe replace-once a 300")
        #expect(result.status == .exited(28))
        #expect(String(decoding: result.output, as: UTF8.self).hasPrefix("cannot write '"))
        #expect(try folder.text("a") == "old")
        #expect(try Files.list(folder.path) == ["a"])
    }

    @Test func createIsExclusiveAndWhole() throws {
        let folder = try Folder()
        try Files.create(folder.file("a"), [], mode: 0o600)
        #expect(throws: SystemError("create", folder.file("a"), .exists)) { try Files.create(folder.file("a"), [1], mode: 0o600) }
        #expect(try Files.read(folder.file("a")).isEmpty)
    }

    @Test func readingHasALimit() throws {
        let folder = try Folder()
        for size in [0, 1, 511, 512, 513, 65535, 65536, 65537, 200_000] {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
            try Files.replace(folder.file("a"), with: bytes, mode: 0o600)
            #expect(try Files.read(folder.file("a")) == bytes)
            #expect(try Files.read(folder.file("a"), limit: size) == bytes)
            if size > 0 { #expect(throws: SystemError("read", folder.file("a"), .tooBig)) { _ = try Files.read(folder.file("a"), limit: size - 1) } }
        }
        // Files that do not tell their size.
        #expect(try !Files.read("/proc/self/stat").isEmpty)
        #expect(throws: SystemError("read", "/dev/zero", .tooBig)) { _ = try Files.read("/dev/zero", limit: 1 << 20) }
    }

    @Test func foldersAreMadeOnce() throws {
        let folder = try Folder()
        try Files.makeDirectories(folder.file("a/b/c"))
        try Files.makeDirectories(folder.file("a/b/c"))
        #expect(try !Files.makeDirectory(folder.file("a")))
        try Files.create(folder.file("f"), [], mode: 0o600)
        #expect(throws: SystemError.self) { try Files.makeDirectories(folder.file("f/x")) }
    }

    @Test func listingIsSorted() throws {
        let folder = try Folder()
        try folder.shell("touch b a .hidden 'with space' \"$(printf 'new\\nline')\" ü")
        #expect(try Files.list(folder.path) == [".hidden", "a", "b", "new\nline", "with space", "ü"])
    }

    @Test func exchangeSwapsInOneStep() throws {
        let folder = try Folder()
        try folder.shell("echo 1 > a; echo 2 > b")
        try Files.exchange(folder.file("a"), folder.file("b"))
        #expect(try folder.text("a") == "2\n")
        #expect(try folder.text("b") == "1\n")
        #expect(throws: SystemError("exchange", folder.file("none"), .notFound)) { try Files.exchange(folder.file("a"), folder.file("none")) }
    }

    @Test(arguments: [
        ("a", "/w/a"), ("./a/../b", "/w/b"), ("/a//b/./c/..", "/a/b"), ("/../..", "/"), ("", "/w"), ("..", "/"), ("/", "/"),
        // A slash with a combining mark behind it.
        ("/a/../\u{301}/../etc", "/etc"), ("/\u{301}a/./\u{301}b", "/\u{301}a/\u{301}b"),
    ]) func absolutePaths(_ path: String, _ expected: String) {
        let working = Path.absolute(".")
        #expect(Path.absolute(path) == (Path.isAbsolute(path) ? expected : Path.absolute(working + "/" + path)))
        if Path.isAbsolute(path) { #expect(Path.absolute(path) == expected) }
    }

    /// By bytes: no slash is lost to a combining mark, and no name is another one's because it looks the same.
    @Test func whatIsInside() {
        #expect(Path.isInside("/a", "/a") && Path.isInside("/a/b", "/a") && Path.isInside("/a/\u{301}", "/a") && Path.isInside("/\u{301}", "/"))
        #expect(!Path.isInside("/ab", "/a") && !Path.isInside("/", "/a") && !Path.isInside("/\u{E9}/x", "/e\u{301}") && !Path.isInside("/\u{E9}", "/e\u{301}x"))
        #expect(Path.names(of: "/a/b/\u{301}c", below: "/a") == ["b", "\u{301}c"] && Path.names(of: "/a", below: "/a") == [])
        #expect(Path.names(of: "/a/b", below: "/") == ["a", "b"] && Path.names(of: "/ab", below: "/a") == nil)
        #expect(Path.isAbsolute("/\u{301}") && !Path.isAbsolute("a/"))
    }

    @Test(arguments: [("/a/b", "/a", "b"), ("/a", "/", "a"), ("/a/\u{301}", "/a", "\u{301}"), ("/\u{301}", "/", "\u{301}"), ("a", ".", "a"), ("a/b", "a", "b")])
    func pathParts(_ path: String, _ parent: String, _ name: String) {
        #expect(Path.parent(path) == parent)
        #expect(Path.name(path) == name)
    }

    @Test func theModeOfALinkIsNotItsTargets() throws {
        let folder = try Folder()
        try folder.shell("touch a && chmod 640 a && ln -s a l && mkfifo p && chmod 666 p")
        #expect(throws: SystemError.self) { try Files.setMode(folder.file("l"), 0o600, followLinks: false) }
        #expect(try Files.status(folder.file("a"))?.permissions == 0o640)
        for name in ["a", "p"] {
            try Files.setMode(folder.file(name), 0o600, followLinks: false)
            #expect(try Files.status(folder.file(name))?.permissions == 0o600)
        }
    }
}
