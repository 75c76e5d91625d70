import JSON
import Platform
import Testing
import TestSupport

extension OnboardTests {
    /// A claim whose owner stands still: others wait, take over by its rules, and the late owner can do nothing.
    @Suite struct Takeover {
        static let phone = "+15559010001"
        /// The claim gets no owner and a lease of a second, so that time alone ends it.
        static let shortLease = "shift 3; real claim --lease 1s \"$@\""
        static let wait = "touch \"$DIR/reached\"; while [ ! -e \"$DIR/go\" ]; do sleep 0.02; done; "

        /// Starts a slow onboarding, waits until it stands, runs the line, lets it go on; `$DIR/late.*` is what it says.
        private func race(_ bench: Bench, _ line: String, arguments: String = "") throws -> (Output, late: Output, code: String) {
            let result = try bench.shell(
                """
                echo '\(document(Self.phone, id: "late"))' > "$DIR/in"
                (dcb-onboard \(arguments) < "$DIR/in" > "$DIR/late.out" 2> "$DIR/late.err"; echo $? > "$DIR/late.code") &
                n=0; while [ ! -e "$DIR/reached" ]; do sleep 0.02; n=$((n + 1)); [ $n -lt 1500 ] || exit 9; done
                PATH='\(Scratch.commands)':$PATH
                \(line)
                code=$?; touch "$DIR/go"; wait; exit $code
                """)
            let late = try bench.shell("cat \"$DIR/late.out\"; cat \"$DIR/late.err\" >&2; exit $(cat \"$DIR/late.code\")")
            return (result, late, try bench.scratch.text(bench.scratch.folder + "/late.code"))
        }

        @Test(arguments: ["create-agent", "bind", "commit"]) func byAnotherOnboarding(_ step: String) throws {
            let bench = try Bench(["claim": Self.shortLease, step: Self.wait + "real \"$@\""])
            let (other, late, _) = try race(bench, "dcb-onboard < \"$DIR/in\"")
            #expect(other.code == 0 && other.document.text("outcome") == "created", "\(step): \(other.err)")
            let agent = try bench.expectOne(Self.phone, step)
            #expect(other.document.text("agentId") == agent)
            // The late one learns that the user exists, or that it lost; it never makes or takes anything.
            #expect(late.code == 0 ? late.document.text("agentId") == agent : late.code == 75, "\(step): \(late.code) \(late.out)\(late.err)")
            #expect(try bench.users().agents == [agent])
        }

        @Test(arguments: ["create-agent", "bind", "commit"]) func byAnOffboarding(_ step: String) throws {
            let bench = try Bench(["claim": Self.shortLease, step: Self.wait + "real \"$@\""])
            let (other, late, _) = try race(bench, "dcb-onboard --undo < \"$DIR/in\"")
            #expect(other.code == 0 && other.document.text("outcome") == "removed", "\(step): \(other.err)")
            #expect(late.code == 75 && late.out.isEmpty, "\(step): \(late.code) \(late.out)\(late.err)")
            try bench.expectNobody(step)
        }

        /// Removed and onboarded again meanwhile: the former agent stays dead, the new one unharmed.
        @Test(arguments: ["create-agent", "bind", "commit"]) func byBoth(_ step: String) throws {
            let bench = try Bench(["claim": Self.shortLease, step: Self.wait + "real \"$@\""])
            let (other, late, _) = try race(bench, "dcb-onboard --undo < \"$DIR/in\" && dcb-onboard < \"$DIR/in\"")
            #expect(other.code == 0, "\(step): \(other.err)")
            #expect(late.code != 0 && late.out.isEmpty, "\(step): \(late.code) \(late.out)\(late.err)")
            let agent = try bench.expectOne(Self.phone, step)
            #expect(other.documents.last?.text("agentId") == agent)
            #expect(try bench.users().agents == [agent])
        }

        /// A late offboarding does not take what was onboarded after it was taken over.
        @Test(arguments: ["bind --undo", "create-agent --undo", "commit"]) func ofAnOffboarding(_ step: String) throws {
            let bench = try Bench()
            #expect(try bench.run([], document(Self.phone)).code == 0)
            try bench.replace(["claim --removal": Self.shortLease, step: Self.wait + "real \"$@\""])
            let (other, late, _) = try race(bench, "dcb-onboard < \"$DIR/in\"", arguments: "--undo")
            #expect(other.code == 0 && other.document.text("outcome") == "created", "\(step): \(other.err)")
            #expect(late.out.isEmpty && late.code != 0, "\(step): \(late.code) \(late.out)\(late.err)")
            let agent = try bench.expectOne(Self.phone, step)
            #expect(other.document.text("agentId") == agent)
        }

        /// A stopped owner is alive: others get 75 and change nothing; it goes on as if nothing had been.
        @Test func ofAStoppedOwnerWaits() throws {
            let bench = try Bench(["bind": "touch \"$DIR/reached\"; kill -STOP $PPID; real \"$@\""])
            let (other, late, _) = try race(
                bench,
                """
                dcb-onboard --timeout 2s < "$DIR/in"; [ $? = 75 ] || exit 1
                dcb-onboard --undo --timeout 2s < "$DIR/in"; code=$?
                for p in /proc/[0-9]*; do [ "$(readlink $p/exe 2> /dev/null)" = "$DIR/commands/dcb-onboard" ] && kill -CONT ${p#/proc/}; done
                (exit $code)
                """)
            #expect(other.code == 75 && other.out.isEmpty, "\(other.out)\(other.err)")
            #expect(other.problems.map { $0.text("problem") ?? "" } == ["busy", "busy"])
            #expect(late.code == 0 && late.document.text("outcome") == "created", "\(late.err)")
            try bench.expectOne(Self.phone, "stopped")
        }

        /// A waiting call takes a killed owner's claim over at once, not after its lease.
        @Test func ofAKilledOwnerIsImmediate() throws {
            let bench = try Bench(["bind": "touch \"$DIR/reached\"; while [ ! -e \"$DIR/go\" ]; do sleep 0.02; done; kill -9 $PPID; exec sleep 60"])
            let (other, late, _) = try race(bench, "touch \"$DIR/go\"; dcb-onboard --timeout 30s < \"$DIR/in\"")
            #expect(other.code == 0, "\(other.err)")
            #expect(late.code == 137)
            try bench.expectOne(Self.phone, "killed")
        }

        /// What one group of a stream could not finish, a later group of the same stream finishes: its owner is the same process.
        @Test func ofOnesOwnInALaterGroup() throws {
            let bench = try Bench([
                "bind": "if [ -e \"$DIR/once\" ]; then real \"$@\"; exit; fi; real \"$@\" > /dev/null; exit 70",
                "bind --undo": "touch \"$DIR/once\"; exit 70",
            ])
            let result = try bench.shell(
                "(echo '\(document(Self.phone, id: "one"))'; n=0; while [ ! -e \"$DIR/once\" ] && [ $n -lt 1500 ]; do sleep 0.02; n=$((n + 1)); done; sleep 0.2; echo '\(document(Self.phone, id: "two"))') | dcb-onboard --timeout 3s"
            )
            #expect(result.problems.first?.text("problem") == "unfinished", "\(result.err)")
            #expect(result.documents.first?.text("requestId") == "two", "\(result.out)\(result.err)")
            try bench.expectOne(Self.phone, "the same stream")
        }

        /// A stream whose phones are busy takes each as it becomes free, and holds none while it waits for another:
        /// two streams that did would wait for each other.
        @Test(arguments: [[], ["--undo"]]) func nobodyIsHeldWhileAnotherIsWaitedFor(_ arguments: [String]) throws {
            let tried = "real \"$@\"; touch \"$DIR/tried\""
            let bench = try Bench(["claim": tried, "claim --removal": tried])
            let result = try bench.shell(
                """
                for p in 1 2; do echo "{\\"phone\\":\\"+1555902000$p\\"}"; done > "$DIR/in"
                dcb-state claim < "$DIR/in" > "$DIR/claims"; rm "$DIR/tried"
                (dcb-onboard \(arguments.joined()) --timeout 100s < "$DIR/in" > "$DIR/late.out"; echo $? > "$DIR/late.code") &
                n=0; while [ ! -e "$DIR/tried" ]; do sleep 0.05; n=$((n + 1)); [ $n -lt 600 ] || break; done
                head -1 "$DIR/claims" | dcb-state release > "$DIR/released"
                n=0; while ! grep -q outcome "$DIR/late.out"; do sleep 0.05; n=$((n + 1)); [ $n -lt 600 ] || break; done
                cat "$DIR/late.out"; tail -n 1 "$DIR/claims" | dcb-state release > "$DIR/released"; wait; cat "$DIR/late.code"
                """)
            #expect(result.documents.map { $0.text("phone") ?? "" } == ["+15559020001"], "\(result.out)\(result.err)")
            #expect(result.out.hasSuffix("0\n"), "\(result.out)\(result.err)")
            #expect(try bench.users().isWhole)
            #expect(try bench.users().agents.count == (arguments.isEmpty ? 2 : 0))
        }
    }
}
