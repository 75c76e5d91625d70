import Onboarding
import Testing

@Suite struct NearNameTests {
    static let names = ["phone", "name", "email", "timestamp", "language", "requestId"]

    @Test(arguments: [
        ("phoneNumber", "phone"), ("phone_number", "phone"), ("Phone", "phone"), ("phnoe", "phone"), ("nmae", "name"), ("e-mail", "email"), ("emial", "email"),
        ("lang", "language"), ("request_id", "requestId"), ("requestID", "requestId"), ("time", "timestamp"), ("timstamp", "timestamp"), ("firstName", "name"),
    ])
    func finds(_ word: String, _ name: String) { #expect(NearName.didYouMean(word, among: NearNameTests.names) == name) }

    @Test(arguments: ["", "x", "agentId", "zzzzzz", "\u{0}", String(repeating: "phone", count: 40)])
    func findsNothing(_ word: String) { #expect(NearName.didYouMean(word, among: NearNameTests.names) == nil) }
}
