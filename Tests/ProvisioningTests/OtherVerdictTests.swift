import JSON
import Platform
import TestSupport
import Testing

/// What we write, judged by somebody else's rules of each OpenClaw version.
@Suite struct OtherVerdictTests {
    static let versions = ["2026.1.30", "2026.2.9", "2026.7.1", "2026.8.1", "2026.9.6"]

    /// One process for all files of a version: each costs the start of Python otherwise.
    private static let judge = """
        import sys
        sys.path.insert(0, sys.argv[1])
        import check_config
        for path in sys.argv[3:]:
            issues = check_config.judge(sys.argv[2], open(path, encoding="utf-8").read())
            if issues: print(path, issues)
        """

    private var path: String { ProcessContext.current().environment["PATH"] ?? "/usr/bin:/bin" }
    private var home: String { ProcessContext.current().environment["HOME"] ?? "/" }

    private func ready(_ scratch: Scratch) throws -> Bool {
        let output = try scratch.run("/usr/bin/env", ["python3", "-c", "import json5, jsonschema"], environment: ["PATH": path, "HOME": home])
        if output.code == 0 { return true }
        try Descriptor.standardError.writeAll(Array("skipped: OtherVerdictTests needs python3 with json5 and jsonschema\n".utf8))
        return false
    }

    @Test(arguments: versions)
    func everyVersionTakesWhatWeWrite(_ version: String) throws {
        guard let folder = Shared.folder("openclaw", for: "OtherVerdictTests") else { return }
        let knownGood = String(decoding: try Files.read("\(folder)/known-good/\(version).json"), as: UTF8.self)
        // Both shapes where the version reads both.
        let asList = "{gateway:{mode:'local'},agents:{list:[{id:'main',default:true,workspace:'/srv/main'}]},channels:{whatsapp:{dmPolicy:'pairing'}}}"
        let single = "{gateway:{mode:'local'},agents:{list:[{id:'main'}]}}"
        let bare = "{gateway:{mode:'local'}}"
        let results = try Scratch(config: nil)
        guard try ready(results) else { return }
        var written: [String] = []
        for text in [knownGood, asList, single, bare] {
            for told in [true, false] {
                // Without a version the newest one's shape is made, and its kind of a direct chat where the file has none yet.
                if !told, text == bare, version < "2026.8" { continue }
                if !told, text != knownGood, version == "2026.1.30" { continue }
                let arguments = told ? ["--openclaw-version", version] : []
                let scratch = try Scratch(config: text)
                func check(_ when: String) throws {
                    let path = "\(results.folder)/\(written.count)-told-\(told)-\(when)"
                    try scratch.write(try scratch.configText(), to: path)
                    written.append(path)
                }
                try scratch.onboarded(Scratch.phone(1), arguments)
                try check("one")
                let more = try scratch.step("dcb-onboard", arguments, (2...5).map { ["phone": .string(Scratch.phone($0))] })
                #expect(more.code == 0, "\(more.err)")
                try check("five")
                let gone = try scratch.step("dcb-onboard", ["--undo"] + arguments, (1...5).map { ["phone": .string(Scratch.phone($0))] })
                #expect(gone.code == 0, "\(gone.err)")
                #expect(try scratch.configText() == text)
                try check("none")
            }
        }
        let output = try results.run(
            "/usr/bin/env", ["python3", "-c", OtherVerdictTests.judge, folder, version] + written,
            environment: ["PATH": path, "HOME": home, "PYTHONDONTWRITEBYTECODE": "1"])
        #expect(output.code == 0, "\(output.err)")
        #expect(output.out.isEmpty, "\(version): \(output.out)")
        #expect(written.count >= 9)
    }
}
