import JSON
import Platform
import TestSupport
import Testing

@Suite struct CreateAgentTests {
    private func entry(_ scratch: Scratch, _ agent: String) throws -> Value? { try scratch.configValue().at("agents", "entries", agent) }

    @Test func whatIsMade() throws {
        let scratch = try Scratch()
        let claimed = try scratch.claimed(Scratch.phone(1), ["name": "Ada", "requestId": "r-1"])
        let output = try scratch.step("dcb-create-agent", [], [claimed])
        let made = try scratch.only(output)
        let agent = try #require(made.text("agentId"))
        #expect(made["agentCreated"] == true)
        #expect(made["workspace"] == .string("\(scratch.state)/workspace-\(agent)"))
        #expect(made["agentDir"] == .string("\(scratch.state)/agents/\(agent)/agent"))
        #expect(made["language"] == "en")
        #expect(made["config"] == ["path": .string(scratch.config), "changed": true])
        #expect(made["requestId"] == "r-1")
        let sandbox = try #require(try entry(scratch, agent)?.at("sandbox"))
        #expect(sandbox.at("mode") == "all")
        #expect(sandbox.at("scope") == "agent")
        #expect(sandbox.at("workspaceAccess") == "rw")
        let docker = try #require(sandbox.at("docker"))
        #expect(docker.at("image") == "openclaw-sandbox:bookworm-slim")
        #expect(docker.at("network") == "bridge")
        #expect(docker.at("memory") == "512m")
        #expect(docker.at("cpus") == .number("0.5"))
        #expect(docker.at("pidsLimit") == 100)
        #expect(docker.at("capDrop") == ["ALL"])
        #expect(docker.at("user")?.stringValue?.hasPrefix("\(CurrentProcess.effectiveUser)") == true)
        let environment = docker.at("env")?.objectValue ?? [:]
        #expect(environment["HOME"] == "/workspace")
        #expect(environment["GOG_HOME"] == "/workspace/.gog")
        #expect(environment["XDG_CONFIG_HOME"] == "/workspace/.gog-config")
        #expect(environment["XDG_DATA_HOME"] == "/workspace/.gog-data")
        #expect(environment["GOG_KEYRING_BACKEND"] == "file")
        #expect(try scratch.text("\(scratch.state)/workspace-\(agent)/USER.md").contains("Ada"))
        for file in ["AGENTS.md", "SOUL.md", "MEMORY.md", "USER.md"] {
            #expect(try !scratch.text("\(scratch.state)/workspace-\(agent)/\(file)").contains("{{"))
        }
    }

    /// 256 random bits, each agent its own; kept; and nowhere but in the config.
    @Test func theKeyringPassword() throws {
        let scratch = try Scratch()
        var passwords: Set<String> = []
        var said = ""
        for n in 1...3 {
            let claimed = try scratch.claimed(Scratch.phone(n))
            let output = try scratch.step("dcb-create-agent", ["-v"], [claimed])
            let agent = output.document.text("agentId") ?? ""
            let password = try #require(try entry(scratch, agent)?.at("sandbox", "docker", "env", "GOG_KEYRING_PASSWORD")?.stringValue)
            #expect(password.utf8.count == 43)
            #expect(password.utf8.allSatisfy { ($0 >= 48 && $0 <= 57) || ($0 >= 65 && $0 <= 90) || ($0 >= 97 && $0 <= 122) || $0 == 45 || $0 == 95 })
            passwords.insert(password)
            // A part of the entry is lost: it is completed, and the password stays.
            let text = try scratch.configText()
            try scratch.write(text.replacing("\"GOG_KEYRING_BACKEND\": \"file\",", with: ""), to: scratch.config)
            let again = try scratch.step("dcb-create-agent", ["-v"], [claimed])
            #expect(again.document["agentCreated"] == false)
            #expect(try entry(scratch, agent)?.at("sandbox", "docker", "env", "GOG_KEYRING_PASSWORD")?.stringValue == password)
            #expect(try entry(scratch, agent)?.at("sandbox", "docker", "env", "GOG_KEYRING_BACKEND") == "file")
            let bound = try scratch.step("dcb-bind", ["-v"], [output.document])
            said += output.out + output.err + again.out + again.err + bound.out + bound.err
            said += try scratch.step("dcb-state", ["commit"], [bound.document]).out
        }
        #expect(passwords.count == 3)
        for path in try scratch.tree(scratch.folder) where path != "state/openclaw.json" {
            guard try Files.status(scratch.folder + "/" + path, followLinks: false)?.isRegular == true else { continue }
            said += String(decoding: try Files.read(scratch.folder + "/" + path), as: UTF8.self)
        }
        for password in passwords { #expect(!said.contains(password)) }
        // Two agents never get one.
        let other = try scratch.claimed(Scratch.phone(9))
        let text = try scratch.configText()
        let first = try #require(passwords.first)
        try scratch.write(
            text.replacing(
                "\"main\": {",
                with: "\"\(other.text("agentId") ?? "")\": {\"sandbox\": {\"docker\": {\"env\": {\"GOG_KEYRING_PASSWORD\": \"\(first)\"}}}}, \"main\": {"),
            to: scratch.config)
        let output = try scratch.step("dcb-create-agent", [], [other])
        #expect(output.code == 78, "\(output.out)")
        #expect(!output.err.contains(first))
    }

    @Test(arguments: [".gog/data/keyring", ".gog-config/gogcli/keyring", ".gog-data/gogcli/keyring"])
    func aKeyringWhosePasswordIsLost(_ folder: String) throws {
        let scratch = try Scratch()
        let made = try scratch.made(Scratch.phone(1))
        let agent = made.text("agentId") ?? ""
        let keyring = "\(scratch.state)/workspace-\(agent)/\(folder)"
        try Files.makeDirectories(keyring)
        try scratch.write("x", to: keyring + "/token:a@b.example")
        // As long as the password is there, nothing is lost.
        #expect(try scratch.step("dcb-create-agent", [], [made]).code == 0)
        let lost = try scratch.configText()
        let password = try #require(try entry(scratch, agent)?.at("sandbox", "docker", "env", "GOG_KEYRING_PASSWORD")?.stringValue)
        let without = lost.replacing("\"GOG_KEYRING_PASSWORD\": \"\(password)\"", with: "")
        try scratch.write(without, to: scratch.config)
        let refused = try scratch.step("dcb-create-agent", [], [made])
        #expect(refused.code == 78)
        #expect(refused.problem == "keyring-password-lost")
        #expect(try scratch.configText() == without)
        #expect(Files.exists(keyring + "/token:a@b.example"))
        #expect(try scratch.step("dcb-create-agent", ["-n"], [made]).problem == "keyring-password-lost")
        #expect(try scratch.step("dcb-create-agent", ["-n", "--new-keyring"], [made]).code == 0)
        let renewed = try scratch.step("dcb-create-agent", ["--new-keyring"], [made])
        #expect(renewed.code == 0, "\(renewed.err)")
        let fresh = try entry(scratch, agent)?.at("sandbox", "docker", "env", "GOG_KEYRING_PASSWORD")?.stringValue
        #expect(fresh?.utf8.count == 43)
        #expect(fresh != password)
        #expect(!Files.exists(keyring))
        let aside = try Files.list(Path.parent(keyring)).filter { $0.hasPrefix("keyring.lost-") }
        #expect(aside.count == 1)
        #expect(Files.exists("\(Path.parent(keyring))/\(aside.first ?? "")/token:a@b.example"))
    }

    /// The sandbox writes in its workspace: a link there to another agent's keyring is not this agent's keyring.
    @Test(arguments: [".gog", ".gog/data", ".gog/data/keyring"])
    func anothersKeyringIsNotMovedAside(_ link: String) throws {
        let scratch = try Scratch()
        let other = try scratch.made(Scratch.phone(2)).text("workspace") ?? ""
        try Files.makeDirectories(other + "/.gog/data/keyring")
        try scratch.write("x", to: other + "/.gog/data/keyring/token:b@b.example")
        let claimed = try scratch.claimed(Scratch.phone(1))
        let own = "\(scratch.state)/workspace-\(claimed.text("agentId") ?? "")"
        try Files.makeDirectories(Path.parent("\(own)/\(link)"))
        try scratch.run("/bin/ln", ["-s", "\(other)/\(link)", "\(own)/\(link)"])
        try scratch.step("dcb-create-agent", ["--new-keyring"], [claimed])
        #expect(Files.exists(other + "/.gog/data/keyring/token:b@b.example"))
    }

    /// A dry run of several: what each would get, and nothing made.
    @Test func severalDryOnes() throws {
        let scratch = try Scratch()
        let claimed = try scratch.step("dcb-state", ["claim", "-n"], (1...3).map { ["phone": .string(Scratch.phone($0))] })
        #expect(claimed.documents.count == 3)
        let made = try scratch.step("dcb-create-agent", ["-n"], claimed.documents)
        #expect(made.code == 0, "\(made.err)")
        #expect(made.documents.map { $0["agentCreated"] == true } == [true, true, true])
        let bound = try scratch.step("dcb-bind", ["-n"], made.documents)
        #expect(bound.code == 0, "\(bound.err)")
        #expect(bound.documents.count == 3)
        #expect(try Files.list(scratch.state) == ["openclaw.json"])
        #expect(try scratch.configText() == Scratch.plainConfig)
    }

    /// The lock file alone is no keyring.
    @Test func anEmptyKeyringIsNone() throws {
        let scratch = try Scratch()
        let claimed = try scratch.claimed(Scratch.phone(1))
        let keyring = "\(scratch.state)/workspace-\(claimed.text("agentId") ?? "")/.gog/data/keyring"
        try Files.makeDirectories(keyring)
        try scratch.write("", to: keyring + "/.lock")
        #expect(try scratch.step("dcb-create-agent", [], [claimed]).code == 0)
    }

    @Test func thePolicyReachesTheEntry() throws {
        let scratch = try Scratch()
        let owner = CurrentProcess.effectiveUser
        try scratch.write(
            """
            {agentName:'Helper',languages:{default:'pt-BR','1':'fr'},account:'biz',
             sandbox:{scope:'session',workspaceAccess:'ro',image:'img:2',network:'lan',memory:'1g',cpus:2,pidsLimit:7,capDrop:['ALL','NET_RAW'],
              readOnlyRoot:true,user:'\(owner):5',env:{A_B:'c d'},setupCommand:'true\\nfalse',binds:['/srv/data:/data:ro']}}
            """, to: scratch.state + "/dcb.json")
        let bound = try scratch.bound(Scratch.phone(1))
        #expect(bound["language"] == "fr")
        let made = try #require(try entry(scratch, bound.text("agentId") ?? ""))
        #expect(made.at("name") == "Helper")
        #expect(made.at("sandbox", "scope") == "session")
        #expect(made.at("sandbox", "workspaceAccess") == "ro")
        let docker = made.at("sandbox", "docker")?.objectValue ?? [:]
        #expect(docker["image"] == "img:2")
        #expect(docker["network"] == "lan")
        #expect(docker["memory"] == "1g")
        #expect(docker["cpus"] == 2)
        #expect(docker["pidsLimit"] == 7)
        #expect(docker["capDrop"] == ["ALL", "NET_RAW"])
        #expect(docker["readOnlyRoot"] == true)
        #expect(docker["user"] == .string("\(owner):5"))
        #expect(docker["binds"] == ["/srv/data:/data:ro"])
        #expect(docker["setupCommand"] == "true\nfalse")
        #expect(docker["env"]?.objectValue?["A_B"] == "c d")
        #expect(bound["binding"]?.at("match", "accountId") == "biz")
    }

    @Test(arguments: [
        "{unknown:1}", "{sandbox:{unknown:1}}", "{sandbox:{mode:'off'}}", "{sandbox:{mode:'non-main'}}", "{sandbox:{scope:'shared'}}", "{sandbox:{capDrop:[]}}",
        "{sandbox:{network:'host'}}", "{sandbox:{user:'4321'}}", "{sandbox:{user:'0:0x'}}", "{sandbox:{env:{GOG_KEYRING_PASSWORD:'x'}}}",
        "{sandbox:{binds:['/var/run/docker.sock:/s']}}", "{sandbox:{binds:['/:/host']}}", "{channel:'telegram'}", "{languages:{x:'en'}}", "[]", "{",
        "{sandbox:{cpus:'1'}}",
    ])
    func aWrongPolicyIsRefused(_ settings: String) throws {
        let scratch = try Scratch()
        let claimed = try scratch.claimed(Scratch.phone(1))
        try scratch.write(settings, to: scratch.state + "/dcb.json")
        let before = try Files.list(scratch.state).filter { !$0.contains("onboarding.db") }
        let output = try scratch.step("dcb-create-agent", [], [claimed])
        #expect(output.code == 78)
        #expect(output.problem == "settings-invalid", "\(output.err)")
        #expect(try scratch.configText() == Scratch.plainConfig)
        #expect(try Files.list(scratch.state).filter { !$0.contains("onboarding.db") } == before)
        try Files.remove(scratch.state + "/dcb.json")
        #expect(try scratch.run("dcb-state", ["claims"]).document["done"] == .array([]))
    }

    struct Language: Sendable {
        let phone: String
        var asked: String?
        let language: String
    }

    @Test(arguments: [
        Language(phone: "+34600000001", language: "es"), Language(phone: "+5511900000001", language: "pt"), Language(phone: "+15550000001", language: "en"),
        Language(phone: "+18090000001", language: "es"), Language(phone: "+34600000001", asked: "en", language: "en"),
        Language(phone: "+15550000001", asked: "pt-BR", language: "pt-BR"),
    ])
    func languageByPrefixOrByMember(_ one: Language) throws {
        let scratch = try Scratch()
        let templates = scratch.folder + "/templates"
        for tag in ["en", "es", "pt"] {
            try Files.makeDirectories("\(templates)/\(tag)")
            for file in ["AGENTS.md", "SOUL.md", "MEMORY.md", "USER.md"] {
                try scratch.write("\(tag) {{LANGUAGE}} {{PHONE}}\n", to: "\(templates)/\(tag)/\(file)")
            }
        }
        let claimed = try scratch.claimed(one.phone, one.asked.map { ["language": .string($0)] } ?? [:])
        let made = try scratch.only(try scratch.step("dcb-create-agent", ["--templates", templates], [claimed]))
        #expect(made.text("language") == one.language)
        let primary = String(one.language.prefix(2))
        #expect(try scratch.text("\(made.text("workspace") ?? "")/SOUL.md") == "\(primary) \(one.language) \(one.phone)\n")
    }

    @Test(arguments: ["AGENTS.md", "USER.md", "placeholder"])
    func aMissingTemplateFailsTheStep(_ which: String) throws {
        let scratch = try Scratch()
        let templates = scratch.folder + "/templates/en"
        try Files.makeDirectories(templates)
        for file in ["AGENTS.md", "SOUL.md", "MEMORY.md", "USER.md"] where file != which {
            try scratch.write(which == "placeholder" ? "{{WHAT}}" : "x", to: "\(templates)/\(file)")
        }
        let claimed = try scratch.claimed(Scratch.phone(1))
        let before = try Files.list(scratch.state)
        let output = try scratch.step("dcb-create-agent", ["--templates", scratch.folder + "/templates"], [claimed])
        #expect(output.code == 78)
        #expect(output.problem == "template-missing")
        #expect(output.out.isEmpty)
        #expect(try scratch.configText() == Scratch.plainConfig)
        #expect(try Files.list(scratch.state).filter { $0.hasPrefix("workspace") || $0 == "agents" }.isEmpty, "\(before)")
        // And the way back is open.
        try scratch.only(try scratch.step("dcb-create-agent", ["--undo"], [claimed]))
        try scratch.only(try scratch.step("dcb-state", ["release"], [claimed]))
    }

    /// Names from strangers stay text on one line.
    @Test(arguments: [
        "{{AGENT_ID}}", "{{PHONE}} {{NOPE}}", "a\u{0}b\u{1B}[31m", "# heading\n- item", "`code` \u{2028} \u{85}", "\u{202E}gnp.exe",
        String(repeating: "x", count: 900_000),
    ])
    func hostileNames(_ name: String) throws {
        let scratch = try Scratch()
        let claimed = try scratch.claimed(Scratch.phone(1))
        let named = claimed.with(["name": .string(name)])
        let dry = try scratch.step("dcb-create-agent", ["-n"], [named])
        let output = try scratch.step("dcb-create-agent", [], [named])
        #expect(dry.code == output.code && dry.problem == output.problem)
        // What dcb-validate would not let through is refused here as well, and nothing is made or noted.
        let stranger: Object = ["phone": "+15551230001", "name": .string(name)]
        #expect(try scratch.step("dcb-validate", [], [stranger]).problem == output.problem)
        if output.code != 0 {
            #expect(output.code == 65 && output.problem == "invalid-name", "\(output.err.prefix(300))")
            #expect(try scratch.configText() == Scratch.plainConfig)
            #expect(try scratch.run("dcb-state", ["claims"]).document["done"] == [])
            #expect(try scratch.run("dcb-state", ["ledger"]).out.isEmpty)
            return
        }
        let user = try scratch.text("\(scratch.state)/workspace-\(claimed.text("agentId") ?? "")/USER.md")
        let plain = try Scratch()
        let other = try plain.only(try plain.step("dcb-create-agent", [], [try plain.claimed(Scratch.phone(1), ["name": "x"])]))
        let model = try plain.text("\(other.text("workspace") ?? "")/USER.md")
        #expect(user.split(separator: "\n", omittingEmptySubsequences: false).count == model.split(separator: "\n", omittingEmptySubsequences: false).count)
        #expect(!user.contains("{{") && !user.contains("`code`"))
        #expect(user.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
        #expect(try !scratch.configText().contains(String(name.prefix(20))))
    }

    @Test func modesWhateverTheUmask() throws {
        let isRoot = isRoot(for: "the owner of what root makes")
        for mask in ["000", "077", "777"] {
            let scratch = try Scratch()
            if isRoot { try scratch.give(to: 1234) }
            try scratch.write("{\"phone\":\"\(Scratch.phone(1))\"}\n", to: scratch.folder + "/in")
            let output = try scratch.shell(
                "umask \(mask); dcb-state claim < $DIR/in | dcb-create-agent | dcb-bind | dcb-state commit | dcb-state claim --removal | dcb-bind --undo | dcb-create-agent --undo | dcb-state commit; dcb-onboard < $DIR/in"
            )
            #expect(output.code == 0, "\(mask): \(output.err)")
            for path in try scratch.tree(scratch.state) {
                let status = try #require(try Files.status(scratch.state + "/" + path, followLinks: false))
                #expect(status.permissions == (status.isDirectory ? 0o700 : 0o600), "\(mask): \(path)")
                if isRoot { #expect(status.user == 1234, "\(path)") }
            }
        }
    }
}
