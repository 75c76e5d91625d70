import Platform
import Testing

@Suite struct SystemErrorTests {
    @Test func sentences() {
        #expect(SystemError("open", "/x", .notFound).description == "cannot open '/x': No such file or directory")
        #expect(SystemError("make a pipe", nil, .wouldBlock).description == "cannot make a pipe: Resource temporarily unavailable")
    }

    @Test(arguments: [
        ("/nowhere/at/all", Errno.notFound, "open"), ("/etc/passwd/x", Errno.notDirectory, "open"),
        ("/" + String(repeating: "n", count: 300), Errno(36), "open"),
    ]) func readingNamesItsCause(_ path: String, _ code: Errno, _ operation: String) {
        #expect(throws: SystemError(operation, path, code)) { _ = try Files.read(path) }
    }

    @Test func creatingNamesItsCause() throws {
        #expect(throws: SystemError("create", "/proc/x", .notFound)) { try Files.create("/proc/x", [1], mode: 0o600) }
        #expect(throws: SystemError("create", "/etc/passwd", .exists)) { try Files.create("/etc/passwd", [1], mode: 0o600) }
        #expect(throws: SystemError("create folder", "/nowhere/x", .notFound)) { try Files.makeDirectory("/nowhere/x") }
        #expect(throws: SystemError("read", "/", .isDirectory)) { _ = try Files.read("/") }
        #expect(throws: SystemError("write", "/dev/full", .noSpace)) { try Descriptor.open("/dev/full", .write).writeAll([1]) }
    }

    @Test func classes() {
        for code in [Errno.noSpace, .quota, .tooBig] { #expect(code.isNoSpace) }
        for code in [Errno.denied, .notPermitted, .readOnly] { #expect(code.isPermission) }
        #expect(!Errno.inputOutput.isNoSpace && !Errno.notFound.isPermission)
        #expect(Errno.notFound.message == "No such file or directory")
    }
}
