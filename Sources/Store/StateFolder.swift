import CommandKit
import Platform

/// Whether a record may live in a folder.
enum StateFolder {
    /// Magic numbers of statfs(2) for file systems whose locks and shared memory SQLite cannot trust (https://www.sqlite.org/wal.html).
    static let networkTypes: [Int: String] = [
        0x6969: "NFS", 0x517B: "SMB", 0xFE53_4D42: "SMB", 0xFF53_4D42: "CIFS", 0x5346_414F: "AFS", 0x6B41_4653: "AFS", 0x00C3_6400: "Ceph",
        0x7375_7245: "Coda", 0x564C: "NCP",
    ]
    static let fuse = 0x6573_5546

    static func check(_ folder: String) throws(Problem) {
        let type: Int?
        do { type = try Descriptor.open(folder, .read, directory: true).fileSystemType } catch {
            if error.code == .notFound {
                throw Problem(.configMissing, "there is no state folder '\(folder)'", hint: "make it with dcb-state init")
            }
            throw Problem(error)
        }
        // Some kernels sign-extend the number.
        guard let type = type.map({ $0 & 0xFFFF_FFFF }) else { return }
        var name = networkTypes[type]
        if type == fuse, let mounts = try? Files.read("/proc/self/mountinfo", limit: 1 << 24), let real = try? Files.resolve(folder) {
            name = networkFuse(mounts: String(decoding: mounts, as: UTF8.self), folder: real)
        }
        if let name {
            throw Problem(
                .networkFilesystem, "the state folder '\(folder)' is on a network file system (\(name))",
                hint: "move the state folder to a local disk: SQLite's locks do not hold across machines")
        }
    }

    /// The network file system among the FUSE ones: its magic number is the same for all, mountinfo (proc(5)) has the name.
    static func networkFuse(mounts: String, folder: String) -> String? {
        let network = ["sshfs", "s3fs", "rclone", "glusterfs", "ceph", "davfs", "curlftpfs", "gcsfuse", "goofys", "mfs", "juicefs", "smbnetfs"]
        var best = ""
        var type = ""
        for line in mounts.split(separator: "\n") {
            let halves = line.split(separator: " ")
            guard halves.count > 6, let dash = halves.firstIndex(of: "-"), dash + 1 < halves.count else { continue }
            let point = String(halves[4])
            if (folder == point || folder.hasPrefix(point == "/" ? "/" : point + "/")), point.utf8.count >= best.utf8.count {
                best = point
                type = String(halves[dash + 1])
            }
        }
        guard type.hasPrefix("fuse.") else { return nil }
        let name = String(type.dropFirst(5))
        return network.contains(name) ? name : nil
    }
}
