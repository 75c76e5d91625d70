/// Counters for `GET /metrics`, in the text format of Prometheus 0.0.4. No phone and no address in them.
struct Metrics {
    private static let buckets: [(text: String, microseconds: Int)] = [
        ("0.001", 1000), ("0.0025", 2500), ("0.005", 5000), ("0.01", 10_000), ("0.025", 25_000), ("0.05", 50_000), ("0.1", 100_000), ("0.25", 250_000),
        ("0.5", 500_000), ("1", 1_000_000), ("2.5", 2_500_000), ("5", 5_000_000), ("10", 10_000_000), ("30", 30_000_000), ("90", 90_000_000),
    ]

    private struct Seconds {
        var counts = [Int](repeating: 0, count: Metrics.buckets.count + 1)
        var sumMicroseconds = 0
    }

    private var requests: [Int: Int] = [:]
    private var seconds = [Seconds](repeating: Seconds(), count: Route.allCases.count)
    private var refusals: [String: Int] = [:]
    private var groups: [String: (count: Int, documents: Int)] = [:]
    private var children: [String: Int] = [:]
    var connections = 0

    /// What is so just now.
    struct Gauges {
        var openConnections = 0
        var runningChildren = 0
        var waitingDocuments = 0
        var lostLogLines = 0
        var isHealthy = true
        var isDraining = false
    }

    mutating func answered(_ route: Route, _ status: Int, microseconds: Int) {
        requests[route.rawValue * 1000 + status, default: 0] += 1
        let i = Metrics.buckets.firstIndex { microseconds <= $0.microseconds } ?? Metrics.buckets.count
        seconds[route.rawValue].counts[i] += 1
        seconds[route.rawValue].sumMicroseconds += microseconds
    }

    mutating func refused(_ reason: String) { refusals[reason, default: 0] += 1 }

    mutating func group(_ kind: String, documents: Int) {
        groups[kind, default: (0, 0)].count += 1
        groups[kind, default: (0, 0)].documents += documents
    }

    /// - Parameter outcome: `ok`, `failed`, `timeout`, `not-started`.
    mutating func child(_ kind: String, _ outcome: String) { children["kind=\"\(kind)\",outcome=\"\(outcome)\"", default: 0] += 1 }

    func text(_ now: Gauges) -> [UInt8] {
        var out = ""
        func head(_ name: String, _ kind: String, _ help: String) { out += "# HELP dcb_webhook_\(name) \(help)\n# TYPE dcb_webhook_\(name) \(kind)\n" }
        func line(_ name: String, _ labels: String = "", _ value: some CustomStringConvertible) {
            out += "dcb_webhook_\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(value)\n"
        }
        head("requests_total", "counter", "Requests answered.")
        for (key, count) in requests.sorted(by: { $0.key < $1.key }) {
            line("requests_total", "route=\"\(Route(rawValue: key / 1000)?.template ?? "-")\",status=\"\(key % 1000)\"", count)
        }
        head("request_seconds", "histogram", "From the first octet of a request to its answer.")
        for route in Route.allCases where seconds[route.rawValue].counts.contains(where: { $0 > 0 }) {
            var total = 0
            for (i, count) in seconds[route.rawValue].counts.enumerated() {
                total += count
                line("request_seconds_bucket", "route=\"\(route.template)\",le=\"\(i < Metrics.buckets.count ? Metrics.buckets[i].text : "+Inf")\"", total)
            }
            line("request_seconds_sum", "route=\"\(route.template)\"", Double(seconds[route.rawValue].sumMicroseconds) / 1e6)
            line("request_seconds_count", "route=\"\(route.template)\"", total)
        }
        head("refusals_total", "counter", "Requests refused, by reason.")
        for (reason, count) in refusals.sorted(by: { $0.key < $1.key }) { line("refusals_total", "reason=\"\(reason)\"", count) }
        head("groups_total", "counter", "Groups of documents given to a child.")
        for (kind, group) in groups.sorted(by: { $0.key < $1.key }) { line("groups_total", "kind=\"\(kind)\"", group.count) }
        head("group_documents_total", "counter", "Documents in these groups.")
        for (kind, group) in groups.sorted(by: { $0.key < $1.key }) { line("group_documents_total", "kind=\"\(kind)\"", group.documents) }
        head("children_total", "counter", "Children that ended, by outcome.")
        for (labels, count) in children.sorted(by: { $0.key < $1.key }) { line("children_total", labels, count) }
        head("connections_total", "counter", "Connections accepted.")
        line("connections_total", "", connections)
        for (name, help, value) in [
            ("connections", "Connections open.", now.openConnections), ("children", "Children running.", now.runningChildren),
            ("queue", "Documents that wait for a child.", now.waitingDocuments), ("log_lines_lost", "Log lines that nobody took.", now.lostLogLines),
            ("healthy", "Whether the last check of the record went well.", now.isHealthy ? 1 : 0),
            ("draining", "Whether it is ending.", now.isDraining ? 1 : 0),
        ] {
            head(name, "gauge", help)
            line(name, "", value)
        }
        return Array(out.utf8)
    }
}
