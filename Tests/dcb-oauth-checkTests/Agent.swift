import JSON
import Platform
import TestSupport

/// An onboarded user whose workspace a gog has written in.
struct Agent {
    let scratch: Scratch
    let id: String
    let phone: String
    var workspace: String { scratch.state + "/workspace-" + id }

    init(_ scratch: Scratch, _ phone: String = "+15551230001") throws {
        self.scratch = scratch
        self.phone = phone
        id = try scratch.onboarded(phone)
    }

    /// A file below the workspace, with its folders.
    func put(_ path: String, _ content: String, mode: UInt32 = 0o600) throws {
        let full = workspace + "/" + path
        try Files.makeDirectories(Path.parent(full))
        try scratch.write(content, to: full)
        try Files.setMode(full, mode)
    }

    static let credentials = #"{"client_id": "000000000000-madeup.apps.googleusercontent.com", "client_secret": "MADE-UP-client-secret-0001"}"#

    /// An entry as gog 0.4.2 writes one: made-up, of the right lengths.
    static func entry(created: String = "2026-11-23 18:15:05.254588576 +0000 UTC m=+0.020221776", algorithm: String = "PBES2-HS256+A128KW") -> String {
        let header = "{\"alg\":\"\(algorithm)\",\"created\":\"\(created)\",\"enc\":\"A256GCM\",\"p2c\":8192,\"p2s\":\"nfYoCM2ac6UFDuAp\"}"
        return base64URL(header) + "." + base64URL(String(repeating: "k", count: 40)) + "." + base64URL(String(repeating: "i", count: 12)) + "."
            + base64URL(String(repeating: "c", count: 300)) + "." + base64URL(String(repeating: "t", count: 16))
    }

    static func base64URL(_ text: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var out = ""
        var held = 0
        var bits = 0
        for byte in text.utf8 {
            held = held << 8 | Int(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                out.append(alphabet[held >> bits & 63])
            }
            held &= (1 << bits) - 1
        }
        if bits > 0 { out.append(alphabet[held << (6 - bits) & 63]) }
        return out
    }

    static func encoded(_ key: String) -> String { "_gogcli_key_v1_" + base64URL(key) }

    /// The place of gog up to 0.18 with a token in it.
    func putOld(_ name: String = "token:alice@example.com", _ entry: String = Agent.entry()) throws {
        try put(".gog-config/gogcli/credentials.json", Agent.credentials)
        try put(".gog-config/gogcli/keyring/" + name, entry)
    }

    /// The place of gog 0.19 and later.
    func putNew(_ entry: String = Agent.entry(), secret: Bool = true) throws {
        try put(".gog/data/credentials.json", #"{"client_id": "000000000000-madeup.apps.googleusercontent.com"}"#)
        try put(".gog/data/keyring/.lock", "")
        if secret { try put(".gog/data/keyring/" + Agent.encoded("client/default/client-secret"), Agent.entry()) }
        try put(".gog/data/keyring/" + Agent.encoded("token:default:alice@example.com"), entry)
    }

    static let now = "2026-11-26T00:00:00Z"

    /// One agent's part of the report.
    func check(_ arguments: [String] = [], environment: [String: String] = [:]) throws -> (output: Output, agent: Object) {
        let output = try scratch.run("dcb-oauth-check", ["--now", Agent.now] + arguments, environment: environment)
        let agents = output.document["agents"]?.arrayValue ?? []
        return (output, agents.compactMap(\.objectValue).first { $0.text("agentId") == id } ?? [:])
    }

    /// Changes the agent's entry in the config by a replacement of text.
    func edit(_ old: String, _ new: String) throws {
        let text = try scratch.configText()
        guard text.contains(old) else { throw TestFailure("the config does not have \(old)") }
        try scratch.write(text.replacing(old, with: new), to: scratch.config)
    }
}

extension Object {
    /// Ids of the findings.
    var findings: [String] { (self["findings"]?.arrayValue ?? []).compactMap { $0.at("id")?.stringValue } }
}
