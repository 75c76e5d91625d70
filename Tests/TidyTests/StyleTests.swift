import Platform
import TestSupport
import Testing

/// Style as a test. Each finding names file and line.
@Suite struct StyleTests {
    static let sources = (try? Repository.files("Sources", ending: ".swift")) ?? []
    static let tests = (try? Repository.files("Tests", ending: ".swift")) ?? []

    @Test func thereIsSomethingToRead() {
        #expect(StyleTests.sources.count > 50 && StyleTests.tests.count > 10 && Repository.commands.count >= 5)
    }

    /// Where a pattern stands in the code, as `file:line: code`.
    private func find(in files: [String], _ matches: (String) -> Bool) throws -> [String] {
        var found: [String] = []
        for path in files {
            for (i, line) in Code(try Repository.text(path)).lines.enumerated() where matches(line) {
                found.append("\(path):\(i + 1): \(line.filter { $0 != " " })")
            }
        }
        return found
    }

    private func hasWord(_ line: String, _ word: String) -> Bool {
        var rest = Substring(line)
        while let range = rest.firstRange(of: word) {
            let before = rest[..<range.lowerBound].last
            if before.map({ !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != "." }) ?? true { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }

    // MARK: code

    @Test(arguments: ["print(", "debugPrint(", "dump(", "fatalError(", "assertionFailure(", "try!", "exit(", "abort("]) func notInSources(_ word: String) throws
    {
        // One door: Platform ends the process, and the console is what asks for it.
        let files = StyleTests.sources.filter { word != "exit(" || !($0.hasPrefix("Sources/Platform/") || $0 == "Sources/CommandKit/Console.swift") }
        let found = try find(in: files) { hasWord($0, word) && !$0.contains("func " + word) }
        #expect(found.isEmpty)
    }

    @Test func noForcedCastsAndUnwraps() throws {
        #expect(try find(in: StyleTests.sources) { $0.contains("as!") }.isEmpty)
        let forced = try find(in: StyleTests.sources) { line in
            var before: Character = " "
            let characters = Array(line)
            for (i, c) in characters.enumerated() {
                if c == "!", before.isLetter || before.isNumber || "_)]}?".contains(before), i + 1 >= characters.count || characters[i + 1] != "=" {
                    return true
                }
                before = c
            }
            return false
        }
        #expect(forced.isEmpty)
    }

    /// Comments too: what is to be done stands in the issues.
    /// Values are compared by bytes; Swift's `==` holds different strings for one, and takes time in the square of a run of combining marks.
    @Test func textFromOutsideIsComparedAsValues() throws {
        #expect(
            try find(in: StyleTests.sources) { line in ["== ", "!= "].contains { line.contains("stringValue " + $0) && !line.contains("stringValue \($0)nil") }
            }.isEmpty)
    }

    @Test(arguments: ["TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK"]) func nothingLeftToDo(_ mark: String) throws {
        for path in StyleTests.sources + StyleTests.tests { #expect(try !Repository.text(path).contains(mark), "\(path)") }
    }

    @Test func filesAreShort() throws {
        for path in StyleTests.sources + StyleTests.tests {
            let text = try Repository.text(path)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
            // A longer one says why in the comment at its head.
            if lines > 500 || text.utf8.count > 24 << 10 { #expect(text.hasPrefix("// Long because "), "\(path): \(lines) lines, \(text.utf8.count) bytes") }
        }
    }

    @Test func textIsClean() throws {
        let all = try Repository.files(".").filter { path in
            [".swift", ".h", ".md", ".1", ".7", ".8", ".template", ".modulemap"].contains { path.hasSuffix($0) } || path.hasPrefix("scripts/")
        }
        for path in all {
            let bytes = try Files.read(Path.join(Repository.root, path))
            #expect(bytes.last == 10, "\(path) does not end in a newline")
            #expect(!bytes.contains(13), "\(path) has carriage returns")
            if path.hasSuffix(".swift") || path.hasPrefix("scripts/") {
                #expect(!bytes.contains(9), "\(path) has tabs")
                for (i, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
                    #expect(line.last != 32, "\(path):\(i + 1) ends in a space")
                }
            }
        }
    }

    /// Nothing of the machine on which it was written.
    @Test func noPathsOfABuildMachine() throws {
        let places = ["/wo" + "rk/main", "/wo" + "rk/shared", "/tmp" + "/h/", "/ro" + "ot/.", "/home" + "/runner", "/Us" + "ers/"]
        for path in try Repository.files(".") where !path.hasPrefix(".") {
            let text = try Repository.text(path)
            for place in places { #expect(!text.contains(place), "\(path) names \(place)") }
        }
    }

    // MARK: the house

    /// What each target of Package.swift may import.
    static func dependencies() throws -> [String: Set<String>] {
        var found: [String: Set<String>] = [:]
        for line in try Repository.text("Package.swift").split(separator: "\n") {
            guard let name = line.firstMatch(of: /name: "([^"]+)"/)?.1, line.contains("arget(") || line.contains("systemLibrary(") else { continue }
            var names: Set<String> = []
            if let list = line.firstMatch(of: /dependencies: \[([^\]]*)\]/)?.1 {
                for word in list.split(separator: ",") { names.insert(String(word.filter { $0 != " " && $0 != "\"" })) }
            }
            found[String(name)] = names
        }
        return found
    }

    private func imports(_ path: String) throws -> [String] {
        Code(try Repository.text(path)).lines.compactMap { line in
            line.firstMatch(
                of: /^\s*(@[a-zA-Z_]+(\([a-z]*\))?\s+)?(public |internal |private |fileprivate )?import (struct |class |enum |func |protocol )?([A-Za-z_]+)/
            ).map { String($0.5) }
        }
    }

    @Test func importsKeepToTheirFloor() throws {
        let allowed = try StyleTests.dependencies()
        for path in StyleTests.sources {
            let target = String(path.split(separator: "/")[1])
            let dependencies = try #require(allowed[target], "\(target) is not in Package.swift")
            for name in try imports(path) {
                if name == "Glibc" {
                    #expect(target == "Platform", "\(path) imports Glibc")
                } else {
                    #expect(dependencies.contains(name), "\(path) imports \(name)")
                }
            }
        }
    }

    /// And names nothing that it does not use: the list is what a reader trusts.
    @Test func dependenciesAreUsed() throws {
        for (target, dependencies) in try StyleTests.dependencies() {
            let files = StyleTests.sources.filter { $0.hasPrefix("Sources/\(target)/") }
            if files.isEmpty { continue }
            let used = Set(try files.flatMap(imports))
            #expect(dependencies.subtracting(used).isEmpty, "\(target) does not import \(dependencies.subtracting(used))")
        }
    }

    @Test func nobodyImportsFoundation() throws {
        for path in StyleTests.sources + StyleTests.tests { #expect(try !imports(path).contains { $0.hasPrefix("Foundation") }, "\(path)") }
    }

    /// No arrow runs up, no command imports another, and only the record's library sees SQLite.
    @Test func floors() throws {
        let floor = [
            "CLinux": 0, "CSQLite": 0, "Archive": 1, "HTTP": 1, "JSON": 1, "Platform": 1, "CommandKit": 2, "Onboarding": 2, "Store": 3, "OpenClaw": 3,
            "Provisioning": 4,
        ]
        for (target, dependencies) in try StyleTests.dependencies() where !target.hasSuffix("Tests") && target != "TestSupport" {
            for other in dependencies {
                #expect(!other.hasPrefix("dcb-"), "\(target) depends on the command \(other)")
                if target == "store-helper" || target == "platform-probe" { continue }
                // Store stands on the domain, and so on: never upward, and sideways only where a circle is impossible.
                if let mine = floor[target], let its = floor[other] { #expect(its < mine, "\(target) depends on \(other)") }
                if other == "CSQLite" { #expect(target == "Store") }
                if other == "CLinux" { #expect(target == "Platform") }
            }
        }
        let validate = try StyleTests.dependencies()["dcb-validate"] ?? []
        #expect(validate.isDisjoint(with: ["Store", "OpenClaw", "Provisioning", "CSQLite"]))
        #expect(try !Repository.text("Package.swift").contains(".package("))
    }

    @Test(arguments: Repository.commands) func everyCommandHasItsPageAndItsTests(_ command: String) throws {
        #expect(Repository.page(of: command) != nil)
        #expect(try !Repository.files("Tests/\(command)Tests", ending: ".swift").isEmpty)
        let main = try Repository.text("Sources/\(command)/main.swift")
        #expect(main.split(separator: "\n", omittingEmptySubsequences: false).count <= 60, "main is a page")
    }

    // MARK: the manual

    /// Every name in Problem.swift is an item of dcb(7), and the other way round.
    @Test func problemsAreInTheManual() throws {
        let source = try Repository.text("Sources/CommandKit/Problem.swift")
        let body = source.split(separator: "enum Kind")[1].split(separator: "public var exit")[0]
        let names = Set(body.matches(of: /case (\w+)( = "([^"]+)")?\n/).map { String($0.3 ?? $0.1) })
        let page = try Repository.text("man/dcb.7")
        #expect(names.count > 50)
        for name in names { #expect(page.contains("\n.It Li \(name)\n"), "dcb.7 does not have \(name)") }
        // Items of that form with a dash in them are problems, whatever else the page lists.
        let section = page.split(separator: "\n.Sh DIAGNOSTICS").dropFirst().first?.split(separator: "\n.Sh ").first
        if let section {
            for match in section.matches(of: /\n\.It Li (\S+)/) { #expect(names.contains(String(match.1)), "dcb.7 has \(match.1)") }
        } else {
            Issue.record("dcb.7 has no section DIAGNOSTICS")
        }
    }

    /// Each option that a command's help names stands in its page, or, when all have it, in dcb(7).
    @Test(arguments: Repository.commands) func optionsAreInTheManual(_ command: String) throws {
        let help = try Scratch(config: nil).run(command, ["--help"]).out
        let own = try Repository.text(Repository.page(of: command) ?? "man/\(command).1"), common = try Repository.text("man/dcb.7")
        let options = help.matches(of: /\n\s+(-\w, )?--([a-z-]+)/).map { String($0.2) }
        #expect(options.count > 12)
        for option in options where option != "help" && option != "quiet" && option != "verbose" {
            // In mdoc the first dash of a long option is the macro's.
            #expect(own.contains("Fl -\(option)") || common.contains("Fl -\(option)"), "--\(option) is not in \(command).1")
        }
        // And no page promises one that is not there.
        for match in own.matches(of: /Fl -([a-z][a-z-]+)/) {
            let name = String(match.1)
            // A page may speak of another command's options.
            let known = try Repository.commands.contains { try Scratch(config: nil).run($0, ["--help"]).out.contains("--\(name)") }
            #expect(known, "\(command).1 has --\(name)")
        }
    }

    @Test func theCommandsTableIsWhole() throws {
        let readme = try Repository.text("README.md")
        for command in Repository.commands { #expect(readme.contains("`\(command)`"), "README does not have \(command)") }
    }

    // MARK: format

    @Test func swiftFormat() throws {
        guard Files.exists(Path.join(Repository.root, ".swift-format")) else { return Skip.say("swift format needs the repository's .swift-format") }
        let child = ChildProcess(
            "/bin/sh",
            [
                "-c",
                "cd '\(Repository.root)' && command -v swift > /dev/null && swift format --version > /dev/null 2>&1 || exit 99; swift format lint --strict --recursive Sources Tests Package.swift",
            ],
            environment: ProcessContext.current().environment)
        let result = try child.run(input: [], deadline: Deadline(in: 300_000))
        if result.status == .exited(99) { return Skip.say("swift format is not installed") }
        #expect(result.status == .exited(0), "\(String(decoding: result.errors.prefix(3000), as: UTF8.self))")
    }
}
