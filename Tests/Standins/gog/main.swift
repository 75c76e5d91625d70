// A stand-in for gog, and for `docker ps` and `docker exec` around it: says what gog 0.4.2 and, where noted, newer ones were seen or read to say.
//
// DCB_GOG_ANSWER     which answer (see Answer)
// DCB_GOG_LOG        a file to which each call adds what it was given, a JSON object a line
// DCB_DOCKER_PS      what `docker ps` prints
// DCB_DOCKER_FAILS   `docker exec` fails with these words instead
import Glibc
import JSON
import Platform

let context = ProcessContext.current()
var words = Array(context.arguments.dropFirst())
var environment = context.environment
var user = ""

if Path.name(context.arguments[0]) == "docker" {
    if words.first == "ps" {
        try? Descriptor.standardOutput.writeAll(Array((environment["DCB_DOCKER_PS"] ?? "").utf8))
        CurrentProcess.exit(0)
    }
    if let complaint = environment["DCB_DOCKER_FAILS"] { end("", complaint + "\n", 126) }
    // docker exec [-e NAME[=VALUE]]… -u USER -w DIR CONTAINER COMMAND…
    var inside: [String: String] = [:]
    words.removeFirst()
    while let word = words.first, word.hasPrefix("-") {
        words.removeFirst()
        let value = words.removeFirst()
        switch word {
        case "-e":
            if let equals = value.firstIndex(of: "=") {
                inside[String(value[..<equals])] = String(value[value.index(after: equals)...])
            } else {
                inside[value] = environment[value]
            }
        case "-u": user = value
        default: break
        }
    }
    let container = words.removeFirst()
    for name in ["DCB_GOG_ANSWER", "DCB_GOG_LOG"] { inside[name] = environment[name + "_" + container] ?? environment[name] }
    environment = inside
    if words.isEmpty { end("", "docker exec requires a command\n", 1) }
    words.removeFirst()
} else if words.first == "gog" {
    words.removeFirst()
}

if let log = environment["DCB_GOG_LOG"] {
    var shown: Object = [:]
    for (name, value) in environment where !name.hasPrefix("DCB_") { shown[name] = .string(value) }
    let call: Object = [
        "arguments": .array(context.arguments.map { .string($0) }), "words": .array(words.map { .string($0) }), "environment": .object(shown),
        "user": .string(user),
        "input": .string((try? Files.readLink("/proc/self/fd/0")) ?? ""), "terminal": .bool(isatty(0) == 1 || isatty(1) == 1 || isatty(2) == 1),
    ]
    if let file = try? Descriptor.open(log, .write, create: 0o600, append: true) { try? file.writeAll(Value.object(call).compact() + [10]) }
}
guard let answer = Answer(rawValue: environment["DCB_GOG_ANSWER"] ?? "valid") else { end("", "no such answer\n", 2) }
if !words.contains("list") || !words.contains("--check") || !words.contains("--json") { end("", "unexpected argument \(words.first ?? "")\n", 2) }
let (out, err, code) = answer.said
if answer == .hangs { while true { Clock.sleep(milliseconds: 1000) } }
if answer == .floods { while true { try? Descriptor.standardOutput.writeAll([UInt8](repeating: 120, count: 65536)) } }
end(out, err, code)

func end(_ out: String, _ err: String, _ code: Int32) -> Never {
    try? Descriptor.standardOutput.writeAll(Array(out.utf8))
    try? Descriptor.standardError.writeAll(Array(err.utf8))
    CurrentProcess.exit(code)
}
