import Platform

/// Signals, the drain, and what systemd wants to know.
final class Life: Watcher {
    private unowned let server: Server
    private let manager: ServiceManager
    private let signals: SignalWatch
    /// Everything that was accepted was answered.
    private(set) var isClean = true

    init(_ server: Server, _ manager: ServiceManager, _ signals: SignalWatch) {
        self.server = server
        self.manager = manager
        self.signals = signals
    }

    /// It listens now.
    func begin() {
        if server.isDraining { return }
        manager.ready()
        beat()
    }

    private func beat() {
        guard let period = manager.watchdogMilliseconds else { return }
        manager.alive()
        server.loop.after(period) { [unowned self] in beat() }
    }

    func isReady(_ event: Poller.Event, on descriptor: Descriptor) {
        for signal in signals.take() {
            switch signal {
            case .child: server.children.lookForEnds()
            case .hangUp: if !server.isDraining { server.reload() }
            case .terminate, .interrupt: server.isDraining ? endAtOnce() : drain()
            }
        }
    }

    private func drain() {
        manager.stopping()
        server.loop.after(server.settings.drain) { [unowned self] in
            isClean = false
            server.log.say("warning", "not everything ended in time: \(server.openConnections) connections, \(server.children.count) children")
            server.children.terminate()
            server.loop.stop()
        }
        server.drain()
    }

    /// Asked twice: the children undo or finish by themselves, and nobody is waited for.
    private func endAtOnce() {
        server.children.terminate()
        server.log.say("warning", "ending at once")
        server.log.flush()
        SignalWatch.dieOfTermination()
    }
}
