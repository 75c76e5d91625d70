/// A name for something that only the holder of the key can link to it: what stays of a phone that was erased.
public enum KeyedHash {
    /// HMAC-SHA-256 (RFC 2104) as 64 lower-case hexadecimal digits.
    public static func hmac(key: [UInt8], message: [UInt8]) -> String {
        let short = key.count > 64 ? SHA256.digest(of: key) : key
        let block = short + [UInt8](repeating: 0, count: 64 - short.count)
        let inner = SHA256.digest(of: block.map { $0 ^ 0x36 } + message)
        return SHA256.hex(SHA256.digest(of: block.map { $0 ^ 0x5c } + inner))
    }

    /// `erased:` and the keyed hash: it takes the place of a phone in the record.
    public static func erased(_ phone: PhoneNumber, key: [UInt8]) -> String { "erased:" + hmac(key: key, message: Array(phone.e164.utf8)) }
}
