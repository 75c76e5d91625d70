import CommandKit
import JSON
import Onboarding
import OpenClaw
import Platform
import Provisioning
import Store

/// What the repair does, in its order: files that stand in the way, then all of the config and the record, then what evidence says, then the rest.
struct Plan {
    private(set) var actions: [Action] = []

    init(_ facts: Facts, _ drifts: Drifts) {
        if case .empty(let age) = facts.lock, age > OpenClawLock.emptyAgeSeconds { addLock(facts, "empty, \(age) s old") }
        if case .left = facts.lock { addLock(facts, "its owner is gone") }
        mends(facts, drifts)
        advances(facts, drifts)
        for file in facts.folder.wide where Modes.isMendable(file.path, facts) {
            if let id = file.agentID, facts.user(id)?.isInProgress == true { continue }
            actions.append(
                Action(
                    "set-mode", agentID: file.agentID, path: file.path, "from \(String(file.mode, radix: 8)) to \(String(file.wanted, radix: 8))",
                    .setMode(file.wanted)))
        }
        for path in Leftovers.find(facts) { actions.append(Action("remove-temporary", path: path, "a killed dcb left it", .removeTemporary)) }
        trash(facts)
    }

    private mutating func addLock(_ facts: Facts, _ why: String) {
        actions.append(Action("remove-lock", path: facts.paths.config + ".lock", why, .removeLock))
    }

    private mutating func add(_ name: String, _ user: User, _ work: Mend.Work, _ detail: String) {
        // What has an id or a phone of an older kind cannot be named to the steps: it stays a finding.
        guard let text = user.phone, let phone = PhoneNumber(e164: text), let id = AgentID(user.agentID) else { return }
        actions.append(Action(name, agentID: user.agentID, phone: text, detail, .mend(Mend(work, phone, id))))
    }

    // MARK: config and record

    private mutating func mends(_ facts: Facts, _ drifts: Drifts) {
        guard let model = facts.model, facts.record != nil else { return }
        for user in drifts.unfinishedClaims {
            guard let claim = user.claim else { continue }
            if claim.kind == .removal {
                add("finish-removal", user, .finishRemoval, "its removal was begun")
            } else if Mending.isWhole(claim, model) {
                add("commit", user, .settle, "all of it is there but the commit")
            } else {
                add("undo", user, .settle, "its onboarding was not finished")
            }
        }
        for user in drifts.orphanedAgents {
            guard let phone = user.ledgerPhone else { continue }
            if let owner = facts.user(ofPhone: phone) {
                // The phone has another agent now: its own claim would be about that one.
                let rest = user.ledger.subtracting([.agent])
                if !rest.isEmpty, !owner.isInProgress, owner.claim == nil {
                    add(
                        "forget", user, .forget(rest),
                        "the ledger has its \(rest.map(\.rawValue).sorted().joined(separator: ", ")), and \(Redaction.phone(phone)) has agent \(owner.agentID)")
                }
            } else {
                add("remove-agent", user, .remove, "no row has it")
            }
        }
        for user in drifts.orphanedRecords { add("cancel", user, .cancel, "its agent is not in openclaw.json") }
        for user in drifts.staleStates {
            add("cancel-stale", user, .cancelStale, "since \(user.liveRow?.createdAt.description ?? ""), and nobody has written to it")
        }
        let gone = Set(drifts.staleStates.map(\.agentID))
        for user in facts.users where !gone.contains(user.agentID) { complete(user, facts, model) }
    }

    /// A user's agent that is there and lacks something.
    private mutating func complete(_ user: User, _ facts: Facts, _ model: ConfigModel) {
        guard user.claim == nil, let row = user.liveRow, let entry = user.entry, !user.isDoubled else { return }
        // Only what the ledger says is ours.
        guard user.ledger.contains(.agent), user.files.workspace.isFolder || user.files.workspace.isMissing else { return }
        var lacks: [String] = []
        let violations = model.sandboxViolations(of: entry, ownerUser: CurrentProcess.effectiveUser)
        if !violations.isEmpty, !violations.allSatisfy({ $0.contains("a bind of the sandbox") && entry.node["sandbox"]?["docker"]?["binds"] == nil }) {
            lacks.append("its sandbox does not satisfy the policy")
        }
        if entry.isDefault, model.roster(canUnmark: entry.id) { lacks.append("it is marked as the default") }
        if entry.workspace == nil || entry.agentDir == nil { lacks.append("its entry is not whole") }
        if user.files.workspace.isMissing {
            lacks.append("its workspace is missing")
        } else if !user.files.lacking.isEmpty {
            lacks.append("files of its workspace are missing")
        }
        if user.files.agentDir.isMissing { lacks.append("its agent folder is missing") }
        let bindings = model.bindings(ofPhone: row.phone)
        let wrong = bindings.filter { $0.agentID != entry.id }
        var others = Set(wrong.filter { Drifts.isMendable($0, facts) }.map(\.agentID))
        if wrong.count == bindings.count {
            lacks.append("it is not bound")
            // Routed to somebody whom the operator may have meant.
            if others.count < Set(wrong.map(\.agentID)).count { return }
        } else {
            // What is left of an earlier agent is forgotten by itself.
            others = others.filter { facts.user($0)?.liveRow != nil || model.agent($0) == nil && facts.user($0)?.isOurs != true }
            if !others.isEmpty { lacks.append("its phone is bound to another agent too") }
        }
        if case .listed = model.directMessages, let phone = PhoneNumber(e164: row.phone), !model.isAllowed(phone) {
            lacks.append("it is not on the allow-list")
        }
        if lacks.isEmpty { return }
        add("complete", user, .complete(others: others), lacks.joined(separator: "; "))
    }

    // MARK: statuses

    private mutating func advances(_ facts: Facts, _ drifts: Drifts) {
        let gone = Set((drifts.staleStates + drifts.orphanedRecords).map(\.agentID))
        for user in facts.users where user.claim == nil && !gone.contains(user.agentID) {
            guard let row = user.liveRow, user.entry != nil, let phone = PhoneNumber(e164: row.phone), row.status.isOnboarding else { continue }
            let known = WorkspaceReport.read(user.files.report)
            let name = row.name == nil ? known.name : nil
            let email = row.email == nil ? known.email : nil
            let becomesReady = (row.name ?? name) != nil && (row.email ?? email) != nil && row.status.allows(.readyForHandover, by: .bothKnown)
            let isAlive = row.status.allows(.collectingInfo, by: .signOfLife) && facts.life(user) == .session
            // What is on disk runs: then so do its entry and its binding.
            if facts.gateway?.isBehind == false, facts.gateway?.isFileValid == true, row.appliedAt == nil, row.status == .new, isBound(user, row, facts) {
                actions.append(Action("applied", agentID: user.agentID, phone: row.phone, "to pending_welcome: the gateway has applied it", .applied))
            }
            if name == nil, email == nil, !isAlive { continue }
            let to: Status? = isAlive && !becomesReady ? .collectingInfo : nil
            var why: [String] = []
            if let to { why.append("to \(to.rawValue): somebody has written to its agent") }
            if becomesReady { why.append("to ready_for_handover: name and e-mail are known") }
            if name != nil || email != nil {
                why.append(
                    "its agent reports \([name.map { _ in "a name" }, email.map { _ in "an e-mail address" }].compactMap { $0 }.joined(separator: " and "))")
            }
            actions.append(
                Action("advance", agentID: user.agentID, phone: row.phone, why.joined(separator: "; "), .advance(phone, to: to, name: name, email: email)))
        }
    }

    private func isBound(_ user: User, _ row: Row, _ facts: Facts) -> Bool {
        let bindings = facts.model?.bindings(ofPhone: row.phone) ?? []
        return !bindings.isEmpty && bindings.allSatisfy { $0.agentID == user.entry?.id }
    }

    // MARK: trash

    private mutating func trash(_ facts: Facts) {
        let limit = facts.now.adding(milliseconds: -Int64(facts.policy.trashDays) * 86_400_000)
        for place in facts.folder.trash.sorted(by: { $0.name < $1.name }) where AgentID(place.agentID) != nil {
            guard let since = place.since, since < limit, facts.user(place.agentID)?.isInProgress != true else { continue }
            actions.append(
                Action(
                    "empty-trash", agentID: place.agentID, path: Path.join(facts.paths.trash, place.name),
                    "removed \(since), kept \(facts.policy.trashDays) days",
                    .emptyTrash))
        }
    }
}

/// What an agent wrote down of its person. It is evidence from a sandbox: strict JSON, two members, each checked as a stranger's document is.
enum WorkspaceReport {
    static func read(_ bytes: [UInt8]?) -> (name: String?, email: String?) {
        guard let bytes, let members = (try? Value(parsing: bytes, dialect: .json, limits: .strict))?.objectValue else { return (nil, nil) }
        var name = members["name"]?.stringValue
        var email = members["email"]?.stringValue
        if let text = name { do throws(MemberError) { try MemberCheck.name(text) } catch { name = nil } }
        if let text = email { do throws(MemberError) { try MemberCheck.email(text) } catch { email = nil } }
        return (name, email)
    }
}

/// Which modes are ours to set.
enum Modes {
    /// Folders and files that dcb made: the record, its own folders, agents' folders of ours. The config and OpenClaw's own files are the operator's.
    static func isMendable(_ path: String, _ facts: Facts) -> Bool {
        let state = facts.folder.root
        guard let parts = Path.names(of: path, below: state), let first = parts.first else { return false }
        if [".dcb", "trash", "audit"].contains(first) { return true }
        if parts.count == 1, first.hasPrefix(Path.name(facts.paths.record)), Path.parent(facts.paths.record) == facts.paths.stateDir { return true }
        if first.hasPrefix("workspace-user_") { return facts.user(String(first.dropFirst("workspace-".count)))?.ledger.contains(.agent) == true }
        if first == "agents", parts.count > 1 { return facts.user(parts[1])?.ledger.contains(.agent) == true }
        return false
    }
}

/// Files that a killed dcb left half-made.
enum Leftovers {
    /// Who makes such a file needs it for milliseconds.
    static let ageSeconds = 60

    static func find(_ facts: Facts) -> [String] {
        var found = facts.folder.temporary.filter { $0.ageSeconds > ageSeconds && !$0.path.hasSuffix(".dcb.tmp") }.map(\.path) + facts.abandoned
        for place in facts.folder.staging where place.ageSeconds > ageSeconds && facts.user(place.agentID)?.claim == nil { found.append(place.path) }
        return found.sorted()
    }
}
