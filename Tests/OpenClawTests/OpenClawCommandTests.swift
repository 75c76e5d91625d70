import CommandKit
import Onboarding
import Platform
import TestSupport
import Testing

@testable import OpenClaw

/// How a call of OpenClaw's command ended, in our terms. A shell script takes its place.
@Suite struct OpenClawCommandTests {
    private func call(
        _ script: String, deadlineMilliseconds: Int = 60_000, _ watch: OpenClawCommand.Watch = .init()
    ) throws -> OpenClawCommand.Failure? {
        Termination.ignoreBrokenPipe()
        let scratch = try Scratch(config: nil)
        try makeExecutable(scratch.folder + "/openclaw", "#!/bin/sh\n\(script)\n")
        let command = try OpenClawCommand(
            environment: ["PATH": "relative:\(scratch.folder):/usr/bin:/bin"], stateDir: "/nowhere", config: "/nowhere/openclaw.json",
            deadlineMilliseconds: deadlineMilliseconds)
        return try command.deleteAgent(try Samples.id(1), watch)
    }

    @Test(
        arguments: [
            ("exit 0", nil, ""), ("echo lots; echo more >&2", nil, ""),
            ("echo 'Agent \"x\" not found.' >&2; exit 1", .openclawFailed, "exit 1: Agent \"x\" not found."),
            ("printf 'first\\nsecond\\n' >&2; exit 13", .openclawFailed, "exit 13: first"), ("exit 7", .openclawFailed, "exit 7"),
            // The JSON error wins, and may have words ahead of it.
            (
                "echo 'Normalized agent id.'; echo '{\"ok\":false,\"error\":{\"type\":\"cli_error\",\"message\":\"the reason\"}}'; echo other >&2; exit 1",
                .openclawFailed, "exit 1: the reason"
            ),
            (
                "printf 'id +15559876543 (ada@example.com) \\302\\233 15559876543\\n' >&2; exit 1", .openclawFailed,
                "exit 1: id +*******6543 …@example.com) +*******6543"
            ),
            ("echo '{\"error\":'; echo plain >&2; exit 1", .openclawFailed, "exit 1: plain"),
            ("echo 'Error: config changed since last load' >&2; exit 1", .changedMeanwhile, "exit 1: Error: config changed since last load"),
            ("echo 'file lock timeout for /state/openclaw.json' >&2; exit 1", .configLocked, "exit 1: file lock timeout for /state/openclaw.json"),
            ("kill -9 $$", .openclawFailed, "signal 9"), ("exec cat /dev/zero", .openclawFailed, "it wrote more than 1 MiB"),
            ("head -c 2000000 /dev/zero; exec sleep 1000", .openclawFailed, "it wrote more than 1 MiB"),
        ] as [(String, Problem.Kind?, String)])
    func howItEnded(_ script: String, _ kind: Problem.Kind?, _ detail: String) throws {
        #expect(try call(script) == kind.map { OpenClawCommand.Failure(kind: $0, detail: detail) })
    }

    @Test(arguments: ["exec sleep 1000", "trap '' TERM; while :; do sleep 0.05; done", "sleep 1000 & wait"]) func theDeadline(_ script: String) throws {
        let failure = try #require(try call(script, deadlineMilliseconds: 1000))
        #expect(failure == OpenClawCommand.Failure(kind: .timeout, detail: "it did not end within 1 s"))
    }

    @Test func fiveMinutes() { #expect(OpenClawCommand.deadlineMilliseconds == 300_000) }

    @Test func theBeat() throws {
        var beats = 0
        #expect(try call("sleep 0.5", OpenClawCommand.Watch(beatMilliseconds: 50, beat: { beats += 1 })) == nil)
        #expect(beats >= 2)
    }

    @Test(arguments: ["/nowhere", "", "bin:.", "/etc"]) func missing(_ path: String) throws {
        let problem = thrown(Problem.self) { _ = try OpenClawCommand(environment: ["PATH": path], stateDir: "/s", config: "/s/c") }
        #expect(problem?.kind == .openclawMissing)
    }
}
