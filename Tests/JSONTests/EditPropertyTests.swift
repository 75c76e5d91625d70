@testable import JSON
import Testing

/// What must hold for any document in any layout. A failure names the seed; put it into `seeds` to see it again.
@Suite struct EditPropertyTests {
    static let seeds = Array(UInt64(1)...UInt64(1500))

    /// The way from the root down, by position.
    typealias Path = [Int]

    @Test func appendIsUndoneByRemove() throws {
        for seed in EditPropertyTests.seeds { try checkAppends(seed) }
    }

    @Test func removalKeepsTheRest() throws {
        for seed in EditPropertyTests.seeds { try checkRemovals(seed) }
    }

    /// What is kept of the reading before the edit is what a reading of the edited text gives.
    @Test func editedDocumentIsTheParsedOne() throws {
        var kept = 0
        for seed in EditPropertyTests.seeds {
            var random = RandomDocument(seed: seed)
            let document = try Document(parsing: random.text(), dialect: .json5)
            var edits = Edits(document)
            for path in paths(document) where random.generator.pick([true, false, false, false]) {
                let target = node(document, path)
                switch random.generator.pick([0, 1, 2]) {
                case 0 where !path.isEmpty: edits.remove(target)
                case 1 where target.kind == .array: edits.append(random.value(), to: target)
                case 1 where target.kind == .object: edits.append(key: key(seed.hashValue & 7), random.value(), to: target)
                case 2: edits.replace(target, with: random.value())
                default: continue
                }
            }
            let bytes = edits.apply()
            let parsed = try Document(parsing: bytes, dialect: .json5)
            let edited = try edits.document(dialect: .json5)
            #expect(edited.bytes == bytes, "seed \(seed)")
            #expect(edited.tape.words == parsed.tape.words, "seed \(seed): \(text(document.bytes)) -> \(text(bytes))")
            if !edits.isEmpty, parsed.root.count > 0 { kept += 1 }
        }
        #expect(kept > 500)
    }

    private func checkAppends(_ seed: UInt64) throws {
        var random = RandomDocument(seed: seed)
        let source = random.text()
        let document = try Document(parsing: source, dialect: .json5)
        let containers = paths(document).filter { [.array, .object].contains(node(document, $0).kind) }
        let path = random.generator.pick(containers)
        let model = try #require(document.root.value())
        let values = (0..<random.generator.pick([1, 2, 3, 4])).map { _ in random.value() }

        // One at a time, looking at the values and bytes of every step.
        var bytes = source
        var expected = model
        for (index, value) in values.enumerated() {
            bytes = try append([(index, value)], to: bytes, path)
            expected = changed(expected, path[...]) { append(value, key(index), to: $0) }
            let edited = try Document(parsing: bytes, dialect: .json5)
            #expect(edited.root.value() == expected, "seed \(seed): \(text(source)) -> \(text(bytes))")
        }
        #expect(isSubsequence(source, bytes), "seed \(seed): \(text(source)) -> \(text(bytes))")

        // Several at once are the same as one at a time.
        let atOnce = try append(Array(values.enumerated()), to: source, path)
        #expect(text(atOnce) == text(bytes), "seed \(seed): \(text(source)) -> \(text(bytes)) / \(text(atOnce))")

        // Removed in any order, what is left is always as if only that had been appended.
        var left = Array(values.indices)
        while !left.isEmpty {
            let victim = random.generator.pick(left)
            let edited = try Document(parsing: bytes, dialect: .json5)
            let parent = node(edited, path)
            let position = parent.count - left.count + (left.firstIndex(of: victim) ?? 0)
            var edits = Edits(edited)
            edits.remove(node(edited, path + [position]))
            bytes = edits.apply()
            left.removeAll { $0 == victim }
            let direct = try append(left.map { ($0, values[$0]) }, to: source, path)
            #expect(text(bytes) == text(direct), "seed \(seed): \(text(source)) at \(path): \(text(bytes)) / \(text(direct))")
        }
    }

    private func checkRemovals(_ seed: UInt64) throws {
        var random = RandomDocument(seed: seed)
        let source = random.text()
        let document = try Document(parsing: source, dialect: .json5)
        var candidates = paths(document).filter { !$0.isEmpty }
        guard !candidates.isEmpty else { return }
        candidates.shuffle(using: &random.generator)
        // Later siblings first, so that the paths in the model stay true.
        let victims = candidates.prefix(random.generator.pick([1, 1, 2, 3])).sorted { $1.lexicographicallyPrecedes($0) }
        var expected = try #require(document.root.value())
        var edits = Edits(document)
        for victim in victims {
            edits.remove(node(document, victim))
            expected = changed(expected, victim.dropLast()) { remove(victim[victim.count - 1], from: $0) }
        }
        let bytes = edits.apply()
        let message = "seed \(seed): \(text(source)) without \(victims): \(text(bytes))"
        let edited = try? Document(parsing: bytes, dialect: .json5)
        #expect(edited?.root.value() == expected, "\(message)")
        #expect(isSubsequence(bytes, source), "\(message)")
        let inVictims = victims.map { comments(Array(source[range(document, $0)])).count }.reduce(0, +)
        #expect(comments(bytes).count >= comments(source).count - inVictims, "\(message)")

        // Together with an append to the same array or object.
        let parent = Array(victims[0].dropLast())
        let value = random.value()
        if node(document, parent).kind == .array {
            edits.append(value, to: node(document, parent))
        } else {
            edits.append(key: key(9), value, to: node(document, parent))
        }
        let both = edits.apply()
        // The parent may have gone with another victim.
        if !victims.contains(where: { parent.starts(with: $0) }) {
            expected = changed(expected, shifted(parent, victims)[...]) { append(value, key(9), to: $0) }
        }
        let again = try? Document(parsing: both, dialect: .json5)
        #expect(again?.root.value() == expected, "\(message) and with \(value): \(text(both))")
    }

    // MARK: - Documents

    private func node(_ document: Document, _ path: Path) -> Node {
        path.reduce(document.root) { node, position in
            node.kind == .array ? Array(node.elements)[position] : Array(node.members)[position].value
        }
    }

    /// Of an element, or of a member with its key.
    private func range(_ document: Document, _ path: Path) -> Range<Int> {
        let node = node(document, path)
        let parent = self.node(document, path.dropLast())
        guard parent.kind == .object else { return node.range }
        return Array(parent.members)[path[path.count - 1]].keyRange.lowerBound..<node.range.upperBound
    }

    private func paths(_ document: Document) -> [Path] {
        var all: [Path] = []
        var left: [Path] = [[]]
        while let path = left.popLast() {
            all.append(path)
            left += (0..<node(document, path).count).map { path + [$0] }
        }
        return all
    }

    private func append(_ values: [(Int, Value)], to bytes: [UInt8], _ path: Path) throws -> [UInt8] {
        let document = try Document(parsing: bytes, dialect: .json5)
        let parent = node(document, path)
        var edits = Edits(document)
        for (index, value) in values {
            if parent.kind == .array {
                edits.append(value, to: parent)
            } else {
                edits.append(key: key(index), value, to: parent)
            }
        }
        return edits.apply()
    }

    private func key(_ index: Int) -> String { "new\(index)" }

    // MARK: - Model

    private func changed(_ value: Value, _ path: ArraySlice<Int>, _ change: (Value) -> Value) -> Value {
        guard let position = path.first else { return change(value) }
        if case .array(var elements) = value {
            elements[position] = changed(elements[position], path.dropFirst(), change)
            return .array(elements)
        }
        guard var object = value.objectValue else { return value }
        let key = object.keys[position]
        object[key] = object[key].map { changed($0, path.dropFirst(), change) }
        return .object(object)
    }

    private func append(_ value: Value, _ key: String, to parent: Value) -> Value {
        if let elements = parent.arrayValue { return .array(elements + [value]) }
        var object = parent.objectValue ?? Object()
        object[key] = value
        return .object(object)
    }

    private func remove(_ position: Int, from parent: Value) -> Value {
        if var elements = parent.arrayValue {
            elements.remove(at: position)
            return .array(elements)
        }
        var object = parent.objectValue ?? Object()
        object[object.keys[position]] = nil
        return .object(object)
    }

    /// Where a path leads after the victims, none of which is on it, have gone.
    private func shifted(_ path: Path, _ victims: [Path]) -> Path {
        path.indices.map { level in
            path[level]
                - victims.filter {
                    $0.count == level + 1 && $0.dropLast().elementsEqual(path[..<level]) && $0[level] < path[level]
                }.count
        }
    }

    // MARK: - Bytes

    private func isSubsequence(_ part: [UInt8], _ whole: [UInt8]) -> Bool {
        var rest = part[...]
        for byte in whole where rest.first == byte { rest.removeFirst() }
        return rest.isEmpty
    }

    /// The comments of a text or of a node's bytes; the random documents have `/` only in them and in `"s//"`.
    private func comments(_ bytes: [UInt8]) -> [Int] {
        bytes.indices.filter { index in
            bytes[index] == UInt8(ascii: "/") && index + 1 < bytes.count
                && (bytes[index + 1] == UInt8(ascii: "*")
                    || (bytes[index + 1] == UInt8(ascii: "/")
                        && (index == 0
                            || bytes[index - 1] != UInt8(ascii: "s"))))
        }
    }
}
