import CommandKit
import Onboarding
import Platform
import Store

/// The report as one web page for a person: nothing in it is loaded from anywhere, no whole phone number, no name.
struct Page {
    private let report: Report
    private let facts: Facts
    private static let shownUsers = 500
    private static let shownFindings = 100
    private static let shownDays = 30
    private static let dayMilliseconds: Int64 = 86_400_000

    init(_ report: Report, _ facts: Facts) {
        self.report = report
        self.facts = facts
    }

    var html: String {
        var page = HTML()
        page.raw(
            """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>dcb: \(report.findings.isEmpty ? "all is well" : "\(report.findings.count) findings")</title>
            <style>
            \(Page.style)
            </style>
            </head>
            <body>
            """)
        head(&page)
        tiles(&page)
        findings(&page)
        actions(&page)
        days(&page)
        jobs(&page)
        backups(&page)
        users(&page)
        page.raw("</body>\n</html>\n")
        return page.text
    }

    // MARK: parts

    private func head(_ page: inout HTML) {
        page.raw("<header>\n")
        page.element("h1", "dcb")
        page.element("p", "\(facts.paths.stateDir), \(Page.shown(report.at)) UTC")
        page.raw("</header>\n")
    }

    private func tiles(_ page: inout HTML) {
        var counts: [Status: Int] = [:]
        for row in rows where row.status != .cancelled { counts[row.status, default: 0] += 1 }
        page.raw("<section class=\"tiles\">\n")
        let isGood = report.findings.isEmpty
        tile(&page, isGood ? "0" : "\(report.findings.count)", report.findings.count == 1 ? "finding" : "findings", isGood ? "good" : "bad")
        tile(&page, "\(report.users)", report.users == 1 ? "user" : "users")
        for status in Status.allCases {
            if let count = counts[status] { tile(&page, "\(count)", status.rawValue.replacing("_", with: " ")) }
        }
        page.raw("</section>\n")
    }

    private func tile(_ page: inout HTML, _ number: String, _ what: String, _ kind: String = "") {
        page.raw("<div class=\"tile \(kind)\">")
        page.element("b", number)
        page.element("span", what)
        page.raw("</div>\n")
    }

    private func findings(_ page: inout HTML) {
        section(&page, "Findings")
        if report.findings.isEmpty { return page.element("p", "Everything is as it should be.", "good") }
        for severity in Severity.allCases {
            let group = report.findings.filter { $0.severity == severity }
            if group.isEmpty { continue }
            page.element("h3", "\(severity.rawValue) (\(group.count))", severity.rawValue)
            page.raw("<ul class=\"findings\">\n")
            for finding in group.prefix(Page.shownFindings) {
                page.raw("<li>")
                page.element("code", finding.invariant)
                page.element("span", finding.detail.contains(finding.subject) ? finding.detail : "\(finding.subject): \(finding.detail)")
                if report.mended.contains(finding.identity) { page.element("em", "mended") }
                page.element("small", finding.hint)
                page.raw("</li>\n")
            }
            page.raw("</ul>\n")
            if group.count > Page.shownFindings { page.element("p", "The first \(Page.shownFindings) of \(group.count); --format json has all.") }
        }
    }

    private func actions(_ page: inout HTML) {
        if report.actions.isEmpty { return }
        section(&page, report.mode == .repair || report.mode == .adopt ? "Done" : "What a repair would do")
        page.raw("<ul class=\"findings\">\n")
        for action in report.actions {
            page.raw("<li>")
            page.element("code", action.name)
            page.element(
                "span", [action.agentID, action.phone.map { Redaction.phone($0) }, action.path, action.detail].compactMap { $0 }.joined(separator: " "))
            if let problem = action.problem { page.element("small", "failed: \(problem.detail) (\(problem.hint))") }
            if let skipped = action.skipped { page.element("small", "not done: \(skipped)") }
            page.raw("</li>\n")
        }
        page.raw("</ul>\n")
    }

    /// New users of each of the last days, as bars.
    private func days(_ page: inout HTML) {
        let today = report.at.milliseconds / Page.dayMilliseconds
        var counts = [Int](repeating: 0, count: Page.shownDays)
        for row in rows {
            let age = today - row.createdAt.milliseconds / Page.dayMilliseconds
            if age >= 0, age < Int64(Page.shownDays) { counts[Page.shownDays - 1 - Int(age)] += 1 }
        }
        let most = counts.max() ?? 0
        section(&page, most == 0 ? "New users a day" : "New users a day, at most \(most)")
        if most == 0 { return page.element("p", "Nobody came in the last \(Page.shownDays) days.") }
        page.raw("<svg class=\"days\" viewBox=\"0 0 600 120\" role=\"img\" aria-label=\"New users of the last \(Page.shownDays) days\">\n")
        for (day, count) in counts.enumerated() {
            let height = count == 0 ? 1 : max(3, count * 92 / most)
            let date = Timestamp(milliseconds: (today - Int64(Page.shownDays - 1 - day)) * Page.dayMilliseconds).description.prefix(10)
            page.raw("<rect x=\"\(day * 20 + 2)\" y=\"\(100 - height)\" width=\"16\" height=\"\(height)\" rx=\"2\"><title>\(date): \(count)</title></rect>\n")
        }
        let first = Timestamp(milliseconds: (today - Int64(Page.shownDays - 1)) * Page.dayMilliseconds).description.prefix(10)
        page.raw("<text x=\"2\" y=\"116\">\(first)</text><text x=\"598\" y=\"116\" text-anchor=\"end\">today</text>")
        page.raw("</svg>\n")
    }

    private func jobs(_ page: inout HTML) {
        section(&page, "Jobs")
        let heartbeats = facts.record?.heartbeats ?? []
        if heartbeats.isEmpty { return page.element("p", "No job has run yet; scripts/cron-setup installs them.") }
        page.raw("<div class=\"scroll\"><table>\n<tr><th>job</th><th>last run</th><th>ago</th><th>exit</th></tr>\n")
        for beat in heartbeats {
            let age = (report.at.milliseconds - beat.lastRun.milliseconds) / 1000
            let isLate = beat.periodSeconds.map { age > 2 * Int64($0) } ?? false
            page.row([beat.job, Page.shown(beat.lastRun), Page.age(age), "\(beat.exitCode)"], kind: isLate || !beat.endedWell ? "bad" : "")
        }
        page.raw("</table></div>\n")
    }

    private func backups(_ page: inout HTML) {
        section(&page, "Backups")
        guard let named = facts.policy.backupDir, let folder = facts.paths.expand(named) else {
            return page.element("p", "dcb.json names no backupDir.")
        }
        guard let names = try? Files.list(folder) else { return page.element("p", "\(folder) cannot be read.", "bad") }
        let archives = names.filter { $0.hasPrefix("dcb-") && $0.hasSuffix(".tar.gz") }.suffix(7)
        if archives.isEmpty { return page.element("p", "There is none in \(folder).", "bad") }
        page.raw("<div class=\"scroll\"><table>\n<tr><th>archive</th><th>size</th></tr>\n")
        for name in archives.reversed() {
            let size = (try? Files.status(Path.join(folder, name)))??.sizeBytes ?? 0
            page.row([name, Page.size(Int64(size))])
        }
        page.raw("</table></div>\n")
    }

    private func users(_ page: inout HTML) {
        section(&page, "Users")
        let live = rows.filter { $0.status != .cancelled }.sorted { ($1.createdAt, $1.phone) < ($0.createdAt, $0.phone) }
        if live.isEmpty { return page.element("p", "There is nobody yet.") }
        page.raw("<div class=\"scroll\"><table>\n<tr><th>phone</th><th>agent</th><th>status</th><th>since</th><th>Google</th></tr>\n")
        for row in live.prefix(Page.shownUsers) {
            page.row([
                Redaction.phone(row.phone), row.agentID, row.status.rawValue.replacing("_", with: " "), String(row.createdAt.description.prefix(10)),
                row.oauthState ?? "",
            ])
        }
        page.raw("</table></div>\n")
        if live.count > Page.shownUsers { page.element("p", "The newest \(Page.shownUsers) of \(live.count); dcb-state list has all.") }
    }

    // MARK: words

    private var rows: [Row] { facts.record?.rows ?? [] }

    private func section(_ page: inout HTML, _ title: String) { page.element("h2", title) }

    private static func shown(_ time: Timestamp) -> String { String(time.description.prefix(16)).replacing("T", with: " ") }

    private static func age(_ seconds: Int64) -> String {
        switch seconds {
        case ..<120: "\(max(0, seconds)) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86400) days"
        }
    }

    private static func size(_ bytes: Int64) -> String { bytes < 10_000_000 ? "\((bytes + 999) / 1000) kB" : "\(bytes / 1_000_000) MB" }
}

/// Text on its way into a page: everything that is not a tag of ours is escaped.
struct HTML {
    private(set) var text = ""

    mutating func raw(_ markup: String) { text += markup }

    mutating func element(_ name: String, _ content: String, _ kind: String = "") {
        text += kind.isEmpty ? "<\(name)>" : "<\(name) class=\"\(kind)\">"
        text += HTML.escaped(content)
        text += "</\(name)>\n"
    }

    mutating func row(_ cells: [String], kind: String = "") {
        text += kind.isEmpty ? "<tr>" : "<tr class=\"\(kind)\">"
        for cell in cells { text += "<td>\(HTML.escaped(cell))</td>" }
        text += "</tr>\n"
    }

    static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in Console.oneLine(text).unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
