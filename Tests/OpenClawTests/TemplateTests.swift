import Onboarding
import Platform
import Testing

@testable import OpenClaw

@Suite struct TemplateTests {
    /// The template that is installed is good for what reads it, before and after people come, and OpenClaw's own nudge may rewrite it: no comments.
    @Test func isGoodAndGrows() throws {
        let root = Path.parent(Path.parent(Path.parent(#filePath)))
        let text = try Samples.text(root + "/config/openclaw.json.template")
        let grown = try Samples.grown(text, by: 3)
        for version in OpenClawVersion.known.suffix(2) {
            #expect(Validity.findings(parsing: Array(text.utf8), version) == [])
            #expect(Validity.findings(parsing: Array(grown.utf8), version) == [])
        }
        #expect(try !Samples.model(text).document.hasComments)
        let folder = ProcessContext.current().environment["DCB_TEST_KEEP"]
        guard let folder else { return }
        // For check_config.py and the real OpenClaw.
        try Files.makeDirectories(folder)
        try Files.replace(folder + "/2026.9.6-template.json", with: Array(grown.utf8), mode: 0o600)
        for version in OpenClawVersion.known {
            for (name, start) in [("empty", "{}"), ("list", "{agents:{list:[{id:'main'}]}}"), ("entries", "{agents:{entries:{main:{}}}}")] {
                if name == "entries", !version.hasEntries { continue }
                let text = try Samples.grown(start, by: 2, version: "\(version)")
                try Files.replace(folder + "/\(version)-\(name).json", with: Array(text.utf8), mode: 0o600)
            }
            guard let shared = Samples.shared else { continue }
            let text = try Samples.grown(Samples.text(shared + "/known-good/\(version).json"), by: 2, version: "\(version)")
            try Files.replace(folder + "/\(version)-good.json", with: Array(text.utf8), mode: 0o600)
        }
    }
}
