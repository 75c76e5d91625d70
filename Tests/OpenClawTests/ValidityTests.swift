import JSON
import Platform
import Testing

@testable import OpenClaw

@Suite struct ValidityTests {
    /// What the real versions said of 292 documents: nothing that they accept is called wrong.
    @Test func agreesWithTheRealVersions() throws {
        guard let shared = Samples.shared else { return }
        var invalid = 0
        var found = 0
        var missed: [String] = []
        for line in try Files.read(shared + "/verdicts.jsonl").split(separator: 10) {
            let verdict = try #require(try JSON.Value(parsing: Array(line), limits: .standard).objectValue)
            let name = verdict["name"]?.stringValue ?? ""
            let text = Array((verdict["text"]?.stringValue ?? "").utf8)
            for (versionText, isValid) in try #require(verdict["valid"]?.objectValue) {
                let version = try #require(OpenClawVersion(versionText))
                let findings = Validity.findings(parsing: text, version)
                if isValid.boolValue == true {
                    #expect(findings.isEmpty, "\(versionText) \(name): \(findings)")
                } else {
                    invalid += 1
                    if findings.isEmpty { missed.append("\(versionText) \(name)") } else { found += 1 }
                }
            }
        }
        print("verdicts: \(found) of \(invalid) invalid ones found; missed: \(missed.joined(separator: ", "))")
        #expect(Double(found) > 0.9 * Double(invalid))
    }

    @Test func knownGoodConfigsAreGood() throws {
        guard let shared = Samples.shared else { return }
        for version in OpenClawVersion.known {
            let findings = Validity.findings(parsing: try Files.read(shared + "/known-good/\(version).json"), version)
            #expect(findings.isEmpty, "\(version): \(findings)")
        }
    }
}
