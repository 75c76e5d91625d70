import Archive
import TestSupport
import Testing

@Suite struct RuleTests {
    static func admit(_ entries: [TarEntry], total: Int = 1 << 30) throws {
        var rules = EntryRules(greatestTotal: total)
        for entry in entries { try rules.admit(entry) }
    }
    static func file(_ name: String, size: Int = 0) -> TarEntry { TarEntry(name: Array(name.utf8), kind: .file, mode: 0o600, sizeBytes: size) }
    static func folder(_ name: String) -> TarEntry { TarEntry(name: Array(name.utf8), kind: .folder, mode: 0o700) }
    static func link(_ name: String, _ target: String) -> TarEntry { TarEntry(name: Array(name.utf8), kind: .symbolicLink(Array(target.utf8)), mode: 0o777) }
    static func hard(_ name: String, _ target: String) -> TarEntry { TarEntry(name: Array(name.utf8), kind: .hardLink(Array(target.utf8)), mode: 0o600) }

    @Test func whatIsTaken() throws {
        try RuleTests.admit([
            RuleTests.folder("a"), RuleTests.folder("a/b"), RuleTests.file("a/b/c"), RuleTests.link("a/b/l", "../../x"), RuleTests.link("m", "a/b/l"),
            RuleTests.link("a/n", "./../a/./b"), RuleTests.hard("a/h", "a/b/c"), RuleTests.hard("h2", "a/h"), RuleTests.file("..."), RuleTests.file("a/..b"),
        ])
    }

    static let refused: [(String, [TarEntry])] = [
        ("absolute", [file("/etc/passwd")]), ("climbs out", [file("../x")]), ("climbs out", [folder("a"), file("a/../../x")]), ("climbs out", [file("..")]),
        ("not plain", [file("./x")]), ("not plain", [folder("a"), file("a//x")]), ("without a name", [file("")]), ("NUL", [file("a\u{0}b")]),
        ("twice", [file("a"), file("a")]), ("twice", [folder("a"), file("a")]), ("twice", [link("a", "b"), folder("a")]),
        ("not its folder", [file("a/x")]), ("not its folder", [link("a", "b"), file("a/x")]), ("not its folder", [file("a"), file("a/x")]),
        ("absolute", [link("l", "/etc")]), ("leads out", [link("l", "..")]), ("leads out", [folder("a"), link("a/l", "../../x")]),
        ("climbs behind a name", [folder("a"), link("a/l", "b/../c")]), ("leads nowhere", [link("l", "")]), ("hard link", [hard("h", "gone")]),
        ("hard link", [folder("a"), hard("h", "a")]), ("hard link", [link("l", "x"), hard("h", "l")]), ("hard link", [hard("h", "/etc/passwd")]),
        ("grow beyond", [file("a", size: 1 << 29), file("b", size: 1 << 29), file("c", size: 1)]), ("grow beyond", [file("a", size: .max)]),
        ("part of", [file(String(repeating: "x", count: 256))]), ("folders deep", [file(String(repeating: "a/", count: 300) + "a")]),
        ("a name of", [file(String(repeating: "abc/", count: 1100))]),
    ]

    @Test(arguments: 0..<refused.count) func whatIsRefused(_ index: Int) throws {
        let (reason, entries) = RuleTests.refused[index]
        let fault = thrown(TarFault.self) { try RuleTests.admit(entries) }
        #expect(fault?.reason.contains(reason) == true, "\(index): \(fault?.reason ?? "nothing")")
    }

    @Test func sumLines() {
        let sum = String(repeating: "0a", count: 32)
        for name in ["plain", "two  spaces", "back\\slash", "new\nline", "return\r", "\\", " lead"] {
            let line = SumLine.bytes(sum: sum, name: Array(name.utf8))
            #expect(line.last == 10 && !line.dropLast().contains(10))
            let parsed = SumLine.parse(Array(line.dropLast()))
            #expect(parsed?.sum == sum && parsed?.name == Array(name.utf8))
        }
        #expect(String(decoding: SumLine.bytes(sum: sum, name: Array("a\\b\nc".utf8)), as: UTF8.self) == "\\\(sum)  a\\\\b\\nc\n")
        for bad in ["", sum, sum + " x", sum + "  ", sum.uppercased() + "  x", "\\" + sum + "  a\\x"] { #expect(SumLine.parse(Array(bad.utf8)) == nil) }
    }
}
