import CommandKit
import Onboarding
import Platform

/// The content of openclaw.json that was judged last and found good: while only dcb writes the file, each change judges what it adds, not the rest again.
///
/// `.dcb/config.judged`, one line: this dcb, the OpenClaw it is good for, the hash of the content. That is true of this content for ever, so the file
/// needs no lock and no sync, and a torn, old or foreign one costs no more than the judging.
struct JudgedContent {
    private let path: String

    init(config: String) {
        path = Path.join(Path.parent(Paths.configLock(beside: Path.absolute(config))), "config.judged")
    }

    private static func line(_ hash: ContentHash, _ version: OpenClawVersion) -> String { "\(CommandSpec.version) \(version) \(hash)\n" }

    /// The OpenClaw for which this content was found good; nil when that is not known.
    func version(of bytes: [UInt8]) -> OpenClawVersion? {
        guard let line = (try? Files.readOwn(path, limit: 256)) ?? nil else { return nil }
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        guard words.count == 3, let version = OpenClawVersion(String(words[1])) else { return nil }
        return JudgedContent.line(ContentHash(bytes), version).utf8.elementsEqual(line) ? version : nil
    }

    /// For the next time. That it cannot be written harms nobody.
    func remember(_ bytes: [UInt8], _ version: OpenClawVersion) {
        _ = try? Descriptor.open(path, .write, create: 0o600, truncate: true, followLinks: false, waits: false).writeAll(
            Array(JudgedContent.line(ContentHash(bytes), version).utf8))
    }
}
