// The door for libFuzzer. scripts/fuzz builds this folder with the libraries, and nothing else does.
//
// A finding is a trap: something that `must` be, or one of Swift's or the address sanitizer's own.

import Platform

/// What the environment names in FUZZ_TARGET.
private let target: @Sendable (UnsafeBufferPointer<UInt8>) -> Void = {
    let name = ProcessContext.current().environment["FUZZ_TARGET"] ?? ""
    switch name {
    case "json": return fuzzJSON
    case "json5-edit": return fuzzEdit
    case "phone": return fuzzPhone
    case "http": return fuzzHTTP
    case "archive": return fuzzArchive
    case "policy": return fuzzPolicy
    default: fatalError("FUZZ_TARGET names none of the targets: '\(name)'")
    }
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    target(UnsafeBufferPointer(start: data, count: size))
    return 0
}

/// What must hold. Unlike `precondition` it says in an optimised build too what does not.
func must(_ holds: Bool, _ otherwise: @autoclosure () -> String) {
    if !holds { fatalError(otherwise()) }
}

/// Whether it is one of 64 inputs, by a sum of its own: the same answer each time, and not one that its descendants inherit.
func isOneOfMany(_ data: UnsafeBufferPointer<UInt8>) -> Bool {
    data.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 } >> 13 % 64 == 0
}
