import JSON
import Platform
import Testing
import TestSupport

extension OnboardTests {
    /// Many at once: as processes, and as one stream.
    @Suite(.serialized) struct Crowd {
        /// Another process makes the record between two looks of ours at the place where it will be.
        @Test(.enabled(if: Killed.canTrace, "needs strace")) func aRecordThatComesBetweenTwoLooks() throws {
            let scratch = try Scratch()
            let record = scratch.state + "/onboarding.db"
            let slowly = ["-f", "-qq", "-o", scratch.folder + "/trace", "-P", record, "-e", "inject=access,faccessat,faccessat2:delay_enter=2000000"]
            let slow = try scratch.start("/usr/bin/strace", slowly + [Scratch.commands + "/dcb-state", "claim"], [["phone": "+15552000001"]])
            try until("the first look") {
                try Files.readIfPresent(scratch.folder + "/trace").map { String(decoding: $0, as: UTF8.self).contains("O_RDONLY") } ?? false
            }
            #expect(try scratch.step("dcb-state", ["claim"], [["phone": "+15552000002"]]).code == 0)
            let output = try slow.wait(seconds: 120)
            #expect(output.code == 0, "\(output.err)")
        }

        @Test func twoHundredDifferentPhonesAtOnce() throws {
            let bench = try Bench()
            // A debug build on a busy machine takes minutes for 200.
            let count = OnboardTests.isLong || !Scratch.isDebugBuild ? 200 : 40
            try bench.shell(
                """
                for i in $(seq \(count)); do
                  (printf '{"phone":"+1555200%04d"}\\n' $i | dcb-onboard > "$DIR/out.$i" 2> "$DIR/err.$i"; echo $? > "$DIR/code.$i") &
                done; wait
                """, timeoutSeconds: 300)
            let codes = try bench.shell("cat \"$DIR\"/code.* | sort | uniq -c | tr -d ' \\n'").out
            let errors = try bench.shell("cat \"$DIR\"/err.*").out
            #expect(codes == "\(count)0", "\(errors)")
            let answers = Output.objects(try bench.shell("cat \"$DIR\"/out.*").out)
            #expect(answers.count == count)
            #expect(answers.allSatisfy { $0.text("outcome") == "created" })
            #expect(Set(answers.compactMap { $0.text("agentId") }).count == count)
            let users = try bench.users()
            #expect(users.rows.count == count && Set(users.agents).count == count && Set(users.allowed).count == count)
            #expect(users.isWhole, "\(users)")
            try bench.expectValid("200 at once")
        }

        @Test func theSamePhoneFiftyTimesAtOnce() throws {
            let bench = try Bench()
            try bench.shell(
                """
                for i in $(seq 50); do
                  (echo '{"phone":"+15552010001"}' | dcb-onboard > "$DIR/out.$i" 2> "$DIR/err.$i"; echo $? > "$DIR/code.$i") &
                done; wait
                """)
            let errors = try bench.shell("cat \"$DIR\"/err.*").out
            #expect(try bench.shell("cat \"$DIR\"/code.* | sort | uniq -c | tr -d ' \\n'").out == "500", "\(errors)")
            let answers = Output.objects(try bench.shell("cat \"$DIR\"/out.*").out)
            #expect(answers.filter { $0.text("outcome") == "created" }.count == 1)
            #expect(answers.filter { $0.text("outcome") == "existing" }.count == 49)
            let agent = try bench.expectOne("+15552010001", "50 at once")
            #expect(answers.allSatisfy { $0.text("agentId") == agent })
            #expect(try bench.users().agents == [agent])
        }

        /// 500 good and 20 bad lines in one stream: few replacements of the config, and the bad ones cost only themselves.
        @Test func fiveHundredPhonesInOneStream() throws {
            let bench = try Bench()
            let bad = [
                "{\"phone\":\"555 1234\",\"requestId\":\"R\"}", "{\"phone\":\"+15552020001\",\"age\":3,\"requestId\":\"R\"}", "{\"requestId\":\"R\"}",
                "{\"phone\":\"+15552020002\",\"email\":\"nobody\",\"requestId\":\"R\"}", "{\"phone\":15552020003,\"requestId\":\"R\"}",
            ]
            var lines: [String] = []
            var badLines: [Int: String] = [:]
            for i in 1...500 {
                lines.append(document("+1555203\(String(1000 + i))", id: "good\(i)"))
                if i % 25 == 0 {
                    let id = "bad\(i)"
                    lines.append(bad[i / 25 % bad.count].replacing("\"R\"", with: "\"\(id)\""))
                    badLines[lines.count] = id
                }
            }
            let watch = try RenameWatch(folder: bench.scratch.state, name: "openclaw.json")
            let result = try bench.scratch.run(bench.onboard, input: lines.joined(separator: "\n") + "\n")
            let replacements = try watch.count()
            #expect((2...6).contains(replacements), "\(replacements) replacements")
            #expect(result.code == 65)
            #expect(Set(result.documents.compactMap { $0.text("requestId") }) == Set((1...500).map { "good\($0)" }))
            #expect(result.documents.count == 500 && result.documents.allSatisfy { $0.text("outcome") == "created" })
            #expect(result.problems.count == 20)
            for problem in result.problems {
                let line = problem["line"]?.intValue ?? 0
                #expect(badLines[line] == problem.text("requestId"), "line \(line)")
                #expect(problem["exit"]?.intValue == 65)
            }
            #expect(Set(result.problems.compactMap { $0["line"]?.intValue }) == Set(badLines.keys))
            let users = try bench.users()
            #expect(users.rows.count == 500)
            #expect(users.isWhole)
        }

        /// Lines that are no document at all have no requestId, but a line.
        @Test func whatIsNoDocumentCostsItsLineOnly() throws {
            let bench = try Bench()
            let long = String(repeating: "x", count: 1 << 20)
            let result = try bench.run(
                [], document("+15552040001"), "not json", "[1]", document("+15552040002"), "{\"phone\":\"+15552040003\",\"phone\":\"+15552040004\"}", "",
                "{\"phone\":\"\(long)\"}", document("+15552040005"))
            #expect(result.code == 65)
            #expect(result.documents.compactMap { $0.text("phone") }.sorted() == ["+15552040001", "+15552040002", "+15552040005"])
            #expect(result.problems.compactMap { $0["line"]?.intValue }.sorted() == [2, 3, 5, 7])
            #expect(result.problems.compactMap { $0.text("problem") } == ["not-json", "not-json", "not-json", "too-large"])
        }

        @Test func aPhoneRepeatedInAStreamIsCreatedOnce() throws {
            let bench = try Bench()
            let spellings = ["+15552050001", "+1 (555) 205-0001", "0015552050001", "tel:+1-555-205-0001"]
            let lines = spellings.enumerated().map { "{\"phone\":\"\($1)\",\"name\":\"Name \($0)\",\"requestId\":\"r\($0)\"}" }
            let result = try bench.scratch.run(bench.onboard, input: (lines + [document("+15552050002")]).joined(separator: "\n"))
            #expect(result.code == 0)
            func outcome(_ id: String) -> String? { result.documents.first { $0.text("requestId") == id }?.text("outcome") }
            #expect(outcome("r0") == "created")
            for i in 1...3 { #expect(outcome("r\(i)") == "existing") }
            let mine = result.documents.filter { $0.text("phone") == "+15552050001" }
            #expect(mine.count == 4 && Set(mine.compactMap { $0.text("agentId") }).count == 1)
            #expect(try bench.scratch.run("dcb-state", ["get", "+15552050001"]).document.text("name") == "Name 0")
            try bench.expectOne("+15552050001", "repeated")
        }

        /// Two streams with the same phones in opposite order wait for each other without a deadlock.
        @Test func opposedStreams() throws {
            let bench = try Bench()
            try bench.shell(
                """
                for n in 1 2 3 4; do
                  for i in $(seq 60); do [ $((n % 2)) = 0 ] && p=$i || p=$((61 - i)); printf '{"phone":"+1555206%04d"}\\n' $p; done > "$DIR/in.$n"
                done
                for n in 1 2 3 4; do (dcb-onboard < "$DIR/in.$n" > "$DIR/out.$n" 2> "$DIR/err.$n"; echo $? > "$DIR/code.$n") & done; wait
                """)
            let errors = try bench.shell("cat \"$DIR\"/err.*").out
            #expect(try bench.shell("cat \"$DIR\"/code.*").out == "0\n0\n0\n0\n", "\(errors)")
            let answers = Output.objects(try bench.shell("cat \"$DIR\"/out.*").out)
            #expect(answers.count == 240)
            #expect(answers.filter { $0.text("outcome") == "created" }.count == 60)
            let users = try bench.users()
            #expect(users.rows.count == 60 && users.isWhole, "\(users)")
        }

        /// Onboarding and offboarding of one phone at once: each call has its answer, and the end is whole.
        @Test func thereAndBackAtOnce() throws {
            let bench = try Bench()
            let count = OnboardTests.isLong ? 50 : 25
            try bench.shell(
                """
                for i in $(seq \(count)); do
                  (echo '{"phone":"+15552070001"}' | dcb-onboard > "$DIR/out.a$i" 2> "$DIR/err.a$i"; echo $? > "$DIR/code.a$i") &
                  (echo '{"phone":"+15552070001"}' | dcb-onboard --undo > "$DIR/out.b$i" 2> "$DIR/err.b$i"; echo $? > "$DIR/code.b$i") &
                done; wait
                """, timeoutSeconds: 200)
            let codes = try bench.shell("cat \"$DIR\"/code.* | sort -u | tr '\\n' ' '").out
            let errors = try bench.shell("cat \"$DIR\"/err.* | sort | uniq -c").out
            #expect(codes == "0 ", "\(errors)")
            let users = try bench.users()
            #expect(users.isWhole, "\(users)")
            #expect(users.rows.filter { $0.status != "cancelled" }.count <= 1)
            try bench.expectValid("there and back")
            let answers = Output.objects(try bench.shell("cat \"$DIR\"/out.*").out)
            let created = answers.filter { $0.text("outcome") == "created" }
            let removed = answers.filter { $0.text("outcome") == "removed" }
            #expect(created.count - removed.count == users.rows.filter { $0.status != "cancelled" }.count)
            #expect(Set(created.compactMap { $0.text("agentId") }).count == created.count)
            try bench.run([], document("+15552070001"))
            try bench.expectOne("+15552070001", "afterwards")
        }

        /// Ten thousand documents: every one answered, in bounded memory. The users were there before, so that the stream is what is tested.
        @Test func tenThousandDocuments() throws {
            let bench = try Bench()
            let count = OnboardTests.isLong ? 10_000 : 2_000
            #expect(try bench.run([], document("+15552080001")).code == 0)
            // A sanitizer takes terabytes of addresses for itself.
            let bound = Skip.sanitizer == nil ? "ulimit -v 400000; " : ""
            let result = try bench.shell(
                """
                i=0; while [ $i -lt \(count) ]; do i=$((i + 1)); echo "{\\"phone\\":\\"+15552080001\\",\\"requestId\\":\\"r$i\\"}"; done > "$DIR/in"
                \(bound)dcb-onboard < "$DIR/in" > "$DIR/out"; echo $?; wc -l < "$DIR/out"; grep -o '"requestId":"r[0-9]*"' "$DIR/out" | sort -u | wc -l
                """)
            #expect(result.out.split(separator: "\n").map { $0.filter { $0 != " " } } == ["0", "\(count)", "\(count)"], "\(result.err)")
        }
    }
}
