import Glibc
import Platform
import TestSupport
import Testing

@Suite struct ClientConnectionTests {
    /// A listener on the loopback address that accepts nothing by itself.
    private final class Listener {
        let number: Int32
        let address: SocketAddress

        init() throws {
            number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            var inner = sockaddr_in()
            inner.sin_family = sa_family_t(AF_INET)
            inner.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let number = number
            let failed = withUnsafeMutablePointer(to: &inner) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.bind(number, $0, size) != 0 || listen(number, 8) != 0 || getsockname(number, $0, &size) != 0
                }
            }
            #expect(!failed)
            address = try #require(SocketAddress(host: "127.0.0.1", port: UInt16(bigEndian: inner.sin_port)))
        }

        deinit { close(number) }
    }

    @Test func itTalks() throws {
        let listener = try Listener()
        let deadline = Deadline(in: 60_000)
        let connection = try ClientConnection(listener.address, deadline: deadline)
        let other = accept(listener.number, nil, nil)
        try connection.send(Array("hello".utf8), deadline: deadline)
        var buffer = [UInt8](repeating: 0, count: 16)
        #expect(recv(other, &buffer, 5, Int32(MSG_WAITALL)) == 5 && buffer.starts(with: Array("hello".utf8)))
        #expect(send(other, "hi", 2, Int32(MSG_NOSIGNAL)) == 2)
        #expect(try connection.receive(atMost: 100, deadline: deadline) == Array("hi".utf8))
        close(other)
        #expect(try connection.receive(atMost: 100, deadline: deadline).isEmpty)
    }

    /// A peer that never stops talking is left at the deadline.
    @Test func anEndlessAnswer() throws {
        let listener = try Listener()
        let deadline = Deadline(in: 1000)
        let connection = try ClientConnection(listener.address, deadline: deadline)
        let other = accept(listener.number, nil, nil)
        defer { close(other) }
        let words = [UInt8](repeating: 65, count: 4096)
        let error = thrown(SystemError.self) {
            for _ in 0..<3_000_000 {
                _ = send(other, words, words.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
                _ = try connection.receive(atMost: 4096, deadline: deadline)
            }
        }
        #expect(error?.code == .timedOut)
    }

    @Test func nobodyThere() throws {
        let address = try Listener().address
        let error = thrown(SystemError.self) { _ = try ClientConnection(address, deadline: Deadline(in: 60_000)) }
        #expect(error?.code == .refused && error?.operation == "connect to")
    }

    /// Somebody there who says nothing and takes nothing.
    @Test func deadlines() throws {
        let listener = try Listener()
        let connection = try ClientConnection(listener.address, deadline: Deadline(in: 60_000))
        let silent = thrown(SystemError.self) { _ = try connection.receive(atMost: 1, deadline: Deadline(in: 20)) }
        #expect(silent?.code == .timedOut && silent?.operation == "receive from")
        let full = thrown(SystemError.self) {
            try connection.send([UInt8](repeating: 0, count: 64 << 20), deadline: Deadline(in: 20))
        }
        #expect(full?.code == .timedOut && full?.operation == "send to")
    }

    @Test func anInterruptEndsTheWait() throws {
        let listener = try Listener()
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        let interrupt = Descriptor(ends[0])
        let connection = try ClientConnection(listener.address, deadline: Deadline(in: 60_000), interrupt: interrupt)
        close(ends[1])
        let error = thrown(SystemError.self) { _ = try connection.receive(atMost: 1, deadline: Deadline(in: 60_000)) }
        #expect(error?.code == .interrupted)
    }

    @Test(arguments: ["localhost", "", "1.2.3", "1.2.3.4.5", "[1.2.3.4]", "::1]", "[::1", "fe80::1%lo", "1.2.3.4\0"]) func noNameIsLookedUp(_ host: String) {
        #expect(SocketAddress(host: host, port: 1) == nil)
    }

    @Test func addresses() {
        #expect(SocketAddress(host: "127.0.0.1", port: 80)?.description == "127.0.0.1:80")
        #expect(SocketAddress(host: "::1", port: 80)?.description == "[::1]:80")
        #expect(SocketAddress(host: "[::1]", port: 80) == SocketAddress(host: "::1", port: 80))
    }
}
