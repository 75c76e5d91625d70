import Onboarding
import Platform
import Testing

@Suite struct PathsTests {
    func resolve(_ options: [String: String] = [:], _ environment: [String: String] = [:], home: String? = "/home/ada") -> Paths? {
        Paths.resolve(option: { options[$0] }, environment: environment, home: home)
    }

    @Test func defaults() throws {
        let p = try #require(resolve())
        #expect(p.stateDir == "/home/ada/.openclaw")
        #expect(p.config == "/home/ada/.openclaw/openclaw.json")
        #expect(p.record == "/home/ada/.openclaw/onboarding.db")
        #expect(p.settings == nil)
        #expect(p.templates == nil)
        #expect(p.defaultSettings == "/home/ada/.openclaw/dcb.json")
        #expect(p.ownFolder == "/home/ada/.openclaw/.dcb")
        #expect(p.configLock == "/home/ada/.openclaw/.dcb/config.lock")
        #expect(p.generationFile == "/home/ada/.openclaw/.dcb/generation")
        #expect(p.trash == "/home/ada/.openclaw/trash")
        let id = try #require(AgentID("user_1"))
        #expect(p.workspace(for: id) == "/home/ada/.openclaw/workspace-user_1")
        #expect(p.agentFolder(for: id) == "/home/ada/.openclaw/agents/user_1")
        #expect(p.agentDir(for: id) == "/home/ada/.openclaw/agents/user_1/agent")
    }

    @Test func optionBeforeEnvironmentBeforeDefault() throws {
        let environment = [
            "OPENCLAW_STATE_DIR": "/e/s", "OPENCLAW_CONFIG_PATH": "/e/c.json", "DCB_DB": "/e/r.db", "DCB_SETTINGS": "/e/p.json", "DCB_TEMPLATES": "/e/t",
        ]
        let e = try #require(resolve([:], environment, home: nil))
        #expect([e.stateDir, e.config, e.record, e.settings, e.templates] == ["/e/s", "/e/c.json", "/e/r.db", "/e/p.json", "/e/t"])
        let options = ["state-dir": "/o/s", "config": "/o/c.json", "db": "/o/r.db", "settings": "/o/p.json", "templates": "/o/t"]
        let o = try #require(resolve(options, environment, home: nil))
        #expect([o.stateDir, o.config, o.record, o.settings, o.templates] == ["/o/s", "/o/c.json", "/o/r.db", "/o/p.json", "/o/t"])
    }

    @Test func emptyCountsAsUnset() throws {
        let environment = ["OPENCLAW_STATE_DIR": "", "OPENCLAW_CONFIG_PATH": "", "DCB_DB": "", "DCB_SETTINGS": "", "DCB_TEMPLATES": ""]
        #expect(resolve([:], environment) == resolve())
        #expect(resolve(["state-dir": "", "settings": ""], environment) == resolve())
    }

    @Test func homeMissing() {
        #expect(resolve(home: nil) == nil)
        #expect(resolve(home: "") == nil)
        #expect(resolve(["state-dir": "/s"], home: nil)?.record == "/s/onboarding.db")
        #expect(resolve(["state-dir": "~/s"], home: nil) == nil)
        #expect(resolve(["state-dir": "/s", "config": "~/c.json"], home: nil) == nil)
    }

    @Test func absoluteAndClean() throws {
        let working = Path.absolute(".")
        let p = try #require(resolve(["state-dir": "s/../state//x/", "config": "./c.json", "db": "~/r.db"]))
        #expect(p.stateDir == Path.join(working, "state/x"))
        #expect(p.config == Path.join(working, "c.json"))
        #expect(p.record == "/home/ada/r.db")
        #expect(p.configLock == Path.join(working, ".dcb/config.lock"))
        #expect(resolve(["state-dir": "~"])?.stateDir == "/home/ada")
        #expect(resolve(["state-dir": "~x"])?.stateDir == Path.join(working, "~x"))
    }
}
