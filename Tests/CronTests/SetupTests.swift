import JSON
import Platform
import TestSupport
import Testing

/// `scripts/cron-setup`: twice is once, and nobody else's lines are touched.
@Suite struct SetupTests {
    static let root = Path.parent(Path.parent(Path.parent(Path.absolute(#filePath))))
    static let setup = root + "/scripts/cron-setup"

    /// A crontab(1) that keeps its table in a file.
    static func scratch(table: String? = nil) throws -> Scratch {
        let scratch = try Scratch()
        try Files.makeDirectories(scratch.folder + "/bin")
        let script = """
            #!/bin/sh
            table=\(scratch.folder)/table
            case $1 in
                -l) if [ -e "$table.shut" ]; then echo "you are not allowed to use this program" >&2; exit 1; fi
                    if [ -e "$table" ]; then cat "$table"; else echo "no crontab for you" >&2; exit 1; fi ;;
                -r) rm -f "$table"; echo removed >> "$table.log" ;;
                *) cat "$1" > "$table"; echo written >> "$table.log" ;;
            esac

            """
        try makeExecutable(scratch.folder + "/bin/crontab", script)
        scratch.environment["PATH"] = scratch.folder + "/bin:/usr/bin:/bin"
        if let table { try scratch.write(table, to: scratch.folder + "/table") }
        return scratch
    }

    static let others = "MAILTO=me@example.com\n# a comment\n5 4 * * * echo '100\\%' # mine\n"

    @Test func installTwiceAndRemove() throws {
        let scratch = try SetupTests.scratch(table: SetupTests.others)
        func table() throws -> String { try scratch.text(scratch.folder + "/table") }
        #expect(try scratch.run(SetupTests.setup, ["install", "--bin", "/opt/dcb/bin", "--to", "/srv/archives", "--state-dir", "/srv/openclaw"]).code == 0)
        let once = try table()
        #expect(once.hasPrefix(SetupTests.others))
        #expect(once.split(separator: "\n").filter { $0.contains("--job") }.count == 3)
        #expect(once.contains("PATH=/opt/dcb/bin:") && once.contains("--to /srv/archives ") && once.contains("cd /srv/openclaw &&") && !once.contains("HOME"))
        #expect(try scratch.run(SetupTests.setup, ["install", "--bin", "/opt/dcb/bin", "--to", "/srv/archives", "--state-dir", "/srv/openclaw"]).code == 0)
        #expect(try table() == once)
        #expect(try scratch.text(scratch.folder + "/table.log") == "written\n")
        // Other settings take the place of the earlier ones.
        #expect(try scratch.run(SetupTests.setup, ["install"]).code == 0)
        #expect(try table().split(separator: "\n").filter { $0.contains("--job") }.count == 3 && !table().contains("/srv/archives"))
        #expect(try scratch.run(SetupTests.setup, ["show"]).out.hasPrefix("# >>> dcb\n"))
        #expect(try scratch.run(SetupTests.setup, ["remove"]).code == 0)
        #expect(try table() == SetupTests.others)
        #expect(try scratch.run(SetupTests.setup, ["remove"]).code == 0)
        #expect(try table() == SetupTests.others)
    }

    @Test func theFirstAndTheLastOfATable() throws {
        let scratch = try SetupTests.scratch()
        #expect(try scratch.run(SetupTests.setup, ["show"]).out.isEmpty)
        #expect(try scratch.run(SetupTests.setup, ["install"]).code == 0)
        #expect(Files.exists(scratch.folder + "/table"))
        #expect(try scratch.run(SetupTests.setup, ["remove"]).code == 0)
        #expect(!Files.exists(scratch.folder + "/table"))
    }

    /// What cannot be read, or is half marked, is not overwritten.
    @Test func whatIsNotTouched() throws {
        let scratch = try SetupTests.scratch(table: SetupTests.others)
        try scratch.write("", to: scratch.folder + "/table.shut")
        #expect(try scratch.run(SetupTests.setup, ["install"]).code == 77)
        try Files.remove(scratch.folder + "/table.shut")
        try scratch.write(SetupTests.others + "# >>> dcb\n", to: scratch.folder + "/table")
        #expect(try scratch.run(SetupTests.setup, ["remove"]).code == 78)
        #expect(try scratch.text(scratch.folder + "/table") == SetupTests.others + "# >>> dcb\n")
        for words in [
            [], ["mend"], ["install", "--to"], ["install", "--to", "/a b"], ["install", "--bin", "/x;reboot"], ["install", "--user", "$(id)"],
            ["install", "--what"], ["install", "--to", "backups"], ["install", "--bin", "bin"], ["install", "--state-dir", "./state"],
        ] {
            #expect(try scratch.run(SetupTests.setup, words).code == 64)
        }
    }

    @Test(arguments: ["--cron-d", "--systemd"]) func filesOfTheSystem(_ kind: String) throws {
        let scratch = try SetupTests.scratch()
        let etc = scratch.folder + "/etc"
        let words = [kind, "--etc", etc, "--user", "bob", "--state-dir", "/srv/openclaw", "--to", "/srv/archives", "--bin", "/opt/bin"]
        try Files.makeDirectories(etc + "/cron.d")
        try scratch.write("1 1 * * * root true\n", to: etc + "/cron.d/other")
        #expect(try scratch.run(SetupTests.setup, ["install"] + words).code == 0)
        let first = try scratch.shell("cd $DIR/etc && find . -type f | sort | xargs cat").out
        #expect(first.contains("bob") && first.contains("/srv/openclaw") && first.contains("/srv/archives") && first.contains("/opt/bin"))
        #expect(!first.contains("openclaw cd") && !first.contains("User=openclaw"))
        // What a unit may write goes where the state folder and the archives are.
        if kind == "--systemd" {
            #expect(first.contains("\nReadWritePaths=/srv/openclaw\n") && first.contains("\nReadWritePaths=-/srv/archives\n"))
            #expect(!first.contains("/home/openclaw"))
        }
        #expect(try scratch.run(SetupTests.setup, ["install"] + words).code == 0)
        #expect(try scratch.shell("cd $DIR/etc && find . -type f | sort | xargs cat").out == first)
        #expect(try scratch.run(SetupTests.setup, ["show"] + words).out.contains("dcb-backup create"))
        #expect(try scratch.run(SetupTests.setup, ["remove"] + words).code == 0)
        #expect(try scratch.shell("cd $DIR/etc && find . -type f").out == "./cron.d/other\n")
    }

    /// The units are what systemd takes, where it can be asked.
    @Test func theUnits() throws {
        guard Files.isExecutable("/usr/bin/systemd-analyze") else { return Skip.say("the systemd units need systemd-analyze") }
        let scratch = try SetupTests.scratch()
        let output = try scratch.shell(
            "for t in $(grep -l '^OnCalendar=' '\(SetupTests.root)'/systemd/dcb-*.timer); do systemd-analyze calendar \"$(sed -n 's/^OnCalendar=//p' $t)\" > /dev/null || echo bad $t; done"
        )
        #expect(output.out.isEmpty, "\(output.out)")
    }
}
