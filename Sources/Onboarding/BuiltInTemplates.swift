/// The agent templates that are in the executable: used where no template folder is found. The same texts are the files of config/agents;
/// a test compares them byte for byte.
enum BuiltInTemplates {
    /// By language, then by file name.
    static let texts: [String: [String: String]] = ["en": english, "es": spanish, "pt": portuguese]
}
