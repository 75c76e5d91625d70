import CommandKit
import Onboarding
import Platform
import Testing

@testable import OpenClaw

/// The test program started again, as a process that works on a folder.
enum Workers {
    static let rounds = 20

    static var task: (folder: String, role: String, number: Int)? {
        let environment = ProcessContext.current().environment
        guard let folder = environment["DCB_TEST_FOLDER"], let role = environment["DCB_TEST_ROLE"],
            let number = environment["DCB_TEST_NUMBER"].flatMap({ Int($0) })
        else { return nil }
        return (folder, role, number)
    }

    /// Runs one process for each role, all at once, and waits for them.
    /// - Returns: whether each ended well or died as it was told to.
    static func run(_ folder: TemporaryFolder, _ roles: [String]) throws -> Bool {
        guard let program = CurrentProcess.executablePath else { return false }
        var script = "pids=''\n"
        for (number, role) in roles.enumerated() {
            script += """
                DCB_TEST_ROLE=\(role) DCB_TEST_NUMBER=\(number) "$PROGRAM" --testing-library swift-testing --filter processThatWorks \
                >"$DCB_TEST_FOLDER/\(number).out" 2>&1 & pids="$pids $!:\(role)"

                """
        }
        script += """
            failed=0
            for p in $pids; do wait "${p%%:*}"; s=$?; case "${p##*:}" in die*) [ $s = 137 ] || failed=1 ;; *) [ $s = 0 ] || failed=1 ;; esac; done
            exit $failed
            """
        var environment = ProcessContext.current().environment
        environment["PROGRAM"] = program
        environment["DCB_TEST_FOLDER"] = folder.path
        let result = try ChildProcess("/bin/sh", ["-c", script], environment: environment).run(input: [], deadline: Deadline(in: 120_000))
        for (number, _) in roles.enumerated() where result.status != .exited(0) {
            print("worker \(number): \(String(decoding: (try? Files.read("\(folder.path)/\(number).out")) ?? [], as: UTF8.self).suffix(600))")
        }
        return result.status == .exited(0)
    }
}

@Suite struct WorkerTests {
    /// Only a part of other tests: does nothing unless it is told what.
    @Test(.enabled(if: Workers.task != nil))
    func processThatWorks() throws {
        guard let task = Workers.task else { return }
        let config = task.folder + "/openclaw.json"
        func die() -> Never { CurrentProcess.die(by: 9) }
        switch task.role {
        case "count":
            for _ in 0..<Workers.rounds {
                let lock = try OpenClawLock.acquire(config: config, journal: nil, deadline: Deadline(in: 60_000))
                let path = task.folder + "/count"
                let count = try #require(Int(try Samples.text(path)))
                Clock.sleep(microseconds: 200)
                let file = try Descriptor.open(path, .write, truncate: true)
                try file.writeAll(Array("\(count + 1)".utf8))
                lock.release()
            }
        case "die":
            Clock.sleep(milliseconds: 20 * task.number)
            let kept = try OpenClawLock.acquire(config: config, journal: nil, deadline: Deadline(in: 60_000))
            if kept.isHeld { die() }
        case "update":
            for round in 0..<Workers.rounds {
                let n = task.number * 1000 + round
                try Workers.update(task.folder) { (edit) throws(Problem) in
                    let (spec, phone, id) = try Workers.user(n)
                    try edit.addAgent(spec)
                    try edit.bind(phone, to: id)
                }
            }
        case "die-prepare", "die-durable", "die-before", "die-after":
            let at = task.role
            _ = try ConfigFile.update(
                path: config, ownLock: task.folder + "/.dcb/config.lock", policy: .builtIn, version: nil, waitMilliseconds: 60_000
            ) { (model) throws(Problem) -> (ConfigEdit, Bool) in
                var edit = ConfigEdit(model, membersMade: [])
                let (spec, _, _) = try Workers.user(77)
                try edit.addAgent(spec)
                if at == "die-prepare" { die() }
                return (edit, true)
            } durable: { (_, _) throws(Problem) in
                if at == "die-durable" { die() }
            } replacing: { (_, _, replace) throws(Problem) in
                if at == "die-before" { die() }
                try replace()
                if at == "die-after" { die() }
            }
        default: Issue.record("no such role")
        }
    }
}

extension Workers {
    static func user(_ number: Int) throws(Problem) -> (AgentSpec, PhoneNumber, AgentID) {
        do { return (try Samples.spec(number), try Samples.phone(number), try Samples.id(number)) } catch { throw Problem(.internalError, "\(error)") }
    }

    static func update(_ folder: String, _ change: (inout ConfigEdit) throws(Problem) -> Void) throws {
        _ = try ConfigFile.update(
            path: folder + "/openclaw.json", ownLock: folder + "/.dcb/config.lock", policy: .builtIn, version: nil, waitMilliseconds: 60_000
        ) { (model) throws(Problem) -> (ConfigEdit, Bool) in
            var edit = ConfigEdit(model, membersMade: [])
            try change(&edit)
            return (edit, true)
        } durable: { (_, _) throws(Problem) in
        } replacing: { (_, _, replace) throws(Problem) in
            try replace()
        }
    }
}
