import Archive
import CommandKit
import JSON
import Onboarding
import Platform
import Store

/// What wants the entries of an archive while it is read.
protocol EntrySink: AnyObject {
    func begin(_ entry: TarEntry) throws(Problem)
    func content(_ bytes: UnsafeRawBufferPointer) throws(Problem)
    func end() throws(Problem)
}

/// Reads an archive once, whole, and believes nothing: gzip's sums, the form of every header, where every name leads, and `SHA256SUMS` against the content.
final class ArchiveScan {
    private let archive: Descriptor
    private let environment: [String: String]
    private var rules: EntryRules
    /// `SHA256SUMS` as it must be.
    private(set) var sums: [UInt8] = []
    private var given: [UInt8] = []
    private var hasList = false
    private(set) var files = 0
    private(set) var contentBytes = 0
    /// Bytes in pieces that are not all zero: what it takes on disk.
    private(set) var dataBytes = 0
    private(set) var manifest: [UInt8] = []
    /// Why it is refused, once `run` has thrown `archive-damaged`.
    private(set) var fault: String?

    private var current: TarEntry?
    private var hash = SHA256()

    /// - Parameters:
    ///   - archive: read from its beginning; its place moves.
    ///   - greatestTotal: bytes that the files may have together.
    init(_ archive: Descriptor, environment: [String: String], greatestTotal: Int) {
        self.archive = archive
        self.environment = environment
        rules = EntryRules(greatestTotal: greatestTotal)
    }

    /// - Throws: `archive-damaged`, what the sink throws, and what the system says.
    func run(into sink: (any EntrySink)?) throws(Problem) {
        do { try archive.seek(to: 0) } catch { throw Problem(error) }
        let (gzip, pipe) = try Gzip.expand(archive, environment: environment)
        defer { gzip.stop() }
        try run(gzip, pipe, into: sink)
    }

    /// The same of what a gzip that runs already gives.
    func run(_ gzip: Gzip, _ pipe: Descriptor, into sink: (any EntrySink)?) throws(Problem) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 64)
        defer { buffer.deallocate() }
        var reader = TarReader()
        while true {
            let count = try Problem.catching { () throws(SystemError) in try pipe.read(into: buffer) }
            if count == 0 { break }
            let bytes = UnsafeBufferPointer(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]).bindMemory(to: UInt8.self))
            var position = 0
            while let event = try refusing({ () throws(TarFault) in try reader.next(bytes, from: &position) }) { try take(event, bytes, sink) }
            if Termination.pending != nil { throw Problem(.interrupted, "interrupted by a signal") }
        }
        if let complaint = try gzip.finish() { throw refusal("is damaged: gzip says: \(complaint)") }
        if !reader.isComplete { throw refusal("is cut off") }
        if !hasList { throw refusal("has no \(SumLine.fileName)") }
        if let difference = difference() { throw refusal(difference) }
    }

    private func refusal(_ reason: String) -> Problem {
        fault = reason
        return Problem(.archiveDamaged, "the archive \(reason)")
    }

    private func refusing<T>(_ body: () throws(TarFault) -> T) throws(Problem) -> T {
        do throws(TarFault) { return try body() } catch { throw refusal(error.reason) }
    }

    private func take(_ event: TarReader.Event, _ bytes: UnsafeBufferPointer<UInt8>, _ sink: (any EntrySink)?) throws(Problem) {
        switch event {
        case .entry(let entry):
            try refusing { () throws(TarFault) in try rules.admit(entry) }
            if hasList { throw refusal("holds '\(entry.shownName)' behind \(SumLine.fileName)") }
            if entry.name == Array(SumLine.fileName.utf8) {
                guard entry.kind == .file else { throw refusal("has a \(SumLine.fileName) that is no file") }
                if entry.sizeBytes > sums.count + 1 << 20 { throw refusal("has a \(SumLine.fileName) that is far too long") }
                hasList = true
            }
            current = entry
            hash = SHA256()
            try sink?.begin(entry)
        case .content(let range):
            let piece = UnsafeBufferPointer(rebasing: bytes[range])
            if hasList {
                given.append(contentsOf: piece)
            } else {
                hash.update(piece)
                contentBytes += piece.count
                dataBytes += Zeros.isAll(UnsafeRawBufferPointer(piece)) ? 0 : piece.count
                if current?.name == Array(Manifest.name.utf8), manifest.count < 4 << 20 { manifest.append(contentsOf: piece) }
            }
            try sink?.content(UnsafeRawBufferPointer(piece))
        case .endOfEntry:
            guard let entry = current else { return }
            if !hasList { sum(entry) }
            try sink?.end()
            current = nil
        case .endOfArchive: break
        }
    }

    private var sumsOfFiles: [[UInt8]: String] = [:]

    private func sum(_ entry: TarEntry) {
        switch entry.kind {
        case .file:
            let sum = SHA256.hex(hash.digest())
            sums += SumLine.bytes(sum: sum, name: entry.name)
            files += 1
            sumsOfFiles[entry.name] = sum
        case .hardLink(let original):
            // The rules have seen the original before it.
            let sum = sumsOfFiles[original] ?? ""
            sums += SumLine.bytes(sum: sum, name: entry.name)
            files += 1
            sumsOfFiles[entry.name] = sum
        default: break
        }
    }

    /// What the list and the content do not agree on; nil when they do. The order does not matter.
    private func difference() -> String? {
        if given == sums { return nil }
        func shown(_ name: [UInt8]) -> String { TarEntry(name: name, kind: .file, mode: 0).shownName }
        if given.last.map({ $0 != 10 }) ?? false { return "has a \(SumLine.fileName) that is cut off" }
        var listed: [[UInt8]: String] = [:]
        for line in given.split(separator: 10) {
            guard let (sum, name) = SumLine.parse(Array(line)) else { return "has a line in \(SumLine.fileName) that cannot be read" }
            if listed.updateValue(sum, forKey: name) != nil { return "lists '\(shown(name))' twice" }
        }
        for line in sums.split(separator: 10) {
            guard let (sum, name) = SumLine.parse(Array(line)) else { continue }
            guard let known = listed.removeValue(forKey: name) else { return "holds '\(shown(name))', which \(SumLine.fileName) does not list" }
            if known != sum { return "holds a '\(shown(name))' whose sum is wrong" }
        }
        return listed.keys.first.map { "lacks '\(shown($0))', which \(SumLine.fileName) lists" }
    }
}

/// Runs of zeros, which need no room on disk.
enum Zeros {
    static func isAll(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var i = 0
        while i + 8 <= bytes.count {
            if bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self) != 0 { return false }
            i += 8
        }
        while i < bytes.count {
            if bytes[i] != 0 { return false }
            i += 1
        }
        return true
    }
}

/// `.dcb/backup.json` of an archive.
enum Manifest {
    static let name = ".dcb/backup.json"

    /// Databases that were damaged when the archive was made: it is not the archive's fault.
    static func unsound(_ bytes: [UInt8]) -> Set<[UInt8]> {
        guard let object = (try? Value(parsing: bytes, dialect: .json, limits: .standard))?.objectValue else { return [] }
        var names: Set<[UInt8]> = []
        for entry in object["databases"]?.arrayValue ?? [] {
            if entry.objectValue?["sound"]?.boolValue == false, let path = entry.objectValue?["path"]?.stringValue { names.insert(Array(path.utf8)) }
        }
        return names
    }
}
