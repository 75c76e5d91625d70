import Archive
import CommandKit
import Platform

/// Reads an archive back from its file while it grows, and to its end: on two cores that costs hardly any time beyond the compression.
final class ReadBack {
    private let work: ReadBackWork
    private let reader: WorkerThread

    /// - Parameter path: the file that is being written.
    init(_ path: String, environment: [String: String]) throws(Problem) {
        let work = try ReadBackWork(path, environment: environment)
        do throws(SystemError) { reader = try WorkerThread { work.read() } } catch { throw Problem(error) }
        self.work = work
    }

    deinit { wait() }

    private func wait() {
        work.isWritten.raise()
        reader.join()
    }

    /// All of it is written: waits until all of it is read.
    /// - Parameter sums: what `SHA256SUMS` must be.
    func finish(sums: [UInt8]) throws(Problem) {
        wait()
        let failed = "the archive did not come back from disk as it was written"
        if let problem = work.problem {
            guard problem.kind == .archiveDamaged else { throw problem }
            throw Problem(.io, "\(failed): it \(work.scan.fault ?? "is damaged")")
        }
        if work.scan.sums != sums { throw Problem(.io, failed) }
    }
}

/// What the threads work on; looked at by others only after they have ended.
private final class ReadBackWork: @unchecked Sendable {
    let scan: ArchiveScan
    let isWritten = Flag()
    private(set) var problem: Problem?
    private let file: Descriptor
    private let environment: [String: String]

    init(_ path: String, environment: [String: String]) throws(Problem) {
        do throws(SystemError) { file = try Descriptor.open(path, .read) } catch { throw Problem(error) }
        self.environment = environment
        scan = ArchiveScan(file, environment: environment, greatestTotal: .max)
    }

    func read() {
        do throws(Problem) {
            let ends = try Problem.catching { () throws(SystemError) in try Pipe.make() }
            let feeder = try Problem.catching { () throws(SystemError) in try WorkerThread { [self] in feed(ends.write) } }
            let gzip: Gzip
            let expanded: Descriptor
            do throws(Problem) {
                (gzip, expanded) = try Gzip.expand(ends.read, environment: environment)
                ends.read.close()
            } catch {
                ends.read.close()
                throw error
            }
            // A reader that gives up must not leave the feeder waiting.
            defer {
                gzip.stop()
                feeder.join()
            }
            try scan.run(gzip, expanded, into: nil)
        } catch { problem = error }
    }

    /// What the file has, until it is written to its end. What goes wrong here is an archive that is cut off.
    private func feed(_ pipe: Descriptor) {
        defer { pipe.close() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            // Asked before the read: what was written before the flag is seen by it.
            let isLast = isWritten.isRaised
            guard let count = try? file.read(into: buffer) else { return }
            if count > 0 {
                guard (try? pipe.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]))) != nil else { return }
            } else if isLast {
                return
            } else {
                Clock.sleep(milliseconds: 5)
            }
        }
    }
}
