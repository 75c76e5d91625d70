/// The running gateway.
extension Invariant {
    static let gateways: [Invariant] = []
}
