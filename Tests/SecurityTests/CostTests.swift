import Glibc
import JSON
import Platform
import TestSupport
import Testing

/// What costs an agent or a stranger nothing must not cost us everything. That the time grows as the input does is in bench/results.md; here, that it ends.
@Suite struct CostTests {
    /// Holes are read as zeros: some are archived, not any number of them.
    @Test func holesInAWorkspace() throws {
        let scratch = try Scratch()
        let agent = try scratch.onboarded(Scratch.phone(1))
        let other = try scratch.onboarded(Scratch.phone(2))
        func hole(_ id: String, _ name: String, _ bytes: Int) throws {
            try Descriptor.open("\(scratch.state)/workspace-\(id)/\(name)", .write, create: 0o600).setSize(bytes)
        }
        try hole(agent, "a", 8 << 20)
        try hole(other, "a", 8 << 20)
        // Each alone would be let through.
        for name in ["b", "c", "d"] { try hole(agent, name, 64 << 30) }
        let created = try scratch.only(try scratch.run("dcb-backup", ["create", "--to", scratch.folder + "/archives"]))
        #expect(created["notesTotal"]?.intValue == 3)
        let archive = try #require(created.text("archive"))
        let names = try scratch.shell("tar -tzf '\(archive)'").out
        #expect(names.contains("workspace-\(agent)/a\n") && names.contains("workspace-\(other)/a\n") && !names.contains("workspace-\(agent)/b"))
    }

    /// An entry that is being written is read again after a pause: not each of any number of them.
    @Test func aKeyringFullOfDamage() throws {
        let scratch = try Scratch()
        let agent = try scratch.onboarded(Scratch.phone(1))
        let keyring = "\(scratch.state)/workspace-\(agent)/.gog/data/keyring"
        try Files.makeDirectories(keyring)
        for n in 0..<10_000 { try Files.create("\(keyring)/token:\(n)@example.com", [], mode: 0o600, sync: false) }
        let output = try scratch.run("dcb-oauth-check", [], timeoutSeconds: 120)
        #expect(output.code == 1 && output.out.contains("\"damaged\""), "\(output.out.prefix(500))")
    }

    /// As many keys as a document may have, all different, and then one of them twice.
    @Test(arguments: [false, true]) func keysThatWereMadeToCollide(_ isTwice: Bool) throws {
        let scratch = try Scratch()
        // "Ez" and "FY" are one to 33 × h + c.
        var keys = (0..<20_000).map { n in (0..<17).map { n >> $0 & 1 == 1 ? "FY" : "Ez" }.joined() }
        if isTwice { keys.append(keys[0]) }
        let document = "{\"phone\":\"+15550000001\"," + keys.map { "\"\($0)\":0" }.joined(separator: ",") + "}\n"
        let output = try scratch.run("dcb-onboard", [], input: document)
        #expect(output.code == 65 && output.problem == (isTwice ? "not-json" : "unknown-member"), "\(output.err.prefix(300))")
        try scratch.write("{" + keys.map { "\($0):0" }.joined(separator: ",") + "}", to: scratch.state + "/dcb.json")
        #expect(try scratch.run("dcb-state", ["list"]).problem == "settings-invalid")
    }

    /// Deep, wide, linked to itself, full of names that are no text: a workspace is archived, restored, checked, removed and purged, and nobody else's file
    /// is touched.
    @Test func aWorkspaceOfAllKinds() throws {
        let scratch = try Scratch()
        let phone = Scratch.phone(1)
        let agent = try scratch.onboarded(phone)
        try scratch.onboarded(Scratch.phone(2))
        try scratch.write("precious", to: scratch.folder + "/precious")
        let made = try scratch.shell(
            """
            cd "$DIR/state/workspace-\(agent)" && mkfifo pipe && ln "$DIR/precious" hard && ln -s "$DIR/precious" out && ln -s "$DIR" away && ln -s . loop &&
            mkdir closed && touch closed/x && chmod 000 closed && truncate -s 8M sparse && (mknod null c 1 3 2>/dev/null || true) &&
            printf x > "$(printf 'new\\nline')" && printf x > "$(printf '\\377\\376')" && printf x > '-rf' && printf x > "$(printf '\\033[2J')" &&
            touch ./--help "$(printf 'a\\tb')" ' ' '*' '$(id)' '`id`' "'" '"' '\\\\' '~' '#'
            i=0; while [ $i -lt 700 ]; do mkdir d && cd d || exit 1; i=$((i + 1)); done
            """)
        #expect(made.code == 0, "\(made.err)")
        let others = try scratch.shell("cd \"$DIR\" && find precious state/workspace-* -not -path '*\(agent)*' -type f -exec sha256sum {} + | sort").out
        let created = try scratch.run("dcb-backup", ["create", "--to", scratch.folder + "/archives"])
        #expect(created.code == 0 && created.document["verified"] == true, "\(created.err)")
        let restored = try scratch.run("dcb-backup", ["restore", created.document.text("archive") ?? "", "--into", scratch.folder + "/restored"])
        #expect(restored.code == 0, "\(restored.err)")
        #expect(try scratch.tree(scratch.folder + "/restored").allSatisfy { !$0.hasSuffix("/out") && !$0.hasSuffix("/away") && !$0.hasSuffix("/pipe") })
        #expect(try scratch.run("dcb-reconcile", ["--check"]).code == 0)
        #expect(try [0, 1].contains(scratch.run("dcb-oauth-check").code))
        let gone = try scratch.run("dcb-onboard", ["--undo", "--purge", phone])
        #expect(gone.code == 0 && gone.document.text("outcome") == "removed", "\(gone.err)")
        #expect(try Files.list(scratch.state + "/trash").isEmpty && !Files.exists("\(scratch.state)/workspace-\(agent)"))
        #expect(try scratch.shell("cd \"$DIR\" && find precious state/workspace-* -type f -exec sha256sum {} + | sort").out == others)
        #expect(try scratch.run("dcb-state", ["check"]).code == 0)
    }

    private static let marks = "a" + String(repeating: "\u{301}\u{323}", count: 200_000)

    /// Swift's `==` and hash of strings take time in the square of a run of combining marks: here minutes of the processor's time, of which there are seconds.
    @Test func aMemberOfManyMarks() throws {
        let scratch = try Scratch()
        let claimed = try scratch.claimed(Scratch.phone(1))
        let phone = claimed["phone"] ?? .null
        let steps: [(step: String, member: String, document: Object, problem: String?)] = [
            ("dcb-create-agent", "fence", claimed, "claim-lost"), ("dcb-create-agent", "name", claimed, "invalid-name"),
            ("dcb-create-agent", "claim", claimed, nil),
            ("dcb-bind", "fence", claimed, "claim-lost"), ("dcb-bind", "claim", claimed, nil), ("dcb-state release", "fence", claimed, "claim-lost"),
            ("dcb-state release", "claim", claimed, "not-ready"), ("dcb-state commit", "fence", claimed, "claim-lost"),
            ("dcb-state commit", "claim", claimed, nil),
            ("dcb-state update", "status", ["phone": phone], "invalid-status"), ("dcb-state update", "expect", ["phone": phone], "invalid-status"),
        ]
        for (step, member, document, problem) in steps {
            var document = document
            document[member] = .string(CostTests.marks)
            try scratch.write(document.line, to: scratch.folder + "/in")
            let output = try scratch.shell("ulimit -t \(10 * Skip.patience); \(step) < \"$DIR/in\"")
            #expect(output.problem == problem && (output.code == 0) == (problem == nil), "\(step) \(member): \(output.code) \(output.err.prefix(300))")
        }
    }

    /// The same in what an agent may write into its keyring, as many entries as it likes.
    @Test func aKeyringOfManyMarks() throws {
        let scratch = try Scratch()
        let agent = try scratch.onboarded(Scratch.phone(1))
        let keyring = "\(scratch.state)/workspace-\(agent)/.gog/data/keyring"
        try Files.makeDirectories(keyring)
        let marks = String(CostTests.marks.unicodeScalars.prefix(23_000).map(Character.init))
        try scratch.write("{\"alg\":\"\(marks)\",\"enc\":\"A256GCM\"}", to: scratch.folder + "/alg")
        try scratch.write("{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A256GCM\",\"created\":\"\(marks)\"}", to: scratch.folder + "/created")
        let output = try scratch.shell(
            """
            for header in alg created; do
                { basenc --base64url -w 0 "$DIR/$header" | tr -d =; printf .; printf A%.0s $(seq 54); printf .; printf A%.0s $(seq 16); printf .AAAA.; printf A%.0s $(seq 22); } > "$DIR/entry"
                for n in $(seq 100); do cp "$DIR/entry" '\(keyring)'/token:$header:$n@example.com; done
            done
            ulimit -t \(10 * Skip.patience); dcb-oauth-check
            """)
        #expect(
            output.code == 1 && output.out.contains("\"unknown-format\"") && output.out.contains("\"accounts\":200"), "\(output.code) \(output.err.prefix(300))"
        )
    }
}
