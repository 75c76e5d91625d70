/// Shell completions, made from the option table that is parsed and printed as help.
extension CommandSpec {
    /// The shells of `--completions`.
    static let shells = ["bash", "zsh"]

    /// The script that completes this command in a shell; nil for one that is not known.
    public func completions(for shell: String) -> String? {
        switch shell {
        case "bash": bashCompletion
        case "zsh": zshCompletion
        default: nil
        }
    }

    /// What may stand behind an option.
    private enum Value {
        case none, folder, file
        case words([String])
        case free
    }

    private func value(of option: OptionSpec) -> Value {
        switch option.argument {
        case .none: .none
        case .one(let what), .many(let what):
            switch what {
            case _ where !option.choices.isEmpty: .words(option.choices)
            case "DIR": .folder
            case "FILE", "PATH": .file
            default: .free
            }
        }
    }

    private func forms(_ option: OptionSpec) -> [String] { (option.short.map { ["-\($0)"] } ?? []) + ["--\(option.name)"] }

    private var functionName: String { "_" + name.map { $0 == "-" ? "_" : $0 } }

    // MARK: bash

    private var bashCompletion: String {
        var cases: [String] = []
        func add(_ reply: String, where matches: (Value) -> Bool) {
            let names = options.filter { matches(value(of: $0)) }.flatMap(forms)
            if !names.isEmpty { cases.append("        \(names.joined(separator: " | "))) \(reply) return ;;") }
        }
        add("mapfile -t COMPREPLY < <(compgen -d -- \"$cur\"); compopt -o filenames;") { if case .folder = $0 { true } else { false } }
        add("mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); compopt -o filenames;") { if case .file = $0 { true } else { false } }
        add("") { if case .free = $0 { true } else { false } }
        for option in options {
            guard case .words(let words) = value(of: option) else { continue }
            let names = forms(option).joined(separator: " | ")
            cases.append("        \(names)) mapfile -t COMPREPLY < <(compgen -W '\(words.joined(separator: " "))' -- \"$cur\"); return ;;")
        }
        func list(_ options: [OptionSpec]) -> String { options.flatMap(forms).joined(separator: " ") }
        let common = options.filter(\.verbs.isEmpty)
        var text = """
            # bash completion for \(name), made from its option table: \(name) --completions bash
            \(functionName)() {
                local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb= word
                local words='\(list(common))'
                COMPREPLY=()
                # bash takes --option=value apart.
                if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi
                case $prev in
            \(cases.joined(separator: "\n"))
                esac

            """
        if !verbs.isEmpty {
            text += """
                    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                        case $word in \(verbs.joined(separator: " | "))) verb=$word; break ;; esac
                    done
                    case $verb in

                """
            for verb in verbs {
                let own = options.filter { $0.verbs.contains(verb) }
                if !own.isEmpty { text += "        \(verb)) words+=' \(list(own))' ;;\n" }
            }
            let others = options.filter { !$0.verbs.isEmpty }
            text += "        '') if [[ $cur == -* ]]; then words+=' \(list(others))'; else words='\(verbs.joined(separator: " "))'; fi ;;\n    esac\n"
        }
        return text + """
                if [[ $cur == -* \(verbs.isEmpty ? "" : "|| -z $verb ")]]; then mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur"); fi
            }
            complete -o default -F \(functionName) \(name)

            """
    }

    // MARK: zsh

    private func zshSpec(_ option: OptionSpec) -> String {
        // In a specification brackets and colons are its own, and the whole stands in single quotes.
        func plain(_ text: String) -> String {
            var escaped = ""
            for c in text {
                if "[]:\\".contains(c) { escaped.append("\\") }
                escaped += c == "'" ? "'\\''" : String(c)
            }
            return escaped
        }
        var spec = "[\(plain(option.help))]"
        var repeats = ""
        switch option.argument {
        case .none: break
        case .one(let what), .many(let what):
            if case .many = option.argument { repeats = "*" }
            spec += ":\(plain(what)):"
            switch value(of: option) {
            case .folder: spec += "_files -/"
            case .file: spec += "_files"
            case .words(let words): spec += "(\(words.joined(separator: " ")))"
            case .free, .none: spec += " "
            }
        }
        let long = "--\(option.name)" + (option.argument == .none ? "" : "=")
        guard let short = option.short else { return "'\(repeats)\(long)\(spec)'" }
        return "'(-\(short) --\(option.name))'{-\(short),\(long)}'\(spec)'"
    }

    private var zshCompletion: String {
        var text = "#compdef \(name)\n# Made from the command's option table: \(name) --completions zsh\nlocal -a options\noptions=(\n"
        for option in options where option.verbs.isEmpty { text += "  \(zshSpec(option))\n" }
        text += ")\n"
        if !verbs.isEmpty {
            text += "case ${words[(r)(\(verbs.joined(separator: "|")))]} in\n"
            for verb in verbs {
                let own = options.filter { $0.verbs.contains(verb) }
                if !own.isEmpty { text += "  \(verb)) options+=(\n" + own.map { "    \(zshSpec($0))\n" }.joined() + "  ) ;;\n" }
            }
            text += "esac\n"
        }
        text += "_arguments -s -S $options"
        if !verbs.isEmpty { text += " '1:verb:(\(verbs.joined(separator: " ")))'" }
        return text + (operandLimit > 0 ? " '*:operand:_files'\n" : "\n")
    }
}
