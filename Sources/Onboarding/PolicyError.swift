import Platform

/// Why a policy file (dcb.json) is not taken.
public enum PolicyError: Error, Sendable, Equatable {
    /// The file that was asked for is not there.
    case missing(path: String)
    case unreadable(SystemError)
    /// - Parameter member: `sandbox.mode`; empty for the whole file.
    /// - Parameter line: counted from 1; nil when no single line is to blame.
    case invalid(path: String, member: String, reason: String, line: Int?)

    /// One sentence without capital and full stop: what, on what, why.
    public var detail: String {
        switch self {
        case .missing(let path): return "there is no policy file '\(path)'"
        case .unreadable(let error): return error.description
        case .invalid(let path, let member, let reason, let line):
            let place = line.map { "'\(path)' line \($0)" } ?? "'\(path)'"
            return member.isEmpty ? "policy file \(place) \(reason)" : "\(member) in policy file \(place) \(reason)"
        }
    }
}
