import JSON
import Platform
import TestSupport
import Testing

/// A hostile or careless hand in openclaw.json: a hundred generated mutations of a good one, and after each its own finding, no crash, and nothing of the
/// operator's gone.
@Suite struct MutationTests {
    /// Changes the config's members, and says which finding must come of it.
    struct Mutation: Sendable {
        let name: String
        let finds: Set<String>
        let change: @Sendable (inout Mutant) -> Void
    }

    /// The good config as a tree, and whose is whose.
    struct Mutant {
        var root: Value
        let agents: [String]
        let phones: [String]
        /// Which user, and which other one.
        let one: Int
        let two: Int

        mutating func set(_ path: [String], _ value: Value?) { root = Mutant.set(root, path[...], value) }
        func get(_ path: [String]) -> Value? { path.reduce(root) { $0?.objectValue?[$1] } }
        func entry(_ number: Int, _ path: String...) -> [String] { ["agents", "entries", agents[number]] + path }

        mutating func bindings(_ body: (inout [Value]) -> Void) {
            var list = get(["bindings"])?.arrayValue ?? []
            body(&list)
            set(["bindings"], .array(list))
        }

        func binding(of number: Int, in list: [Value]) -> Int { list.firstIndex { $0.at("match", "peer", "id")?.stringValue == phones[number] } ?? 0 }

        private static func set(_ value: Value, _ path: ArraySlice<String>, _ new: Value?) -> Value {
            guard let key = path.first else { return new ?? .null }
            var object = value.objectValue ?? [:]
            if path.count == 1 { object[key] = new } else { object[key] = set(object[key] ?? .object([:]), path.dropFirst(), new) }
            return .object(object)
        }
    }

    static let mutations: [Mutation] = [
        Mutation(name: "swapped agents", finds: ["I4"]) { m in
            let (a, b) = (m.agents[m.one], m.agents[m.two])
            let (i, j) = (m.one, m.two)
            let copy = m
            m.bindings { list in
                let (x, y) = (copy.binding(of: i, in: list), copy.binding(of: j, in: list))
                list[x] = MutationTests.with(list[x], "agentId", .string(b))
                list[y] = MutationTests.with(list[y], "agentId", .string(a))
            }
        },
        Mutation(name: "bound to another's agent", finds: ["I4"]) { m in
            let copy = m
            m.bindings { list in
                let x = copy.binding(of: copy.one, in: list)
                list[x] = MutationTests.with(list[x], "agentId", .string(copy.agents[copy.two]))
            }
        },
        Mutation(name: "bound to nobody", finds: ["I4"]) { m in
            let copy = m
            m.bindings { list in
                let x = copy.binding(of: copy.one, in: list)
                list[x] = MutationTests.with(list[x], "agentId", "user_nobody")
            }
        },
        Mutation(name: "shared workspace", finds: ["I2"]) { m in m.set(m.entry(m.one, "workspace"), m.get(m.entry(m.two, "workspace"))) },
        Mutation(name: "shared agentDir", finds: ["I2"]) { m in m.set(m.entry(m.one, "agentDir"), m.get(m.entry(m.two, "agentDir"))) },
        Mutation(name: "shared password", finds: ["I2"]) { m in
            let path = ["sandbox", "docker", "env", "GOG_KEYRING_PASSWORD"]
            m.set(m.entry(m.one) + path, m.get(m.entry(m.two) + path))
        },
        Mutation(name: "workspace inside another's", finds: ["I2"]) { m in
            m.set(m.entry(m.one, "workspace"), .string((m.get(m.entry(m.two, "workspace"))?.stringValue ?? "") + "/inner"))
        },
        Mutation(name: "the operator's workspace", finds: ["I2"]) { m in m.set(m.entry(m.one, "workspace"), "/srv/support") },
        Mutation(name: "removed sandbox", finds: ["I3"]) { m in m.set(m.entry(m.one, "sandbox"), nil) },
        Mutation(name: "sandbox off", finds: ["I3"]) { m in m.set(m.entry(m.one, "sandbox", "mode"), "off") },
        Mutation(name: "sandbox shared", finds: ["I3"]) { m in m.set(m.entry(m.one, "sandbox", "scope"), "shared") },
        Mutation(name: "sandbox a string", finds: ["I3"]) { m in m.set(m.entry(m.one, "sandbox"), "all") },
        Mutation(name: "network host", finds: ["I3"]) { m in m.set(m.entry(m.one, "sandbox", "docker", "network"), "host") },
        Mutation(name: "no limit", finds: ["I3"]) { m in m.set(m.entry(m.one, "sandbox", "docker", "pidsLimit"), nil) },
        Mutation(name: "another user", finds: ["I3"]) { m in m.set(m.entry(m.one, "sandbox", "docker", "user"), "4242:4242") },
        Mutation(name: "a bind", finds: ["I3", "I12"]) { m in m.set(m.entry(m.one, "sandbox", "docker", "binds"), ["/etc:/host:ro"]) },
        Mutation(name: "duplicated id", finds: ["I8"]) { m in
            m.set(["agents", "entries", m.agents[m.one].uppercased().replacing(all: "USER_", with: "USER_")], m.get(m.entry(m.one)))
        },
        Mutation(name: "a foreign agent", finds: ["I1", "I3"]) { m in m.set(["agents", "entries", "user_\(m.one)foreign"], ["workspace": "/srv/foreign"]) },
        Mutation(name: "an agent that is gone", finds: ["I1", "I4"]) { m in m.set(m.entry(m.one), nil) },
        Mutation(name: "a binding that is gone", finds: ["I1"]) { m in
            let copy = m
            m.bindings { list in list.remove(at: copy.binding(of: copy.one, in: list)) }
        },
        Mutation(name: "a binding twice", finds: ["I4"]) { m in
            let copy = m
            m.bindings { list in list.append(list[copy.binding(of: copy.one, in: list)]) }
        },
        Mutation(name: "a JID", finds: ["I1", "I4"]) { m in
            let copy = m
            m.bindings { list in
                let x = copy.binding(of: copy.one, in: list)
                let peer: Value = ["kind": "direct", "id": .string(copy.phones[copy.one].dropFirst() + "@s.whatsapp.net")]
                list[x] = MutationTests.with(list[x], "match", MutationTests.with(list[x].at("match") ?? [:], "peer", peer))
            }
        },
        Mutation(name: "without a peer", finds: ["I7"]) { m in
            let copy = m
            m.bindings { list in
                let x = copy.binding(of: copy.one, in: list)
                list[x] = MutationTests.with(list[x], "match", MutationTests.with(list[x].at("match") ?? [:], "peer", nil))
            }
        },
        Mutation(name: "default", finds: ["I7"]) { m in m.set(m.entry(m.one, "default"), true) },
        Mutation(name: "open", finds: ["I6"]) { m in m.set(["channels", "whatsapp", "dmPolicy"], "open") },
        Mutation(name: "an empty list", finds: ["I6"]) { m in m.set(["channels", "whatsapp", "allowFrom"], []) },
        Mutation(name: "no dmScope", finds: ["I5"]) { m in m.set(["session"], nil) },
        Mutation(name: "an unknown key", finds: ["I8"]) { m in m.set(["dcb"], ["x": 1]) },
        Mutation(name: "no agents", finds: ["I1"]) { m in
            m.set(["agents", "entries"], ["main": [:], "support": m.get(["agents", "entries", "support"]) ?? [:]])
        },
        Mutation(name: "agents a list", finds: ["I8"]) { m in m.set(["agents"], []) },
        Mutation(name: "bindings an object", finds: ["I8"]) { m in m.set(["bindings"], [:]) },
        Mutation(name: "an entry that is null", finds: ["I8"]) { m in m.set(m.entry(m.one), .null) },
        Mutation(name: "an empty password", finds: ["I9"]) { m in m.set(m.entry(m.one) + ["sandbox", "docker", "env", "GOG_KEYRING_PASSWORD"], "") },
        // Order and comments are nobody's fault.
        Mutation(name: "reordered", finds: []) { m in m.bindings { list in list.reverse() } },
    ]

    static func with(_ value: Value, _ key: String, _ new: Value?) -> Value {
        var object = value.objectValue ?? [:]
        object[key] = new
        return .object(object)
    }

    @Test(arguments: 0..<102) func aMutation(_ seed: Int) throws {
        let house = try House(4)
        let mutation = MutationTests.mutations[seed % MutationTests.mutations.count]
        let round = seed / MutationTests.mutations.count
        let good = try house.scratch.configValue()
        var mutant = Mutant(
            root: good, agents: house.agents, phones: [""] + (1...4).map { house.phone($0) }, one: 1 + (seed + round) % 4,
            two: 1 + (seed + round + 1 + round % 3) % 4)
        mutation.change(&mutant)
        // Written in another way each round: pretty, compact, with comments.
        var text = String(decoding: round == 1 ? mutant.root.compact() : mutant.root.pretty(indent: 1 + round), as: UTF8.self)
        if round == 2 { text = "// by hand\n" + text.replacing(all: ",\n", with: ", // and so on\n") }
        try house.scratch.write(text + "\n", to: house.scratch.config)
        let before = try Files.read(house.scratch.config)

        let check = try house.check()
        #expect(check.output.code == 0 && check.output.err.isEmpty, "\(mutation.name): \(check.output.err)")
        #expect(mutation.finds.isSubset(of: check.ids), "\(mutation.name): found \(check.ids.sorted()), not \(mutation.finds.sorted())")
        if mutation.finds.isEmpty { #expect(check.findings.isEmpty, "\(mutation.name): \(check.output.out)") }
        #expect(try Files.read(house.scratch.config) == before)

        // Whatever the repair can do, what is the operator's stays, and the others are left as they are.
        let repair = try house.repair(["--max-removals", "4", "--max-fraction", "1"])
        #expect([0, 65, 78].contains(repair.output.code), "\(mutation.name): \(repair.output.err)")
        let after = try house.scratch.configValue()
        for path in [["gateway"], ["agents", "defaults"], ["agents", "entries", "main"], ["agents", "entries", "support"]] {
            #expect(path.reduce(after) { $0?.objectValue?[$1] } == mutant.get(path), "\(mutation.name): \(path)")
        }
        let stays = (mutant.get(["bindings"])?.arrayValue ?? []).filter { $0.at("agentId")?.stringValue == "support" }
        #expect(stays.allSatisfy { after.at("bindings")?.arrayValue?.contains($0) == true })
        if mutant.get(["channels", "whatsapp", "allowFrom"])?.arrayValue?.contains("+15559999999") == true {
            #expect(after.at("channels", "whatsapp", "allowFrom")?.arrayValue?.contains("+15559999999") == true)
        }
        if repair.output.code == 0 {
            let again = try house.repair(["--max-removals", "4", "--max-fraction", "1"])
            #expect(again.actions.isEmpty, "\(mutation.name): \(again.output.out)")
        }
    }

    /// Bytes that are no config in any version, at random: said, never a crash.
    @Test(arguments: 0..<40) func randomDamage(_ seed: Int) throws {
        let house = try House(1)
        var bytes = try Files.read(house.scratch.config)
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
        for _ in 0...(seed % 7) {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let at = Int(state >> 33) % bytes.count
            switch seed % 3 {
            case 0: bytes[at] = UInt8(truncatingIfNeeded: state >> 20)
            case 1: bytes.remove(at: at)
            default: bytes.insert(contentsOf: bytes[at..<min(at + 40, bytes.count)], at: at)
            }
        }
        try Files.remove(house.scratch.config)
        try Files.create(house.scratch.config, bytes, mode: 0o600)
        let check = try house.check()
        #expect(check.output.code == 0 && check.object["summary"] != nil, "\(check.output.err)")
        #expect(try Files.read(house.scratch.config) == bytes)
        let repair = try house.repair()
        #expect([0, 65, 78].contains(repair.output.code), "\(repair.output.err)")
    }
}
