import CommandKit
import Platform

/// Who is told when a descriptor can be used.
protocol Watcher: AnyObject {
    func isReady(_ event: Poller.Event, on descriptor: Descriptor)
}

/// One thread that waits for descriptors and times.
final class Loop {
    private struct Entry {
        var generation: UInt32 = 0
        var watcher: (any Watcher)?
        var descriptor: Descriptor?
    }

    private struct Timer {
        let id: Int
        let at: Int64
        let action: () -> Void
    }

    private let poller: Poller
    private var entries: [Entry] = []
    private var timers: [Timer] = []
    private var lastTimer = 0
    /// Monotonic milliseconds, read once a round.
    private(set) var now = Clock.monotonicMilliseconds
    private(set) var isStopped = false

    /// Room for what is read; used by whoever reads, and for no longer.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 16)

    init() throws(SystemError) { poller = try Poller() }

    // MARK: descriptors

    func watch(_ descriptor: Descriptor, _ interest: Poller.Interest, _ watcher: any Watcher) throws(SystemError) {
        let number = Int(descriptor.number)
        while entries.count <= number { entries.append(Entry()) }
        try poller.watch(descriptor.number, interest, token: token(number))
        entries[number].watcher = watcher
        entries[number].descriptor = descriptor
    }

    func change(_ descriptor: Descriptor, _ interest: Poller.Interest) {
        try? poller.change(descriptor.number, interest, token: token(Int(descriptor.number)))
    }

    /// Ends the watch and closes the descriptor. An event of this round that is still to come reaches nobody.
    func close(_ descriptor: Descriptor) {
        let number = Int(descriptor.number)
        if number < 0 { return }
        if number < entries.count, entries[number].descriptor === descriptor {
            poller.forget(descriptor.number)
            entries[number].watcher = nil
            entries[number].descriptor = nil
            entries[number].generation &+= 1
        }
        descriptor.close()
    }

    private func token(_ number: Int) -> UInt64 { UInt64(entries[number].generation) << 32 | UInt64(number) }

    private func deliver(_ event: Poller.Event) {
        let number = Int(event.token & 0xffff_ffff)
        guard number < entries.count, entries[number].generation == UInt32(event.token >> 32), let watcher = entries[number].watcher,
            let descriptor = entries[number].descriptor
        else { return }
        watcher.isReady(event, on: descriptor)
    }

    // MARK: times

    /// Calls `action` once, so many milliseconds from now.
    @discardableResult
    func after(_ milliseconds: Int, _ action: @escaping () -> Void) -> Int {
        lastTimer += 1
        timers.append(Timer(id: lastTimer, at: now + Int64(milliseconds), action: action))
        return lastTimer
    }

    func cancel(_ id: Int?) {
        if let id { timers.removeAll { $0.id == id } }
    }

    private func runTimers() {
        while let index = timers.indices.filter({ timers[$0].at <= now }).min(by: { timers[$0].at < timers[$1].at }) {
            timers.remove(at: index).action()
        }
    }

    // MARK: the loop

    func stop() { isStopped = true }

    /// Goes round until it is stopped.
    /// - Parameter endRound: called when all that was ready has been served: what gathers work or output does it there.
    func run(endRound: () -> Void) throws(SystemError) {
        while !isStopped {
            endRound()
            if isStopped { break }
            let next = timers.map(\.at).min()
            let wait = next.map { Int(max(0, $0 - Clock.monotonicMilliseconds)) } ?? -1
            var isFirst = true
            try poller.wait(milliseconds: wait) { event in
                if isFirst { now = Clock.monotonicMilliseconds }
                isFirst = false
                deliver(event)
            }
            if isFirst { now = Clock.monotonicMilliseconds }
            runTimers()
        }
    }
}
