/// Reads a tar stream piece by piece, and takes only what a careful program writes: ustar with pax extended headers or GNU's long names, regular files,
/// folders and links. Everything else (devices, FIFOs, sparse maps, volumes, base-256 times, unknown types) is a fault.
///
/// Bytes in, events out: it opens nothing, and holds at most one header.
public struct TarReader: Sendable {
    public enum Event: Sendable, Equatable {
        case entry(TarEntry)
        /// Part of the present file's content, as a range of the bytes that were given.
        case content(Range<Int>)
        /// The present entry is complete.
        case endOfEntry
        /// The two zero blocks were read.
        case endOfArchive
    }

    /// More than any name or number needs; a larger extended header is a bomb.
    public static let greatestHeader = 1 << 20
    /// Zeros that may follow the end, as tars fill their last record.
    static let greatestTail = 1 << 20

    private enum State {
        case header
        case extended(UInt8, size: Int)
        case content(left: Int, padding: Int)
        case padding(Int)
        case zero
        case tail(Int)
    }

    private var state = State.header
    private var gathered: [UInt8] = []
    private var pax = PaxHeader()
    private var longName: [UInt8]?
    private var longLink: [UInt8]?
    private var hasEntry = false
    private var hasMeta: Bool { !pax.isEmpty || longName != nil || longLink != nil }

    public init() {}

    /// The stream may end here.
    public var isComplete: Bool { if case .tail = state { true } else { false } }

    /// The next event in `bytes`, which are read from `position` on.
    /// - Returns: nil when all of them are used.
    public mutating func next(_ bytes: UnsafeBufferPointer<UInt8>, from position: inout Int) throws(TarFault) -> Event? {
        while true {
            switch state {
            case .content(let left, let padding):
                if left == 0 {
                    state = .padding(padding)
                    continue
                }
                if position >= bytes.count { return nil }
                let count = min(left, bytes.count - position)
                state = .content(left: left - count, padding: padding)
                position += count
                return .content((position - count)..<position)
            case .padding(let left):
                if left > 0 {
                    if position >= bytes.count { return nil }
                    let count = min(left, bytes.count - position)
                    for i in position..<(position + count) where bytes[i] != 0 { throw TarFault("has something between two entries") }
                    position += count
                    state = .padding(left - count)
                    continue
                }
                state = .header
                if hasEntry {
                    hasEntry = false
                    return .endOfEntry
                }
            case .header, .zero:
                guard gather(Tar.block, bytes, &position) else { return nil }
                if let event = try readHeader() { return event }
            case .extended(let type, let size):
                guard gather(size, bytes, &position) else { return nil }
                try readExtended(type)
                state = .padding(Tar.padding(size))
            case .tail(let seen):
                if position >= bytes.count { return nil }
                for i in position..<bytes.count where bytes[i] != 0 { throw TarFault("has something behind its end") }
                let more = seen + bytes.count - position
                if more > TarReader.greatestTail { throw TarFault("has more than 1 MiB of zeros behind its end") }
                state = .tail(more)
                position = bytes.count
                return nil
            }
        }
    }

    private mutating func gather(_ count: Int, _ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> Bool {
        let more = min(count - gathered.count, bytes.count - position)
        if more > 0 {
            gathered.append(contentsOf: bytes[position..<(position + more)])
            position += more
        }
        return gathered.count == count
    }

    private mutating func readHeader() throws(TarFault) -> Event? {
        let header = gathered
        gathered.removeAll(keepingCapacity: true)
        if header.allSatisfy({ $0 == 0 }) {
            if hasMeta { throw TarFault("ends with a header that belongs to no entry") }
            if case .zero = state {
                state = .tail(0)
                return .endOfArchive
            }
            state = .zero
            return nil
        }
        if case .zero = state { throw TarFault("has a single zero block between its entries") }
        let fields = try HeaderFields(header)
        switch fields.type {
        case UInt8(ascii: "x"), UInt8(ascii: "L"), UInt8(ascii: "K"):
            guard (1...TarReader.greatestHeader).contains(fields.size) else { throw TarFault("has an extended header of \(fields.size) bytes") }
            state = .extended(fields.type, size: fields.size)
            return nil
        default: break
        }
        let entry = try fields.entry(pax, longName, longLink)
        pax = PaxHeader()
        longName = nil
        longLink = nil
        hasEntry = true
        state = .content(left: entry.sizeBytes, padding: Tar.padding(entry.sizeBytes))
        return .entry(entry)
    }

    private mutating func readExtended(_ type: UInt8) throws(TarFault) {
        let body = gathered
        gathered.removeAll(keepingCapacity: true)
        switch type {
        case UInt8(ascii: "x"):
            if !pax.isEmpty { throw TarFault("has two extended headers for one entry") }
            pax = try PaxHeader(body)
        default:
            guard body.last == 0, !body.dropLast().contains(0) else { throw TarFault("has a long name that does not end where it should") }
            let name = Array(body.dropLast())
            if type == UInt8(ascii: "L") {
                if longName != nil { throw TarFault("has two long names for one entry") }
                longName = name
            } else {
                if longLink != nil { throw TarFault("has two long link names for one entry") }
                longLink = name
            }
        }
    }
}
