import Archive
import TestSupport
import Testing

/// Reads a whole stream in pieces of one size.
func read(_ bytes: [UInt8], piece: Int = 512) throws -> (entries: [TarEntry], contents: [[UInt8]], isComplete: Bool) {
    var reader = TarReader()
    var entries: [TarEntry] = []
    var contents: [[UInt8]] = []
    var start = 0
    while start < bytes.count {
        let end = min(start + piece, bytes.count)
        try Array(bytes[start..<end]).withUnsafeBufferPointer { buffer in
            var position = 0
            while let event = try reader.next(buffer, from: &position) {
                switch event {
                case .entry(let entry):
                    entries.append(entry)
                    contents.append([])
                case .content(let range): contents[contents.count - 1] += buffer[range]
                case .endOfEntry, .endOfArchive: break
                }
            }
        }
        start = end
    }
    return (entries, contents, reader.isComplete)
}

func file(_ name: String, _ content: String = "", mode: UInt32 = 0o600) -> [UInt8] {
    let bytes = Array(content.utf8)
    return TarHeader.bytes(of: TarEntry(name: Array(name.utf8), kind: .file, mode: mode, sizeBytes: bytes.count)) + bytes
        + [UInt8](repeating: 0, count: Tar.padding(bytes.count))
}

/// A header block with one field put in and the sum made right again.
func header(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
    var block = Array(file("x").prefix(512))
    change(&block)
    block.replaceSubrange(148..<156, with: [UInt8](repeating: 32, count: 8))
    let digits = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
    block.replaceSubrange(148..<156, with: Array((String(repeating: "0", count: 6 - digits.count) + digits).utf8) + [0, 32])
    return block
}

@Suite struct TarTests {
    static let entries: [TarEntry] = [
        TarEntry(name: Array("a".utf8), kind: .folder, mode: 0o700, user: 1000, group: 1000, modifiedSeconds: 1_700_000_000),
        TarEntry(
            name: Array("a/plain".utf8), kind: .file, mode: 0o640, user: 3_000_000, group: 4_000_000_000, sizeBytes: 3, modifiedSeconds: 1,
            modifiedNanoseconds: 5),
        TarEntry(
            name: Array("a/".utf8) + [UInt8](repeating: 120, count: 255), kind: .file, mode: 0o4755, sizeBytes: 0, modifiedSeconds: 0,
            modifiedNanoseconds: 999_999_999),
        TarEntry(name: [97, 47, 10, 0xff, 0x5c, 61], kind: .file, mode: 0, sizeBytes: 1, modifiedSeconds: 8_589_934_592),
        TarEntry(name: Array("a/link".utf8), kind: .symbolicLink([UInt8](repeating: 121, count: 300)), mode: 0o777, modifiedSeconds: -5),
        TarEntry(name: Array("a/hard".utf8), kind: .hardLink(Array("a/plain".utf8)), mode: 0o640),
    ]

    /// What is written is what is read, however the bytes come.
    @Test(arguments: [1, 7, 512, 513, 100_000]) func roundTrip(_ piece: Int) throws {
        var bytes: [UInt8] = []
        for entry in TarTests.entries {
            bytes += TarHeader.bytes(of: entry) + [UInt8](repeating: 90, count: entry.sizeBytes) + [UInt8](repeating: 0, count: Tar.padding(entry.sizeBytes))
        }
        let found = try read(bytes + Tar.end, piece: piece)
        #expect(found.entries == TarTests.entries)
        #expect(found.contents == TarTests.entries.map { [UInt8](repeating: 90, count: $0.sizeBytes) })
        #expect(found.isComplete)
        #expect(try !read(bytes).isComplete && !read(bytes + [UInt8](repeating: 0, count: 512)).isComplete)
    }

    /// A file larger than the octal field holds.
    @Test func aHugeFile() throws {
        let entry = TarEntry(name: Array("big".utf8), kind: .file, mode: 0o600, sizeBytes: 1 << 40)
        #expect(try read(TarHeader.bytes(of: entry)).entries == [entry])
    }

    @Test func gnuLongNames() throws {
        let name = String(repeating: "n", count: 200)
        var long = header {
            $0[156] = UInt8(ascii: "L"); $0.replaceSubrange(124..<136, with: Array("00000000311\u{0}".utf8))
        }
        long += Array(name.utf8) + [0] + [UInt8](repeating: 0, count: 512 - 201)
        #expect(try read(long + file("short", "x") + Tar.end).entries.first?.shownName == name)
    }

    static let faults: [(String, [UInt8])] = [
        ("device", header { $0[156] = UInt8(ascii: "3") }), ("device", header { $0[156] = UInt8(ascii: "4") }),
        ("FIFO", header { $0[156] = UInt8(ascii: "6") }),
        ("neither file", header { $0[156] = UInt8(ascii: "S") }), ("neither file", header { $0[156] = UInt8(ascii: "g") }),
        ("neither file", header { $0[156] = UInt8(ascii: "7") }), ("no 'ustar'", header { $0[257] = 0 }), ("no number", header { $0[124] = 0x80 }),
        ("no number", header { $0[130] = UInt8(ascii: "9") }), ("sum", Array(file("x").enumerated().map { $0 == 0 ? $1 + 1 : $1 })),
        (
            "content, which is no file",
            header {
                $0[156] = UInt8(ascii: "5"); $0[134] = UInt8(ascii: "7")
            }
        ),
        ("extended header of 0", header { $0[156] = UInt8(ascii: "x") }),
        (
            "extended header of",
            header {
                $0[156] = UInt8(ascii: "x"); $0.replaceSubrange(124..<136, with: Array("77777777777\u{0}".utf8))
            }
        ),
        ("single zero block", file("a") + [UInt8](repeating: 0, count: 512) + file("b")), ("behind its end", Tar.end + file("b")),
        ("behind its end", file("a") + Tar.end + [1]), ("between two entries", Array(file("a", "b").dropLast()) + [1] + Tar.end),
        ("belongs to no entry", pax("6 x=y\n") + Tar.end), ("cannot be read", pax("99 path=x\n") + file("a")), ("cannot be read", pax("9 path=xx") + file("a")),
        ("twice in an extended header", pax("9 path=x\n9 path=y\n") + file("a")),
        ("cannot be read", pax("2012 " + String(repeating: "\u{301}\u{323}", count: 501) + "=x\n") + file("a")),
        ("sparse", pax("22 GNU.sparse.major=1\n") + file("a")),
        ("cannot be read", pax("11 size=-1\n") + file("a")), ("two extended headers", pax("9 path=x\n") + pax("9 path=y\n") + file("a")),
        ("1 MiB of zeros", file("a") + Tar.end + [UInt8](repeating: 0, count: 1 << 21)),
    ]

    static func pax(_ body: String) -> [UInt8] {
        let size = String(body.utf8.count, radix: 8)
        let field = Array((String(repeating: "0", count: 11 - size.count) + size + "\u{0}").utf8)
        return header {
            $0[156] = UInt8(ascii: "x"); $0.replaceSubrange(124..<136, with: field)
        } + Array(body.utf8)
            + [UInt8](repeating: 0, count: Tar.padding(body.utf8.count))
    }

    @Test(arguments: 0..<faults.count) func refused(_ index: Int) throws {
        let (reason, bytes) = TarTests.faults[index]
        let fault = thrown(TarFault.self) { try read(bytes) }
        #expect(fault?.reason.contains(reason) == true, "\(index): \(fault?.reason ?? "nothing")")
    }

    /// Whatever the bytes are, the answer is an event or a fault.
    @Test func anyBytesAtAll() throws {
        var random = SystemRandomNumberGenerator()
        let seed = random.next()
        var generator = Seeded(state: seed)
        var good: [UInt8] = []
        for entry in TarTests.entries {
            good += TarHeader.bytes(of: entry) + [UInt8](repeating: 1, count: entry.sizeBytes + Tar.padding(entry.sizeBytes)).map { _ in 0 }
        }
        good += Tar.end
        var refusals = 0
        for _ in 0..<3000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            do {
                _ = try read(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))), piece: Int.random(in: 1...2000, using: &generator))
            } catch is TarFault {
                refusals += 1
            }
        }
        #expect(refusals > 1000, "seed \(seed)")
    }
}

struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}
