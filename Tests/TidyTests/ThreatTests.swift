import Platform
import TestSupport
import Testing

/// docs/security.md promises a proof for each threat: the tests and checks that it names are there.
@Suite struct ThreatTests {
    /// The cells of each line of the table.
    private func lines() throws -> [[String]] {
        let section = try Repository.text("docs/security.md").split(separator: "\n## Threats\n").last?.split(separator: "\n## ").first ?? ""
        return section.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst().map { line in
            line.dropFirst().dropLast().split(separator: "|").map { String($0.trimmed) }
        }
    }

    /// Whether a file of tests has a test of that name.
    private func hasTest(_ file: String, _ name: String) throws -> Bool {
        guard Files.exists(Path.join(Repository.root, file)) else { return false }
        let text = try Repository.text(file)
        guard let place = text.firstRange(of: "func \(name)(") else { return false }
        // On the line of the function, or after its arguments, which may take several.
        return text[..<place.lowerBound].split(separator: "func ").last?.contains("@Test") ?? false
    }

    @Test func everyThreatHasItsProof() throws {
        let lines = try lines()
        #expect(lines.count >= 20)
        for cells in lines {
            #expect(cells.count == 4 && cells.allSatisfy { !$0.isEmpty }, "\(cells)")
            var file: String?
            var proofs = 0
            for match in (cells.count > 2 ? cells[2] : "").matches(of: /`([^`]+)`/) {
                let name = String(match.1)
                proofs += 1
                if name.hasPrefix("scripts/checks/") {
                    #expect(Files.isExecutable(Path.join(Repository.root, name)), "\(name) is not there")
                } else if name.hasPrefix("bench/") {
                    #expect(Files.exists(Path.join(Repository.root, name)), "\(name) is not there")
                } else if let parts = name.wholeMatch(of: /([A-Za-z-]+Tests\/[A-Za-z]+)\.([A-Za-z]+)/) {
                    let of = "Tests/\(parts.1).swift"
                    file = of
                    let isThere = try hasTest(of, String(parts.2))
                    #expect(isThere, "\(of) has no test \(parts.2)")
                } else {
                    let isThere = try hasTest(file ?? "", name)
                    #expect(isThere, "\(file ?? "no file") has no test \(name)")
                }
            }
            #expect(proofs > 0, "nothing proves: \(cells.first ?? "")")
        }
    }

    /// The other way round: what was written to prove a line is named in one.
    @Test func everySecurityTestIsNamed() throws {
        let table = try lines().map { $0.joined(separator: " ") }.joined(separator: "\n")
        for path in try Repository.files("Tests/SecurityTests", ending: ".swift") {
            for match in try Repository.text(path).matches(of: /@Test[^\n]*(?:\n[^\n]*)??func ([A-Za-z]+)\(/) {
                let name = String(match.1)
                #expect(table.contains(name), "\(path): \(name) is in no line of docs/security.md")
            }
        }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}
