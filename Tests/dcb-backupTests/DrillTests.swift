import JSON
import Platform
import TestSupport
import Testing

/// The disaster drill of docs/backup-and-restore.md: the state folder is gone, an archive takes its place, onboarding goes on.
@Suite struct DrillTests {
    @Test func theStateFolderIsGone() throws {
        let scratch = try Scratch.lived()
        let users = try scratch.run("dcb-state", ["list"]).out
        let archive = try scratch.backup().text("archive") ?? ""
        try Files.removeTree(scratch.state)
        #expect(try scratch.run("dcb-state", ["list"]).code == 78)
        let hasReconcile = Files.isExecutable(Scratch.commands + "/dcb-reconcile")
        let restored = try scratch.run("dcb-backup", ["restore", archive, "--into", scratch.state] + (hasReconcile ? ["--check"] : []))
        #expect(restored.code == 0 || (hasReconcile && restored.code == 1), "\(restored.err)")
        if hasReconcile {
            #expect(restored.document["check"]?.objectValue?["summary"] != nil, "\(restored.out)")
        } else {
            Skip.say("the drill's dcb-reconcile --check: it is not beside dcb-backup")
        }
        #expect(try scratch.run("dcb-state", ["list"]).out == users)
        #expect(try scratch.run("dcb-state", ["check"]).code == 0)
        // A user of before is known, and a new one comes in.
        let old = try scratch.run("dcb-onboard", ["+15551230001"])
        #expect(old.code == 0 && old.document.text("outcome") == "existing")
        let new = try scratch.run("dcb-onboard", ["+15551230003"])
        #expect(new.code == 0 && new.document.text("outcome") == "created")
        #expect(try scratch.run("dcb-onboard", ["--undo", "+15551230001"]).code == 0)
        #expect(try scratch.run("dcb-state", ["audit"]).documents.contains { $0.text("event") == "restored" })
        #expect(try scratch.backup()["verified"]?.boolValue == true)
    }

    /// Asked to check, and nobody there to do it: said before anything is unpacked.
    @Test func withoutReconcile() throws {
        let scratch = try Scratch.lived()
        let archive = try scratch.backup().text("archive") ?? ""
        try scratch.shell("mkdir $DIR/alone && cp \"$(command -v dcb-backup)\" $DIR/alone/")
        let output = try scratch.run(scratch.folder + "/alone/dcb-backup", ["restore", archive, "--into", scratch.folder + "/back", "--check"])
        #expect(output.code == 69 && output.problem == "helper-missing" && !Files.exists(scratch.folder + "/back"))
    }

    /// What it says of the restored folder becomes part of the answer, and its code ours.
    @Test(arguments: [(0, 0), (1, 1), (75, 75)]) func whatReconcileSays(_ its: Int, _ ours: Int) throws {
        let scratch = try Scratch.lived()
        let archive = try scratch.backup().text("archive") ?? ""
        try scratch.shell(
            """
            mkdir $DIR/both && cp "$(command -v dcb-backup)" $DIR/both/ && cat > $DIR/both/dcb-reconcile <<'EOF'
            #!/bin/sh
            if [ \(its) = 75 ]; then echo '{"problem":"record-locked","exit":75,"command":"dcb-reconcile","detail":"x","hint":"y"}' >&2; else echo "{\\"arguments\\":\\"$*\\"}"; fi
            exit \(its)
            EOF
            chmod +x $DIR/both/dcb-reconcile
            """)
        let back = scratch.folder + "/back"
        let output = try scratch.run(scratch.folder + "/both/dcb-backup", ["restore", archive, "--into", back, "--check"])
        #expect(Int(output.code) == ours, "\(output.err)")
        if its == 75 {
            #expect(output.problem == "record-locked")
        } else {
            #expect(output.document["check"]?.at("arguments")?.stringValue == "--check --exit-code --format json --log json --state-dir \(back)")
        }
        #expect(Files.exists(back + "/onboarding.db"))
    }
}
