import CommandKit
import Platform

/// openclaw.json as it was at one moment: its bytes, and how to tell that it is still the same.
struct Snapshot {
    /// The real file, links resolved.
    let path: String
    let bytes: [UInt8]
    let status: FileStatus
    /// Whoever writes it after this read leaves another time on it.
    private let isOld: Bool

    init(_ config: String) throws(Problem) {
        path = try Snapshot.resolve(config)
        do throws(SystemError) {
            // A pipe would wait for its other end, with our locks held.
            if let status = try Files.status(path), !status.isRegular { throw SystemError("read", path, status.isDirectory ? .isDirectory : .invalid) }
            // Between two equal looks nobody wrote: else it is read again.
            for _ in 0..<100 {
                let file = try Descriptor.open(path, .read)
                let stamp = Clock.fileStampNanoseconds
                let before = try file.status()
                guard before.isRegular else { throw SystemError("read", path, before.isDirectory ? .isDirectory : .invalid) }
                let bytes = try file.readToEnd(limit: ConfigFile.greatestSize)
                if try file.status().isSame(as: before) {
                    self.bytes = bytes
                    status = before
                    isOld = Snapshot.isOld(before.modifiedNanoseconds, at: stamp)
                    return
                }
            }
        } catch {
            if error.code == .notFound { throw Snapshot.missing(config) }
            if error.code == .isDirectory || error.code == .invalid { throw Problem(.configInvalid, "'\(config)' is no regular file") }
            if error.code == .tooBig { throw Problem(.configInvalid, "openclaw.json is larger than 256 MiB") }
            throw Problem(error)
        }
        throw Problem(.changedMeanwhile, "openclaw.json is written all the time")
    }

    static func resolve(_ config: String) throws(Problem) -> String {
        do throws(SystemError) { return try Files.resolve(config) } catch {
            if error.code == .notFound || error.code == .notDirectory { throw missing(config) }
            throw Problem(error)
        }
    }

    private static func missing(_ config: String) -> Problem {
        Problem(.configMissing, "cannot open '\(config)': No such file or directory", hint: "run openclaw setup, or copy config/openclaw.json.template")
    }

    /// Some file systems keep whole seconds, or only the even ones.
    private static func isOld(_ modified: Int64, at stamp: Int64) -> Bool {
        modified < (modified % 1_000_000_000 == 0 ? stamp - 2_000_000_000 : stamp)
    }

    /// Whether the same name still leads to the same file with the same content. Times alone do not tell two writes within one tick of the
    /// kernel's clock: a file that was written in the very tick in which it was read is read again and compared.
    func isUnchanged(_ config: String) -> Bool {
        if isOld {
            return (try? Snapshot.resolve(config)) == path && (try? Files.status(path))?.isSame(as: status) == true
        }
        guard let now = try? Snapshot(config) else { return false }
        return now.path == path && now.status.isSame(as: status) && now.bytes.isSame(bytes, now.bytes.indices, bytes.indices)
    }
}
