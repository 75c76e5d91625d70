import JSON
import Platform
import TestSupport
import Testing

/// What is said, how, and with which exit code.
@Suite struct ReportTests {
    @Test func oneObject() throws {
        let house = try House(1)
        let report = try house.check()
        #expect(report.output.out.split(separator: "\n").count == 1)
        for key in [
            "mode", "orphanedAgents", "orphanedRecords", "invalidBindings", "staleStates", "unfinishedClaims", "foreignAgents", "findings", "actions",
            "summary",
        ] { #expect(report.object[key] != nil) }
        #expect(report.object.text("mode") == "check")
    }

    @Test func exitCodes() throws {
        let house = try House(1)
        #expect(try house.check(["--exit-code"]).output.code == 0)
        try Files.setMode(house.scratch.config, 0o644)
        #expect(try house.check().output.code == 0)
        #expect(try house.check(["--exit-code"]).output.code == 1)
        #expect(try house.run([]).output.code == 0)
        try house.scratch.write("{", to: house.scratch.config)
        #expect(try house.check().output.code == 0)
        let repair = try house.repair()
        #expect(repair.output.code == 78 && repair.output.problem == "config-invalid" && repair.ids.contains("I8"))
        try Files.remove(house.scratch.config)
        #expect(try house.repair().output.problem == "config-missing")
    }

    @Test(arguments: [
        ["--check", "--repair"], ["--adopt", "--repair"], ["--check", "--dry-run"], ["--format", "xml"], ["--only", "I99"],
        ["--only", ""],
        ["--only", "I4,"], ["--repair", "--only", "I4"], ["--max-removals", "-1"], ["--max-removals", "many"], ["--max-fraction", "2"],
        ["--max-fraction", "x"],
        ["--stale-after", "soon"], ["--job", ""], ["--job", "a b"], ["--job", "x=soon"], ["operand"],
    ]) func wrongWords(_ words: [String]) throws {
        let scratch = try Scratch()
        let output = try scratch.run("dcb-reconcile", words)
        #expect(output.code == 64 && output.out.isEmpty && output.problem == "usage")
        #expect(try Files.list(scratch.state) == ["openclaw.json"])
    }

    @Test func theList() throws {
        let scratch = try Scratch(config: nil)
        let lines = try scratch.run("dcb-reconcile", ["--list", "--format", "text"]).out.split(separator: "\n")
        #expect(lines.first?.hasPrefix("I1\t") == true && lines.count >= 22)
        #expect(try scratch.run("dcb-reconcile", ["--list"]).documents.count == lines.count)
    }

    @Test func onlySome() throws {
        let house = try House(1)
        try Files.setMode(house.scratch.config, 0o644)
        try house.change("per-channel-peer", "main")
        try Files.setMode(house.scratch.config, 0o644)
        #expect(try house.check().ids == ["I5", "I10"])
        #expect(try house.check(["--only", "I5"]).ids == ["I5"])
        #expect(try house.check(["--only", "I10,I4"]).ids == ["I10"])
    }

    /// On a terminal for people, else for machines.
    @Test func onATerminal() throws {
        guard Files.exists("/usr/bin/script") else { return Skip.say("a terminal needs script(1)") }
        let house = try House(2)
        try house.change("per-channel-peer", "main")
        try Files.setMode(house.scratch.config, 0o600)
        try Files.remove(house.state + "/workspace-" + house.agents[1] + "/SOUL.md")
        let shown = try house.scratch.shell("script -qec 'dcb-reconcile --repair --dry-run' /dev/null < /dev/null")
        let lines = shown.out.split(whereSeparator: \.isNewline).map(String.init)
        #expect(lines.first == "CRITICAL (1)", "\(shown.out)")
        let critical = lines.firstIndex { $0.contains("I5 ") } ?? .max
        let error = lines.firstIndex { $0.contains("I11") } ?? .max
        #expect(critical < error && error < lines.count)
        #expect(lines.contains("ERROR (1)") && lines.contains("WOULD BE DONE (1)"))
        #expect(lines.last == "2 users, 2 findings: 1 critical, 1 error")
        #expect(try house.scratch.shell("script -qec 'dcb-reconcile --format json' /dev/null < /dev/null").out.hasPrefix("{\"mode\":\"check\""))
        #expect(try house.check(["--format", "text"]).output.out.hasPrefix("CRITICAL (1)\n"))
    }

    /// A page loads nothing, tells no whole number and no name, and what comes from outside cannot be markup in it.
    @Test func aPage() throws {
        let house = try House(2)
        #expect(try house.check(["--format", "html"]).output.out.contains("Everything is as it should be."))
        try house.change("per-channel-peer", "main")
        try Files.setMode(house.scratch.config, 0o600)
        let named = try house.scratch.run("dcb-state", ["update"], input: "{\"phone\":\"\(house.phone(1))\",\"name\":\"Ada Lovelace\"}\n")
        #expect(named.code == 0)
        try Files.makeDirectory(house.state + "/workspace-user_<script>x")
        let page = try house.check(["--format", "html"]).output.out
        #expect(page.hasPrefix("<!doctype html>") && page.hasSuffix("</html>\n"))
        #expect(page.contains("<code>I5</code>") && !page.contains("<script") && !page.contains("Lovelace"))
        for phone in [house.phone(1), house.phone(2)] { #expect(!page.contains(phone) && page.contains(phone.suffix(4))) }
        for outside in ["http:", "https:", "src=", "href=", "url(", "@import"] { #expect(!page.contains(outside), "\(outside)") }
        #expect(try house.check(["--format", "html", "--exit-code"]).output.code == 1)
    }

    @Test func aFullStandardOutput() throws {
        let house = try House(1)
        #expect(try house.scratch.shell("dcb-reconcile --check > /dev/full").code == 74)
        #expect(try house.scratch.shell("dcb-reconcile --check >&-").code == 74)
    }

    /// A check changes nothing: not a file, not a time.
    @Test func aCheckChangesNothing() throws {
        let house = try House(2)
        try house.forget(1)
        func picture() throws -> [String] {
            // SQLite makes these two whenever it opens a record that nobody else has open.
            try house.scratch.tree(house.state).filter { !$0.hasSuffix("-shm") && !$0.hasSuffix("-wal") }.map { path in
                let status = try Files.status(house.state + "/" + path, followLinks: false)
                return "\(path) \(status?.mode ?? 0) \(status?.inode ?? 0) \(status?.modifiedNanoseconds ?? 0)"
            }
        }
        let before = try picture()
        #expect(try house.check().agents("orphanedAgents").count == 1)
        #expect(try house.repair(["--dry-run"]).names == ["remove-agent"])
        #expect(try house.run(["--adopt", "--dry-run"]).output.code == 0)
        #expect(try picture() == before)
    }
}
