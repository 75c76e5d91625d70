import JSON

/// SplitMix64: the same numbers for the same seed, on every machine.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: 0..<choices.count, using: &self)]
    }
}

/// Writes random JSON5 texts: some laid out by one rule, some with any white space and comments in any gap.
struct RandomDocument {
    var generator: SeededGenerator
    private let newline: String
    private let unit: String
    private let isWild: Bool
    private let comma: String
    private let colon: String
    private let hasTrailingCommas: Bool
    private let inlinePercent: Int

    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        newline = generator.pick(["\n", "\n", "\r\n"])
        unit = generator.pick(["  ", "  ", "\t", "    ", " "])
        isWild = generator.chance(40)
        comma = generator.pick([",", ", "])
        colon = generator.pick([":", ": ", ": "])
        hasTrailingCommas = generator.chance(30)
        inlinePercent = generator.pick([0, 30, 100])
        self.generator = generator
    }

    mutating func text() -> [UInt8] {
        let mark = generator.chance(10) ? "\u{FEFF}" : ""
        let body = container(depth: 0, indentation: "")
        let end = generator.chance(60) ? newline : ""
        return Array((mark + (isWild ? noise() : "") + body + end).utf8)
    }

    /// A small value to append.
    mutating func value(depth: Int = 0) -> Value {
        switch Int.random(in: 0..<(depth > 2 ? 4 : 6), using: &generator) {
        case 0: return .bool(generator.chance(50))
        case 1: return nil
        case 2: return .number(generator.pick(["0", "-1.50", "1e9", "77"]))
        case 3: return .string(generator.pick(["", "x", "a\"\\\n", "é😀", "// no", "/* no", ",]}"]))
        case 4:
            return .array((0..<Int.random(in: 0..<3, using: &generator)).map { _ in value(depth: depth + 1) })
        default:
            return .object(
                Object((0..<Int.random(in: 0..<3, using: &generator)).map { ("m\($0)", value(depth: depth + 1)) }))
        }
    }

    private mutating func container(depth: Int, indentation: String) -> String {
        let isObject = generator.chance(50)
        let open = isObject ? "{" : "["
        let close = isObject ? "}" : "]"
        let count = generator.pick([0, 1, 1, 2, 3, 4])
        let isInline = generator.chance(inlinePercent)
        if count == 0 {
            return open + (generator.chance(isWild ? 60 : 15) ? noise() : "") + close
        }
        let inner = indentation + unit
        var out = open
        for index in 0..<count {
            out += isWild ? noise() : isInline ? "" : newline + (generator.chance(10) ? inner + "// c" + newline : "") + inner
            if isObject { out += key(index) + (isWild ? noise() : "") + colon + (isWild ? noise() : "") }
            out += depth < 3 && generator.chance(45) ? container(depth: depth + 1, indentation: inner) : scalar()
            if isWild { out += noise() }
            if index < count - 1 {
                out += isInline && !isWild ? comma : ","
            } else if isWild ? generator.chance(30) : hasTrailingCommas {
                out += ","
            }
            if !isWild, !isInline, generator.chance(15) { out += " // d" }
            if !isWild, isInline, generator.chance(10) { out += " /* d */" }
        }
        out += isWild ? noise() : isInline ? "" : newline + indentation
        return out + close
    }

    private mutating func key(_ index: Int) -> String {
        generator.pick(["k\(index)", "\"k\(index)\"", "'k\(index)'", "\"k\\u003\(index)\""])
    }

    private mutating func scalar() -> String {
        generator.pick(["1", "-0x1F", ".5", "5.", "null", "true", #"'it\'s'"#, "\"s//\"", "\"a\\\nb\"", "NaN", "\"\""])
    }

    private mutating func noise() -> String {
        var out = ""
        for _ in 0..<generator.pick([0, 0, 1, 1, 2, 3]) {
            out += generator.pick([
                " ", "  ", newline, newline + unit, newline + unit + unit, "\t", "/* c */", "/* c" + newline + " */",
                "// c" + newline, "\u{A0}", "\u{2028}",
                "// c\u{2029}", "\r",
            ])
        }
        return out
    }
}
