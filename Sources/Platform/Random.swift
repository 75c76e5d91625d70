import CLinux
import Glibc

/// Random bytes from the kernel (getrandom(2)).
public enum Random {
    public static func bytes(_ count: Int) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            done += try check("get random bytes", nil) { bytes.withUnsafeMutableBytes { getrandom($0.baseAddress.map { $0 + done }, count - done, 0) } }
        }
        return bytes
    }

    /// Lower-case hexadecimal, two digits a byte.
    public static func hex(bytes count: Int) throws(SystemError) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for b in try bytes(count) { text += [digits[Int(b >> 4)], digits[Int(b & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    /// Unpadded base64url (RFC 4648 section 5): 32 bytes are 43 characters.
    public static func base64URL(bytes count: Int) throws(SystemError) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var text: [UInt8] = []
        var held: UInt32 = 0
        var bits = 0
        for b in try bytes(count) {
            held = held << 8 | UInt32(b)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(held >> UInt32(bits) & 63)])
            }
        }
        if bits > 0 { text.append(alphabet[Int(held << UInt32(6 - bits) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }
}
