import JSON
import Onboarding
import Testing

@testable import OpenClaw

@Suite struct SandboxRulesTests {
    static let good =
        "{mode:'all',scope:'agent',workspaceAccess:'rw',docker:{image:'openclaw-sandbox:bookworm-slim',network:'bridge',memory:'512m',cpus:0.5,pidsLimit:100,capDrop:['ALL']}}"

    /// A sandbox, defaults, and how many rules are broken.
    static let cases: [(sandbox: String, defaults: String, broken: Int)] = [
        (good, "{}", 0), (good.replacing("'agent'", with: "'session'"), "{}", 0), (good.replacing("'rw'", with: "'ro'"), "{}", 0),
        (good.replacing("'bridge'", with: "'none'"), "{}", 0), (good.replacing("'512m'", with: "'0.5g'"), "{}", 0),
        (good.replacing("'512m'", with: "268435456"), "{}", 0), (good.replacing(",capDrop:['ALL']", with: ""), "{}", 0),
        (good.replacing("network:'bridge',", with: ""), "{}", 0), (good.replacing("['ALL']", with: "['NET_RAW','all']"), "{}", 0),
        (good.replacing("'openclaw-sandbox:bookworm-slim'", with: "'other:1'"), "{}", 0),
        (good.replacing("'all'", with: "'non-main'"), "{}", 1), (good.replacing("mode:'all',", with: ""), "{}", 1),
        (good.replacing("mode:'all',", with: ""), "{mode:'all'}", 0), (good, "{mode:'off'}", 0),
        (good.replacing("'agent'", with: "'shared'"), "{}", 1), (good.replacing("scope:'agent',", with: "perSession:false,"), "{}", 1),
        (good.replacing("'rw'", with: "'all'"), "{}", 1), (good.replacing("'bridge'", with: "'host'"), "{}", 1),
        (good.replacing("'512m'", with: "'513m'"), "{}", 1), (good.replacing("'512m'", with: "'0'"), "{}", 1),
        (good.replacing("'512m'", with: "'much'"), "{}", 1), (good.replacing("memory:'512m',", with: ""), "{}", 1),
        (good.replacing("memory:'512m',", with: ""), "{docker:{memory:'256m'}}", 0), (good.replacing("0.5", with: "2"), "{}", 1),
        (good.replacing("0.5", with: "NaN"), "{}", 1), (good.replacing("0.5", with: "0"), "{}", 1), (good.replacing("100", with: "-1"), "{}", 1),
        (good.replacing("100", with: "101"), "{}", 1), (good.replacing("['ALL']", with: "['NET_RAW']"), "{}", 1),
        (good.replacing("['ALL']", with: "[]"), "{}", 1),
        (good.replacing("capDrop", with: "binds:['/a:/b'],capDrop"), "{}", 1), (good, "{docker:{binds:['/a:/b']}}", 1),
        (good, "{browser:{binds:['/a:/b']}}", 1),
        (good.replacing("capDrop", with: "privileged:true,capDrop"), "{}", 1),
        (good.replacing("capDrop", with: "dangerouslyAllowExternalBindSources:true,capDrop"), "{}", 1),
        (good.replacing("capDrop", with: "dangerouslyAllowExternalBindSources:false,capDrop"), "{}", 0),
        (good, "{docker:{dangerouslyAllowContainerNamespaceJoin:true}}", 1), (good.replacing("capDrop", with: "seccompProfile:'Unconfined',capDrop"), "{}", 1),
        (good.replacing("capDrop", with: "user:'1000:1000',capDrop"), "{}", 0), (good.replacing("capDrop", with: "user:'0:0',capDrop"), "{}", 1),
        (good, "{browser:{network:' Host'}}", 1), (good.replacing("scope", with: "browser:{network:'container:x'},scope"), "{}", 1),
        (good, "{browser:{network:'openclaw-sandbox-browser'}}", 0),
        (good, "{docker:{user:'root'}}", 1), (good.replacing("scope", with: "backend:'ssh',scope"), "{}", 1), ("{}", "{}", 4), ("null", "{}", 4),
    ]

    @Test(arguments: cases.indices)
    func satisfies(_ index: Int) throws {
        let item = Self.cases[index]
        let document = try JSON.Document(parsing: Array("{entry:{sandbox:\(item.sandbox)},defaults:\(item.defaults)}".utf8), dialect: .json5)
        let entry = try #require(document.root["entry"])
        let rules = SandboxRules(entry: entry, defaults: document.root["defaults"], tools: nil, channel: "whatsapp", policy: SandboxPolicy())
        let violations = rules.violations(ownerUser: 1000)
        #expect(violations.count == item.broken, "\(item.sandbox) \(item.defaults): \(violations)")
    }

    @Test func aStricterPolicyIsAskedFor() throws {
        var policy = SandboxPolicy()
        policy.network = "none"
        policy.workspaceAccess = .readOnly
        policy.readOnlyRoot = true
        policy.binds = ["/a:/b"]
        let document = try JSON.Document(
            parsing: Array("{sandbox:\(Self.good.replacing("capDrop", with: "readOnlyRoot:false,binds:['/a:/b'],capDrop"))}".utf8), dialect: .json5)
        let node = document.root
        let rules = SandboxRules(entry: node, defaults: nil, tools: nil, channel: "whatsapp", policy: policy)
        #expect(rules.violations(ownerUser: 1000).count == 3)
        #expect(rules.warnings().isEmpty)
        policy.image = "mine:1"
        #expect(SandboxRules(entry: node, defaults: nil, tools: nil, channel: "whatsapp", policy: policy).warnings().count == 1)
    }

    /// Tools of an entry and of the whole config, and how many rules are broken: what runs beside the sandbox.
    @Test(arguments: [
        ("{}", "{}", 0), ("{}", "{exec:{host:'gateway'}}", 1), ("{}", "{exec:{host:'node'}}", 1), ("{exec:{host:'gateway'}}", "{}", 1),
        ("{exec:{host:'sandbox'}}", "{exec:{host:'gateway'}}", 0), ("{exec:{host:'auto'}}", "{}", 0), ("{exec:{security:'full'}}", "{exec:{}}", 0),
        ("{}", "{elevated:{allowFrom:{whatsapp:['*']}}}", 1), ("{}", "{elevated:{enabled:true,allowFrom:{whatsapp:['+15550000009','*']}}}", 1),
        ("{}", "{elevated:{enabled:false,allowFrom:{whatsapp:['*']}}}", 0), ("{}", "{elevated:{allowFrom:{whatsapp:['+15550000009']}}}", 0),
        ("{}", "{elevated:{allowFrom:{telegram:['*']}}}", 0), ("{elevated:{enabled:false}}", "{elevated:{allowFrom:{whatsapp:['*']}}}", 0),
        ("{elevated:{allowFrom:{whatsapp:[]}}}", "{elevated:{allowFrom:{whatsapp:['*']}}}", 0),
        ("{elevated:{enabled:true,allowFrom:{whatsapp:['*']}}}", "{elevated:{allowFrom:{whatsapp:['*']}}}", 1),
        ("{elevated:{allowFrom:{whatsapp:['*']}}}", "{}", 0), ("{}", "{elevated:{allowFrom:{whatsapp:['*']}},exec:{host:'gateway'}}", 2),
    ])
    func besideTheSandbox(_ own: String, _ tools: String, _ broken: Int) throws {
        let document = try JSON.Document(parsing: Array("{entry:{sandbox:\(Self.good),tools:\(own)},tools:\(tools)}".utf8), dialect: .json5)
        let entry = try #require(document.root["entry"])
        let rules = SandboxRules(entry: entry, defaults: nil, tools: document.root["tools"], channel: "whatsapp", policy: SandboxPolicy())
        #expect(rules.violations(ownerUser: 1000).count == broken, "\(rules.violations(ownerUser: 1000))")
    }
}
