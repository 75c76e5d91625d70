import Platform

/// How it misbehaves, a line each:
///
///     always slow MS | unauthorised | blind | blind-at-first | limited MS | rubbish KIND
///     before|after METHOD N die | restart MS | load | run SHELL COMMAND
///
/// `load`: what stands in the file now runs, whatever the watcher has seen.
/// `blind`: whatever happens; `blind-at-first`: from its start until it loads something.
/// N counts the calls of that method from 1. `after` comes when the call has had its effect and has not been answered.
struct Control {
    enum Action {
        case die
        case load
        case restart(milliseconds: Int)
        case run(String)
    }

    private let path: String?

    init(_ path: String?) { self.path = path }

    private var lines: [[String]] {
        guard let path, let bytes = (try? Files.readIfPresent(path)) ?? nil else { return [] }
        return bytes.split(separator: 10).map { $0.split(separator: 32).map { String(decoding: $0, as: UTF8.self) } }
    }

    /// The value of an `always`; empty when it has none.
    func always(_ name: String) -> String? {
        lines.last { $0.count > 1 && $0[0] == "always" && $0[1] == name }.map { $0.count > 2 ? $0[2] : "" }
    }

    func actions(_ when: String, _ method: String, _ number: Int) -> [Action] {
        lines.filter { $0.count > 3 && $0[0] == when && $0[1] == method && $0[2] == "\(number)" }.compactMap { words in
            switch words[3] {
            case "die": .die
            case "load": .load
            case "restart": .restart(milliseconds: Int(words.last ?? "") ?? 200)
            case "run": .run(words.dropFirst(4).joined(separator: " "))
            default: nil
            }
        }
    }
}
