/// The exit codes of every dcb command; dcb(7) has the table. An unknown code is a failure.
public enum ExitCode: Int32, Sendable, CaseIterable {
    case ok = 0
    case negative = 1
    case usage = 64
    case data = 65
    case unavailable = 69
    case software = 70
    case cannotCreate = 73
    case io = 74
    case tempFail = 75
    case noPermission = 77
    case config = 78

    /// A stream's code is the first of this order that occurred in it.
    private static let order: [ExitCode] = [.software, .config, .noPermission, .cannotCreate, .io, .unavailable, .tempFail, .usage, .data, .negative, .ok]

    /// The graver of two codes.
    public func joined(with other: ExitCode) -> ExitCode {
        for code in ExitCode.order where code == self || code == other { return code }
        return self
    }
}
