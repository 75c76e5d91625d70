/// What a caller refuses beyond the grammar.
public struct Limits: Sendable {
    /// The deepest nesting of arrays and objects that is accepted (`[[]]` is 2 deep); nil: no limit.
    public var maxDepth: Int?
    /// Whether an object may hold the same key twice, escapes decoded (RFC 8259 section 4 only says "SHOULD be unique").
    public var allowsDuplicateKeys: Bool
    /// Whether a JSON5 text may begin with U+FEFF. A JSON text never may.
    public var allowsByteOrderMark: Bool
    /// Whether `\uD800` to `\uDFFF` may stand alone in a string (RFC 8259 section 8.2).
    public var allowsLoneSurrogates: Bool
    /// Whether a JSON text may be nothing but `NaN`, `Infinity` or `-Infinity`, which common writers make of such a number
    /// (an extension, RFC 8259 section 9; inside arrays and objects they are refused).
    public var allowsNonFiniteText: Bool

    /// All five; see the properties.
    public init(
        maxDepth: Int?, allowsDuplicateKeys: Bool, allowsByteOrderMark: Bool, allowsLoneSurrogates: Bool, allowsNonFiniteText: Bool
    ) {
        self.allowsNonFiniteText = allowsNonFiniteText
        self.maxDepth = maxDepth
        self.allowsDuplicateKeys = allowsDuplicateKeys
        self.allowsByteOrderMark = allowsByteOrderMark
        self.allowsLoneSurrogates = allowsLoneSurrogates
    }

    /// Refuses nothing that the grammar accepts.
    public static let standard = Limits(
        maxDepth: nil, allowsDuplicateKeys: true, allowsByteOrderMark: true, allowsLoneSurrogates: true, allowsNonFiniteText: true)

    /// For documents from strangers: 64 levels, unique keys, no byte order mark, no lone surrogates.
    public static let strict = Limits(
        maxDepth: 64, allowsDuplicateKeys: false, allowsByteOrderMark: false, allowsLoneSurrogates: false, allowsNonFiniteText: false)
}
