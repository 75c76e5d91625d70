import CommandKit
import OpenClaw
import Platform

/// The state folder and what lies around.
extension Invariant {
    static let files = [
        Invariant("I10", "folders are 0700 and secrets 0600", .error, modes),
        Invariant("I16", "the newest backup is younger than two days", .error, backups),
        Invariant("I17", "no lock is left behind", .error, locks),
        Invariant("I19", "no temporary file is left behind", .warning, temporary),
        Invariant("I20", "at least 5 % of the disk is free", .error, room),
        Invariant("I23", "every file belongs to the owner of the state folder", .error, owners),
    ]

    private static func modes(_ facts: Facts, _ found: inout Findings) {
        do throws(SystemError) {
            if let folder = try Files.status(facts.paths.stateDir), folder.permissions & 0o077 != 0 {
                found.add(facts.paths.stateDir, "the state folder has mode \(octal(folder.permissions)), not 700", hint: "chmod 700 it")
            }
            if let config = try Files.status(facts.paths.config), config.permissions & 0o077 != 0,
                !facts.folder.wide.contains(where: { $0.path == facts.paths.config })
            {
                found.add(facts.paths.config, "it has mode \(octal(config.permissions)), not 600", hint: "chmod 600 it")
            }
        } catch { found.add(facts.paths.stateDir, "cannot tell: \(error)", hint: "check owner and mode") }
        for file in facts.folder.wide {
            if let id = file.agentID, facts.user(id)?.isInProgress == true { continue }
            found.add(
                file.path, "it has mode \(octal(file.mode)), not \(octal(file.wanted))",
                hint: Modes.isMendable(file.path, facts) ? Hint.repair : "chmod \(octal(file.wanted)) it",
                agent: file.agentID)
        }
        if let path = facts.workplace.command.setting("gateway-token-file", environment: "DCB_GATEWAY_TOKEN_FILE"),
            let status = (try? Files.status(path)) ?? nil, status.permissions & 0o077 != 0
        {
            found.add(path, "the gateway's token file has mode \(octal(status.permissions)), not 600", hint: "chmod 600 it")
        }
    }

    private static func octal(_ mode: UInt32) -> String { String(mode, radix: 8) }

    // MARK: I16

    private static func backups(_ facts: Facts, _ found: inout Findings) {
        guard let named = facts.policy.backupDir, let folder = facts.paths.expand(named) else { return }
        let names: [String]
        do throws(SystemError) { names = try Files.list(folder) } catch {
            return found.add(folder, "cannot tell: \(error)", hint: "check backupDir of dcb.json")
        }
        // An archive gets its final name after it was verified.
        var newest: (name: String, at: Timestamp)?
        for name in names where name.hasPrefix("dcb-") && name.hasSuffix(".tar.gz") {
            guard let at = StateFolder.time(compact: String(name.dropFirst(4).dropLast(7))), newest.map({ at > $0.at }) ?? true else { continue }
            newest = (name, at)
        }
        guard let newest else { return found.add(folder, "there is no backup in it", hint: "run dcb-backup create") }
        let hours = (facts.now.milliseconds - newest.at.milliseconds) / 3_600_000
        if hours >= 48 { found.add(Path.join(folder, newest.name), "the newest backup is \(hours) hours old", hint: "look at the backup job and its log") }
        let head = try? Descriptor.open(Path.join(folder, newest.name), .read, followLinks: false).read(atMost: 3)
        if head != [0x1F, 0x8B, 8] {
            found.add(Path.join(folder, newest.name), "the newest backup cannot be read as an archive", hint: "run dcb-backup verify on it")
        }
    }

    // MARK: I17, I19

    private static func locks(_ facts: Facts, _ found: inout Findings) {
        let lock = facts.paths.config + ".lock"
        switch facts.lock {
        case .free, .held: break
        case .left(let pid): found.add(lock, "its owner\(pid.map { " (pid \($0))" } ?? "") is gone", hint: Hint.repair, severity: .warning)
        case .empty(let age) where age > OpenClawLock.emptyAgeSeconds:
            found.add(lock, "it is empty and \(age) s old: every OpenClaw write fails until it goes", hint: Hint.repair)
        case .empty: break
        case .unreadable: found.add(lock, "it does not say whose it is", hint: "if no OpenClaw runs, remove it")
        }
        if let status = (try? Files.status(lock + ".reclaim", followLinks: false)) ?? nil {
            let age = (Clock.realNanoseconds - status.changedNanoseconds) / 1_000_000_000
            if age > 60 { found.add(lock + ".reclaim", "it is \(age) s old: whoever took over a lock has gone", hint: "if no OpenClaw runs, remove it") }
        }
    }

    private static func temporary(_ facts: Facts, _ found: inout Findings) {
        for path in Leftovers.find(facts) { found.add(path, "a killed dcb left it", hint: Hint.repair) }
    }

    // MARK: I20, I23

    private static func room(_ facts: Facts, _ found: inout Findings) {
        for path in [facts.paths.stateDir, facts.policy.backupDir.flatMap { facts.paths.expand($0) }].compactMap({ $0 }) {
            guard let free = try? Files.freeFraction(path), free < 0.05 else { continue }
            found.add(path, "only \(Int(free * 100)) % is free", hint: "free some space")
        }
    }

    private static func owners(_ facts: Facts, _ found: inout Findings) {
        for user in facts.users where user.files.strange > 0 && !user.isInProgress {
            found.add(
                user, "\(user.files.strange) of its files belong to another user, such as '\(user.files.firstStrange ?? "")'",
                hint: "chown them to the owner of the state folder")
        }
        for path in facts.folder.strange { found.add(path, "it belongs to another user", hint: "chown it to the owner of the state folder") }
        let more = facts.folder.strangeCount - facts.folder.strange.count
        if more > 0 { found.add(facts.paths.stateDir, "\(more) more files belong to another user", hint: "chown them to the owner of the state folder") }
        for path in facts.folder.unreadable.prefix(10) { found.add(path, "cannot tell: it may not be read", hint: "check owner and mode", severity: .warning) }
    }
}
