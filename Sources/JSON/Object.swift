/// The members of a JSON object, in order, each key once; keys are compared byte by byte.
///
/// Setting a key that is there keeps its place, a new one goes to the end. Finding a key is linear.
public struct Object: Sendable, Sequence, ExpressibleByDictionaryLiteral {
    private(set) var members: [(key: String, value: Value)] = []

    /// No members.
    public init() {}

    /// The members given; of equal keys the last value wins, at the place of the first. Linear expected time.
    public init(_ members: [(String, Value)]) {
        // So few are looked through sooner than hashed.
        if members.count <= 16 {
            self.members.reserveCapacity(members.count)
            for (key, value) in members { self[key] = value }
            return
        }
        var keys = KeySet(capacity: members.count)
        self.members.reserveCapacity(members.count)
        for (key, value) in members {
            if let ordinal = keys.insert(key) {
                self.members[ordinal].value = value
            } else {
                self.members.append((key, value))
            }
        }
    }

    /// Like `init(_:)`.
    public init(dictionaryLiteral elements: (String, Value)...) { self.init(elements) }

    /// The value at a key, nil when it is absent; setting nil removes the member.
    public subscript(key: String) -> Value? {
        get { index(of: key).map { members[$0].value } }
        set {
            switch (index(of: key), newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append((key, value))
            case (nil, nil): break
            }
        }
    }

    /// In order.
    public var keys: [String] { members.map(\.key) }
    /// The first key that is none of `names`, byte by byte.
    public func firstKey(notIn names: [String]) -> String? { keys.first { key in !names.contains { Object.same($0, key) } } }
    /// The number of members.
    public var count: Int { members.count }
    /// Whether there are no members.
    public var isEmpty: Bool { members.isEmpty }

    /// Puts a member at `index` (clamped to what there is); a member of the same key is removed first.
    public mutating func insert(key: String, value: Value, at index: Int) {
        if let present = self.index(of: key) { members.remove(at: present) }
        members.insert((key, value), at: Swift.min(Swift.max(0, index), members.count))
    }

    /// The members, in order.
    public func makeIterator() -> IndexingIterator<[(key: String, value: Value)]> { members.makeIterator() }

    private func index(of key: String) -> Int? {
        members.firstIndex { Object.same($0.key, key) }
    }

    /// Byte by byte. `==` takes time in the square of the combining marks that differ in their order: no key from outside may reach it.
    private static func same(_ a: String, _ b: String) -> Bool { a.utf8.count == b.utf8.count && a.utf8.elementsEqual(b.utf8) }
}

extension Object: Equatable {
    /// The same keys with equal values, in any order.
    public static func == (left: Object, right: Object) -> Bool {
        guard left.count == right.count else { return false }
        // Mostly the order is the same as well; what is left is sorted, so that no input costs quadratic time.
        if zip(left.members, right.members).allSatisfy({ Object.same($0.key, $1.key) }) {
            return zip(left.members, right.members).allSatisfy { $0.value == $1.value }
        }
        func sorted(_ object: Object) -> [(key: String, value: Value)] {
            object.members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        }
        return zip(sorted(left), sorted(right)).allSatisfy {
            Object.same($0.key, $1.key) && $0.value == $1.value
        }
    }
}
