import JSON
import Platform
import TestSupport
import Testing

/// I8 against what the real versions were seen to say.
@Suite struct VerdictTests {
    /// Whatever is found is true; silence is no proof.
    @Test func agreesWithTheRealVersions() throws {
        guard let folder = Shared.folder("openclaw", for: "I8 against real verdicts") else { return }
        let lines = try Files.read(folder + "/verdicts.jsonl").split(separator: 10)
        let scratch = try Scratch(config: nil)
        var judged = 0
        var refused = 0
        for line in lines {
            let one = try Value(parsing: Array(line), dialect: .json, limits: .standard)
            guard let text = one.at("text")?.stringValue, let verdicts = one.at("valid")?.objectValue else { continue }
            try scratch.write(text, to: scratch.config)
            for (version, valid) in verdicts {
                let output = try scratch.run("dcb-reconcile", ["--check", "--only", "I8", "--openclaw-version", version])
                #expect(output.code == 0, "\(one.at("name")?.stringValue ?? ""): \(output.err)")
                let findings = output.document["findings"]?.arrayValue ?? []
                // What dcb cannot edit it says too: that is no opinion on OpenClaw's.
                let opinions = findings.filter { $0.at("detail")?.stringValue?.contains("(OpenClaw ") == true }
                judged += 1
                if !opinions.isEmpty {
                    refused += 1
                    #expect(valid.boolValue == false, "\(one.at("name")?.stringValue ?? "") for \(version): \(findings)")
                }
            }
        }
        #expect(judged > 500 && refused > 100, "\(judged) judged, \(refused) refused")
    }
}
