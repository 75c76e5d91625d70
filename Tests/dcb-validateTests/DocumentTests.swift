import JSON
import Platform
import TestSupport
import Testing

/// What counts as a document. No state folder is needed: this command reads none.
@Suite struct DocumentTests {
    private func validate(_ input: String, _ arguments: [String] = []) throws -> Output {
        try Scratch(config: nil).run("dcb-validate", arguments, input: input)
    }

    /// Bytes that need not be UTF-8, made by printf(1).
    private func validate(printf format: String) throws -> Output {
        let scratch = try Scratch(config: nil)
        return try scratch.shell("printf '\(format)' | dcb-validate")
    }

    static let good = #"{"phone":"+15551230001"}"#

    /// Each is refused with one problem, and the good document behind it is answered.
    static let refused: [(String, String)] = [
        ("duplicate members", #"{"phone":"+15551230002","phone":"+15551230003"}"#),
        ("duplicate by escape", #"{"phone":"+15551230002","\u0070hone":"+15551230003"}"#),
        ("duplicate further in", #"{"phone":"+15551230002","name":{"a":1,"a":2}}"#),
        ("trailing comma", #"{"phone":"+15551230002",}"#),
        ("two commas", #"{"phone":"+15551230002",,"name":"A"}"#),
        ("trailing text", #"{"phone":"+15551230002"} x"#),
        ("two objects on a line", #"{"phone":"+15551230002"}{"phone":"+15551230003"}"#),
        ("two objects with a comma", #"{"phone":"+15551230002"},{"phone":"+15551230003"}"#),
        ("array", #"[{"phone":"+15551230002"}]"#), ("number", "15551230002"), ("string", #""+15551230002""#), ("null", "null"), ("true", "true"),
        ("words", "hello"), ("comment", #"{"phone":"+15551230002"} // x"#), ("single quotes", "{'phone':'+15551230002'}"),
        ("bare key", #"{phone:"+15551230002"}"#), ("not closed", #"{"phone":"+15551230002""#), ("half a string", #"{"phone":"+1555"#),
        ("control character", "{\"phone\":\"+1555\t1230002\"}"), ("NUL", "{\"phone\":\"+15551230002\u{0}\"}"), ("NUL alone", "\u{0}"),
        ("lone high surrogate", #"{"phone":"+15551230002","name":"\ud800"}"#), ("lone low surrogate", #"{"phone":"+15551230002","name":"\udc00x"}"#),
        ("surrogates the wrong way round", #"{"phone":"+15551230002","name":"\udc00\ud800"}"#),
        ("byte order mark", "\u{feff}" + #"{"phone":"+15551230002"}"#), ("bad escape", #"{"phone":"+15551230002","name":"\x41"}"#),
        ("leading zero", #"{"phone":"+15551230002","timestamp":01}"#), ("hexadecimal", #"{"phone":"+15551230002","timestamp":0x10}"#),
        ("NaN", #"{"phone":"+15551230002","timestamp":NaN}"#), ("depth 65", String(repeating: "[", count: 65) + String(repeating: "]", count: 65)),
        ("deeper than any stack", String(repeating: #"{"a":"#, count: 100_000)),
        ("vertical tab", "\u{b}{\"phone\":\"+15551230002\"}"), ("no-break space", "\u{a0}{\"phone\":\"+15551230002\"}"),
    ]

    @Test(arguments: refused) func isRefused(_ what: String, _ text: String) throws {
        let output = try validate(text + "\n" + DocumentTests.good + "\n")
        #expect(output.code == 65)
        #expect(output.out == DocumentTests.good + "\n")
        #expect(output.problems.count == 1)
        #expect(output.problem == "not-json")
        #expect(output.problems.first?["line"]?.intValue == 1)
        #expect(output.err.split(separator: "\n").count == 1)
    }

    @Test(arguments: [
        ("invalid UTF-8", #"{"phone":"+15551230002","name":"\\377"}"#), ("cut off UTF-8", #"{"phone":"+15551230002","name":"\\303"}"#),
        ("overlong UTF-8", #"{"phone":"+15551230002","name":"\\300\\257"}"#), ("UTF-8 of a surrogate", #"{"phone":"+15551230002","name":"\\355\\240\\200"}"#),
        ("beyond Unicode", #"{"phone":"+15551230002","name":"\\364\\220\\200\\200"}"#), ("UTF-16", #"\\376\\377\\000{"#),
    ]) func isNotUTF8(_ what: String, _ format: String) throws {
        let output = try validate(printf: format.split(separator: "\\\\").joined(separator: "\\") + "\\n" + DocumentTests.good + "\\n")
        #expect(output.code == 65)
        #expect(output.out == DocumentTests.good + "\n")
        #expect(output.problems.count == 1 && output.problem == "not-json")
    }

    /// 64 levels are taken by the reader, and what is wrong is then the member.
    @Test func depth64IsRead() throws {
        let output = try validate("{\"phone\":\"+15551230002\",\"name\":" + String(repeating: "[", count: 63) + String(repeating: "]", count: 63) + "}\n")
        #expect(output.problem == "invalid-name")
    }

    /// Swift's `==` takes minutes for such a key.
    @Test func aKeyOfManyMarks() throws {
        let key = "a" + String(repeating: "\u{301}\u{323}", count: 150_000)
        let scratch = try Scratch(config: nil)
        try scratch.write("{\"phone\":\"+15551230001\",\"\(key)\":1}\n", to: scratch.folder + "/in")
        let result = try scratch.shell("ulimit -t \(20 * Skip.patience); dcb-validate < \"$DIR/in\"")
        #expect(result.code == 65 && result.problems.first?.text("problem") == "unknown-member")
    }

    @Test func oneMebibyteIsTheLimit() throws {
        func document(_ bytes: Int) -> String {
            let frame = #"{"phone":"+15551230002","requestId":"a"}"#
            return frame + String(repeating: " ", count: bytes - frame.utf8.count)
        }
        for ending in ["\n", ""] {
            let fits = try validate(document(1 << 20) + ending)
            #expect(fits.code == 0 && fits.documents.count == 1)
            let over = try validate(document(1 << 20 + 1) + ending)
            #expect(over.code == 65 && over.out.isEmpty)
            #expect(over.problem == "too-large")
        }
        // The ones around it are not touched, and lines are counted on.
        let among = try validate(DocumentTests.good + "\n" + document(5 << 20) + "\n{\n" + DocumentTests.good + "\n")
        #expect(among.code == 65 && among.documents.count == 2)
        #expect(among.problems.map { $0["line"]?.intValue } == [2, 3])
        #expect(among.problems.map { $0.text("problem") } == ["too-large", "not-json"])
        // One object over several lines has the same limit, and its writer sees no broken pipe.
        let whole = try Scratch(config: nil).shell(
            "{ printf '{\\n\"phone\":\"+15551230002\"'; head -c 3000000 /dev/zero | tr '\\0' ' '; echo '}'; echo written >&2; } | dcb-validate")
        #expect(whole.code == 65 && whole.out.isEmpty && whole.problem == "too-large")
        #expect(whole.err.contains("written"))
    }

    /// Input, standard output, exit code.
    static let frames: [(String, String, Int32)] = [
        ("", "", 0), ("\n", "", 0), ("\n \n\t\r\n\n", "", 0), (good, good + "\n", 0), (good + "\n", good + "\n", 0), (good + "\r\n", good + "\n", 0),
        ("\n\n" + good + "\n\n" + good + "\n\n", good + "\n" + good + "\n", 0), (good + "\r\n" + good, good + "\n" + good + "\n", 0),
        ("  " + good + "  ", good + "\n", 0),
        ("{\n  \"phone\":\n \"+15551230001\"\n}\n", good + "\n", 0), ("{\r\n\"phone\":\"+15551230001\"\r\n}\r\n\r\n", good + "\n", 0),
        ("\n{\"phone\":\"+15551230001\"}", good + "\n", 0), (" { \n\"phone\":\"+15551230001\"}", good + "\n", 0), ("{\n}", "", 65),
        // Two objects in that form are no document, nor is a list of them.
        ("{\n\"phone\":\"+15551230001\"\n}\n{\n\"phone\":\"+15551230002\"\n}\n", "", 65), ("{\n\"phone\":\"+15551230001\"\n}\n" + good + "\n", "", 65),
        ("[\n" + good + "\n]\n", good + "\n", 65), ("{\n\"phone\":\"+15551230001\"\n", "", 65),
    ]

    @Test(arguments: frames) func framing(_ input: String, _ out: String, _ code: Int32) throws {
        let output = try validate(input)
        #expect(output.out == out)
        #expect(output.code == code)
        #expect((output.problems.isEmpty) == (code == 0))
    }

    @Test func linesAreCountedWithTheBlankOnes() throws {
        let output = try validate("\n{}\n\n[]\r\n" + DocumentTests.good + "\nx")
        let found = output.problems.map { ($0["line"]?.intValue ?? 0, $0.text("problem") ?? "") }.sorted { $0.0 < $1.0 }
        #expect(found.map(\.0) == [2, 4, 6])
        #expect(found.map(\.1) == ["missing-member", "not-json", "not-json"])
    }

    /// A group is answered after 50 ms of silence: who asks waits for the answer before the next question, on one pipe.
    @Test func aGroupIsAnsweredBeforeTheEndOfInput() throws {
        let scratch = try Scratch(config: nil)
        let output = try scratch.shell(
            """
            cd "$DIR"; mkfifo in out; dcb-validate < in > out & exec 3> in 4< out
            for n in 1 2 3; do
                printf '{"phone":"+1555123000%s"}\\n{"phone":"+1555124000%s"}\\n' $n $n >&3
                read -r a <&4; read -r b <&4; echo "$a $b"
            done
            printf 'bad\\n{"phone":"+1555' >&3; printf '1230009"}' >&3
            exec 3>&-; read -r a <&4; echo "$a"; wait $!
            """, timeoutSeconds: 60)
        #expect(
            output.out == (1...3).map { "{\"phone\":\"+1555123000\($0)\"} {\"phone\":\"+1555124000\($0)\"}\n" }.joined() + "{\"phone\":\"+15551230009\"}\n")
        #expect(output.code == 65)
        #expect(output.problems.map { $0["line"]?.intValue } == [7])
    }

    /// Refused lines are told while the input goes on, however many they are.
    @Test func refusalsAreToldBeforeTheEndOfInput() throws {
        let scratch = try Scratch(config: nil)
        let output = try scratch.shell(
            """
            cd "$DIR"; mkfifo err; { yes x || :; } | dcb-validate 2> err & exec 4< err
            n=0; while [ $n -lt 1000 ]; do read -r line <&4; n=$((n+1)); done; echo "$line"; exec 4<&-; kill $! 2> /dev/null; :
            """, timeoutSeconds: 60)
        #expect(output.documents.first?.text("problem") == "not-json")
        #expect(output.documents.first?["line"]?.intValue == 1000)
    }

    @Test func manyDocumentsAreAllAnsweredInOrder() throws {
        let lines = (0..<3000).map { "{\"phone\":\"+1555\(1_000_000 + $0)\"}\n" }.joined()
        let output = try validate(lines)
        #expect(output.code == 0)
        #expect(output.out == lines)
    }
}
