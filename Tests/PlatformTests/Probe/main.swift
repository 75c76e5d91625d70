// A process of its own for the tests of Platform: what needs the whole process (signals, locks, limits) cannot be tested inside the test runner.
import Platform

let words = Array(CommandLine.arguments.dropFirst())

func say(_ text: String) { try? Descriptor.standardOutput.writeAll(Array((text + "\n").utf8)) }

func main() throws(SystemError) {
    Termination.ignoreBrokenPipe()
    switch (words.first, words.dropFirst().first, words.dropFirst(2).first.flatMap { Int($0) }) {
    // Waits for a lock, says whether it came, and holds it until its input ends.
    case ("lock"?, let path?, let milliseconds?):
        guard let lock = try FileLock.acquire(path, waitMilliseconds: milliseconds) else { return say("timeout") }
        say("locked")
        while try !Descriptor.standardInput.read(atMost: 100).isEmpty {}
        lock.release()
    // Replaces a file over and over, by so many kilobytes of one letter each time.
    case ("replace"?, let path?, let kilobytes?):
        say("begun")
        for round in 0... {
            let letter = UInt8(97 + round % 26)
            try Files.replace(path, with: [UInt8](repeating: letter, count: kilobytes << 10), mode: 0o640)
        }
    // Replaces it once.
    case ("replace-once"?, let path?, let kilobytes?): try Files.replace(path, with: [UInt8](repeating: 65, count: kilobytes << 10), mode: 0o640)
    case ("remove-tree"?, let path?, nil): try Files.removeTree(path)
    default: CurrentProcess.exit(64)
    }
}

do throws(SystemError) { try main() } catch {
    say(error.description)
    CurrentProcess.exit(error.code.isNoSpace ? 28 : 1)
}
