import Archive

/// The tar reader, cut anywhere, and the rules that keep what it gives inside a folder.
///
/// The first octet says where to cut, the second how large the whole may be and whether the sums of the headers are made right first: no mutation would.
func fuzzArchive(_ data: UnsafeBufferPointer<UInt8>) {
    guard data.count > 2 else { return }
    var bytes = Array(data[2...])
    if data[1] & 1 == 1 { mendSums(&bytes) }
    let whole = read(bytes, pieces: bytes.count)
    must(read(bytes, pieces: 1 + Int(data[0]) * 4) == whole, "in pieces it is not the same")
    let limit = data[1] & 2 == 0 ? 1 << 30 : 5000
    var rules = EntryRules(greatestTotal: limit)
    var tree = UnpackedTree()
    for entry in whole.entries {
        must(entry.sizeBytes >= 0 && entry.mode <= 0o7777 && (0..<1_000_000_000).contains(entry.modifiedNanoseconds), "numbers that cannot be")
        must(entry.shownName.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }, "a name that breaks a line")
        if (try? rules.admit(entry)) != nil { tree.unpack(entry) }
    }
    must(tree.totalBytes <= limit, "larger than the limit")
    tree.checkLinks()
    checkWritten(whole.entries)
    if let line = SumLine.parse(bytes) {
        must(SumLine.parse(Array(SumLine.bytes(sum: line.sum, name: line.name).dropLast()))?.name == line.name, "a line of sums is another one")
    }
}

private struct Reading: Equatable {
    var entries: [TarEntry] = []
    var sizes: [Int] = []
    var content: [UInt8] = []
    var isComplete = false
    var fault: TarFault?
}

private func read(_ bytes: [UInt8], pieces: Int) -> Reading {
    var reader = TarReader()
    var reading = Reading()
    var start = 0
    while start < bytes.count {
        let end = min(start + max(1, pieces), bytes.count)
        do throws(TarFault) {
            try bytes.withUnsafeBufferPointer { buffer throws(TarFault) in
                try read(UnsafeBufferPointer(rebasing: buffer[start..<end]), &reader, &reading)
            }
        } catch {
            reading.fault = error
            return reading
        }
        start = end
    }
    reading.isComplete = reader.isComplete
    return reading
}

private func read(_ piece: UnsafeBufferPointer<UInt8>, _ reader: inout TarReader, _ reading: inout Reading) throws(TarFault) {
    var position = 0
    while let event = try reader.next(piece, from: &position) {
        must(position <= piece.count, "more was taken than there was")
        switch event {
        case .entry(let entry):
            reading.entries.append(entry)
            reading.sizes.append(0)
        case .content(let range):
            must(range.upperBound == position && !range.isEmpty, "content that was not taken")
            reading.content += piece[range]
            reading.sizes[reading.sizes.count - 1] += range.count
        case .endOfEntry: must(reading.sizes.last == reading.entries.last?.sizeBytes, "not as large as its header says")
        case .endOfArchive: break
        }
    }
    must(position == piece.count, "something was left")
}

/// What was read is written so that it is read again the same.
private func checkWritten(_ entries: [TarEntry]) {
    for entry in entries where !entry.name.isEmpty && !entry.name.contains(0) {
        let again = read(TarHeader.bytes(of: entry), pieces: 512)
        must(again.entries == [entry], "written, \(entry) is \(again)")
    }
}

private func mendSums(_ bytes: inout [UInt8]) {
    for start in stride(from: 0, to: bytes.count - 511, by: 512) where bytes[(start + 257)...].starts(with: "ustar".utf8) {
        bytes.replaceSubrange((start + 148)..<(start + 156), with: repeatElement(32, count: 8))
        let digits = String(bytes[start..<(start + 512)].reduce(0) { $0 + Int($1) }, radix: 8)
        bytes.replaceSubrange((start + 148)..<(start + 156), with: Array((String(repeating: "0", count: 6 - digits.count) + digits).utf8) + [0, 32])
    }
}
