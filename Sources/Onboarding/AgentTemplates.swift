import Platform

/// The files that a new agent's workspace begins with.
public struct AgentTemplates: Sendable {
    /// Every workspace has these, whatever the templates.
    public static let fileNames = ["AGENTS.md", "SOUL.md", "MEMORY.md", "USER.md"]

    /// Why no workspace can be made of them.
    public enum Failure: Error, Sendable, Equatable {
        /// - Parameter tried: the paths at which `file` was looked for.
        case missing(file: String, tried: [String])
        case unreadable(SystemError)
        case damaged(path: String, reason: String)
        /// `{{name}}` is none of the placeholders.
        case unknownPlaceholder(file: String, name: String)

        /// One sentence without capital and full stop: what, on what, why.
        public var detail: String {
            switch self {
            case .missing(let file, let tried): return "template \(file) is missing: looked for \(tried.map { "'\($0)'" }.joined(separator: ", "))"
            case .unreadable(let error): return error.description
            case .damaged(let path, let reason): return "template '\(path)' \(reason)"
            case .unknownPlaceholder(let file, let name): return "template \(file) has the placeholder {{\(name)}}, which is not known"
            }
        }
    }

    /// One template: its name in the workspace, and its text with placeholders.
    public struct File: Sendable, Equatable {
        public let name: String
        public let text: String
        /// Where it was read; nil: built in.
        public let path: String?
    }

    public let files: [File]

    /// The ones in the executable: the asked language if it is there, else its primary one, else English.
    public static func builtIn(language: String) -> AgentTemplates {
        let languages = candidates(for: language)
        return AgentTemplates(
            files: fileNames.map { name in
                File(name: name, text: languages.lazy.compactMap { BuiltInTemplates.texts[$0]?[name] }.first ?? "", path: nil)
            })
    }

    /// `<folder>/<language>/<file>`; for each file the asked language if it is there, else its primary one (`pt` for `pt-BR`), else English.
    /// - Parameter language: anything that is no language tag counts as English, and never becomes part of a path.
    public static func load(_ folder: String, language: String) throws(Failure) -> AgentTemplates {
        var files: [File] = []
        for name in fileNames {
            let paths = candidates(for: language).map { Path.join(Path.join(folder, $0), name) }
            var found: File?
            for path in paths {
                guard let text = try read(path) else { continue }
                found = File(name: name, text: text, path: path)
                break
            }
            guard let found else { throw .missing(file: name, tried: paths) }
            files.append(found)
        }
        return AgentTemplates(files: files)
    }

    /// What the settings lead to: the folder that was asked for, else the policy's (both must hold all files), else `../share/dcb/agents` beside the
    /// executable, else `/usr/share/dcb/agents` (if these folders are there), else what is built in.
    /// - Parameter executable: the path of the running file, links resolved.
    public static func load(paths: Paths, policy: Policy, executable: String?, language: String) throws(Failure) -> AgentTemplates {
        if let named = paths.templates { return try load(named, language: language) }
        if let named = policy.templates {
            guard let folder = paths.expand(named) else { throw .damaged(path: named, reason: "needs the home folder, which is not known") }
            return try load(folder, language: language)
        }
        var places = ["/usr/share/dcb/agents"]
        if let executable { places.insert(Path.absolute(Path.join(Path.parent(executable), "../share/dcb/agents")), at: 0) }
        for place in places {
            do {
                if try Files.status(place)?.isDirectory != true { continue }
            } catch { throw .unreadable(error) }
            return try load(place, language: language)
        }
        return builtIn(language: language)
    }

    /// The files of one agent, every placeholder filled.
    public func render(_ values: TemplateValues) throws(Failure) -> [(name: String, bytes: [UInt8])] {
        var rendered: [(name: String, bytes: [UInt8])] = []
        for file in files {
            do { rendered.append((file.name, Array(try values.fill(file.text).utf8))) } catch {
                throw .unknownPlaceholder(file: file.name, name: error.name)
            }
        }
        return rendered
    }

    private static let sizeLimitBytes = 256 << 10

    private static func read(_ path: String) throws(Failure) -> String? {
        let bytes: [UInt8]?
        do {
            guard let status = try Files.status(path) else { return nil }
            // A pipe or a device in its place would wait for ever.
            guard status.isRegular else { throw Failure.damaged(path: path, reason: "is no regular file") }
            guard status.sizeBytes <= sizeLimitBytes else { throw Failure.damaged(path: path, reason: "has more than 256 KiB") }
            bytes = try Files.readIfPresent(path, limit: sizeLimitBytes)
        } catch let failure as Failure {
            throw failure
        } catch let error as SystemError {
            throw .unreadable(error)
        } catch {
            throw .damaged(path: path, reason: "cannot be read")
        }
        guard let bytes else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.utf8.elementsEqual(bytes) else { throw .damaged(path: path, reason: "is no UTF-8") }
        return text
    }

    /// `["pt-BR", "pt", "en"]`.
    private static func candidates(for language: String) -> [String] {
        guard let tag = LanguageTag(language) else { return [LanguageTag.english.text] }
        var names = [tag.text]
        for name in [tag.primary, LanguageTag.english.text] where !names.contains(name) { names.append(name) }
        return names
    }
}
