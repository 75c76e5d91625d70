// json-probe: the JSON library on the command line, for tests.
//
//   json-probe parse --dialect json|json5 FILE    the document as compact JSON
//   json-probe get FILE POINTER                   the source bytes of a node
//   json-probe set [--in-place] FILE POINTER JSON the edited text
//   json-probe rm [--in-place] FILE POINTER       the edited text
//
// Exit: 0; 1 nothing at the pointer; 64 usage; 65 refused text; 74 unreadable file.

import JSON

var arguments = Array(CommandLine.arguments.dropFirst())
let isInPlace = arguments.contains("--in-place")
arguments.removeAll { $0 == "--in-place" }
let command = arguments.isEmpty ? "" : arguments.removeFirst()
switch (command, arguments.count) {
case ("parse", 3) where arguments[0] == "--dialect" && ["json", "json5"].contains(arguments[1]):
    let document = Probe.document(arguments[2], arguments[1] == "json" ? .json : .json5)
    Probe.finish(document.compactJSON() + [0x0A])
case ("get", 2):
    let document = Probe.document(arguments[0], .json5)
    guard let node = document.node(at: arguments[1]) else { Probe.fail(1, "nothing is at \(arguments[1])") }
    Probe.finish(document.bytes[node.range] + [0x0A])
case ("set", 3):
    let document = Probe.document(arguments[0], .json5)
    Probe.finish(Probe.set(document, arguments[1], arguments[2]), inPlace: isInPlace ? arguments[0] : nil)
case ("rm", 2):
    let document = Probe.document(arguments[0], .json5)
    Probe.finish(Probe.remove(document, arguments[1]), inPlace: isInPlace ? arguments[0] : nil)
default:
    Probe.fail(64, "usage: parse --dialect json|json5 FILE, get FILE POINTER, set FILE POINTER JSON, rm FILE POINTER")
}
