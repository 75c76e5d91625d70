import Onboarding
import Testing

@Suite struct KeyedHashTests {
    /// FIPS 180-4 examples and NIST's CAVP vectors (SHA256ShortMsg, LongMsg).
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ])
    func digest(_ message: String, _ hex: String) { #expect(SHA256.hex(SHA256.digest(of: message.utf8)) == hex) }

    @Test func nistBytes() {
        #expect(SHA256.hex(SHA256.digest(of: [0xd3])) == "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1")
        #expect(SHA256.hex(SHA256.digest(of: [0x11, 0xaf])) == "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98")
        #expect(SHA256.hex(SHA256.digest(of: [0xb4, 0x19, 0x0e])) == "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2")
    }

    @Test func aMillionTimesA() {
        var hash = SHA256()
        for _ in 0..<1000 { hash.update([UInt8](repeating: 0x61, count: 1000)) }
        #expect(SHA256.hex(hash.digest()) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    /// Every length around the block borders, in one piece and byte by byte, is the same.
    @Test func piecesDoNotMatter() {
        for length in 0...200 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7) }
            var hash = SHA256()
            for b in bytes { hash.update([b]) }
            #expect(hash.digest() == SHA256.digest(of: bytes), "\(length) bytes")
            #expect(hash.digest() == hash.digest())
        }
    }

    /// RFC 4231 test cases 1 to 4, 6 and 7.
    @Test(arguments: [
        ([UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (Array("Jefe".utf8), Array("what do ya want for nothing?".utf8), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ([UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (Array(1...25), [UInt8](repeating: 0xcd, count: 50), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        (
            [UInt8](repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131),
            Array(
                "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm."
                    .utf8), "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ])
    func hmac(_ key: [UInt8], _ message: [UInt8], _ hex: String) { #expect(KeyedHash.hmac(key: key, message: message) == hex) }

    @Test func erasedPhone() throws {
        let phone = try #require(PhoneNumber(e164: "+15551234567"))
        let erased = KeyedHash.erased(phone, key: [1, 2, 3])
        #expect(erased.hasPrefix("erased:"))
        #expect(erased.utf8.count == 71)
        #expect(erased == KeyedHash.erased(phone, key: [1, 2, 3]))
        #expect(erased != KeyedHash.erased(phone, key: [1, 2, 4]))
    }
}
