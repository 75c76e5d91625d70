@testable import JSON

/// Edits of JSON5: the edit is what was asked and nothing else. The properties of EditPropertyTests, for texts and edits that nobody thought of.
///
/// The first octet is a number of edits, each three octets that say what, where and with which value; the rest is the text.
func fuzzEdit(_ data: UnsafeBufferPointer<UInt8>) {
    guard let first = data.first, data.count > 1 + 3 * (1 + Int(first % 6)) else { return }
    let count = 1 + Int(first % 6)
    let text = Array(data[(1 + 3 * count)...])
    guard let document = try? Document(parsing: text, dialect: .json5), document.root.value(maxDepth: 100) != nil else { return }
    var request = EditRequest(document)
    for i in 0..<count { request.add(what: data[1 + 3 * i], place: data[2 + 3 * i], seed: data[3 + 3 * i]) }
    check(request, text)
    if isOneOfMany(data) { checkLarge(text) }
}

private func check(_ request: EditRequest, _ text: [UInt8]) {
    let bytes = request.edits.apply()
    guard let parsed = try? Document(parsing: bytes, dialect: .json5) else { fatalError("the edited text cannot be read") }
    must(request.edits.isEmpty == request.isEmpty && (!request.isEmpty || bytes == text), "no edit, and a change")
    request.expect(in: parsed)

    // What was kept of the first reading is what a reading of the whole gives.
    guard let edited = try? request.edits.document(dialect: .json5) else { fatalError("the edited text cannot be read again") }
    must(edited.bytes == bytes && edited.tape.words == parsed.tape.words, "the reused tape is another one")
    must(edited.hasComments || !parsed.hasComments, "a comment was lost sight of")
    if (try? Document(parsing: text, dialect: .json)) != nil {
        must((try? Document(parsing: bytes, dialect: .json)) != nil, "JSON became JSON5")
    }
    // Before and behind all that is edited, every byte stays.
    let (before, behind) = request.untouched
    must(bytes.count >= before + behind && bytes.prefix(before) == text.prefix(before) && bytes.suffix(behind) == text.suffix(behind), "more was changed")

    if request.onlyRemoves { must(isSubsequence(bytes, text), "a removal added something") }
    if request.onlyAppends {
        must(isSubsequence(text, bytes), "an append took something away")
        // Removing what was appended is never having appended it.
        var undo = Edits(parsed)
        for node in request.appended(in: parsed) { undo.remove(node) }
        must(undo.apply() == text, "an append is not undone")
    }
}

private func isSubsequence(_ part: [UInt8], _ whole: [UInt8]) -> Bool {
    var found = 0
    for byte in whole where found < part.count && part[found] == byte { found += 1 }
    return found == part.count
}

/// As many edits as there are values in a large text: what is worse than linear runs into libFuzzer's timeout.
private func checkLarge(_ text: [UInt8]) {
    var large = [UInt8(ascii: "[")]
    for _ in 0...((32 << 10) / text.count) { large += text + [0x0A, UInt8(ascii: ",")] }
    large.append(UInt8(ascii: "]"))
    guard let document = try? Document(parsing: large, dialect: .json5) else { return }
    var edits = Edits(document)
    var count = 0
    for (i, node) in document.root.elements.enumerated() {
        switch (i % 3, node.kind) {
        case (0, _): edits.remove(node)
        case (1, .array): edits.append("x", to: node)
        case (1, .object): edits.append(key: "x", "x", to: node)
        default: edits.replace(node, with: "x")
        }
        if i % 3 != 0 { count += 1 }
    }
    for _ in 0..<1000 { edits.append("y", to: document.root) }
    guard let edited = try? edits.document(dialect: .json5), let parsed = try? Document(parsing: edits.apply(), dialect: .json5) else {
        fatalError("the edited text cannot be read")
    }
    must(edited.tape.words == parsed.tape.words && parsed.root.count == count + 1000, "the edited text is another one")
}
