import CommandKit
import Platform

/// gzip(1) as a filter between us and an archive.
final class Gzip {
    private let child: FilterProcess
    private let errors: Descriptor
    private let what: String

    private init(_ words: [String], input: Descriptor, output: Descriptor, environment: [String: String], what: String) throws(Problem) {
        guard let path = Program.find("gzip", environment: environment) else {
            throw Problem(.helperMissing, "there is no gzip on the PATH", hint: "install gzip")
        }
        self.what = what
        var allowed = ChildEnvironment.allowed(from: environment)
        allowed["LC_ALL"] = "C"
        do throws(SystemError) {
            let (read, write) = try Pipe.make()
            errors = read
            child = try FilterProcess.start(ChildProcess(path, words, environment: allowed), input: input, output: output, errors: write)
        } catch { throw Problem(error) }
    }

    /// Compresses what is written to the descriptor that is given back, into `archive`.
    static func compress(into archive: Descriptor, environment: [String: String]) throws(Problem) -> (Gzip, Descriptor) {
        let ends: (read: Descriptor, write: Descriptor)
        do throws(SystemError) { ends = try Pipe.make() } catch { throw Problem(error) }
        return (try Gzip(["-c"], input: ends.read, output: archive, environment: environment, what: "compress"), ends.write)
    }

    /// What `archive` holds from where it stands comes out of the descriptor that is given back.
    static func expand(_ archive: Descriptor, environment: [String: String]) throws(Problem) -> (Gzip, Descriptor) {
        let ends: (read: Descriptor, write: Descriptor)
        do throws(SystemError) { ends = try Pipe.make() } catch { throw Problem(error) }
        return (try Gzip(["-dc"], input: archive, output: ends.write, environment: environment, what: "expand"), ends.read)
    }

    /// Waits for its end.
    /// - Returns: what it complains of; nil when all was well.
    func finish() throws(Problem) -> String? {
        do throws(SystemError) {
            let status = try child.wait()
            if status == .exited(0) { return nil }
            // Its few words fit the pipe.
            let text = String(decoding: try errors.read(atMost: 4096), as: UTF8.self)
            return text.split(separator: "\n").first { !$0.isEmpty }.map { String($0.prefix(200)) } ?? "it cannot \(what) it"
        } catch { throw Problem(error) }
    }

    func stop() { child.stop() }
}
