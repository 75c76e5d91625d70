import CommandKit
import Platform

/// The sockets that callers come to.
final class Acceptors: Watcher {
    /// Taken in one go before others have their turn.
    private static let batch = 64
    private static let pauseMilliseconds = 100

    private let sockets: [Descriptor]
    /// Unix sockets that we made: their names go when we do.
    private let madePaths: [String]
    let names: [String]
    private weak var server: Server?
    private var isPaused = false
    private var isOpen = false

    /// What systemd hands over, else what `--listen`, `DCB_LISTEN` or `PORT` say, else 127.0.0.1:3000.
    /// - Throws: `usage`, or the problem of the socket.
    init(_ command: Command) throws(Problem) {
        var sockets: [Descriptor] = []
        var paths: [String] = []
        var names: [String] = []
        do throws(SystemError) { sockets = try ListeningSocket.activated(command.context.environment) } catch { throw Problem(error) }
        if !sockets.isEmpty { names = sockets.map { ListeningSocket.address(of: $0).map(Acceptors.name) ?? "an inherited Unix socket" } }
        for address in sockets.isEmpty ? try Acceptors.wanted(command) : [] {
            do throws(SystemError) {
                switch address {
                case .unix(let path):
                    sockets.append(try ListeningSocket.unix(path))
                    paths.append(path)
                    names.append("unix:\(path)")
                case .inet(let host, let port):
                    let socket = try ListeningSocket.inet(host, port: port)
                    sockets.append(socket)
                    names.append(ListeningSocket.address(of: socket).map(Acceptors.name) ?? "\(host)")
                }
            } catch { throw Problem(error) }
        }
        self.sockets = sockets
        self.names = names
        madePaths = paths
    }

    private static func name(_ bound: (address: IPAddress, port: Int)) -> String {
        bound.address.isIPv4 ? "\(bound.address):\(bound.port)" : "[\(bound.address)]:\(bound.port)"
    }

    private static func wanted(_ command: Command) throws(Problem) -> [ListenAddress] {
        var texts = command.arguments.all("listen")
        if texts.isEmpty, let listed = command.setting("listen", environment: "DCB_LISTEN") { texts = listed.split(separator: ",").map(String.init) }
        if texts.isEmpty, let port = command.context.environment["PORT"], !port.isEmpty { texts = [port] }
        if texts.isEmpty { texts = ["127.0.0.1:3000"] }
        var found: [ListenAddress] = []
        for text in texts {
            guard let address = ListenAddress(text) else {
                throw Problem(.usage, "there is an address to listen on that is none", hint: "use 127.0.0.1:3000, [::1]:3000, a port, or unix:/path")
            }
            found.append(address)
        }
        return found
    }

    func open(_ server: Server) {
        self.server = server
        isOpen = true
        for socket in sockets { do throws(SystemError) { try server.loop.watch(socket, .read, self) } catch { server.log.problem(Problem(error)) } }
    }

    func isReady(_ event: Poller.Event, on descriptor: Descriptor) { if let server { take(descriptor, server, Acceptors.batch) } }

    private func take(_ socket: Descriptor, _ server: Server, _ limit: Int) {
        for _ in 0..<limit {
            do throws(SystemError) {
                guard let (connection, peer) = try socket.accept() else { return }
                server.accepted(connection, peer)
            } catch {
                // Descriptors have run out: whoever waits goes on waiting, and we do not spin.
                server.metrics.refused("descriptors")
                return pause(server)
            }
        }
    }

    private func pause(_ server: Server) {
        if isPaused || !isOpen { return }
        isPaused = true
        for socket in sockets { server.loop.change(socket, []) }
        server.loop.after(Acceptors.pauseMilliseconds) { [weak self, weak server] in
            if let self, let server { self.roomAgain(server) }
        }
    }

    /// A descriptor has become free, or time has passed.
    func roomAgain(_ server: Server) {
        if !isPaused || !isOpen { return }
        isPaused = false
        for socket in sockets { server.loop.change(socket, .read) }
    }

    /// Everyone who has come so far.
    func takeAll(_ server: Server) {
        if !isOpen { return }
        for socket in sockets { take(socket, server, 4096) }
    }

    func close(_ server: Server) {
        isOpen = false
        for path in madePaths where sockets.contains(where: { $0.number >= 0 && $0.path == path }) { _ = try? Files.remove(path) }
        for socket in sockets { server.loop.close(socket) }
    }
}

/// `unix:PATH`, `HOST:PORT` with a literal address, or a port on the loopback.
enum ListenAddress {
    case unix(String)
    case inet(IPAddress, UInt16)

    init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            if path.isEmpty { return nil }
            self = .unix(Path.absolute(path))
            return
        }
        let colon = text.lastIndex(of: ":")
        let portText = colon.map { text[text.index(after: $0)...] } ?? text[...]
        guard !portText.isEmpty, portText.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(portText) else { return nil }
        var host = colon.map { text[..<$0] } ?? "127.0.0.1"
        if host == "localhost" { host = "127.0.0.1" }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() } else if host.contains(":") { return nil }
        guard let address = IPAddress(host) else { return nil }
        self = .inet(address, port)
    }
}
