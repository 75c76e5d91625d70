// The libFuzzer target for the request parser: built together with Sources/HTTP by scripts/fuzz, and by nothing else.
// Whatever comes, cut anywhere: no trap, no body beyond its limit, and the same requests and verdict as in one piece.

struct Seen: Equatable {
    var methods: [Method] = []
    var bodies: [[UInt8]] = []
    var ends = 0
    var violation: Violation?
}

func read(_ input: UnsafeBufferPointer<UInt8>, cuts: [Int], _ limits: MessageLimits) -> Seen {
    var parser = RequestParser(limits: limits)
    var seen = Seen()
    var from = 0
    for cut in cuts + [input.count] {
        let part = UnsafeBufferPointer(rebasing: input[from..<cut])
        from = cut
        var at = 0
        while true {
            let rest = UnsafeBufferPointer(rebasing: part[at...])
            let (step, consumed) = parser.next(rest)
            precondition(consumed <= rest.count, "more was taken than there was")
            at += consumed
            switch step {
            case .more:
                precondition(at == part.count, "something was left")
            case .head:
                precondition(parser.head.fieldCount <= limits.fields, "too many fields")
                precondition(!(parser.head.isChunked && parser.head.contentLength != nil), "two lengths")
                _ = parser.head.path
                _ = parser.head.values("x-forwarded-for")
                _ = parser.head.value("authorization")
                seen.methods.append(parser.head.method)
                seen.bodies.append([])
                continue
            case .body(let range):
                precondition(range.upperBound <= consumed, "body that was not taken")
                seen.bodies[seen.bodies.count - 1] += rest[range]
                precondition(seen.bodies[seen.bodies.count - 1].count <= limits.bodyBytes, "too much body")
                continue
            case .end:
                seen.ends += 1
                if at < part.count { continue }
            case .refused(let violation):
                precondition((400...505).contains(violation.status))
                seen.violation = violation
                return seen
            }
            break
        }
    }
    return seen
}

/// The first three octets say where to cut and under which limits.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRequest(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard let data, size > 3 else { return 0 }
    let input = UnsafeBufferPointer(start: data + 3, count: size - 3)
    let limits = data[2] & 1 == 0 ? MessageLimits() : MessageLimits(headBytes: 100, fields: 3, bodyBytes: 20, trailerBytes: 10)
    let whole = read(input, cuts: [], limits)
    let cuts = [Int(data[0]) * input.count / 256, Int(data[1]) * input.count / 256].sorted()
    precondition(read(input, cuts: cuts, limits) == whole, "cut at \(cuts) it is not the same")
    if input.count <= 512 { precondition(read(input, cuts: Array(0..<input.count), limits) == whole, "octet by octet it is not the same") }
    return 0
}
