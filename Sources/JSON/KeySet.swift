/// The keys of one object, decoded, to find a repeated one in expected linear time.
///
/// Keys are compared byte by byte (RFC 8259 section 8.3): Swift's `String` would call "é" and "e" + U+0301 equal.
struct KeySet {
    private struct Key: Hashable {
        let bytes: [UInt8]

        // Equality is that of the bytes; hashing them in one piece is several times faster than one by one.
        func hash(into hasher: inout Hasher) {
            bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    private var ordinals: [Key: Int]

    init(capacity: Int) { ordinals = Dictionary(minimumCapacity: capacity) }

    /// False when the key is there already. `content` stands between the quotes.
    mutating func insert(_ content: Slice<UnsafeBufferPointer<UInt8>>, hasEscapes: Bool) -> Bool {
        insert(Key(bytes: hasEscapes ? Escapes.decode(content, loneSurrogates: .keep) : Array(content))) == nil
    }

    /// The place of the key among the different ones, in order, when it is there already; nil when it is new.
    mutating func insert(_ text: String) -> Int? {
        insert(Key(bytes: Array(text.utf8)))
    }

    private mutating func insert(_ key: Key) -> Int? {
        if let ordinal = ordinals[key] { return ordinal }
        ordinals[key] = ordinals.count
        return nil
    }
}
