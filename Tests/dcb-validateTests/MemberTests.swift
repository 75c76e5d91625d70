import JSON
import Platform
import TestSupport
import Testing

@Suite struct MemberTests {
    private func validate(_ input: String, _ arguments: [String] = []) throws -> Output {
        try Scratch(config: nil).run("dcb-validate", arguments, input: input)
    }

    /// The other members pass in their order, spelled as they came; only the phone changes, in its place.
    static let right: [(String, String)] = [
        (#"{"timestamp":1769914800000,"phone":"+1 (555) 123-0001","name":"Ada"}"#, #"{"timestamp":1769914800000,"phone":"+15551230001","name":"Ada"}"#),
        (
            #"{"requestId":"r","language":"pt-BR","email":"a@example.com","phone":"0015551230001"}"#,
            #"{"requestId":"r","language":"pt-BR","email":"a@example.com","phone":"+15551230001"}"#
        ),
        (
            #"{ "phone" : "tel:+1-555-123-0001" , "timestamp" : "2026-02-01T03:00:00.50+01:00" }"#,
            #"{"phone":"+15551230001","timestamp":"2026-02-01T03:00:00.50+01:00"}"#
        ),
        (#"{"phone":"15551230001@s.whatsapp.net","name":"\u00c4\u0041 \"x\" \/"}"#, "{\"phone\":\"+15551230001\",\"name\":\"ÄA \\\"x\\\" /\"}"),
        (#"{"phone":"+15551230001","timestamp":0}"#, #"{"phone":"+15551230001","timestamp":0}"#),
        (#"{"phone":"+15551230001","timestamp":253402300799999}"#, #"{"phone":"+15551230001","timestamp":253402300799999}"#),
        (#"{"phone":"+15551230001","requestId":""}"#, #"{"phone":"+15551230001","requestId":""}"#),
    ]

    @Test(arguments: right) func passes(_ input: String, _ out: String) throws {
        let output = try validate(input + "\n")
        #expect(output.code == 0)
        #expect(output.out == out + "\n")
        #expect(output.err.isEmpty)
    }

    /// Behind the boundary unknown members pass, with their numbers spelled as they came.
    @Test func numberSpellingIsKeptBehindTheBoundary() throws {
        let scratch = try Scratch()
        let output = try scratch.run(
            "dcb-state", ["claim"], input: #"{"a":1.50,"phone":"+15551230001","b":12345678901234567890,"c":[1e3,-0.0,1E+2],"d":{"z":1,"a":2}}"# + "\n")
        #expect(output.out.hasPrefix(#"{"a":1.50,"phone":"+15551230001","b":12345678901234567890,"c":[1e3,-0.0,1E+2],"d":{"z":1,"a":2},"agentId":"user_"#))
    }

    /// Member, value, problem.
    static let wrong: [(String, String, String)] = [
        ("phone", "1", "invalid-phone"), ("phone", "null", "invalid-phone"), ("phone", #""""#, "invalid-phone"), ("phone", #""555 1234""#, "invalid-phone"),
        ("phone", #""+1 555 123 0001 ext 5""#, "invalid-phone"), ("phone", #""120363000000000000@g.us""#, "invalid-phone"),
        ("phone", #""+0123456789""#, "invalid-phone"),
        ("phone", #""123456789@lid""#, "invalid-phone"), ("phone", #""15551230001@s.whatsapp.net.evil.example""#, "invalid-phone"),
        ("phone", #""+44 (0) 20 7946 0000""#, "invalid-phone"),
        ("name", #""""#, "invalid-name"), ("name", #""  ""#, "invalid-name"), ("name", #""a\nb""#, "invalid-name"), ("name", #""a\u0000""#, "invalid-name"),
        ("name", #""\u202eevil""#, "invalid-name"), ("name", "5", "invalid-name"), ("name", "null", "invalid-name"),
        ("name", "\"" + String(repeating: "x", count: 201) + "\"", "invalid-name"),
        ("email", #""a""#, "invalid-email"), ("email", #""a@b""#, "invalid-email"), ("email", #""a@@b.c""#, "invalid-email"),
        ("email", #""a b@c.de""#, "invalid-email"), ("email", "[]", "invalid-email"),
        ("timestamp", #""yesterday""#, "invalid-time"), ("timestamp", "1.5", "invalid-time"), ("timestamp", "-1", "invalid-time"),
        ("timestamp", "12345678901234567890", "invalid-time"),
        ("timestamp", "1e3", "invalid-time"), ("timestamp", "true", "invalid-time"), ("timestamp", #""2026-02-30T00:00:00Z""#, "invalid-time"),
        ("timestamp", "null", "invalid-time"),
        ("language", #""english please""#, "invalid-language"), ("language", "1", "invalid-language"), ("language", #""""#, "invalid-language"),
        ("requestId", "1", "invalid-member"), ("requestId", "\"" + String(repeating: "x", count: 65) + "\"", "invalid-member"),
        ("requestId", "null", "invalid-member"),
    ]

    @Test(arguments: wrong) func refuses(_ member: String, _ value: String, _ problem: String) throws {
        let document = member == "phone" ? "{\"phone\":\(value)}" : "{\"phone\":\"+15551230001\",\"\(member)\":\(value)}"
        let output = try validate(document + "\n")
        #expect(output.code == 65)
        #expect(output.out.isEmpty)
        #expect(output.problems.count == 1)
        #expect(output.problem == problem)
        #expect(output.problems.first?["exit"]?.intValue == 65)
        #expect(!output.err.contains("15551230001"))
    }

    @Test func limitsAreInclusive() throws {
        let name = String(repeating: "ü", count: 200)
        let id = String(repeating: "😀", count: 64)
        let output = try validate("{\"phone\":\"+15551230001\",\"name\":\"\(name)\",\"requestId\":\"\(id)\"}\n")
        #expect(output.code == 0)
        #expect(output.document.text("name") == name && output.document.text("requestId") == id)
    }

    @Test func aMissingPhone() throws {
        let output = try validate(#"{"name":"Ada","requestId":"r7"}"# + "\n")
        #expect(output.code == 65 && output.problem == "missing-member")
        #expect(output.problems.first?.text("requestId") == "r7")
    }

    static let unknown: [(String, String?)] = [
        ("phoneNumber", "phone"), ("Phone", "phone"), ("phon", "phone"), ("eMail", "email"), ("e-mail", "email"), ("emial", "email"), ("lang", "language"),
        ("request_id", "requestId"), ("time_stamp", "timestamp"), ("fullname", "name"), ("xyzzy", nil), ("", nil), ("agentId", nil),
    ]

    @Test(arguments: unknown) func unknownMembersAreNamed(_ member: String, _ near: String?) throws {
        let output = try validate("{\"phone\":\"+15551230001\",\"\(member)\":\"+15551230002\"}\n")
        #expect(output.code == 65 && output.out.isEmpty && output.problem == "unknown-member")
        let hint = output.problems.first?.text("hint") ?? ""
        #expect(hint.hasPrefix(near.map { "did you mean '\($0)'?" } ?? "accepted: "))
        for accepted in ["phone", "name", "email", "timestamp", "language", "requestId"] { #expect(hint.contains(accepted)) }
        #expect(!output.err.contains("5551230002"))
    }

    @Test(arguments: ["+15551230001", "+12", "+123456789012345"]) func strictTakesE164(_ phone: String) throws {
        #expect(try validate("{\"phone\":\"\(phone)\"}\n", ["--strict"]).out == "{\"phone\":\"\(phone)\"}\n")
    }

    @Test(arguments: [
        "+1 5551230001", "15551230001", "0015551230001", "tel:+15551230001", "+1", "+", "+05551230001", "+1234567890123456", "15551230001@s.whatsapp.net",
        "+１5551230001", "\u{200e}+15551230001", "+15551230001 ", "+1555123000a", "+15551230001\\n",
    ]) func strictRefusesEverythingElse(_ phone: String) throws {
        let output = try validate("{\"phone\":\"\(phone)\"}\n", ["--strict"])
        #expect(output.code == 65 && output.out.isEmpty && output.problem == "invalid-phone")
    }

    @Test func anOperandStandsForADocument() throws {
        let scratch = try Scratch(config: nil)
        let output = try scratch.run("dcb-validate", ["+1 (555) 123-0001"], input: "never read")
        #expect(output.code == 0 && output.out == "{\"phone\":\"+15551230001\"}\n")
        #expect(try scratch.run("dcb-validate", ["--strict", "--", "+1 555 123 0001"]).problem == "invalid-phone")
    }

    /// No phone in full, no e-mail, in anything but the answer.
    @Test func problemsHoldNoPersonalData() throws {
        let output = try validate(#"{"phone":"+15551234567","name":"Ada Lovelace\n","email":"ada@example.com","requestId":"r1"}"# + "\n", ["-v"])
        #expect(output.code == 65)
        #expect(output.problems.first?.text("phone") == "+*******4567")
        #expect(output.problems.first?.text("requestId") == "r1")
        for secret in ["5551234567", "Lovelace", "ada@"] { #expect(!output.err.contains(secret)) }
    }
}
