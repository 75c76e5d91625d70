import Onboarding
import Platform
import TestSupport
import Testing

@Suite struct AgentTemplatesTests {
    static let configAgents = Path.absolute(Path.join(Path.parent(#filePath), "../../config/agents"))

    func values(name: String? = "Ada") throws -> TemplateValues {
        TemplateValues(
            agentID: try #require(AgentID("user_0123456789abcdef")), name: name, phone: try #require(PhoneNumber(e164: "+15551234567")), language: "en",
            createdAt: Timestamp(milliseconds: 1_769_914_800_000))
    }

    func rendered(_ text: String, name: String? = "Ada") throws -> String {
        let folder = try Folder()
        for file in AgentTemplates.fileNames { try folder.write("en/\(file)", text) }
        let first = try AgentTemplates.load(folder.path, language: "en").render(values(name: name)).first
        return String(decoding: try #require(first).bytes, as: UTF8.self)
    }

    @Test func builtInOnesAreTheFilesOfConfigAgents() throws {
        let languages = try Files.list(AgentTemplatesTests.configAgents)
        #expect(languages.contains("en"))
        for language in languages {
            let loaded = try AgentTemplates.load(AgentTemplatesTests.configAgents, language: language)
            let builtIn = AgentTemplates.builtIn(language: language)
            #expect(builtIn.files.map(\.name) == AgentTemplates.fileNames)
            #expect(loaded.files.map(\.name) == AgentTemplates.fileNames)
            for (a, b) in zip(loaded.files, builtIn.files) {
                #expect(Array(a.text.utf8) == Array(b.text.utf8), "\(language)/\(a.name)")
                #expect(try Array(a.text.utf8) == Files.read(Path.join(AgentTemplatesTests.configAgents, "\(language)/\(a.name)")))
            }
        }
    }

    @Test(arguments: ["en", "es", "pt-BR", "", "../..", "xx"]) func builtInOnesRender(_ language: String) throws {
        for (name, bytes) in try AgentTemplates.builtIn(language: language).render(values()) {
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(!text.isEmpty && text.hasSuffix("\n"), "\(name)")
            #expect(!text.contains("{{"), "\(name)")
        }
    }

    /// In each language: the welcome, name and e-mail and their report, Google in one way only, no credentials, and which file is missing.
    @Test(arguments: [
        ("en", ["Welcome", "e-mail", "Never ask for a password", "say which one"]),
        ("es", ["bienvenida", "correo electrónico", "No pidas nunca una contraseña", "di en tu primer mensaje cuál es"]),
        ("pt", ["boas-vindas", "e-mail", "Nunca peça uma senha", "diga na sua primeira mensagem qual é"]),
    ]) func builtInOnesSayWhatTheyMust(_ language: String, _ words: [String]) throws {
        let files = Dictionary(uniqueKeysWithValues: AgentTemplates.builtIn(language: language).files.map { ($0.name, $0.text) })
        let english = Dictionary(uniqueKeysWithValues: AgentTemplates.builtIn(language: "en").files.map { ($0.name, $0.text) })
        let agents = try #require(files["AGENTS.md"])
        for word in words + ["onboarding.json", "gog auth add", "--remote --step 1", "--remote --step 2", "--no-input < /dev/null"] {
            #expect(agents.contains(word), "\(language): \(word)")
        }
        // One way: the same commands in every language, and never a flow that waits for somebody at a terminal.
        func commands(_ text: String) -> [Substring] { text.matches(of: /`(gog [^`]+)`/).map { $0.1 } }
        #expect(try commands(agents) == commands(#require(english["AGENTS.md"])))
        #expect(commands(agents).count == 3)
        for command in commands(agents) { #expect(command.hasSuffix("--no-input < /dev/null")) }
        // The same shape and the same placeholders, file by file.
        for (name, text) in files {
            let other = try #require(english[name])
            func places(_ text: String) -> [String] { text.matches(of: /\{\{(\w+)\}\}/).map { String($0.1) } }
            #expect(places(text) == places(other), "\(language)/\(name)")
            func marks(_ text: String) -> [Substring] { text.split(separator: "\n").compactMap { $0.firstMatch(of: /^(#+|-|[0-9]\.)\s/)?.1 } }
            #expect(marks(text) == marks(other), "\(language)/\(name)")
        }
        for name in ["NAME", "PHONE", "LANGUAGE", "CREATED_AT"] { #expect(files["USER.md"]?.contains("{{\(name)}}") == true) }
        // The mark that the first contact looks for stands in MEMORY.md as it says.
        let mark = try #require(agents.firstMatch(of: /MEMORY\.md[^\n"]*"([^"]+)":/)?.1)
        #expect(files["MEMORY.md"]?.contains("- \(mark)\n") == true)
    }

    /// The languages that the map gives all have templates of their own.
    @Test func everyLanguageOfTheMapIsThere() throws {
        let languages = Set(LanguageMap.builtIn.prefixes.values.map(\.text)).union([LanguageMap.builtIn.standard.text])
        #expect(try Set(Files.list(AgentTemplatesTests.configAgents)) == languages)
    }

    @Test func fallsBackFileByFile() throws {
        let folder = try Folder()
        for file in AgentTemplates.fileNames { try folder.write("en/\(file)", "en \(file)") }
        for file in ["AGENTS.md", "SOUL.md"] { try folder.write("pt/\(file)", "pt \(file)") }
        try folder.write("pt-BR/SOUL.md", "pt-BR SOUL.md")
        func texts(_ language: String) throws -> [String] { try AgentTemplates.load(folder.path, language: language).files.map(\.text) }
        #expect(try texts("pt-BR") == ["pt AGENTS.md", "pt-BR SOUL.md", "en MEMORY.md", "en USER.md"])
        #expect(try texts("pt-br") == texts("pt-BR"))
        #expect(try texts("pt") == ["pt AGENTS.md", "pt SOUL.md", "en MEMORY.md", "en USER.md"])
        #expect(try texts("de") == ["en AGENTS.md", "en SOUL.md", "en MEMORY.md", "en USER.md"])
    }

    @Test(arguments: AgentTemplates.fileNames) func aMissingOneIsNamed(_ missing: String) throws {
        let folder = try Folder()
        for file in AgentTemplates.fileNames where file != missing { try folder.write("en/\(file)", "x") }
        let failure = try #require(thrown(AgentTemplates.Failure.self) { try AgentTemplates.load(folder.path, language: "es") })
        #expect(failure == .missing(file: missing, tried: ["\(folder.path)/es/\(missing)", "\(folder.path)/en/\(missing)"]))
        #expect(failure.detail.contains(missing))
        try folder.write("es/\(missing)", "x")
        #expect(try AgentTemplates.load(folder.path, language: "es").files.count == 4)
    }

    @Test(arguments: ["..", "../x", "/x", "en/../../x", ".", "", "x\u{0}y", "EN/"]) func aLanguageNeverClimbsOut(_ language: String) throws {
        let folder = try Folder()
        for file in AgentTemplates.fileNames {
            try folder.write("inner/en/\(file)", "en")
            try folder.write(file, "outside")
            try folder.write("x/\(file)", "outside")
        }
        let loaded = try AgentTemplates.load(Path.join(folder.path, "inner"), language: language)
        #expect(loaded.files.allSatisfy { $0.text == "en" })
    }

    @Test func damagedOnesAreRefused() throws {
        let folder = try Folder()
        for file in AgentTemplates.fileNames { try folder.write("en/\(file)", "x") }
        try folder.write("en/SOUL.md", [0x78, 0xFF])
        #expect(throws: AgentTemplates.Failure.damaged(path: "\(folder.path)/en/SOUL.md", reason: "is no UTF-8")) {
            try AgentTemplates.load(folder.path, language: "en")
        }
        try folder.write("en/SOUL.md", [UInt8](repeating: 0x78, count: (256 << 10) + 1))
        #expect(throws: AgentTemplates.Failure.self) { try AgentTemplates.load(folder.path, language: "en") }
        try Files.remove("\(folder.path)/en/SOUL.md")
        try Files.makeDirectory("\(folder.path)/en/SOUL.md")
        #expect(throws: AgentTemplates.Failure.self) { try AgentTemplates.load(folder.path, language: "en") }
    }

    @Test func fills() throws {
        #expect(
            try rendered("{{AGENT_ID}} {{NAME}} {{PHONE}} {{LANGUAGE}} {{CREATED_AT}}\n") == "user_0123456789abcdef Ada +15551234567 en 2026-02-01T03:00:00Z\n")
        #expect(try rendered("{{ NAME }}{{NAME}}") == "AdaAda")
        #expect(try rendered("a { b {{ c }\n}} {{{NAME}}}x") == "a { b {{ c }\n}} {Ada}x")
        #expect(try rendered("no placeholder {} {{\n}}") == "no placeholder {} {{\n}}")
        #expect(try rendered("") == "")
    }

    @Test(arguments: ["{{EMAIL}}", "{{name}}", "{{}}", "{{ }}", "{{NAME", "{{NAME }", "x {{NAME}} {{PASSWORD}}"]) func unknownOnesAreRefused(_ text: String)
        throws
    {
        if !text.contains("}}") {
            #expect(try rendered(text) == text)
        } else {
            #expect(throws: AgentTemplates.Failure.self) { try rendered(text) }
        }
    }

    @Test func aValueBringsNothingIn() throws {
        #expect(try rendered("[{{NAME}}]", name: "{{PHONE}}") == "[((PHONE))]")
        #expect(try rendered("{{{NAME}}PHONE}}", name: "{") == "{(PHONE}}")
        #expect(try rendered("[{{NAME}}]", name: "A\n# Orders\r\u{2028}\u{85}\u{0}B") == "[A # Orders    B]")
        #expect(try rendered("[{{NAME}}]", name: "`rm -rf`") == "['rm -rf']")
        for nothing in [nil, "", "  ", "\n"] { #expect(try rendered("[{{NAME}}]", name: nothing) == "[\u{2014}]") }
    }

    @Test func whereTheyComeFrom() throws {
        let folder = try Folder()
        for place in ["named", "policy", "share/dcb/agents"] { for file in AgentTemplates.fileNames { try folder.write("\(place)/en/\(file)", place) } }
        func first(_ named: String?, _ policyFolder: String?, executable: String?) throws -> String {
            let paths = try #require(Paths.resolve(option: { $0 == "templates" ? named : nil }, environment: [:], home: folder.path))
            var policy = Policy.builtIn
            policy.templates = policyFolder
            return try #require(AgentTemplates.load(paths: paths, policy: policy, executable: executable, language: "en").files.first).text
        }
        let executable = "\(folder.path)/bin/dcb-create-agent"
        #expect(try first("\(folder.path)/named", "~/policy", executable: executable) == "named")
        #expect(try first(nil, "~/policy", executable: executable) == "policy")
        #expect(try first(nil, nil, executable: executable) == "share/dcb/agents")
        if !Files.exists("/usr/share/dcb/agents") {
            #expect(try first(nil, nil, executable: "/nowhere/bin/x") == AgentTemplates.builtIn(language: "en").files.first?.text)
            #expect(try first(nil, nil, executable: nil) == AgentTemplates.builtIn(language: "en").files.first?.text)
        }
        // What was asked for is never replaced by something else.
        #expect(throws: AgentTemplates.Failure.self) { try first("\(folder.path)/nowhere", nil, executable: executable) }
        #expect(throws: AgentTemplates.Failure.self) { try first(nil, "/nowhere", executable: executable) }
    }
}
