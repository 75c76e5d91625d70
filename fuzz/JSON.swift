import JSON

/// The two parsers and the two writers.
/// Some texts are read once more as large ones, so that what is worse than linear runs into libFuzzer's timeout.
func fuzzJSON(_ data: UnsafeBufferPointer<UInt8>) {
    let text = Array(data)
    let json = read(text, .json)
    let json5 = read(text, .json5)
    must((json != nil) == (Grammar.accepts(text) || isNonFinite(text)), "JSON is what RFC 8259 says, and NaN alone")
    if let json {
        guard let json5 else { fatalError("JSON that is no JSON5") }
        must(json.compactJSON() == json5.compactJSON() && json.root.value() == json5.root.value(), "JSON that is something else as JSON5")
    }
    if let document = json5 {
        checkWritten(document)
        checkValue(text, document)
    }
    if text.count > 8, isOneOfMany(data) { readLarge(text) }
}

/// What was refused says where and why, in one line.
private func read(_ text: [UInt8], _ dialect: Dialect) -> Document? {
    do throws(JSONError) {
        return try Document(parsing: text, dialect: dialect)
    } catch {
        must((0...text.count).contains(error.offset) && error.line > 0 && error.column > 0, "an error outside the text")
        must(error.reason.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }, "an error of several lines")
        return nil
    }
}

private func isNonFinite(_ text: [UInt8]) -> Bool {
    let word = text.split(omittingEmptySubsequences: true) { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    return word.count == 1 && ["NaN", "Infinity", "-Infinity"].contains { word[0].elementsEqual($0.utf8) }
}

/// Written compactly it is the same document, and written again it is the same text.
private func checkWritten(_ document: Document) {
    let compact = document.compactJSON()
    guard let again = try? Document(parsing: compact, dialect: .json5) else { fatalError("what was written cannot be read") }
    must(again.compactJSON() == compact, "written again it is another text")
    must(!again.hasComments, "comments were written")
    let hasNonFinite = compact.contains(UInt8(ascii: "N")) || compact.contains(UInt8(ascii: "I"))
    must(hasNonFinite || Grammar.accepts(compact), "what was written is no JSON")
    // The walk below is recursive.
    guard document.root.value(maxDepth: 512) != nil else { return }
    checkSame(document.root, again.root)
}

private func checkSame(_ node: Node, _ other: Node) {
    must(node.kind == other.kind && node.count == other.count, "another kind")
    switch node.kind {
    case .null: break
    case .bool: must(node.boolValue == other.boolValue, "another bool")
    case .string: must(node.stringValue.map { other.stringValue?.utf8.elementsEqual($0.utf8) == true } == true, "another string")
    case .number:
        must(node.doubleValue?.bitPattern == other.doubleValue?.bitPattern, "another number")
        if let int = node.intValue { must(other.intValue == int, "another integer") }
    case .array: for (a, b) in zip(node.elements, other.elements) { checkSame(a, b) }
    case .object:
        for (a, b) in zip(node.members, other.members) {
            must(a.key.utf8.elementsEqual(b.key.utf8), "another key")
            checkSame(a.value, b.value)
        }
    }
}

/// The tree: the same however it is written; and what the strict limits take is what they refuse nothing of.
private func checkValue(_ text: [UInt8], _ document: Document) {
    if let value = document.root.value(maxDepth: 512) {
        let compact = value.compact()
        for written in [compact, value.pretty(), value.pretty(indent: 0)] {
            guard let again = try? Value(parsing: written, dialect: .json5, limits: .standard) else { fatalError("a tree that cannot be read") }
            must(again.compact() == compact, "another tree")
        }
    }
    guard let strict = try? Value(parsing: text, dialect: .json5) else { return }
    guard let tree = document.root.value() else { fatalError("strict, and too deep") }
    must(tree == strict, "strict limits change what is read")
    must(hasUniqueKeys(document.root), "strict, and a key twice")
}

private func hasUniqueKeys(_ node: Node) -> Bool {
    let keys = node.members.map(\.key)
    must((Set(keys.map { Array($0.utf8) }).count == keys.count) == (node.firstDuplicateKey == nil), "a key twice, or not")
    return node.firstDuplicateKey == nil && node.elements.allSatisfy(hasUniqueKeys) && node.members.allSatisfy { hasUniqueKeys($0.value) }
}

/// The text over and over, side by side, one in the other, and in one array.
private func readLarge(_ text: [UInt8]) {
    let times = (128 << 10) / text.count + 1
    let halves = (text.prefix(text.count / 2), text.suffix(text.count - text.count / 2))
    var sideBySide: [UInt8] = []
    var oneInOther: [UInt8] = []
    var array: [UInt8] = [UInt8(ascii: "[")]
    for _ in 0..<times {
        sideBySide += text
        oneInOther += halves.0
        array += text + [0x0A, UInt8(ascii: ",")]
    }
    for _ in 0..<times { oneInOther += halves.1 }
    array.append(UInt8(ascii: "]"))
    for large in [sideBySide, oneInOther, array] {
        _ = try? Document(parsing: large, dialect: .json, limits: .strict)
        if let document = try? Document(parsing: large, dialect: .json5) {
            _ = document.compactJSON()
            _ = document.root.value()
        }
    }
}
