import JSON
import Onboarding
import Platform
import TestSupport
import Testing

func policy(_ text: String, home: String? = "/home/ada", privatePaths: [String] = ["/home/ada/.openclaw"]) throws -> Policy {
    try Policy(parsing: Array(text.utf8), path: "/x/dcb.json", home: home, privatePaths: privatePaths)
}

@Suite struct PolicyTests {
    @Test func builtIn() {
        let p = Policy.builtIn
        #expect(
            [p.channel, p.account, p.sandbox.mode.rawValue, p.sandbox.scope.rawValue, p.sandbox.workspaceAccess.rawValue] == [
                "whatsapp", "*", "all", "agent", "rw",
            ])
        #expect([p.sandbox.image, p.sandbox.network, p.sandbox.memory.text] == ["openclaw-sandbox:bookworm-slim", "bridge", "512m"])
        #expect(p.sandbox.memory == MemorySize("512m"))
        #expect(p.sandbox.cpus == 0.5 && p.sandbox.pidsLimit == 100 && p.sandbox.capDrop == ["ALL"])
        #expect(p.trashDays == 30 && p.agentCeiling == 100)
        #expect(p.reconcile.staleAfterHours == 24 && p.reconcile.maxRemovals == 3 && p.reconcile.maxFraction == 0.1)
        #expect(p.webhook.rate == nil && p.templates == nil && p.backupDir == nil && p.backupInclude.isEmpty && p.probeCommand == nil)
    }

    @Test func emptyIsBuiltIn() throws {
        #expect(try policy("{}") == .builtIn)
        #expect(try policy("\u{FEFF}// nothing\n{ /* yet */ }\n") == .builtIn)
        #expect(try policy("{sandbox:{}, reconcile:{}, webhook:{}}") == .builtIn)
    }

    @Test func everyMember() throws {
        let p = try policy(
            """
            // ours
            {channel:'whatsapp', account:"main",
             sandbox:{mode:"all", scope:"session", workspaceAccess:"ro", image:"me/box:1", network:"people-net", memory:"1g", cpus:2, pidsLimit:0x40,
               capDrop:["ALL","NET_RAW"], readOnlyRoot:false, user:"1000:1000", env:{TZ:"Europe/Berlin"}, binds:["/srv/tools:/opt/tools:ro"], setupCommand:"apt-get update\\ntrue"},
             templates:"~/agents", languages:{default:"de", "1":"en", "1787":"es", "55":"pt-br"}, agentName:"Helper", trashDays:7, backupDir:"/srv/backup",
             backupInclude:["~/.config/openclaw"], agentCeiling:50, probeCommand:["docker","exec","box"],
             reconcile:{staleAfterHours:48, maxRemovals:0, maxFraction:.5,}, webhook:{rate:"off", maxNew:"7/1h"},}
            """)
        #expect(p.account == "main" && p.sandbox.scope == .session && p.sandbox.workspaceAccess == .readOnly && p.sandbox.image == "me/box:1")
        #expect(p.sandbox.network == "people-net" && p.sandbox.memory.bytes == 1 << 30 && p.sandbox.cpus == 2 && p.sandbox.pidsLimit == 64)
        #expect(
            p.sandbox.capDrop == ["ALL", "NET_RAW"] && p.sandbox.readOnlyRoot == false && p.sandbox.user == "1000:1000"
                && p.sandbox.env == ["TZ": "Europe/Berlin"])
        #expect(p.sandbox.binds == ["/srv/tools:/opt/tools:ro"] && p.sandbox.setupCommand == "apt-get update\ntrue")
        #expect(
            p.templates == "~/agents" && p.agentName == "Helper" && p.trashDays == 7 && p.backupDir == "/srv/backup"
                && p.backupInclude == ["~/.config/openclaw"])
        #expect(p.agentCeiling == 50 && p.probeCommand == ["docker", "exec", "box"])
        #expect(p.reconcile.staleAfterHours == 48 && p.reconcile.maxRemovals == 0 && p.reconcile.maxFraction == 0.5)
        #expect(p.webhook.rate == .off && p.webhook.maxNew == .limit(RateLimit(count: 7, windowSeconds: 3600)))
    }

    /// What is refused, and the member that the refusal names.
    static let refused: [(String, String)] = [
        ("", ""), ("[]", ""), ("null", ""), ("{", ""), ("{trashDays:1,trashDays:2}", ""), ("{sandbox:{mode:'all',mode:'off'}}", ""), ("{} {}", ""),
        ("{sandboks:{}}", "sandboks"), ("{sandbox:{Mode:'all'}}", "sandbox.Mode"), ("{reconcile:{max:1}}", "reconcile.max"),
        ("{webhook:{token:'x'}}", "webhook.token"),
        ("{__proto__:{}}", "__proto__"), ("{sandbox:{docker:{}}}", "sandbox.docker"), ("{sandbox:{privileged:true}}", "sandbox.privileged"),
        ("{channel:'telegram'}", "channel"), ("{channel:null}", "channel"), ("{account:''}", "account"), ("{account:'a b'}", "account"),
        ("{account:1}", "account"), ("{account:'a \u{301}b'}", "account"), ("{agentName:'\(String(repeating: "a\u{301}", count: 51))'}", "agentName"),
        ("{sandbox:[]}", "sandbox"), ("{sandbox:null}", "sandbox"),
        ("{sandbox:{mode:'off'}}", "sandbox.mode"), ("{sandbox:{mode:'non-main'}}", "sandbox.mode"), ("{sandbox:{mode:true}}", "sandbox.mode"),
        ("{sandbox:{mode:'ALL'}}", "sandbox.mode"),
        ("{sandbox:{scope:'shared'}}", "sandbox.scope"), ("{sandbox:{workspaceAccess:'write'}}", "sandbox.workspaceAccess"),
        ("{sandbox:{image:''}}", "sandbox.image"), ("{sandbox:{image:'--privileged'}}", "sandbox.image"), ("{sandbox:{image:'a b'}}", "sandbox.image"),
        ("{sandbox:{network:'host'}}", "sandbox.network"), ("{sandbox:{network:'HOST'}}", "sandbox.network"),
        ("{sandbox:{network:'container:gw'}}", "sandbox.network"),
        ("{sandbox:{network:'Container:gw'}}", "sandbox.network"), ("{sandbox:{network:''}}", "sandbox.network"),
        ("{sandbox:{network:' host'}}", "sandbox.network"),
        ("{sandbox:{network:'-x'}}", "sandbox.network"), ("{sandbox:{network:'ns:/proc/1'}}", "sandbox.network"),
        ("{sandbox:{memory:'lots'}}", "sandbox.memory"), ("{sandbox:{memory:'1m'}}", "sandbox.memory"), ("{sandbox:{memory:0}}", "sandbox.memory"),
        ("{sandbox:{memory:-1}}", "sandbox.memory"),
        ("{sandbox:{memory:true}}", "sandbox.memory"), ("{sandbox:{cpus:'1'}}", "sandbox.cpus"), ("{sandbox:{cpus:0}}", "sandbox.cpus"),
        ("{sandbox:{cpus:Infinity}}", "sandbox.cpus"),
        ("{sandbox:{cpus:NaN}}", "sandbox.cpus"), ("{sandbox:{cpus:-1}}", "sandbox.cpus"), ("{sandbox:{pidsLimit:0}}", "sandbox.pidsLimit"),
        ("{sandbox:{pidsLimit:-1}}", "sandbox.pidsLimit"),
        ("{sandbox:{pidsLimit:1.5}}", "sandbox.pidsLimit"), ("{sandbox:{pidsLimit:'100'}}", "sandbox.pidsLimit"),
        ("{sandbox:{capDrop:[]}}", "sandbox.capDrop"), ("{sandbox:{capDrop:['NET_RAW']}}", "sandbox.capDrop"), ("{sandbox:{capDrop:'ALL'}}", "sandbox.capDrop"),
        ("{sandbox:{capDrop:['ALL',1]}}", "sandbox.capDrop[1]"), ("{sandbox:{capDrop:['all']}}", "sandbox.capDrop[0]"),
        ("{sandbox:{readOnlyRoot:'yes'}}", "sandbox.readOnlyRoot"),
        ("{sandbox:{user:'node'}}", "sandbox.user"), ("{sandbox:{user:''}}", "sandbox.user"), ("{sandbox:{user:1000}}", "sandbox.user"),
        ("{sandbox:{user:'1:2:3'}}", "sandbox.user"),
        ("{sandbox:{user:'01'}}", "sandbox.user"), ("{sandbox:{user:'1:'}}", "sandbox.user"), ("{sandbox:{user:'99999999999'}}", "sandbox.user"),
        ("{sandbox:{user:'-1'}}", "sandbox.user"),
        ("{sandbox:{env:[]}}", "sandbox.env"), ("{sandbox:{env:{A:1}}}", "sandbox.env.A"), ("{sandbox:{env:{'A B':'x'}}}", "sandbox.env.A B"),
        ("{sandbox:{env:{'1A':'x'}}}", "sandbox.env.1A"),
        ("{sandbox:{env:{'':'x'}}}", "sandbox.env."), ("{sandbox:{env:{A:'x\\u0000'}}}", "sandbox.env.A"),
        ("{sandbox:{env:{GOG_KEYRING_PASSWORD:'x'}}}", "sandbox.env.GOG_KEYRING_PASSWORD"),
        ("{sandbox:{env:{HOME:'/'}}}", "sandbox.env.HOME"), ("{sandbox:{env:{GOG_HOME:'/shared'}}}", "sandbox.env.GOG_HOME"),
        ("{sandbox:{setupCommand:''}}", "sandbox.setupCommand"), ("{sandbox:{setupCommand:['x']}}", "sandbox.setupCommand"),
        ("{templates:'agents'}", "templates"), ("{templates:''}", "templates"), ("{backupDir:'../x'}", "backupDir"),
        ("{backupInclude:['x']}", "backupInclude[0]"),
        ("{backupInclude:'/x'}", "backupInclude"), ("{languages:{en:'en'}}", "languages.en"), ("{languages:{'+34':'es'}}", "languages.+34"),
        ("{languages:{'0034':'es'}}", "languages.0034"),
        ("{languages:{'34':'spanish'}}", "languages.34"), ("{languages:{'34':null}}", "languages.34"), ("{languages:{default:''}}", "languages.default"),
        ("{languages:'en'}", "languages"),
        ("{languages:{'34':'../../etc'}}", "languages.34"), ("{agentName:''}", "agentName"), ("{agentName:'  '}", "agentName"),
        ("{agentName:'a\\nb'}", "agentName"),
        ("{trashDays:-1}", "trashDays"), ("{trashDays:'30'}", "trashDays"), ("{trashDays:1e9}", "trashDays"), ("{agentCeiling:0}", "agentCeiling"),
        ("{probeCommand:[]}", "probeCommand"), ("{probeCommand:'docker'}", "probeCommand"), ("{probeCommand:['docker','']}", "probeCommand[1]"),
        ("{reconcile:{maxFraction:1.1}}", "reconcile.maxFraction"), ("{reconcile:{maxFraction:'0.1'}}", "reconcile.maxFraction"),
        ("{reconcile:{maxRemovals:-1}}", "reconcile.maxRemovals"),
        ("{reconcile:{staleAfterHours:0}}", "reconcile.staleAfterHours"), ("{webhook:{rate:15}}", "webhook.rate"), ("{webhook:{rate:'fast'}}", "webhook.rate"),
        ("{webhook:{maxNew:'0/1m'}}", "webhook.maxNew"),
    ]

    @Test(arguments: refused) func refuses(_ text: String, _ member: String) {
        do {
            _ = try policy(text)
            Issue.record("taken: \(text)")
        } catch let error as PolicyError {
            guard case .invalid(let path, let named, let reason, _) = error else {
                Issue.record("another error: \(error)")
                return
            }
            #expect(named == member)
            #expect(path == "/x/dcb.json")
            #expect(!reason.isEmpty && !reason.hasSuffix("."))
        } catch { Issue.record("another error: \(error)") }
    }

    @Test func refusalsSayWhereAndWhatIsMeant() throws {
        let error = try #require(thrown(PolicyError.self) { try policy("{\n  sandbox: {\n    pidLimit: 5,\n  },\n}") })
        #expect(
            error.detail
                == "sandbox.pidLimit in policy file '/x/dcb.json' line 3 is not known (did you mean pidsLimit?); accepted are mode, scope, workspaceAccess, image, network, memory, cpus, "
                + "pidsLimit, capDrop, readOnlyRoot, user, env, binds, setupCommand")
        #expect(PolicyError.missing(path: "/x").detail == "there is no policy file '/x'")
    }

    @Test(arguments: [
        "/etc/passwd:/x", "/etc:/x", "/:/host", "/proc/1:/x", "/sys:/x", "/dev/kvm:/x", "/boot:/x", "/root/x:/x", "/run/user/0:/x",
        "/var/run/docker.sock:/var/run/docker.sock", "/var:/x",
        "/srv/docker.sock:/x", "/home/ada/.ssh:/x:ro", "/home/ada/.ssh/id_ed25519:/x", "/home/ada:/x", "/home:/x", "/home/bob/.aws:/x",
        "/home/ada/.config/gogcli:/x", "/home/ada/.netrc:/x",
        "/srv/../etc:/x", "/srv//../etc/:/x", "relative:/x", "./x:/x", "~/x:/x", "/srv", "/srv:", ":/x", "/srv:x", "/srv:/x:ro:rw", "/srv:/x:exec", "/srv:/x:",
        "", "/srv:/workspace", "/srv:/workspace/x",
        "/srv:/agent", "/srv:/", "/srv:/x/../workspace", "/home/ada/.openclaw:/x", "/home/ada/.openclaw/workspace-user_1:/x", "/run/podman/podman.sock:/x",
        "volume:/x",
        // Colons and slashes with a combining mark behind them are colons and slashes.
        "/srv:\u{301}/a:/b", "/srv/../\u{301}/../etc:/x", "/etc/\u{301}:/x", "/srv:/x/../\u{301}/../workspace", "/srv:/workspace/\u{301}",
    ])
    func refusesBind(_ bind: String) {
        let error = thrown(PolicyError.self) { try policy("{sandbox:{binds:[\"/srv/ok:/opt/ok\",\"\(bind)\"]}}") }
        guard case .invalid(_, "sandbox.binds[1]", _, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [
        "/srv/tools:/opt/tools", "/srv/tools:/opt/tools:ro", "/srv/etc:/opt/etc:ro,z", "/home/ada/shared:/shared", "/etcetera:/x", "/srv/x:/workspaces",
        "/mnt/ssh:/x",
    ])
    func takesBind(_ bind: String) throws { #expect(try policy("{sandbox:{binds:[\"\(bind)\"]}}").sandbox.binds == [bind]) }

    @Test func refusesTwoBindsOfOneTarget() { #expect(throws: PolicyError.self) { try policy("{sandbox:{binds:['/srv/a:/x','/srv/b:/x/']}}") } }

    @Test func sandboxUser() throws {
        #expect(Policy.builtIn.sandbox.userText(owner: 1000, group: 100) == "1000:100")
        let p = try policy("{sandbox:{user:'1000'}}")
        #expect(p.sandbox.userText(owner: 1000, group: 100) == "1000")
        #expect(p.sandbox.userText(owner: 100, group: 100) == nil)
        #expect(p.sandbox.userText(owner: 10000, group: 100) == nil)
        #expect(try policy("{sandbox:{user:'1000:7'}}").sandbox.userText(owner: 1000, group: 100) == "1000:7")
    }

    @Test func workspaceAccessIsOrdered() { #expect(SandboxPolicy.WorkspaceAccess.none < .readOnly && SandboxPolicy.WorkspaceAccess.readOnly < .readWrite) }

    @Test(arguments: [
        ("+15551234567", nil, "en"), ("+34600000000", nil, "es"), ("+5511999999999", nil, "pt"), ("+351910000000", nil, "pt"), ("+18095551234", nil, "es"),
        ("+18085551234", nil, "en"),
        ("+240222000000", nil, "es"), ("+244900000000", nil, "pt"), ("+593990000000", nil, "es"), ("+590690000000", nil, "en"), ("+59", nil, "en"),
        ("+34600000000", "en", "en"),
        ("+15551234567", "pt-br", "pt-BR"), ("+34600000000", "../../x", "es"), ("+34600000000", "", "es"),
    ])
    func language(_ phone: String, _ asked: String?, _ language: String) throws {
        #expect(try Policy.builtIn.language(for: PhoneNumber(strict: phone), asked: asked) == language)
    }

    @Test func longestPrefixWinsAndTheMapIsReplaced() throws {
        let p = try policy("{languages:{default:'de','1':'en','1787':'es','17871':'fr'}}")
        for (phone, language) in [("+1212", "en"), ("+17872", "es"), ("+178712", "fr"), ("+34600000000", "de")] {
            #expect(try p.language(for: PhoneNumber(strict: phone), asked: nil) == language)
        }
        #expect(try policy("{languages:{'49':'de'}}").language(for: try PhoneNumber(strict: "+34600000000"), asked: nil) == "en")
    }
}
