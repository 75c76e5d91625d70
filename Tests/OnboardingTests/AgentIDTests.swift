import Onboarding
import Testing

@Suite struct AgentIDTests {
    @Test(arguments: ["user_0123456789abcdef", "user_a", "user_A-b_c", "user_-", "user__", "user_" + String(repeating: "x", count: 59)])
    func accepts(_ text: String) { #expect(AgentID(text)?.text == text) }

    @Test(arguments: [
        "", "user_", "user", "main", "openclaw", "User_1", "user-1", "user_a b", "user_a/b", "user_..", "user_a.b", "user_ä", "user_a\n", " user_a",
        "user_a\u{0}",
        "user_" + String(repeating: "x", count: 60), "xuser_a", "user_１", "../user_a",
    ])
    func refuses(_ text: String) { #expect(AgentID(text) == nil) }

    @Test func randomOnesDiffer() throws {
        let ids = try (0..<200).map { _ in try AgentID.random() }
        #expect(Set(ids).count == 200)
        for id in ids {
            #expect(AgentID(id.text) == id)
            #expect(id.text.utf8.count == 21)
            #expect(id.text.dropFirst(5).allSatisfy { "0123456789abcdef".contains($0) })
        }
    }
}
