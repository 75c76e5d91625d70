import Glibc
import JSON
import Platform
import TestSupport
import Testing

/// The lines of the crontab, run by a real crond: a minimal environment, /bin/sh, no terminal, once a minute.
@Suite struct CrondTests {
    @Test func theLinesRun() throws {
        guard Files.isExecutable("/usr/sbin/cron"), Files.isExecutable("/usr/bin/unshare"), geteuid() == 0 else {
            return Skip.say("running the crontab needs cron, unshare and root")
        }
        guard Files.isExecutable("/usr/bin/flock") else { return Skip.say("running the crontab needs flock") }
        let scratch = try SetupTests.scratch()
        try scratch.onboarded("+15551230001")
        // dcb-reconcile is run when it is there; else a stand-in shows how it was called.
        try Files.makeDirectories(scratch.folder + "/cmd")
        try scratch.shell(
            "for c in dcb-oauth-check dcb-backup dcb-state dcb-reconcile; do p=$(command -v $c) && ln -s \"$(realpath \"$p\")\" $DIR/cmd/$c; done; true")
        let hasReconcile = Files.exists(scratch.folder + "/cmd/dcb-reconcile")
        if !hasReconcile {
            try makeExecutable(scratch.folder + "/cmd/dcb-reconcile", "#!/bin/sh\necho \"$*\" > \(scratch.folder)/reconcile-was-called\n")
        }
        // logger(1) writes to a file: there is no syslog here.
        try makeExecutable(
            scratch.folder + "/cmd/logger",
            "#!/bin/sh\n{ echo \"$*\"; env; if [ -t 0 ] || [ -t 1 ]; then echo TERMINAL; fi; cat; } >> \(scratch.folder)/syslog-$2\n")
        let words = ["install", "--bin", scratch.folder + "/cmd", "--state-dir", scratch.state, "--to", scratch.folder + "/archives"]
        #expect(try scratch.run(SetupTests.setup, words).code == 0)
        // Every minute instead of every day: the rest of each line as it is.
        let table = try scratch.text(scratch.folder + "/table").replacing("17 * * * *", with: "* * * * *").replacing("0 2 * * *", with: "* * * * *")
            .replacing("0 3 * * *", with: "* * * * *")
        try Files.makeDirectories(scratch.folder + "/spool")
        try scratch.write(table, to: scratch.folder + "/spool/root")
        // In a mount namespace of its own: its tables are ours, and its lock meets no other cron's.
        try Files.makeDirectories(scratch.folder + "/none")
        try scratch.write("", to: scratch.folder + "/empty")
        let line =
            "d=\(scratch.folder); mount --make-rprivate / && mkdir -p /var/spool/cron/crontabs && mount --bind $d/spool /var/spool/cron/crontabs && mount --bind $d/none /etc/cron.d && mount --bind $d/empty /etc/crontab && mount -t tmpfs tmpfs /run && exec env -i PATH=/usr/bin:/bin /usr/sbin/cron -f || touch $d/cannot"
        let crond = try scratch.start("/usr/bin/unshare", ["-m", "/bin/sh", "-c", line.replacing("$", with: "\\$")], [])
        defer { if let pid = crond.pid { kill(pid, SIGTERM) } }
        try until(seconds: 300, "the jobs' heartbeats") {
            if crond.hasEnded { return true }
            let jobs = try scratch.run("dcb-state", ["jobs"]).documents.compactMap { $0.text("job") }
            let reconciled = hasReconcile ? jobs.contains("reconcile") : Files.exists(scratch.folder + "/reconcile-was-called")
            return jobs.contains("backup") && jobs.contains("oauth-check") && reconciled
        }
        if Files.exists(scratch.folder + "/cannot") { return Skip.say("running the crontab needs a mount namespace") }
        for job in try scratch.run("dcb-state", ["jobs"]).documents where job.text("job") != "reconcile" { #expect(job["exit"]?.intValue == 0) }
        try until(seconds: 60, "what the backup said") { ((try? scratch.text(scratch.folder + "/syslog-dcb-backup")) ?? "").contains("\"verified\":true") }
        #expect(try Files.list(scratch.folder + "/archives").contains { $0.hasPrefix("dcb-") && $0.hasSuffix(".tar.gz") })
        let said = try scratch.text(scratch.folder + "/syslog-dcb-oauth-check")
        #expect(said.contains("\"summary\"") && !said.contains("TERMINAL") && !said.contains("OPENCLAW_STATE_DIR=\(scratch.state)\nOPENCLAW"))
        if !hasReconcile { #expect(try scratch.text(scratch.folder + "/reconcile-was-called") == "--repair --job reconcile --format json\n") }
    }
}
