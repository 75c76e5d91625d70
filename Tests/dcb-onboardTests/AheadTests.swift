import Platform
import Testing
import TestSupport

extension OnboardTests {
    /// While a step works, the process of the next one is there already; but for a new agent's, which only the claim can tell of.
    @Suite struct Ahead {
        @Test(arguments: [[], ["--undo"]]) func theNextStepIsStartedMeanwhile(_ words: [String]) throws {
            let keys =
                words.isEmpty
                ? ["validate", "claim", "create-agent", "bind", "commit"] : ["validate", "claim --removal", "bind --undo", "create-agent --undo", "commit"]
            let bench = try Bench()
            if !words.isEmpty { #expect(try bench.run([], document("+15555030001")).code == 0) }
            var bodies = Dictionary(uniqueKeysWithValues: keys.map { ($0, "touch \"$DIR/started $key\"; real \"$@\"") })
            let ahead = zip(keys, keys.dropFirst()).filter { $0.0 != "claim" }
            for (key, next) in ahead {
                bodies[key] = """
                    touch "$DIR/started $key"; cat > "$DIR/input $key"
                    n=0; until [ -e "$DIR/started \(next)" ] || [ $n = 100 ]; do sleep 0.1; n=$((n + 1)); done
                    [ $n = 100 ] || touch "$DIR/ahead $key"
                    real "$@" < "$DIR/input $key"
                    """
            }
            try bench.replace(bodies, early: true)
            let result = try bench.run(words, document("+15555030001"))
            #expect(result.code == 0, "\(result.err)")
            for (key, _) in ahead { #expect(Files.exists(bench.scratch.folder + "/ahead \(key)"), "\(key) worked, and nothing waited behind it") }
        }

        /// What was started ahead is what is run: nothing is started twice. Of a machine that needs half a second for a step another wait is right.
        @Test func nothingIsStartedTwice() throws {
            let note = "echo $key >> \"$DIR/starts\"; real \"$@\""
            let keys = ["validate", "claim", "create-agent", "bind", "commit"]
            let bench = try Bench(Dictionary(uniqueKeysWithValues: keys.map { ($0, note) }), early: true)
            var starts: [Substring] = []
            for attempt in 0..<20 {
                try Files.remove(bench.scratch.folder + "/starts")
                #expect(try bench.run([], document("+155550301\(10 + attempt)")).code == 0)
                starts = try bench.scratch.text(bench.scratch.folder + "/starts").split(separator: "\n")
                if starts.sorted() == keys.map { $0[...] }.sorted() { return }
            }
            Issue.record("each time a step was started twice: \(starts)")
        }

        /// What was started and is not needed has had no effect and is gone with the command.
        @Test func whatIsNotNeededIsGone() throws {
            let note = "echo $$ >> \"$DIR/pids\"; exec '\(Scratch.commands)'/$(basename \"$0\") \"$@\""
            let bench = try Bench(["claim": note, "create-agent": note, "bind": note, "commit": note], early: true)
            #expect(try bench.run([], document("+15555030002")).code == 0)
            #expect(try bench.run([], document("+15555030002")).document.text("outcome") == "existing")
            #expect(try bench.run([], document("no phone")).code == 65)
            for pid in try bench.scratch.text(bench.scratch.folder + "/pids").split(separator: "\n") {
                #expect(!Files.exists("/proc/\(pid)"), "process \(pid) is still there")
            }
            try bench.expectOne("+15555030002", "existing")
        }
    }
}
