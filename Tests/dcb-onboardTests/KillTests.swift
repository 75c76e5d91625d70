import JSON
import Platform
import Testing
import TestSupport

extension OnboardTests {
    /// kill -9 of the orchestrator between any two steps, and of each step inside: the next call ends with exactly one of everything.
    @Suite struct Killed {
        static let phone = "+15554010001"
        static let killParent = "kill -9 $PPID; exec sleep 60"
        static let killAfter = "real \"$@\" > /dev/null; \(killParent)"

        static let onboarding = ["validate", "claim", "create-agent", "bind", "commit"]
        static let offboarding = ["validate", "claim --removal", "bind --undo", "create-agent --undo", "commit"]
        static let undoing = ["bind --undo", "create-agent --undo", "release"]

        /// What the next call is: onboarding and offboarding, or the one of them whose turn it is.
        static func nexts(_ turn: Bool) -> [[String]] { OnboardTests.isLong ? [[], ["--undo"]] : [turn ? [] : ["--undo"]] }

        static func places(_ steps: [String]) -> [(String, Bool)] { steps.flatMap { [($0, false), ($0, true)] } }

        @Test(arguments: places(onboarding)) func betweenTheStepsOfOnboarding(_ step: String, _ after: Bool) throws {
            let about = "\(after ? "after" : "before") \(step)"
            for next in Self.nexts(after) {
                let bench = try Bench([step: after ? Self.killAfter : Self.killParent])
                let killed = try bench.run([], document(Self.phone))
                #expect(killed.code == 137 && killed.out.isEmpty, "\(about)")
                try bench.expectValid(about)
                try bench.replace([:])
                try finish(bench, next, about)
            }
        }

        @Test(arguments: places(offboarding)) func betweenTheStepsOfOffboarding(_ step: String, _ after: Bool) throws {
            let about = "\(after ? "after" : "before") \(step)"
            for next in Self.nexts(after || step == "commit") {
                let bench = try Bench()
                #expect(try bench.run([], document(Self.phone)).code == 0)
                let former = try bench.expectOne(Self.phone, about)
                try bench.replace([step: after ? Self.killAfter : Self.killParent])
                #expect(try bench.run(["--undo"], document(Self.phone)).code == 137)
                try bench.expectValid(about)
                try bench.replace([:])
                try finish(bench, next, about)
                if next.isEmpty {
                    let agent = try bench.expectOne(Self.phone, about)
                    // Before the claim nothing was begun: the user is still there.
                    let begun = step != "validate" && (step != "claim --removal" || after)
                    #expect((agent != former) == begun, "\(about)")
                    if begun {
                        let agents = Set(try bench.scratch.run("dcb-state", ["history", Self.phone]).documents.compactMap { $0.text("agentId") })
                        #expect(agents == [agent, former], "\(about): \(agents)")
                    }
                }
            }
        }

        /// While what a failed step has left is taken back.
        @Test(arguments: places(undoing)) func betweenTheStepsOfUndoing(_ step: String, _ after: Bool) throws {
            let about = "\(after ? "after" : "before") \(step)"
            let bench = try Bench(["bind": "real \"$@\" > /dev/null; exit 70", step: after ? Self.killAfter : Self.killParent])
            #expect(try bench.run([], document(Self.phone)).code == 137)
            try bench.expectValid(about)
            try bench.replace([:])
            try finish(bench, [], about)
        }

        // MARK: - Inside a step

        /// The step, the system call at whose entry it is killed, and which one of these.
        struct Place: CustomStringConvertible, Sendable {
            let step: String
            let call: String
            let number: Int
            var description: String { "\(step) at \(call) \(number)" }
            init(_ step: String, _ call: String, _ number: Int) {
                self.step = step
                self.call = call
                self.number = number
            }
        }

        static let insideOnboarding: [Place] = [
            Place("claim", "fdatasync", 1), Place("claim", "flock", 1), Place("claim", "write", 1),
            Place("create-agent", "rename", 1), Place("create-agent", "syncfs", 1), Place("create-agent", "rename", 2), Place("create-agent", "fsync", 2),
            Place("create-agent", "unlink", 2), Place("bind", "link", 1), Place("bind", "rename", 1), Place("bind", "fsync", 2), Place("bind", "unlink", 2),
            Place("commit", "fdatasync", 1), Place("commit", "pwrite64", 12), Place("commit", "write", 1),
        ]
        static let insideOffboarding: [Place] = [
            Place("claim --removal", "fdatasync", 1), Place("claim --removal", "write", 1),
            Place("bind --undo", "link", 1), Place("bind --undo", "rename", 1), Place("bind --undo", "fsync", 2), Place("bind --undo", "unlink", 2),
            Place("create-agent --undo", "rename", 1), Place("create-agent --undo", "rename", 2), Place("create-agent --undo", "rename", 3),
            Place("create-agent --undo", "rename", 4), Place("create-agent --undo", "unlink", 2),
            Place("commit", "fdatasync", 1), Place("commit", "pwrite64", 12), Place("commit", "write", 1),
        ]

        static let canTrace: Bool = {
            let tried = try? ChildProcess("/usr/bin/strace", ["-qq", "-o", "/dev/null", "/bin/true"], environment: [:]).run(
                input: [], deadline: Deadline(in: 10_000))
            return tried?.status == .exited(0)
        }()

        /// A body that kills the step at the place; `$DIR/ended` says how it ended.
        static func kill(at place: Place, _ more: String) -> String {
            """
            step=$(basename "$0")
            strace -f -qq -o /dev/null -e trace=\(place.call) -e inject=\(place.call):signal=KILL:when=\(place.number) '\(Scratch.commands)'/$step "$@"
            echo $? > "$DIR/ended"
            \(more)
            """
        }

        /// The step dies, and the orchestrator with it, as in a crash of the machine.
        @Test(.enabled(if: canTrace, "needs strace"), arguments: insideOnboarding) func insideAStepOfOnboarding(_ place: Place) throws {
            let bench = try Bench([place.step: Self.kill(at: place, Self.killParent)])
            #expect(try bench.run([], document(Self.phone)).code == 137)
            try expectKilled(bench, place)
            try bench.expectValid("\(place)")
            try bench.replace([:])
            try finish(bench, [], "\(place)")
        }

        /// Only the step dies: the orchestrator takes everything back, or the user exists.
        @Test(.enabled(if: canTrace, "needs strace"), arguments: insideOnboarding) func onlyTheStepOfOnboarding(_ place: Place) throws {
            let bench = try Bench([place.step: "if [ -e \"$DIR/ended\" ]; then real \"$@\"; exit; fi\n" + Self.kill(at: place, "kill -9 $$")])
            let result = try bench.run([], document(Self.phone))
            try expectKilled(bench, place)
            try bench.expectValid("\(place)")
            if place.step == "commit" {
                #expect(result.code == 0 && result.document.text("outcome") == "created", "\(place): \(result.err)")
                try bench.expectOne(Self.phone, "\(place)")
            } else {
                #expect(result.code == 75 && result.out.isEmpty, "\(place): \(result.code) \(result.err)")
                if place.step != "claim" { try bench.expectNobody("\(place)") }
            }
            try bench.replace([:])
            try finish(bench, [], "\(place)")
        }

        @Test(.enabled(if: canTrace, "needs strace"), arguments: insideOffboarding) func insideAStepOfOffboarding(_ place: Place) throws {
            for next in Self.nexts(place.number % 2 == 1) {
                let bench = try Bench()
                #expect(try bench.run([], document(Self.phone)).code == 0)
                try bench.replace([place.step: Self.kill(at: place, Self.killParent)])
                #expect(try bench.run(["--undo"], document(Self.phone)).code == 137)
                try expectKilled(bench, place)
                try bench.expectValid("\(place)")
                try bench.replace([:])
                try finish(bench, next, "\(place)")
            }
        }

        /// Every call that leaves a trace, in every step, there and back.
        @Test(.enabled(if: canTrace && OnboardTests.isLong, "needs strace and DCB_LONG=1"), arguments: ["onboarding", "offboarding"])
        func everywhere(_ way: String) throws {
            let calls = ["pwrite64", "write", "fdatasync", "fsync", "syncfs", "rename", "link", "unlink", "mkdir", "ftruncate", "flock"]
            var killed = 0
            for step in way == "onboarding" ? Self.onboarding.dropFirst() : Self.offboarding.dropFirst() {
                for call in calls {
                    var number = 1
                    while true {
                        let place = Place(step, call, number)
                        let bench = try Bench()
                        if way == "offboarding" { #expect(try bench.run([], document(Self.phone)).code == 0) }
                        try bench.replace([step: Self.kill(at: place, Self.killParent)])
                        #expect(try bench.run(way == "offboarding" ? ["--undo"] : [], document(Self.phone)).code == 137)
                        if try bench.scratch.text(bench.scratch.folder + "/ended") != "137\n" { break }
                        killed += 1
                        try bench.expectValid("\(place)")
                        try bench.replace([:])
                        try finish(bench, killed % 2 == 0 ? ["--undo"] : [], "\(place)")
                        number += call == "pwrite64" ? 3 : 1
                    }
                }
            }
            #expect(killed > 60)
        }

        private func expectKilled(_ bench: Bench, _ place: Place) throws {
            #expect(try bench.scratch.text(bench.scratch.folder + "/ended") == "137\n", "\(place) was not reached")
        }

        /// The next call ends whole; then the way back ends with nobody.
        private func finish(_ bench: Bench, _ next: [String], _ about: String) throws {
            let result = try bench.run(next, document(Self.phone))
            #expect(result.code == 0, "\(about), then \(next): \(result.err)")
            if next.isEmpty { try bench.expectOne(Self.phone, about) } else { try bench.expectNobody(about) }
            #expect(try bench.users().agents.count == (next.isEmpty ? 1 : 0), "\(about)")
            let staging = (try? Files.list(bench.scratch.state + "/.dcb/staging")) ?? []
            #expect(staging.isEmpty, "\(about): staging holds \(staging)")
        }
    }
}
