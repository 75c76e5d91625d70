import JSON
import Platform
import TestSupport
import Testing

/// Where the config lies: behind links, on mounts, in folders that are closed, on disks that are full.
@Suite struct PlaceTests {
    @Test func aLinkedConfigStaysALink() throws {
        let scratch = try Scratch(config: nil)
        try Files.makeDirectories(scratch.folder + "/elsewhere")
        let real = scratch.folder + "/elsewhere/real.json"
        try scratch.write(Scratch.plainConfig, to: real)
        try scratch.run("/bin/ln", ["-s", "../elsewhere/real.json", scratch.config])
        try scratch.onboarded(Scratch.phone(1))
        #expect(try Files.readLink(scratch.config) == "../elsewhere/real.json")
        #expect(try Files.status(real, followLinks: false)?.isRegular == true)
        #expect(try scratch.text(real).contains(Scratch.phone(1)))
        try scratch.only(try scratch.step("dcb-onboard", ["--undo"], [["phone": .string(Scratch.phone(1))]]))
        #expect(try scratch.text(real) == Scratch.plainConfig)
        #expect(try Files.list(scratch.folder + "/elsewhere").filter { $0 != ".dcb" } == ["real.json"])
    }

    @Test func ownerAndModeStay() throws {
        for mode in [0o600, 0o640, 0o644] as [UInt32] {
            let scratch = try Scratch()
            try Files.setMode(scratch.config, mode)
            try scratch.onboarded(Scratch.phone(1))
            #expect(try Files.status(scratch.config)?.permissions == mode)
        }
    }

    @Test func aSingleMountedFileIsNotReplaced() throws {
        guard isRoot(for: "aSingleMountedFileIsNotReplaced") else { return }
        let scratch = try Scratch()
        let made = try scratch.made(Scratch.phone(1))
        let before = try scratch.configText()
        try scratch.write(made.line, to: scratch.folder + "/in")
        let output = try scratch.shell(
            "cp $DIR/state/openclaw.json $DIR/mounted && unshare -m sh -c 'mount --bind $DIR/mounted $DIR/state/openclaw.json && dcb-bind < $DIR/in'")
        if output.err.contains("unshare") || output.err.contains("mount:") { return skip("aSingleMountedFileIsNotReplaced needs mounts") }
        #expect(output.code == 73, "\(output.err)")
        #expect(output.problem == "cannot-replace")
        #expect(output.problems.first?.text("hint")?.contains("mount the folder") == true)
        #expect(try scratch.text(scratch.folder + "/mounted") == before)
        #expect(try !Files.list(scratch.state).contains { $0 == "openclaw.json.lock" || $0.hasSuffix(".tmp") })
        // Nothing is lost: on its own the step goes on.
        #expect(try scratch.step("dcb-bind", [], [made]).code == 0)
    }

    /// Disks of few kilobytes: the step fails as a whole with 74 or 73, or succeeds; nothing in between.
    @Test func aFullDisk() throws {
        guard isRoot(for: "aFullDisk") else { return }
        var seen: Set<Int32> = []
        for kilobytes in [4, 8, 12, 16, 24, 40, 400] {
            let scratch = try Scratch()
            let made = try scratch.made(Scratch.phone(1))
            try scratch.write(made.line, to: scratch.folder + "/in")
            // The config's folder alone is small; record and audit have room.
            let output = try scratch.shell(
                """
                mkdir $DIR/small && unshare -m sh -c 'mount -t tmpfs -o size=\(kilobytes)k none $DIR/small && cp $DIR/state/openclaw.json $DIR/small/openclaw.json || exit 99
                dcb-bind --config $DIR/small/openclaw.json < $DIR/in; code=$?; cat $DIR/small/openclaw.json > $DIR/left; ls -A $DIR/small > $DIR/names; exit $code'
                """)
            if output.err.contains("unshare") || output.err.contains("mount:") { return skip("aFullDisk needs mounts") }
            if output.code == 99 { continue }
            seen.insert(output.code)
            let left = try scratch.text(scratch.folder + "/left")
            if output.code == 0 {
                #expect(left.contains(Scratch.phone(1)))
            } else {
                #expect(output.code == 74, "\(kilobytes): \(output.err)")
                #expect(output.problem == "no-space")
                #expect(try left == scratch.configText())
            }
            let names = try scratch.text(scratch.folder + "/names")
            #expect(!names.contains(".tmp") && !names.contains(".lock"), "\(names)")
        }
        #expect(seen.contains(0) && seen.contains(74), "\(seen)")
    }

    /// No file may grow beyond a size (RLIMIT_FSIZE): no signal, no half a file.
    @Test func aLimitOnFileSizes() throws {
        var text = Scratch.plainConfig
        text += String(repeating: "// a long comment that makes this file long\n", count: 3000)
        let scratch = try Scratch(config: text)
        let made = try scratch.made(Scratch.phone(1))
        let before = try scratch.configText()
        try scratch.write(made.line, to: scratch.folder + "/in")
        let output = try scratch.shell("ulimit -f 64; dcb-bind < $DIR/in")
        #expect([73, 74].contains(output.code), "\(output.code) \(output.err)")
        #expect(!output.problems.isEmpty)
        #expect(try scratch.configText() == before)
        #expect(try !Files.list(scratch.state).contains { $0 == "openclaw.json.lock" || $0.hasSuffix(".tmp") })
        #expect(try scratch.step("dcb-bind", [], [made]).code == 0)
    }

    @Test func aFolderThatIsClosed() throws {
        guard isRoot(for: "aFolderThatIsClosed") else { return }
        let scratch = try Scratch(config: nil)
        try Files.makeDirectories(scratch.folder + "/closed/.dcb")
        let config = scratch.folder + "/closed/openclaw.json"
        try scratch.write(Scratch.plainConfig, to: config)
        try scratch.give(to: 1234)
        let claimed = try scratch.claimed(Scratch.phone(1))
        try Files.setMode(scratch.folder + "/closed", 0o500)
        let output = try scratch.step("dcb-create-agent", ["--config", config], [claimed])
        #expect([73, 77].contains(output.code), "\(output.err)")
        #expect(try scratch.text(config) == Scratch.plainConfig)
        try Files.setMode(scratch.folder + "/closed", 0o700)
        #expect(try scratch.step("dcb-create-agent", ["--config", config], [claimed]).code == 0)
        #expect(try Files.status(config)?.user == 1234)
    }

    @Test func anotherUserIsRefused() throws {
        guard isRoot(for: "anotherUserIsRefused") else { return }
        let scratch = try Scratch()
        let claimed = try scratch.claimed(Scratch.phone(1))
        try scratch.write(claimed.line, to: scratch.folder + "/in")
        try Files.setMode(scratch.folder, 0o755)
        try Files.setMode(scratch.state, 0o777)
        for command in [
            "dcb-create-agent", "dcb-bind", "dcb-create-agent --undo", "dcb-bind --undo", "dcb-state claim", "dcb-state commit", "dcb-state release",
        ] {
            let output = try scratch.shell("cat $DIR/in | setpriv --reuid 4321 --regid 4321 --clear-groups \(command)")
            if output.err.contains("setpriv:") { return skip("anotherUserIsRefused needs setpriv and commands that others can run") }
            #expect(output.code == 77, "\(command): \(output.err)")
            #expect(output.problem == "not-owner")
        }
    }

    private func skip(_ why: String) { try? Descriptor.standardError.writeAll(Array("skipped: \(why)\n".utf8)) }
}
