import CommandKit
import Onboarding
import Platform

/// Each user has one of everything, and shares none of it.
extension Invariant {
    static let users = [
        Invariant("I1", "one row, one agent, one binding and one workspace per user", .error, oneOfEach),
        Invariant("I2", "no two agents share a workspace, agentDir or keyring password, and no path leads into another's", .critical, nothingShared),
        Invariant("I11", "the files of each workspace are there and filled", .error, workspaceFiles),
    ]

    private static func oneOfEach(_ facts: Facts, _ found: inout Findings) {
        if facts.record == nil, facts.recordProblem != nil { return }
        for user in facts.users where !user.isInProgress { oneOfEach(user, facts, &found) }
        for fault in facts.record?.faults ?? [] where ["claim", "phone", "agent-id"].contains(fault.id) {
            found.add("record", fault.detail, hint: "see dcb-state check", severity: fault.id == "claim" ? .error : .warning)
        }
    }

    private static func oneOfEach(_ user: User, _ facts: Facts, _ found: inout Findings) {
        if user.isUnfinished {
            found.add(user, "a \(user.claim?.kind.rawValue ?? "claim") of it was begun and not finished", hint: Hint.repair, severity: .warning)
            return
        }
        if user.isDoubled { found.add(user, "agent \(user.agentID) is in openclaw.json more than once", hint: "keep the one whose workspace is its own") }
        guard let row = user.liveRow else {
            if user.isForeign, user.isCancelled {
                found.add(user, "agent \(user.agentID) was removed, and openclaw.json has it again", hint: Hint.byHand, severity: .warning)
            } else if user.isForeign {
                found.add(user, "agent \(user.agentID) looks like a user's and is in neither record nor ledger", hint: Hint.adopt, severity: .warning)
            } else if user.isOurs {
                found.add(user, "agent \(user.agentID) has no row: \(left(user))", hint: Hint.repair)
            } else if user.files.workspace.isFolder || user.files.home.isFolder {
                found.add(
                    user, "folders of agent \(user.agentID) are there, and nobody knows it", hint: "look into them, then move them away by hand",
                    severity: .warning)
            }
            return
        }
        guard let model = facts.model else { return }
        guard user.entry != nil else {
            found.add(user, "\(Redaction.phone(row.phone)) is \(row.status.rawValue), and its agent is not in openclaw.json", hint: Hint.repair)
            return
        }
        if !user.ledger.contains(.agent) || !user.ledger.contains(.binding) {
            let what = !user.ledger.contains(.agent) ? "agent" : "binding"
            found.add(user, "the ledger does not have the \(what) of this user's row", hint: Hint.adopt)
        }
        let bindings = model.bindings(ofPhone: row.phone)
        if !bindings.contains(where: { $0.agentID == user.entry?.id }) {
            found.add(user, "\(Redaction.phone(row.phone)) is not bound to its agent", hint: Hint.repair)
        }
        switch user.files.workspace {
        case .folder: break
        case .missing: found.add(user, "its workspace is not there", hint: Hint.repair)
        case .other: found.add(user, "its workspace is no folder", hint: "put a folder of its own in its place", severity: .critical)
        }
    }

    private static func left(_ user: User) -> String {
        user.ledger.isEmpty ? "nothing of it is in the ledger" : "the ledger still has \(user.ledger.map(\.rawValue).sorted().joined(separator: ", "))"
    }

    // MARK: I2

    private static func nothingShared(_ facts: Facts, _ found: inout Findings) {
        guard let model = facts.model else { return }
        var taken: [(path: String, agentID: String, what: String)] = []
        taken.reserveCapacity(model.agents.count * 2)
        var passwords: [String: String] = [:]
        for agent in model.agents {
            let own = facts.user(agent.id)
            if own?.isInProgress == true { continue }
            if let text = agent.workspace { taken.append((plain(text, facts), agent.id, "workspace")) }
            if let text = agent.agentDir { taken.append((plain(text, facts), agent.id, "agentDir")) }
            if let password = agent.keyringPassword, !password.isEmpty, let other = passwords.updateValue(agent.id, forKey: password.revealForConfig()) {
                found.add(agent.id, "agents \(other) and \(agent.id) have the same keyring password", hint: "give one of them its own: offboard and onboard it")
            }
            if agent.isOurs { expected(agent.id, agent.workspace, agent.agentDir, facts, &found) }
        }
        // Sorted, a folder comes directly before what is in it: '/' sorts before every other byte here.
        taken.sort { precedes($0.path, $1.path) }
        var around: [Int] = []
        for i in taken.indices {
            while let last = around.last, !Path.isInside(taken[i].path, taken[last].path) { around.removeLast() }
            if let last = around.last, taken[last].agentID != taken[i].agentID || taken[last].path == taken[i].path && taken[last].what == taken[i].what {
                let (outer, inner) = (taken[last], taken[i])
                if outer.path == inner.path {
                    found.add(
                        inner.agentID, "agents \(outer.agentID) and \(inner.agentID) have the same folder as \(outer.what) and \(inner.what)",
                        hint: "give each its own folder in openclaw.json")
                } else {
                    found.add(
                        inner.agentID, "the \(inner.what) of agent \(inner.agentID) is inside the \(outer.what) of agent \(outer.agentID)",
                        hint: "give each its own folder in openclaw.json")
                }
            }
            around.append(i)
        }
        for user in facts.users where !user.isInProgress { links(user, &found) }
    }

    /// An agent of ours lives where its id says; elsewhere it may be another's place.
    private static func expected(_ id: String, _ workspace: String?, _ agentDir: String?, _ facts: Facts, _ found: inout Findings) {
        guard let agent = facts.user(id).flatMap({ AgentID($0.agentID) }) else { return }
        for (what, path, wanted) in [
            ("workspace", workspace, facts.paths.workspace(for: agent)), ("agentDir", agentDir, facts.paths.agentDir(for: agent)),
        ] {
            guard let path else {
                found.add(id, "agent \(id) has no \(what)", hint: Hint.repair, agent: agent.text, severity: .error)
                continue
            }
            if path == wanted { continue }
            let plain = plain(path, facts)
            if plain != wanted, (try? Files.resolve(plain)) != (try? Files.resolve(wanted)) {
                found.add(id, "the \(what) of agent \(id) is not its own folder '\(wanted)'", hint: "set it to that folder in openclaw.json", agent: agent.text)
            }
        }
    }

    private static func links(_ user: User, _ found: inout Findings) {
        for (what, place) in [("workspace", user.files.workspace), ("agents folder", user.files.home), ("agentDir", user.files.agentDir)] {
            if case .other(let link?) = place {
                found.add(user, "the \(what) of agent \(user.agentID) is a symbolic link to '\(link)'", hint: "put a folder of its own in its place")
            }
        }
        if let first = user.files.linksOut.first {
            let more = user.files.linksOut.count > 1 ? ", and more" : ""
            found.add(user, "a symbolic link leads out of its workspace: '\(first)'\(more)", hint: "look where it leads, and remove it", severity: .warning)
        }
        if user.files.isCut {
            found.add(user, "its workspace has more than \(StateFolder.fileLimit) files or is nested too deep", hint: "look what fills it", severity: .warning)
        }
        if user.files.oddNames > 0 {
            found.add(
                user, "\(user.files.oddNames) names in its workspace are no UTF-8: what they stand for was not looked at", hint: "look what they are",
                severity: .warning)
        }
        if let text = user.files.unreadable { found.add(user, "cannot tell: \(text)", hint: "check owner and mode", severity: .warning) }
    }

    private static func plain(_ path: String, _ facts: Facts) -> String { facts.paths.expand(path) ?? path }

    private static func precedes(_ a: String, _ b: String) -> Bool {
        var left = a.utf8.makeIterator()
        var right = b.utf8.makeIterator()
        while true {
            switch (left.next(), right.next()) {
            case (nil, nil), (_?, nil): return false
            case (nil, _?): return true
            case (let x?, let y?):
                if x == y { continue }
                if x == UInt8(ascii: "/") { return true }
                return y == UInt8(ascii: "/") ? false : x < y
            }
        }
    }

    // MARK: I11

    private static func workspaceFiles(_ facts: Facts, _ found: inout Findings) {
        for user in facts.users where user.entry != nil && user.isOurs && !user.isInProgress && user.files.workspace.isFolder {
            if !user.files.lacking.isEmpty {
                found.add(
                    user, "missing in its workspace: \(user.files.lacking.joined(separator: ", "))", hint: Hint.repair)
            }
            if !user.files.unfilled.isEmpty {
                found.add(
                    user, "a placeholder was never filled in \(user.files.unfilled.joined(separator: ", "))", hint: "remove the file; --repair makes it again",
                    severity: .warning)
            }
        }
    }
}
