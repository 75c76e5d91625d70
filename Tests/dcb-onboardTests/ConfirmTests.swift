import JSON
import Platform
import TestSupport
import Testing

extension OnboardTests {
    /// With a gateway known: what `--confirm` waits for, and what becomes of people when the gateway does not behave.
    @Suite struct Confirm {
        static let confirm = ["--confirm", "60s"]

        private func bench(_ lines: [String], config: String = Scratch.plainConfig) throws -> (Bench, GatewayStandin) {
            let bench = try Bench(config: config)
            return (bench, try GatewayStandin(bench.scratch, lines))
        }

        @Test func blindFromTheStart() throws {
            let (bench, gateway) = try bench(["always blind"])
            for number in 1...2 {
                let phone = "+1555601000\(number)"
                let output = try bench.run(Self.confirm, document(phone, id: "mine"))
                #expect(output.code == 0 && output.problems.isEmpty, "\(output.err)")
                let answer = output.document
                #expect(answer.text("outcome") == "created" && answer["applied"] == true && answer.text("status") == "pending_welcome")
                #expect(answer.text("requestId") == "mine")
                let agent = try bench.expectOne(phone, "blind")
                #expect(answer["routedTo"] == ["config": .string(agent), "gateway": .string(agent)])
                #expect(try gateway.calls("config.apply") == number)
            }
        }

        @Test func blindAndWithComments() throws {
            let (bench, gateway) = try bench(["always blind"], config: "// by hand\n" + Scratch.plainConfig)
            let output = try bench.run(["--confirm", "3s"], document("+15556020001"))
            #expect(output.code == 0 && output.problems.isEmpty)
            #expect(output.document.text("outcome") == "created" && output.document["applied"] == false && output.document.text("status") == "new")
            #expect(output.document.text("hint")?.contains("comments") == true)
            #expect(try gateway.calls("config.apply") == 0)
            #expect(try bench.scratch.configText().hasPrefix("// by hand\n"))
            try bench.expectOne("+15556020001", "comments")
        }

        /// Without it nobody is asked.
        @Test func pendingWhenItIsNotWaitedFor() throws {
            let (bench, gateway) = try bench([])
            #expect(try bench.run([], document("+15556030001")).document["applied"] == "pending")
            #expect(try bench.run([], document("+15556030001")).document["applied"] == "pending")
            #expect(try bench.run(["-n"] + Self.confirm, document("+15556030002")).document["applied"] == "pending")
            #expect(try gateway.log().filter { $0.text("event") == "call" }.isEmpty)
            // Who comes again with it hears more.
            let again = try bench.run(Self.confirm, document("+15556030001")).document
            #expect(again.text("outcome") == "existing" && again["applied"] == true && again.text("status") == "pending_welcome")
            let bare = try Bench()
            #expect(try bare.run(["--confirm", "1h"], document("+15556030003")).document["applied"] == "unknown")
        }

        /// A bad line, the same phone twice, an existing one: each answer is whole.
        @Test func oneQuestionForTheGroup() throws {
            let (bench, gateway) = try bench([])
            #expect(try bench.run([], document("+15556040001")).code == 0)
            let output = try bench.run(
                Self.confirm, document("+15556040001", id: "a"), document("nobody", id: "b"), document("+15556040002", id: "c"),
                document("+15556040002", id: "d"))
            #expect(output.code == 65 && output.problems.compactMap { $0.text("requestId") } == ["b"])
            let answers = Dictionary(uniqueKeysWithValues: output.documents.map { ($0.text("requestId") ?? "", $0) })
            #expect(answers["a"]?.text("outcome") == "existing" && answers["c"]?.text("outcome") == "created" && answers["d"]?.text("outcome") == "existing")
            #expect(output.documents.count == 3 && output.documents.allSatisfy { $0["applied"] == true && $0["routedTo"] != nil }, "\(output.out)")
            #expect(output.documents.allSatisfy { $0.text("status") == "pending_welcome" })
            #expect(try gateway.calls("agents.list") == 0)
        }

        /// Between any two calls, and in the middle of one: nobody is doubled, nobody is half made, and the next call ends well.
        @Test(arguments: ["config.get 1", "config.get 2", "config.apply 1"], ["before", "after"]) func theGatewayDies(_ call: String, _ when: String) throws {
            let (bench, gateway) = try bench(["always blind", "\(when) \(call) die"])
            let output = try bench.run(["--confirm", "7s"], document("+15556050001"))
            #expect(output.code == 0 && output.document.text("outcome") == "created" && output.document["applied"] == false, "\(output.out)\(output.err)")
            let agent = try bench.expectOne("+15556050001", "\(when) \(call)")
            try gateway.misbehave([])
            try gateway.startAgain()
            let again = try bench.run(Self.confirm, document("+15556050001")).document
            #expect(again.text("outcome") == "existing" && again["applied"] == true && again.text("agentId") == agent)
            #expect(try bench.expectOne("+15556050001", "\(when) \(call)") == agent)
        }

        @Test(arguments: ["config.get 1", "config.get 2", "config.apply 1"], ["before", "after"]) func theGatewayRestarts(_ call: String, _ when: String) throws
        {
            let (bench, gateway) = try bench(["always blind", "\(when) \(call) restart 200", "always slow 100"])
            let output = try bench.run(Self.confirm, document("+15556060001"))
            #expect(output.code == 0 && output.document["applied"] == true, "\(output.out)\(output.err)")
            #expect(try gateway.log().contains { $0.text("event") == "started" })
            try bench.expectOne("+15556060001", "\(when) \(call)")
        }

        /// Killed while it waits: the user exists, and the next call says so.
        @Test(arguments: ["KILL", "TERM"]) func killedWhileItWaits(_ signal: String) throws {
            let (bench, gateway) = try bench([])
            gateway.freeze()
            let started = try bench.scratch.start("dcb-onboard", ["--confirm", "1h"], [["phone": "+15556070001"]])
            try until(seconds: 60, "the wait") {
                let pid = started.pid ?? 0
                return try bench.shell("for c in $(cat /proc/\(pid)/task/\(pid)/children); do grep -qa -e --ask /proc/$c/cmdline && exit 0; done; exit 1").code
                    == 0
            }
            try bench.scratch.run("/bin/sh", ["-c", "kill -\(signal) \(started.pid ?? 0)"])
            let output = try started.wait(seconds: 60)
            if signal == "TERM" {
                #expect(output.code == 143)
                #expect(output.document.text("outcome") == "created" && output.document["applied"] != true, "\(output.out)\(output.err)")
            } else {
                #expect(output.code == 137 && output.out.isEmpty)
            }
            let agent = try bench.expectOne("+15556070001", signal)
            gateway.thaw()
            let again = try bench.run(Self.confirm, document("+15556070001")).document
            #expect(again.text("outcome") == "existing" && again["applied"] == true && again.text("agentId") == agent)
        }

        /// A setting that is wrong costs the confirmation, not the user.
        @Test(arguments: ["http://localhost:1", "no token"]) func wrongSettings(_ setting: String) throws {
            let (bench, gateway) = try bench([])
            if setting == "no token" {
                bench.scratch.environment["DCB_GATEWAY_TOKEN_FILE"] = bench.scratch.folder + "/absent"
            } else {
                bench.scratch.environment["DCB_GATEWAY_URL"] = setting
            }
            let output = try bench.run(Self.confirm, document("+15556080001"))
            #expect(output.code == 0 && output.document.text("outcome") == "created" && output.document["applied"] == "pending", "\(output.out)")
            #expect(output.document.text("hint")?.contains("--gateway") == true, "\(output.out)")
            #expect(try gateway.log().filter { $0.text("event") == "call" }.isEmpty)
            try bench.expectOne("+15556080001", setting)
        }

        // MARK: - Many

        /// 300 phones: two replacements a group, whether they come as one stream or as thirty, and whatever bursts do to the watcher.
        @Test(arguments: [1, 30]) func threeHundredPhones(_ streams: Int) throws {
            let (bench, gateway) = try bench([])
            let watch = try RenameWatch(folder: bench.scratch.state, name: "openclaw.json")
            let each = 300 / streams
            for stream in 1...streams {
                let lines = (1...each).map { document("+1555609\(String(1000 + (stream - 1) * each + $0))") + "\n" }
                try bench.scratch.write(lines.joined(), to: bench.scratch.folder + "/in.\(stream)")
            }
            try bench.shell(
                """
                for i in $(seq \(streams)); do
                  (dcb-onboard --timeout 300s --confirm 300s < "$DIR/in.$i" > "$DIR/out.$i" 2> "$DIR/err.$i"; echo $? > "$DIR/code.$i") &
                done; wait
                """, timeoutSeconds: 900)
            let errors = try bench.shell("cat \"$DIR\"/err.*").out
            #expect(try bench.shell("cat \"$DIR\"/code.* | sort | uniq -c | tr -d ' \\n'").out == "\(streams)0", "\(errors)")
            let answers = Output.objects(try bench.shell("cat \"$DIR\"/out.*").out)
            #expect(answers.count == 300)
            #expect(answers.allSatisfy { $0.text("outcome") == "created" && $0["applied"] == true && $0.text("status") == "pending_welcome" })
            let nudges = try gateway.calls("config.apply")
            let replaced = try watch.count() - nudges
            #expect(replaced <= (streams == 1 ? 4 : 65), "\(replaced) replacements, \(nudges) nudges")
            #expect(nudges <= streams)
            let users = try bench.users()
            #expect(users.rows.count == 300 && users.isWhole)
        }

        // MARK: - The token

        /// Not in arguments, environments, outputs, logs, or any file but its own.
        @Test func theTokenStaysInItsFile() throws {
            let note = "{ tr '\\0' '\\n' < /proc/$$/environ; tr '\\0' '\\n' < /proc/$$/cmdline; } >> \"$DIR/seen\"; real \"$@\""
            let bench = try Bench(["claim": note, "create-agent": note, "bind": note, "commit": note, "validate": note])
            let gateway = try GatewayStandin(bench.scratch, ["always blind"])
            bench.scratch.environment["OPENCLAW_GATEWAY_TOKEN"] = GatewayStandin.token
            bench.scratch.environment["DCB_GATEWAY_TOKEN"] = GatewayStandin.token
            var said = ""
            func take(_ output: Output) { said += output.out + output.err }
            take(try bench.run(["-v", "--log", "json"] + Self.confirm, document("+15556100001")))
            #expect(try gateway.calls("config.apply") == 1)
            for lines in [["always unauthorised"], ["always rubbish html"], ["always limited 999999", "always blind"]] {
                try gateway.misbehave(lines)
                take(try bench.run(["-v", "--log", "text", "--confirm", "1s"], document("+15556100002")))
                let again = try bench.scratch.run("dcb-onboard", ["+15556100002"]).document
                take(try bench.scratch.step("dcb-bind", ["--ask", "--wait", "1s", "--require-applied", "-v"], [again]))
            }
            // Given in the wrong place it is not repeated either.
            for words in [["--gateway", "http://x:\(GatewayStandin.token)@127.0.0.1:1"], ["--gateway-token-file", GatewayStandin.token]] {
                let again = try bench.scratch.run("dcb-onboard", ["+15556100002"]).document
                let output = try bench.scratch.step("dcb-bind", ["--ask"] + words, [again])
                #expect(output.code == (words[0] == "--gateway" ? 64 : 78))
                take(output)
            }
            #expect(said.contains("\"applied\":true") && said.contains("does not accept the token"))
            #expect(!said.contains(GatewayStandin.token))
            #expect(try bench.scratch.text(bench.scratch.folder + "/seen").contains("--gateway-token-file") == false)
            let found = try bench.scratch.run("/bin/grep", ["-rlF", GatewayStandin.token, bench.scratch.folder]).out
            #expect(found.split(separator: "\n").allSatisfy { $0.hasSuffix(".token") } && found.contains(".token"), "\(found)")
        }
    }
}
