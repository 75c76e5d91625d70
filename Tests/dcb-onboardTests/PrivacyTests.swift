import JSON
import Platform
import Testing
import TestSupport

extension OnboardTests {
    /// Who someone is stays out of logs, problems, arguments and environments.
    @Suite struct Privacy {
        static let secrets = [
            "HOOK_TOKEN": "tok-hook-81", "OPENCLAW_GATEWAY_TOKEN": "tok-gateway-82", "OPENCLAW_GATEWAY_PASSWORD": "pass-83", "DCB_API_SECRET": "sec-84",
            "AWS_SECRET_ACCESS_KEY": "aws-85", "OPENAI_API_KEY": "sk-86", "DCB_SIGNING_KEY": "key-87", "MYSELF": "ordinary-88",
        ]

        /// Every step notes its arguments and environment and goes on.
        static let recorder: [String: String] = {
            let note = "tr '\\0' '\\n' < /proc/$$/cmdline >> \"$DIR/seen\"; tr '\\0' '\\n' < /proc/$$/environ >> \"$DIR/seen\"; real \"$@\""
            let keys = Killed.onboarding + Killed.offboarding + Killed.undoing
            return Dictionary(keys.map { ($0, note) }, uniquingKeysWith: { first, _ in first })
        }()

        @Test func childrenSeeNoPersonAndNoSecret() throws {
            var standIns = Self.recorder
            let bench = try Bench(standIns)
            let person = "{\"phone\":\"+15556010001\",\"name\":\"Grace Hopper\",\"email\":\"grace.h@example.com\",\"requestId\":\"mine\"}\n"
            var said = ""
            for arguments in [["-v"], ["-v"], ["--undo", "-v"]] {
                let result = try bench.scratch.run(bench.onboard, arguments, input: person, environment: Self.secrets)
                #expect(result.code == 0)
                said += result.err
            }
            standIns["bind"] = "cat > /dev/null; exit 70"
            try bench.replace(standIns)
            said += try bench.scratch.run(bench.onboard, ["-v"], input: person, environment: Self.secrets).err
            let seen = try bench.scratch.text(bench.scratch.folder + "/seen")
            for key in ["claim", "commit", "release", "--removal", "--undo"] { #expect(seen.contains("\n\(key)\n"), "\(key) was not seen") }
            #expect(seen.contains("OPENCLAW_STATE_DIR="))
            for word in ["5556010001", "Grace", "grace.h", "ordinary-88"] + Self.secrets.values { #expect(!seen.contains(word), "\(word)") }
            for word in ["5556010001", "Grace", "grace.h"] { #expect(!said.contains(word), "\(word) in \(said)") }
        }

        /// Bad input of all kinds: none of it comes back in a problem.
        @Test(arguments: ["json", "text", "journal"]) func problemsTellNobody(_ format: String) throws {
            let bench = try Bench()
            let number = "5556020001"
            let inputs = [
                "{\"phone\":\"+1\(number) x5\"}", "{\"phone\":\"\(number)\"}", "{\"phone\":\"+1\(number)\",\"+1\(number)\":1}", "{\"phone\":\"+1\(number)",
                "{\"phone\":\"+1\(number)\",\"phone\":\"+1\(number)\"}", "{\"phone\":\"+1\(number)\",\"email\":\"grace.h@@example.com\"}",
                "{\"phone\":\"+1\(number)\",\"email\":\"grace.h@example.com\\n\"}", "{\"phone\":\"+1\(number)\",\"name\":\"Grace\\u0000Hopper\"}",
                "{\"phone\":\"1\(number)@g.us\"}", "{\"phone\":\"1\(number)@s.whatsapp.net.evil.example\"}", "{\"phone\":\"+１５５５６０２０００１\"}ｘ",
                "{\"phone\":\"+1-555-602-0001-\"}", "{\"phone\":[\"+1\(number)\"]}", "{\"phone\":\"+1\(number)\",\"timestamp\":\"+1\(number)\"}",
                "{\"phone\":\"+1\(number)\",\"language\":\"grace.h@example.com\"}", "+1\(number)", "{\"+1\(number)\":\"phone\"}",
                "{\"phone\":\"+1\(number)\",\"grace.h@example.com\":true}", "{\"phone\":\"+1\(number)\",\"requestId\":15556020001}",
            ]
            for input in inputs {
                let result = try bench.scratch.run(bench.onboard, ["--log", format], input: input + "\n")
                #expect(result.code == 65 && result.out.isEmpty && !result.err.isEmpty, "\(input): \(result.code) \(result.out)")
                let digits = result.err.filter { $0.isNumber || $0.isLetter || $0 == "." }
                for word in [number, "Grace", "grace.h"] { #expect(!result.err.contains(word) && !digits.contains(word), "\(input): \(result.err)") }
            }
        }

        /// Failures behind the boundary, where a problem speaks of a phone in its own words.
        @Test func failuresTellNobody() throws {
            let bench = try Bench()
            let phone = "+15556030001"
            var said = ""
            // Bound elsewhere by hand, channel disabled, config gone, no sandbox.
            try bench.scratch.write(
                Scratch.plainConfig.replacing(
                    "\"bindings\": []",
                    with:
                        "\"bindings\": [{\"agentId\":\"main\",\"match\":{\"channel\":\"whatsapp\",\"accountId\":\"*\",\"peer\":{\"kind\":\"direct\",\"id\":\"\(phone)\"}}}]"
                ),
                to: bench.scratch.config)
            let bound = try bench.run(["-v"], document(phone))
            #expect(bound.code == 65 && bound.problem == "phone-bound-elsewhere", "\(bound.err)")
            said += bound.err
            try bench.scratch.write(Scratch.plainConfig.replacing("\"pairing\"", with: "\"disabled\""), to: bench.scratch.config)
            said += try bench.run(["-v"], document(phone)).err
            try bench.scratch.write(Scratch.plainConfig, to: bench.scratch.config)
            #expect(try bench.run([], document(phone)).code == 0)
            // Someone else works on it.
            try bench.scratch.shell("echo '\(document(phone))' | dcb-state claim --removal")
            said += try bench.run(["-v", "--timeout", "1s"], document(phone)).err
            said += try bench.run(["-v", "--undo", "--timeout", "1s"], document(phone)).err
            try Files.remove(bench.scratch.config)
            said += try bench.run(["-v"], document("+15556030002")).err
            #expect(said.contains("\"problem\":\"busy\"") && said.contains("config-missing") && said.contains("channel-disabled"), "\(said)")
            for word in ["5556030001", "5556030002"] { #expect(!said.contains(word), "\(said)") }
            let audit = try bench.scratch.text(bench.scratch.state + "/audit/audit.jsonl")
            #expect(!audit.contains("555603"))
        }

        /// The keyring password is in the config and nowhere else.
        @Test func theKeyringPasswordStaysInTheConfig() throws {
            let bench = try Bench()
            let result = try bench.run(["-v"], document("+15556040001"))
            let config = try bench.scratch.configText()
            let match = try #require(config.firstMatch(of: /"GOG_KEYRING_PASSWORD": "([A-Za-z0-9_-]{43})"/))
            let password = String(match.1)
            #expect(!(result.out + result.err).contains(password))
            #expect(try bench.shell("grep -rlF -e '\(password)' \"$DIR/state\"").out == "\(bench.scratch.config)\n")
            try bench.run(["--undo"], document("+15556040001"))
            #expect(try bench.shell("cd \"$DIR/state\"; grep -rlF -e '\(password)' . | sed 's/user_[^/]*/ID/'").out == "./trash/ID/entry.json\n")
        }
    }

    /// The caller's own requestId, and its absence.
    @Suite struct RequestID {
        @Test func comesBackAsItCame() throws {
            let bench = try Bench()
            let ids = ["a", "a", "a", "j1", "j2", "", "ü ✓ \\\"quoted\\\"", String(repeating: "x", count: 64)]
            var lines = ids.enumerated().map { document("+155570100\(10 + $0)", id: $1) }
            lines += ["{\"phone\":\"+15557010050\"}", "{\"requestId\":\"j3\",\"phone\":\"+1 555 701 0010\"}", "{\"phone\":\"+15557010010\"}"]
            let again = lines.joined(separator: "\n")
            for (round, arguments) in [[], [], ["--undo"], ["--undo"]].enumerated() {
                let result = try bench.scratch.run(bench.onboard, arguments, input: again)
                #expect(result.code == 0, "\(result.err)")
                func expected(_ n: Int) -> [String] {
                    result.documents.filter { $0.text("phone") == "+155570100\(10 + n)" }.map { $0.text("requestId") ?? "absent" }.sorted()
                }
                #expect(expected(0) == ["a", "absent", "j3"], "round \(round)")
                for n in 1..<5 { #expect(expected(n) == [ids[n]]) }
                #expect(expected(5) == [""])
                #expect(expected(6) == ["ü ✓ \"quoted\""])
                #expect(expected(7) == [ids[7]])
                #expect(expected(40) == ["absent"])
                #expect(result.documents.count == lines.count)
            }
        }

        @Test func comesBackInProblems() throws {
            let bench = try Bench(["bind": "cat > /dev/null; exit 70"])
            let result = try bench.run(
                [], document("+15557020001", id: "dup"), document("+15557020002", id: "dup"), document("+15557020003"), document("bad", id: "dup"))
            #expect(result.code == 70)
            #expect(result.problems.count == 4)
            for problem in result.problems { #expect(problem.text("requestId") == (problem["line"]?.intValue == 3 ? nil : "dup")) }
            #expect(result.problems.compactMap { $0["line"]?.intValue }.sorted() == [1, 2, 3, 4])
            try bench.expectNobody("problems")
        }

        @Test func thatIsNoneIsRefused() throws {
            let bench = try Bench()
            for id in ["7", "null", "{}", "\"\(String(repeating: "x", count: 65))\""] {
                let result = try bench.run([], "{\"phone\":\"+15557030001\",\"requestId\":\(id)}")
                #expect(result.code == 65 && result.out.isEmpty, "\(id)")
            }
        }

        /// What a private id looks like in an answer never gets out.
        @Test func ofOurOwnStaysInside() throws {
            let bench = try Bench()
            let result = try bench.run([], document("+15557040001"), document("+15557040001"), document("no phone"))
            #expect(!(result.out + result.err).contains("requestId"), "\(result.out)\(result.err)")
        }
    }
}
