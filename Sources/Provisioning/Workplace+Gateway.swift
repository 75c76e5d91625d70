import CommandKit
import OpenClaw

extension Workplace {
    /// The running gateway of the settings; nil: none is known, and nothing is asked.
    /// - Throws: `usage` (no literal address), `settings-invalid` or `not-permitted` (the token's file).
    public func gateway() throws(Problem) -> AdminRPC? {
        guard let text = command.setting("gateway", environment: "DCB_GATEWAY_URL") else { return nil }
        let address = try GatewayAddress(text)
        guard let file = command.setting("gateway-token-file", environment: "DCB_GATEWAY_TOKEN_FILE") else { return try AdminRPC(address, tokenFile: nil) }
        guard let path = paths.expand(file) else { throw Problem(.settingsInvalid, "the token's file is named by a home folder that is not known") }
        return try AdminRPC(address, tokenFile: path)
    }
}
