import CommandKit
import JSON
import Platform
import Testing

@Suite struct DurationTests {
    static let good: [(String, Int)] = [
        ("0", 0), ("0s", 0), ("5", 5000), ("500ms", 500), ("60s", 60_000), ("15m", 900_000), ("24h", 86_400_000), ("90d", 7_776_000_000), ("007s", 7000),
    ]
    @Test(arguments: good) func spans(_ text: String, _ milliseconds: Int) { #expect(DurationText.milliseconds(text) == milliseconds) }

    @Test(arguments: ["", "s", "-1s", "+1s", "1.5s", "1 s", "1S", "1w", "ms", "1sm", "１s", "999999999999d", "1000000000000s", "40000d", "1e3"])
    func others(_ text: String) { #expect(DurationText.milliseconds(text) == nil) }
}

@Suite struct RedactionTests {
    static let phones: [(String, String)] = [
        ("+15551234567", "+*******4567"), ("+1 (555) 123-4567", "+*******4567"), ("15551234567@s.whatsapp.net", "+*******4567"), ("+12345", "+*****"),
        ("", "+*"),
        ("abc", "+*"), ("+１５５５１２３４５６７", "+*******4567"), ("٠١٢٣٤٥٦٧٨٩", "+******6789"), (String(repeating: "1", count: 25), "+*"), ("1234567", "+***4567"),
    ]
    @Test(arguments: phones) func ofPhones(_ text: String, _ shown: String) { #expect(Redaction.phone(text) == shown) }

    @Test(arguments: [("ada@example.com", "…@example.com"), ("a@b@c", "…@c"), ("nothing", "…"), ("", "…")])
    func ofAddresses(_ text: String, _ shown: String) { #expect(Redaction.email(text) == shown) }
}

@Suite struct ReportedProblemTests {
    private func read(_ text: String) -> ReportedProblem? { ReportedProblem(line: Array(text.utf8)) }

    @Test func aLineOfAnother() {
        let reported = read(#"{"problem":"busy","exit":75,"command":"dcb-state","line":7,"phone":"+*******0001","requestId":"r","detail":"d","hint":"h"}"#)
        #expect(reported?.problem == Problem(.busy, "d", hint: "h"))
        #expect(reported?.command == "dcb-state" && reported?.line == 7 && reported?.requestID == "r")
    }

    @Test(arguments: [
        "", "x", "{}", #"{"level":"debug","message":"m"}"#, #"{"problem":"busy"}"#, #"{"problem":5,"exit":75}"#, #"{"problem":"busy","exit":75"#, "[]",
    ])
    func otherLines(_ text: String) { #expect(read(text) == nil) }

    /// A name of a newer command is judged by its code.
    @Test(arguments: [(64, ExitCode.usage), (65, .data), (69, .unavailable), (75, .tempFail), (78, .config), (42, .software)]) func unknownNames(
        _ code: Int, _ exit: ExitCode
    ) {
        #expect(read("{\"problem\":\"brand-new\",\"exit\":\(code),\"detail\":\"d\"}")?.problem.kind.exit == exit)
    }
}

@Suite struct ChildEnvironmentTests {
    @Test func onlyWhatIsAllowedPasses() {
        let all = [
            "PATH": "p", "HOME": "h", "TZ": "t", "LANG": "l", "OPENCLAW_STATE_DIR": "s", "DCB_DB": "d", "DCB_GATEWAY_TOKEN_FILE": "f", "USER": "u",
            "LD_PRELOAD": "x",
            "OPENCLAW_GATEWAY_TOKEN": "secret", "DCB_SECRET": "secret", "OPENCLAW_API_KEY": "secret", "DCB_PASSWORD": "secret", "HOOK_TOKEN": "secret",
            "LC_ALL": "c",
            "GOG_KEYRING_PASSWORD": "secret",
        ]
        let passed = ChildEnvironment.allowed(from: all)
        #expect(Set(passed.keys) == ["PATH", "HOME", "TZ", "LANG", "OPENCLAW_STATE_DIR", "DCB_DB", "DCB_GATEWAY_TOKEN_FILE"])
        #expect(!passed.values.contains("secret"))
    }
}
