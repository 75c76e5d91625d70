import JSON
import Onboarding
import TestSupport
import Testing

@Suite struct PolicySchemaTests {
    func properties(_ schema: Value?) -> Object { schema?.objectValue?["properties"]?.objectValue ?? [:] }

    @Test func namesAreTheAcceptedOnes() throws {
        // The refusal of an unknown member lists what is accepted.
        func accepted(_ text: String) throws -> [String] {
            let error = try #require(thrown(PolicyError.self) { try policy(text) })
            return error.detail.components(after: "accepted are ")
        }
        #expect(try properties(Policy.schema).keys == accepted("{zzzzzz:1}"))
        #expect(try properties(properties(Policy.schema)["sandbox"]).keys == accepted("{sandbox:{zzzzzz:1}}"))
        #expect(try properties(properties(Policy.schema)["reconcile"]).keys == accepted("{reconcile:{zzzzzz:1}}"))
        #expect(try properties(properties(Policy.schema)["webhook"]).keys == accepted("{webhook:{zzzzzz:1}}"))
    }

    @Test func nothingElseIsAllowed() {
        for schema in [Policy.schema] + ["sandbox", "reconcile", "webhook"].compactMap({ properties(Policy.schema)[$0] }) {
            #expect(schema.objectValue?["additionalProperties"] == false)
        }
    }

    /// A file that says every default of the schema means the same as no file.
    @Test func defaultsAreTheBuiltInOnes() throws {
        func defaults(_ schema: Value?) -> Object {
            var object: Object = [:]
            for (key, value) in properties(schema) {
                let inner = defaults(value)
                if let standard = value.objectValue?["default"] { object[key] = standard } else if !inner.isEmpty { object[key] = .object(inner) }
            }
            return object
        }
        let text = String(decoding: Value.object(defaults(Policy.schema)).pretty(), as: UTF8.self)
        #expect(text.contains("pidsLimit"))
        #expect(try policy(text) == .builtIn)
    }

    @Test func isJSON() throws {
        let bytes = Policy.schema.compact()
        #expect(try Value(parsing: bytes) == Policy.schema)
        #expect(Policy.schema.objectValue?["$schema"] == "https://json-schema.org/draft/2020-12/schema")
    }
}

extension String {
    fileprivate func components(after word: String) -> [String] {
        var rest = self[...]
        while !rest.isEmpty, !rest.hasPrefix(word) { rest = rest.dropFirst() }
        var names: [String] = []
        var name = ""
        for c in rest.dropFirst(word.count) where c != " " {
            if c == "," {
                names.append(name)
                name = ""
            } else {
                name.append(c)
            }
        }
        return names + [name]
    }
}
