import CLinux
import Glibc

/// A child process that was started, up to its end.
public final class RunningChild {
    private let child: ChildProcess
    private let pid: Int32
    private let inlet: Descriptor
    private let out: Descriptor
    private let err: Descriptor
    private static let lookMilliseconds = 500
    /// For what is still in the pipes of one that has ended.
    private static let leftMilliseconds = 1000

    /// How much of its input it was given.
    private var fed = 0
    /// How it ended; its pid may be another process's from then on.
    private var ended: ExitStatus?
    private var endBy = Deadline(in: 0)

    init(_ child: ChildProcess, pid: Int32, feed: Descriptor, out: Descriptor, err: Descriptor) {
        self.child = child
        self.pid = pid
        inlet = feed
        self.out = out
        self.err = err
        for d in [feed, out, err] { _ = fcntl(d.number, F_SETFL, O_NONBLOCK) }
    }

    /// Nobody waits for it any more.
    deinit { if ended == nil { abandon() } }

    /// Ends it at once. One that still waits for its input has done nothing.
    public func abandon() {
        end(SIGKILL)
        _ = reap(deadline: Deadline(in: 0), meanwhile: {})
    }

    /// Feeds `input`, gathers both outputs, and waits for its end; see `ChildProcess.run`.
    public func finish(
        input: [UInt8], deadline: Deadline, interrupt: Descriptor? = nil, beatMilliseconds: Int = .max, beat: () -> Void = {}
    ) -> ChildProcess.Result {
        let gathered = gather(input: input, deadline: deadline, interrupt: interrupt, beatMilliseconds: beatMilliseconds, beat: beat)
        return ChildProcess.Result(status: status(beatMilliseconds: beatMilliseconds, beat: beat), gathered)
    }

    /// Feeds `input` and gathers both outputs until they are closed; the child itself may still be ending.
    /// - Parameters:
    ///   - outputLimitBytes: instead of the child's own.
    ///   - meanwhile: called once, when the child has got its input or as much of it as a pipe holds.
    public func gather(
        input: [UInt8], deadline: Deadline, outputLimitBytes: Int? = nil, interrupt: Descriptor? = nil, beatMilliseconds: Int = .max,
        beat: () -> Void = {}, meanwhile: () -> Void = {}
    ) -> ChildProcess.Gathered {
        let beatMilliseconds = min(beatMilliseconds, 1 << 40)
        var output: [UInt8] = []
        var errors: [UInt8] = []
        var timedOut = false
        var interrupted = false
        var overflowed = false
        var failure: SystemError?
        var killAt: Deadline?
        var nextBeat = Deadline(in: beatMilliseconds)
        var outOpen = true
        var errOpen = true
        var nextLook = Deadline(in: RunningChild.lookMilliseconds)
        var left: Deadline?
        feed(input, &failure)
        meanwhile()
        func beatWhenDue() {
            if !nextBeat.hasPassed { return }
            beat()
            nextBeat = Deadline(in: beatMilliseconds)
        }
        while outOpen || errOpen {
            var set = [
                pollfd(fd: inlet.number, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: outOpen ? out.number : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: errOpen ? err.number : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: killAt == nil ? interrupt?.number ?? -1 : -1, events: Int16(POLLIN), revents: 0),
            ]
            let limit = killAt ?? deadline
            let isDue = overflowed && killAt == nil
            let wait = min(limit.remainingMilliseconds, nextBeat.remainingMilliseconds, nextLook.remainingMilliseconds)
            let n = poll(&set, 4, isDue ? 0 : Int32(clamping: wait))
            if n < 0, Errno.current != .interrupted {
                failure = SystemError("wait for", child.executable, .current)
                break
            }
            beatWhenDue()
            // What it started may hold its outputs open for ever.
            if nextLook.hasPassed {
                if left?.hasPassed ?? false { break }
                if left == nil, hasEnded() { left = Deadline(in: RunningChild.leftMilliseconds) }
                nextLook = Deadline(in: RunningChild.lookMilliseconds)
            }
            if limit.hasPassed || set[3].revents != 0 || overflowed {
                if killAt == nil {
                    timedOut = limit.hasPassed
                    interrupted = set[3].revents != 0
                    killAt = Deadline(in: 2000)
                    end(SIGTERM)
                } else if limit.hasPassed {
                    end(SIGKILL)
                    break
                }
            }
            if n <= 0 { continue }
            if set[0].revents != 0 { feed(input, &failure) }
            if set[1].revents != 0 { outOpen = drain(out, into: &output, keeps: !overflowed, &failure) }
            if set[2].revents != 0 { errOpen = drain(err, into: &errors, keeps: !overflowed, &failure) }
            if output.count + errors.count > outputLimitBytes ?? child.workingOutputLimitBytes { overflowed = true }
        }
        inlet.close()
        endBy = killAt ?? deadline
        return ChildProcess.Gathered(
            output: output, errors: errors, timedOut: timedOut, interrupted: interrupted, overflowed: overflowed, failure: failure)
    }

    /// Waits for the end of a child whose outputs were gathered, until the deadline that was given then; one that lingers is killed.
    public func status(beatMilliseconds: Int = .max, beat: () -> Void = {}) -> ExitStatus {
        var nextBeat = Deadline(in: min(beatMilliseconds, 1 << 40))
        return reap(deadline: endBy) {
            if !nextBeat.hasPassed { return }
            beat()
            nextBeat = Deadline(in: min(beatMilliseconds, 1 << 40))
        }
    }

    private func hasEnded() -> Bool {
        var status: Int32 = 0
        if ended == nil, waitpid(pid, &status, WNOHANG) == pid { ended = ExitStatus(status) }
        return ended != nil
    }

    private func end(_ signal: Int32) { if ended == nil { _ = kill(child.ownGroup ? -pid : pid, signal) } }

    /// Writes what the pipe takes of the input, and closes it behind the last byte.
    private func feed(_ input: [UInt8], _ failure: inout SystemError?) {
        if fed < input.count {
            let more = input.withUnsafeBytes { write(inlet.number, $0.baseAddress.map { $0 + fed }, $0.count - fed) }
            let code = Errno.current
            if more > 0 { fed += more }
            guard more >= 0 || code == .wouldBlock || code == .interrupted else {
                // A child that does not read its input to the end is its own business: what it says decides.
                if code != .brokenPipe { failure = SystemError("write to", child.executable, code) }
                inlet.close()
                return
            }
        }
        if fed == input.count { inlet.close() }
    }

    /// - Parameter keeps: false for what comes after the limit.
    /// - Returns: whether more can come.
    private func drain(_ from: Descriptor, into bytes: inout [UInt8], keeps: Bool, _ failure: inout SystemError?) -> Bool {
        do {
            let more = try from.read(atMost: 65536)
            if keeps { bytes.append(contentsOf: more) }
            return !more.isEmpty
        } catch {
            if error.code == .wouldBlock { return true }
            failure = SystemError("read from", child.executable, error.code)
            return false
        }
    }

    private func reap(deadline: Deadline, meanwhile: () -> Void) -> ExitStatus {
        var status: Int32 = 0
        var pauseMicroseconds = 50
        while true {
            if let ended { return ended }
            let n = waitpid(pid, &status, WNOHANG)
            if n == pid {
                ended = ExitStatus(status)
                continue
            }
            if n < 0, Errno.current != .interrupted {
                ended = .signalled(SIGKILL)
                continue
            }
            if deadline.hasPassed { end(SIGKILL) }
            meanwhile()
            Clock.sleep(microseconds: pauseMicroseconds)
            pauseMicroseconds = min(pauseMicroseconds * 2, 5000)
        }
    }
}
