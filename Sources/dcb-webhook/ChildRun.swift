import Platform

/// One child process, fed and read by the loop, with a deadline and a limit on what it may say.
final class ChildRun: Watcher {
    struct End {
        let status: ExitStatus
        /// The deadline passed, and it was ended for it.
        let timedOut: Bool
        /// It said more than it may, and was ended for it.
        let overflowed: Bool
    }

    /// From TERM to KILL.
    private static let graceMilliseconds = 5000
    private static let lineLimitBytes = 1 << 20
    /// What it may say of each document on standard error.
    private static let errorLimitBytes = 16384
    /// Reads of a pipe before others have their turn.
    private static let readLimit = 4

    private let loop: Loop
    private let child: PolledChild
    private var input: [UInt8]
    private var fed = 0
    private var output = Lines()
    private var errors = Lines()
    private var outputLeft: Int
    private var errorsLeft: Int
    private var timer: Int?
    private var timedOut = false
    private var overflowed = false
    private(set) var hasEnded = false
    /// It can say no more: what is left of it is its end.
    var isSilent: Bool { hasEnded || child.output.number < 0 && child.errors.number < 0 }

    var onOutput: (ArraySlice<UInt8>) -> Void = { _ in }
    var onError: (ArraySlice<UInt8>) -> Void = { _ in }
    /// The deadline has passed; the child is being ended.
    var onDeadline: () -> Void = {}
    var onEnd: (End) -> Void = { _ in }

    /// Starts it.
    /// - Parameter documents: how many it was given: 1 MiB of output each, and 16 KiB of standard error.
    init(_ loop: Loop, _ process: ChildProcess, input: [UInt8], documents: Int, deadlineMilliseconds: Int) throws(SystemError) {
        self.loop = loop
        self.input = input
        outputLeft = (documents + 1) << 20
        errorsLeft = (documents + 4) * ChildRun.errorLimitBytes
        var process = process
        process.ownGroup = true
        // It finishes what it has begun when we are gone.
        process.diesWithParent = false
        child = try process.launch()
        do throws(SystemError) {
            try loop.watch(child.output, .read, self)
            try loop.watch(child.errors, .read, self)
            if input.isEmpty { child.input.close() } else { feed() }
            if child.input.number >= 0 { try loop.watch(child.input, .write, self) }
        } catch {
            child.signal(PolledChild.kill9)
            for end in [child.input, child.output, child.errors] { loop.close(end) }
            throw error
        }
        timer = loop.after(deadlineMilliseconds) { [unowned self] in
            timedOut = true
            onDeadline()
            end()
        }
    }

    /// TERM now, KILL when that is not enough.
    func end() {
        if hasEnded { return }
        child.signal(PolledChild.terminate)
        loop.cancel(timer)
        timer = loop.after(ChildRun.graceMilliseconds) { [unowned self] in
            child.signal(PolledChild.kill9)
            timer = nil
        }
    }

    /// TERM and nothing else: for when there is no time left.
    func terminate() { if !hasEnded { child.signal(PolledChild.terminate) } }

    func isReady(_ event: Poller.Event, on descriptor: Descriptor) {
        if descriptor === child.input {
            feed()
        } else if descriptor === child.output {
            drain(child.output, &output, &outputLeft, ChildRun.readLimit, onOutput)
        } else if descriptor === child.errors {
            drain(child.errors, &errors, &errorsLeft, ChildRun.readLimit, onError)
        }
    }

    private func feed() {
        while fed < input.count {
            switch input.withUnsafeBytes({ child.input.send(UnsafeRawBufferPointer(rebasing: $0[fed...])) }) {
            case .bytes(let n): fed += n
            case .wouldBlock: return
            // A child that does not read its input to the end is its own business: what it says decides.
            case .ended, .failed: fed = input.count
            }
        }
        input = []
        fed = 0
        loop.close(child.input)
    }

    private func drain(_ from: Descriptor, _ lines: inout Lines, _ left: inout Int, _ reads: Int, _ tell: (ArraySlice<UInt8>) -> Void) {
        var reads = reads
        while from.number >= 0, reads > 0 {
            reads -= 1
            switch from.receive(into: loop.buffer) {
            case .bytes(let n):
                left -= n
                if left >= 0, lines.add(UnsafeRawBufferPointer(rebasing: loop.buffer[..<n]), limit: ChildRun.lineLimitBytes, tell) { continue }
                // Nobody listens any more, and it is ended.
                lines = Lines()
                loop.close(from)
                if !overflowed {
                    overflowed = true
                    end()
                }
            case .wouldBlock: return
            case .ended, .failed: return loop.close(from)
            }
        }
    }

    /// A child of ours has ended: was it this one? What it said before is taken, even when something it started holds the pipes open.
    func lookForEnd() {
        guard !hasEnded, let status = child.ended() else { return }
        hasEnded = true
        drain(child.output, &output, &outputLeft, .max, onOutput)
        drain(child.errors, &errors, &errorsLeft, .max, onError)
        output.finish(onOutput)
        errors.finish(onError)
        loop.cancel(timer)
        if timedOut || overflowed { child.signal(PolledChild.kill9) }
        for end in [child.input, child.output, child.errors] { loop.close(end) }
        let finished = onEnd
        onOutput = { _ in }
        onError = { _ in }
        onDeadline = {}
        onEnd = { _ in }
        finished(End(status: status, timedOut: timedOut, overflowed: overflowed))
    }
}

/// Cuts what comes into lines.
struct Lines {
    private var rest: [UInt8] = []

    /// - Returns: false when a line is longer than the limit.
    mutating func add(_ bytes: UnsafeRawBufferPointer, limit: Int, _ each: (ArraySlice<UInt8>) -> Void) -> Bool {
        let searched = rest.count
        rest.append(contentsOf: bytes)
        var start = 0
        var from = searched
        while let end = rest[from...].firstIndex(of: 10) {
            if end > start { each(rest[start..<end]) }
            start = end + 1
            from = start
        }
        if start == rest.count { rest.removeAll(keepingCapacity: rest.capacity <= 65536) } else if start > 0 { rest.removeFirst(start) }
        return rest.count <= limit
    }

    /// The last line may lack its end.
    mutating func finish(_ each: (ArraySlice<UInt8>) -> Void) {
        if !rest.isEmpty { each(rest[...]) }
        rest = []
    }
}
