import Platform
import TestSupport
import Testing

/// What a command depends on is what `Package.swift` names: the boundary has neither the record nor the config in it.
@Suite struct LinkTests {
    private func holds(_ command: String, _ text: String) throws -> Bool {
        let file = try Files.read(Path.join(Scratch.commands, command))
        let wanted = Array(text.utf8)
        return file.withUnsafeBufferPointer { bytes in
            var i = 0
            while i + wanted.count <= bytes.count {
                if bytes[i] == wanted[0], bytes[i..<(i + wanted.count)].elementsEqual(wanted) { return true }
                i += 1
            }
            return false
        }
    }

    /// SQLite's own file header when it is linked in, or the name of its library when that is loaded.
    private func holdsSQLite(_ command: String) throws -> Bool { try holds(command, "SQLite format 3") || holds(command, "libsqlite3.so") }

    @Test func validateHasNoSQLite() throws {
        #expect(try holdsSQLite("dcb-state"))
        #expect(try !holdsSQLite("dcb-validate"))
        #expect(try !holdsSQLite("dcb-onboard"))
    }

    /// Swift keeps the names of types, stripped or not.
    @Test func validateHasNoOpenClaw() throws {
        for type in ["OpenClawVersion", "ConfigModel"] {
            #expect(try holds("dcb-bind", type), "\(type)")
            #expect(try !holds("dcb-validate", type), "\(type)")
        }
    }
}
