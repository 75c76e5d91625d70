import JSON
import Platform
import TestSupport
import Testing

/// Other users of the machine: whatever the mask of who calls, every file and folder that is ever made is its owner's alone.
@Suite struct ModeTests {
    /// All commands with a mask that forbids nothing; what came and went meanwhile was seen by watching the folders.
    @Test func everythingThatIsMade() throws {
        let scratch = try Scratch()
        try Files.setMode(scratch.state, 0o700)
        try Files.makeDirectories(scratch.folder + "/tmp")
        // The look runs beside the commands: half-made workspaces and archives count too.
        let look = """
            umask 077; while [ ! -e "$DIR/over" ]; do
                find "$DIR/state" "$DIR/archives" "$DIR/restored" "$DIR/tmp" -mindepth 1 -perm /077 ! -type l -printf '%m %p\\n' 2>/dev/null >> "$DIR/wide"
            done
            """
        let watcher = try scratch.start("/bin/sh", ["-c", look.replacing("'", with: "'\\''")], [], environment: ["DIR": scratch.folder])
        try scratch.write("x", to: scratch.folder + "/wide")
        let lines = [
            "dcb-state init", "dcb-onboard +15550000001", "dcb-onboard +15550000002", "dcb-onboard --undo +15550000001",
            "dcb-onboard --undo --purge +15550000002", "dcb-onboard +15550000003", "dcb-backup create --to \"$DIR/archives\"",
            "dcb-backup verify \"$DIR\"/archives/dcb-*.gz", "dcb-backup restore \"$DIR\"/archives/dcb-*.gz --into \"$DIR/restored\"",
            "dcb-reconcile --repair --job reconcile", "dcb-oauth-check --record --job oauth-check", "dcb-state check",
        ]
        for line in lines {
            let output = try scratch.shell("export TMPDIR=\"$DIR/tmp\"; umask 000; \(line)")
            #expect(output.code == 0, "\(line): \(output.err)")
        }
        try scratch.write("", to: scratch.folder + "/over")
        _ = try watcher.wait()
        let wide = try scratch.text(scratch.folder + "/wide").split(separator: "\n")
        #expect(wide.filter { $0 != "x" }.isEmpty, "\(Set(wide))")
        for place in ["state", "archives", "restored"] {
            for path in try scratch.tree(scratch.folder + "/" + place) {
                let status = try #require(try Files.status("\(scratch.folder)/\(place)/\(path)", followLinks: false))
                #expect(status.permissions == (status.isDirectory ? 0o700 : 0o600), "\(place)/\(path)")
            }
        }
    }
}
