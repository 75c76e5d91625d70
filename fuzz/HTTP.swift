import HTTP

/// The request parser, cut anywhere: no trap, no body beyond its limit, and the same requests and verdict as in one piece.
///
/// The first three octets say where to cut and under which limits.
func fuzzHTTP(_ data: UnsafeBufferPointer<UInt8>) {
    guard data.count > 3 else { return }
    let input = UnsafeBufferPointer(rebasing: data[3...])
    let limits = data[2] & 1 == 0 ? MessageLimits() : MessageLimits(headBytes: 100, fields: 3, bodyBytes: 20, trailerBytes: 10)
    let whole = read(input, cuts: [], limits)
    let cuts = [Int(data[0]) * input.count / 256, Int(data[1]) * input.count / 256].sorted()
    must(read(input, cuts: cuts, limits) == whole, "cut at \(cuts) it is not the same")
    if input.count <= 512 { must(read(input, cuts: Array(0..<input.count), limits) == whole, "octet by octet it is not the same") }
}

private struct Seen: Equatable {
    var methods: [Method] = []
    var bodies: [[UInt8]] = []
    var ends = 0
    var violation: Violation?
}

private func read(_ input: UnsafeBufferPointer<UInt8>, cuts: [Int], _ limits: MessageLimits) -> Seen {
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
            must(consumed <= rest.count, "more was taken than there was")
            at += consumed
            switch step {
            case .more:
                must(at == part.count, "something was left")
            case .head:
                must(parser.head.fieldCount <= limits.fields, "too many fields")
                must(!(parser.head.isChunked && parser.head.contentLength != nil), "two lengths")
                _ = parser.head.path
                _ = parser.head.values("x-forwarded-for")
                _ = parser.head.value("authorization")
                seen.methods.append(parser.head.method)
                seen.bodies.append([])
                continue
            case .body(let range):
                must(range.upperBound <= consumed, "body that was not taken")
                seen.bodies[seen.bodies.count - 1] += rest[range]
                must(seen.bodies[seen.bodies.count - 1].count <= limits.bodyBytes, "too much body")
                continue
            case .end:
                seen.ends += 1
                if at < part.count { continue }
            case .refused(let violation):
                must((400...505).contains(violation.status), "a status that is no refusal")
                seen.violation = violation
                return seen
            }
            break
        }
    }
    return seen
}
