import Archive
import CommandKit
import Onboarding
import Platform

/// Writes the tar stream of an archive into gzip, and sums what it writes: the list is of the very bytes that are in the archive.
final class ArchiveWriter {
    private let gzip: Gzip
    private let pipe: Descriptor
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
    private var filled = 0
    private var folders: Set<[UInt8]> = []
    /// The content of SHA256SUMS so far.
    private(set) var sums: [UInt8] = []
    private(set) var files = 0

    init(into archive: Descriptor, environment: [String: String]) throws(Problem) {
        (gzip, pipe) = try Gzip.compress(into: archive, environment: environment)
    }

    deinit { buffer.deallocate() }

    func hasFolder(_ name: [UInt8]) -> Bool { folders.contains(name) }

    /// An entry without content.
    func add(_ entry: TarEntry) throws(Problem) {
        if entry.kind == .folder { folders.insert(entry.name) }
        try put(TarHeader.bytes(of: entry))
    }

    /// A second name of a file that is in the archive.
    func addHardLink(_ entry: TarEntry, sum: String) throws(Problem) {
        try add(entry)
        sums += SumLine.bytes(sum: sum, name: entry.name)
        files += 1
    }

    /// A file with its content from memory.
    func add(_ entry: TarEntry, content: [UInt8]) throws(Problem) {
        try put(TarHeader.bytes(of: entry))
        try put(content)
        try put([UInt8](repeating: 0, count: Tar.padding(content.count)))
        sums += SumLine.bytes(sum: SHA256.hex(SHA256.digest(of: content)), name: entry.name)
        files += 1
    }

    /// A file with exactly as many bytes of `file` as the entry says: zeros for what is missing.
    /// - Returns: its sum, and how many bytes there were.
    func add(_ entry: TarEntry, from file: Descriptor, first: [UInt8] = []) throws(Problem) -> (sum: String, present: Int) {
        try put(TarHeader.bytes(of: entry))
        var hash = SHA256()
        var left = entry.sizeBytes
        var present = 0
        if !first.isEmpty {
            let taken = Array(first.prefix(left))
            try put(taken)
            hash.update(taken)
            left -= taken.count
            present = taken.count
        }
        var hasEnded = false
        while left > 0 {
            if filled == buffer.count { try flush() }
            let space = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<min(buffer.count, filled + left)])
            var count = 0
            if !hasEnded {
                do throws(SystemError) { count = try file.read(into: space) } catch { throw Problem(error) }
                present += count
            }
            if count == 0 {
                hasEnded = true
                space.initializeMemory(as: UInt8.self, repeating: 0)
                count = space.count
            }
            hash.update(UnsafeRawBufferPointer(rebasing: space[..<count]).bindMemory(to: UInt8.self))
            filled += count
            left -= count
        }
        try put([UInt8](repeating: 0, count: Tar.padding(entry.sizeBytes)))
        let sum = SHA256.hex(hash.digest())
        sums += SumLine.bytes(sum: sum, name: entry.name)
        files += 1
        return (sum, present)
    }

    /// Adds SHA256SUMS and the end, and waits until all is compressed.
    func finish(at seconds: Int64) throws(Problem) {
        let list = TarEntry(name: Array(SumLine.fileName.utf8), kind: .file, mode: 0o600, sizeBytes: sums.count, modifiedSeconds: seconds)
        try put(TarHeader.bytes(of: list))
        try put(sums)
        try put([UInt8](repeating: 0, count: Tar.padding(sums.count)) + Tar.end)
        try flush()
        pipe.close()
        if let complaint = try gzip.finish() { throw ArchiveWriter.problem(complaint) }
    }

    // MARK: parts

    private func put(_ bytes: [UInt8]) throws(Problem) {
        var start = 0
        while start < bytes.count {
            if filled == buffer.count { try flush() }
            let count = min(bytes.count - start, buffer.count - filled)
            bytes.withUnsafeBytes { buffer[filled..<(filled + count)].copyBytes(from: $0[start..<(start + count)]) }
            filled += count
            start += count
        }
    }

    private func flush() throws(Problem) {
        do throws(SystemError) { try pipe.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<filled])) } catch {
            // It has gone, and knows why.
            if error.code == .brokenPipe, let complaint = try gzip.finish() { throw ArchiveWriter.problem(complaint) }
            throw Problem(error)
        }
        filled = 0
    }

    private static func problem(_ complaint: String) -> Problem {
        let isFull = ["No space left", "quota exceeded", "File too large"].contains { complaint.contains($0) }
        return Problem(isFull ? .noSpace : .io, "cannot write the archive: \(complaint)")
    }
}
