import Glibc
import Platform
import TestSupport
import Testing

@Suite struct RemoveTreeTests {
    @Test func removesEverythingAndFollowsNothing() throws {
        let folder = try Folder()
        try folder.shell(
            """
            mkdir -p outside/deep tree/a/b/c tree/.hidden && echo kept > outside/deep/file && echo x > tree/a/b/c/file && echo y > tree/.hidden/file
            ln -s ../outside tree/link && ln -s "$PWD/outside" tree/a/absolute && ln -s nowhere tree/a/broken && ln -s . tree/a/loop
            mkfifo tree/a/pipe && chmod 000 tree/a/b/c/file && touch "tree/$(printf 'new\\nline')"
            """)
        try Files.removeTree(folder.file("tree"))
        #expect(!Files.exists(folder.file("tree")))
        #expect(try folder.text("outside/deep/file") == "kept\n")
    }

    /// A name may be any bytes: one that is no UTF-8 must not make it try for ever.
    @Test func namesThatAreNoText() throws {
        let folder = try Folder()
        try folder.shell(#"mkdir -p tree/sub && touch "tree/$(printf '\377\376')" "tree/sub/$(printf 'a\200')" && mkdir "tree/sub/$(printf '\300')""#)
        try Files.removeTree(folder.file("tree"))
        #expect(!Files.exists(folder.file("tree")))
    }

    @Test func aLinkIsRemovedNotItsTarget() throws {
        let folder = try Folder()
        try folder.shell("mkdir target && touch target/file && ln -s target link")
        try Files.removeTree(folder.file("link"))
        #expect(try Files.list(folder.path) == ["target"])
        #expect(Files.exists(folder.file("target/file")))
    }

    @Test func filesAndNothing() throws {
        let folder = try Folder()
        try Files.create(folder.file("a"), [], mode: 0o000)
        try Files.removeTree(folder.file("a"))
        try Files.removeTree(folder.file("a"))
        try Files.removeTree(folder.file("none/at/all"))
        #expect(try Files.list(folder.path).isEmpty)
    }

    /// Deeper than a path may be long: an agent can make that with a loop of mkdir and cd.
    @Test func aTreeDeeperThanAnyPath() throws {
        let folder = try Folder()
        let depth = 3000
        var here = open(folder.path, O_RDONLY | O_DIRECTORY)
        try #require(here >= 0)
        for level in 0..<depth {
            try #require(mkdirat(here, "dd", 0o700) == 0)
            let next = openat(here, "dd", O_RDONLY | O_DIRECTORY)
            close(here)
            try #require(next >= 0, "at level \(level)")
            here = next
            if level % 100 == 0 { close(openat(here, "file", O_CREAT | O_WRONLY, 0o600)) }
        }
        close(here)
        try Files.removeTree(folder.file("dd"))
        #expect(try Files.list(folder.path).isEmpty)
    }

    @Test func aWideTree() throws {
        let folder = try Folder()
        try folder.shell(
            "mkdir -p w/a w/b && cd w && for d in . a b; do (cd $d; i=0; while [ $i -lt 1500 ]; do : > f$i; i=$((i+1)); done); done; mkdir m; cd m; seq 1000 | xargs mkdir"
        )
        try Files.removeTree(folder.file("w"))
        #expect(try Files.list(folder.path).isEmpty)
    }

    /// Folders that their owner may not write or enter (a module cache, say) go too, as the user who owns them.
    @Test func closedFoldersGoToo() throws {
        let folder = try Folder()
        try folder.shell("mkdir -p t/ro/inner t/shut/inner && touch t/ro/file t/ro/inner/file t/shut/file && chmod 555 t/ro t/ro/inner && chmod 000 t/shut")
        if geteuid() == 0 {
            // Root may do anything: another user has to try.
            let result = try folder.shell(
                "chown -R 65534:65534 . && chmod 755 . && cp \"$(command -v platform-probe)\" /tmp/dcb-probe-$$ && chmod 755 /tmp/dcb-probe-$$ && setpriv --reuid 65534 --regid 65534 --clear-groups /tmp/dcb-probe-$$ remove-tree t; code=$?; rm -f /tmp/dcb-probe-$$; exit $code"
            )
            #expect(result.status == .exited(0), "\(String(decoding: result.output + result.errors, as: UTF8.self))")
        } else {
            try Files.removeTree(folder.file("t"))
        }
        #expect(!Files.exists(folder.file("t")))
    }

    /// What cannot be removed is named.
    @Test func aMountPointIsNamed() {
        #expect(throws: SystemError.self) { try Files.removeTree("/proc/self/fdinfo") }
    }

    /// An agent that still runs swaps a folder for a link to somebody's files: those are never touched.
    @Test func aSwappedFolderIsNotFollowed() throws {
        for _ in 0..<(Skip.isLong ? 200 : 15) {
            let folder = try Folder()
            try folder.shell(
                "mkdir -p precious t && seq 300 | sed 's/^/precious\\/f/' | xargs touch; for i in $(seq 40); do mkdir -p t/d$i/x; done; ln -s ../precious l; mkdir -p swap"
            )
            let attacker = try Running(
                "/bin/sh",
                [
                    "-c",
                    "cd '\(folder.path)'; echo begun; while [ -d t ]; do for i in $(seq 40); do mv t/d$i swap/ 2>/dev/null && ln -s ../precious t/d$i 2>/dev/null; done; done",
                ])
            #expect(attacker.line() == "begun")
            let deadline = Deadline(in: 20_000)
            while Files.exists(folder.file("t")), !deadline.hasPassed { try? Files.removeTree(folder.file("t")) }
            attacker.signal(SIGKILL)
            #expect(try Files.list(folder.file("precious")).count == 300)
        }
    }
}
