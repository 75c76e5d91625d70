@testable import JSON

/// Some edits of one document, and what they must come to.
struct EditRequest {
    private enum Change {
        case remove
        case replace(Value)
    }

    /// A value of the document, with what leads to it.
    private struct Place {
        let node: Node
        /// With its key, in an object.
        let range: Range<Int>
        /// Its array or object in `places`; nil for the root.
        let parent: Int?
        /// The place behind it and all that is in it.
        var end = 0
    }

    let document: Document
    private(set) var edits: Edits
    private var places: [Place] = []
    /// By the number of the place.
    private var changes: [Int: Change] = [:]
    private var additions: [Int: [(key: String, value: Value)]] = [:]

    init(_ document: Document) {
        self.document = document
        edits = Edits(document)
        collect(document.root, document.root.range, nil)
    }

    private mutating func collect(_ node: Node, _ range: Range<Int>, _ parent: Int?) {
        let place = places.count
        places.append(Place(node: node, range: range, parent: parent))
        for element in node.elements { collect(element, element.range, place) }
        for member in node.members { collect(member.value, member.keyRange.lowerBound..<member.value.range.upperBound, place) }
        places[place].end = places.count
    }

    mutating func add(what: UInt8, place number: UInt8, seed: UInt8) {
        let place = Int(number) % places.count
        let node = places[place].node
        var random = RandomDocument(seed: UInt64(seed))
        let value = random.value()
        switch what % 3 {
        case 0 where places[place].parent != nil:
            edits.remove(node)
            changes[place] = .remove
        case 1 where node.kind == .array:
            edits.append(value, to: node)
            additions[place, default: []].append(("", value))
        case 1 where node.kind == .object:
            let key = ["new", "", "a b", "a\"\n", "é", "__proto__"][Int(what / 3) % 6]
            edits.append(key: key, value, to: node)
            additions[place, default: []].append((key, value))
        case 2:
            edits.replace(node, with: value)
            changes[place] = .replace(value)
        default: break
        }
    }

    var isEmpty: Bool { changes.isEmpty && additions.isEmpty }

    var onlyAppends: Bool { changes.isEmpty }

    var onlyRemoves: Bool {
        additions.isEmpty
            && changes.values.allSatisfy {
                if case .remove = $0 { true } else { false }
            }
    }

    /// How many bytes at the beginning and at the end no edit may touch.
    var untouched: (before: Int, behind: Int) {
        var before = document.bytes.count
        var end = 0
        func touch(_ range: Range<Int>) {
            before = min(before, range.lowerBound)
            end = max(end, range.upperBound)
        }
        for place in additions.keys { touch(places[place].node.range) }
        for (place, change) in changes {
            switch change {
            case .remove: touch(places[places[place].parent ?? 0].node.range)
            case .replace: touch(places[place].node.range)
            }
        }
        return isEmpty ? (document.bytes.count, 0) : (before, document.bytes.count - end)
    }

    /// What was appended, where nothing else was done.
    func appended(in edited: Document) -> [Node] {
        additions.flatMap { place, added in
            let node = twin(of: place, in: edited)
            return (node.count - added.count..<node.count).map { child(of: node, $0) }
        }
    }

    private func twin(of place: Int, in edited: Document) -> Node {
        guard let parent = places[place].parent else { return edited.root }
        let before = places[parent + 1..<place].filter { $0.parent == parent }.count
        return child(of: twin(of: parent, in: edited), before)
    }

    private func child(of node: Node, _ position: Int) -> Node {
        node.kind == .array ? Array(node.elements)[position] : Array(node.members)[position].value
    }

    // MARK: - What must come of it

    /// The edited document has exactly these changes: what no edit is in is the same bytes, and the comments around are all there, in their order.
    func expect(in edited: Document) {
        var seen = Seen()
        match(0, edited.root, edited, &seen)
        must(
            comments(document.bytes, outside: seen.inDocument) == comments(edited.bytes, outside: seen.inEdited), "a comment is not where it was, or is lost")
    }

    /// What is compared already: keys, values and what is gone. Around it there are commas, colons, brackets, white space and comments.
    private struct Seen {
        var inDocument: [Range<Int>] = []
        var inEdited: [Range<Int>] = []
    }

    private func match(_ place: Int, _ twin: Node, _ edited: Document, _ seen: inout Seen) {
        let node = places[place].node
        if case .replace(let value)? = changes[place] {
            expect(value, twin)
            seen.inDocument.append(node.range)
            seen.inEdited.append(twin.range)
            return
        }
        let inside = place..<places[place].end
        guard changes.keys.contains(where: inside.contains) || additions.keys.contains(where: inside.contains) else {
            must(edited.bytes[twin.range] == document.bytes[node.range], "what was not edited is changed")
            seen.inDocument.append(node.range)
            seen.inEdited.append(twin.range)
            return
        }
        must(twin.kind == node.kind, "another kind")
        let keys = node.members.map(\.keyRange)
        let twinMembers = Array(twin.members)
        let twins = node.kind == .array ? Array(twin.elements) : twinMembers.map(\.value)
        var position = 0
        for (i, inner) in inside.filter({ places[$0].parent == place }).enumerated() {
            if case .remove? = changes[inner] {
                seen.inDocument.append(places[inner].range)
                continue
            }
            must(position < twins.count, "something is missing")
            if node.kind == .object {
                let key = twinMembers[position].keyRange
                must(edited.bytes[key] == document.bytes[keys[i]], "another key")
                seen.inDocument.append(keys[i])
                seen.inEdited.append(key)
            }
            match(inner, twins[position], edited, &seen)
            position += 1
        }
        for added in additions[place] ?? [] {
            must(position < twins.count, "what was appended is missing")
            if node.kind == .object {
                must(twinMembers[position].keyEquals(added.key), "another key was appended")
                seen.inEdited.append(twinMembers[position].keyRange)
            }
            expect(added.value, twins[position])
            seen.inEdited.append(twins[position].range)
            position += 1
        }
        must(position == twins.count, "more was added")
    }

    private func expect(_ value: Value, _ node: Node) {
        must(node.value(maxDepth: 512)?.compact() == value.compact(), "another value was written")
    }

    private func comments(_ bytes: [UInt8], outside seen: [Range<Int>]) -> [ArraySlice<UInt8>] {
        var found: [ArraySlice<UInt8>] = []
        var at = 0
        for range in seen.sorted(by: { $0.lowerBound < $1.lowerBound }) + [bytes.count..<bytes.count] {
            found += comments(bytes[at..<range.lowerBound])
            at = range.upperBound
        }
        return found
    }

    private func comments(_ gap: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var found: [ArraySlice<UInt8>] = []
        var rest = gap
        while let start = rest.firstIndex(of: UInt8(ascii: "/")), start + 1 < rest.endIndex {
            rest = rest[start...]
            let isBlock = rest[start + 1] == UInt8(ascii: "*")
            var end = start + 2
            while end < rest.endIndex, isBlock ? !rest[end...].starts(with: "*/".utf8) : !beginsWithLineEnd(rest[end...]) { end += 1 }
            if isBlock { end = min(end + 2, rest.endIndex) }
            found.append(rest[start..<end])
            rest = rest[end...]
        }
        return found
    }

    private func beginsWithLineEnd(_ bytes: ArraySlice<UInt8>) -> Bool {
        ["\n", "\r", "\u{2028}", "\u{2029}"].contains { bytes.starts(with: $0.utf8) }
    }
}
