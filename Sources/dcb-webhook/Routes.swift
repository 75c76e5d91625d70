import HTTP

/// What can be asked for.
enum Route: Int, CaseIterable {
    case health, metrics, onboarding, state, update, handover
    /// No route of ours.
    case none

    /// For logs and metrics: never what the caller wrote.
    var template: String {
        switch self {
        case .health: "/health"
        case .metrics: "/metrics"
        case .onboarding: "/webhook/onboarding"
        case .state: "/onboarding/state/:phone"
        case .update: "/onboarding/update"
        case .handover: "/onboarding/handover"
        case .none: "-"
        }
    }

    private static let exact: [(text: StaticString, route: Route)] = [
        ("/health", .health), ("/metrics", .metrics), ("/webhook/onboarding", .onboarding), ("/onboarding/update", .update),
        ("/onboarding/handover", .handover),
    ]
    private static let statePrefix: StaticString = "/onboarding/state/"

    var methods: [Method] {
        switch self {
        case .health, .metrics, .state: [.get, .head]
        case .onboarding, .update, .handover: [.post]
        case .none: []
        }
    }

    /// The Allow field: OPTIONS goes everywhere.
    var allow: String { (methods + [.options]).map(\.rawValue).joined(separator: ", ") }

    /// The route of a path as it was sent; paths are compared octet by octet.
    /// - Returns: the route, and the segment that stands for `:phone`.
    static func find(_ path: UnsafeBufferPointer<UInt8>) -> (route: Route, phone: [UInt8]?) {
        for (text, route) in exact where path.count == text.utf8CodeUnitCount && begins(path, text) { return (route, nil) }
        let prefix = statePrefix.utf8CodeUnitCount
        if path.count > prefix, begins(path, statePrefix) {
            let segment = Array(path[prefix...])
            if !segment.contains(UInt8(ascii: "/")) { return (.state, segment) }
        }
        return (.none, nil)
    }

    private static func begins(_ path: UnsafeBufferPointer<UInt8>, _ text: StaticString) -> Bool {
        for i in 0..<text.utf8CodeUnitCount where path[i] != text.utf8Start[i] { return false }
        return true
    }

    /// A segment with its percent encoding resolved.
    /// - Returns: nil when it is not UTF-8.
    static func decoded(_ segment: [UInt8]) -> String? {
        var bytes: [UInt8] = []
        var i = 0
        while i < segment.count {
            // The parser has seen to it that two hexadecimal digits follow.
            if segment[i] == UInt8(ascii: "%"), i + 2 < segment.count, let byte = UInt8(String(decoding: segment[(i + 1)...(i + 2)], as: UTF8.self), radix: 16)
            {
                bytes.append(byte)
                i += 3
            } else {
                bytes.append(segment[i])
                i += 1
            }
        }
        return String(validating: bytes)
    }
}

extension String {
    fileprivate init?(validating bytes: [UInt8]) {
        self = String(decoding: bytes, as: UTF8.self)
        if !utf8.elementsEqual(bytes) { return nil }
    }
}
