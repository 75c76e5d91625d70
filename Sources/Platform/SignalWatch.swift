import CLinux
import Glibc

/// Signals as something to read (signalfd(2)).
public final class SignalWatch {
    public enum Signal: Sendable, Equatable { case terminate, interrupt, hangUp, child }

    public let descriptor: Descriptor

    /// Blocks TERM, INT, HUP and CHLD for this process, and watches them; children get them unblocked.
    public init() throws(SystemError) {
        var set = sigset_t()
        sigemptyset(&set)
        for s in [SIGTERM, SIGINT, SIGHUP, SIGCHLD] { sigaddset(&set, s) }
        sigprocmask(SIG_BLOCK, &set, nil)
        descriptor = Descriptor(try check("make a signal descriptor", nil) { dcb_signal_descriptor(&set) })
    }

    /// Those that came. Of equal ones that waited there may be only one.
    public func take() -> [Signal] {
        var found: [Signal] = []
        var info = signalfd_siginfo()
        while Glibc.read(descriptor.number, &info, MemoryLayout<signalfd_siginfo>.size) == MemoryLayout<signalfd_siginfo>.size {
            switch Int32(info.ssi_signo) {
            case SIGTERM: found.append(.terminate)
            case SIGINT: found.append(.interrupt)
            case SIGHUP: found.append(.hangUp)
            default: found.append(.child)
            }
        }
        return found
    }

    /// Dies as a second TERM asks for.
    public static func dieOfTermination() -> Never { CurrentProcess.die(by: SIGTERM) }
}
