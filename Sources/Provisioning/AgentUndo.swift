import CommandKit
import JSON
import Onboarding
import OpenClaw
import Platform
import Store

/// Takes agents back: the config entry goes, workspace and agent folder move to the trash with `entry.json`.
public struct AgentUndo {
    let workplace: Workplace
    let record: Record

    public init(_ workplace: Workplace, record: Record) {
        self.workplace = workplace
        self.record = record
    }

    public func run(_ items: [StepItem]) throws(Problem) {
        var pending: [StepItem] = []
        for item in items {
            item.attempt { () throws(Problem) in
                item.additions["agentRemoved"] = false
                guard case .claim(let claim) = try record.authorise(item.phone, item.agentID.text, fence: item.fence, undo: true) else { return }
                if claim.binding != .none || claim.allow != .none {
                    throw Problem(.notReady, "agent \(item.agentID.text) is still bound", hint: "run dcb-bind --undo first")
                }
                let isOpen = try record.isOpen(.agent, item)
                if claim.agent != .none || (claim.kind == .removal && isOpen) { pending.append(item) }
            }
        }
        if pending.live.isEmpty { return }
        let trash = Trash(workplace.paths)
        var places: [AgentID: String] = [:]
        if workplace.usesCLI {
            let driver = try CLIDriver(workplace, record: record, pending)
            for item in pending.live { item.attempt { () throws(Problem) in try delete(item, with: driver, trash) } }
        }
        let transaction = ConfigTransaction(workplace: workplace, record: record, event: "agent-removed")
        try transaction.run(
            pending, authority: ConfigTransaction.authority(undo: true),
            edit: { (item, edit) throws(Problem) in
                let entry = try edit.removeAgent(item.agentID)
                item.membersChanged = [ConfigTransaction.rosterMember(item.agentID, edit.model)]
                // The password must be safe on disk before the only other copy of it goes.
                do throws(SystemError) {
                    places[item.agentID] = try trash.place(for: item.agentID, entry: entry, at: workplace.clock.now, folders: folders(item.agentID))
                } catch { throw Problem(error) }
                if entry != nil || places[item.agentID] != nil { item.additions["agentRemoved"] = true }
            },
            recorded: { (item, _, r) throws(Problem) in
                do throws(SystemError) {
                    try Staging(item.agentID, workplace.paths).discard()
                    if let place = places[item.agentID] {
                        try trash.take(folders(item.agentID), into: place)
                        item.additions["trash"] = .string(place)
                    }
                } catch { throw Problem(error) }
                try r.closeLedger(.agent, agent: item.agentID.text, phone: item.phone)
                try r.setProgress(item.phone, agent: Progress.none)
            })
    }

    /// Folders into our trash first, so that OpenClaw finds none to move to its own; then its command; the transaction after it does the rest.
    private func delete(_ item: StepItem, with driver: CLIDriver, _ trash: Trash) throws(Problem) {
        let model = try ConfigFile.read(workplace.paths.config, policy: workplace.policy, version: workplace.version)
        // OpenClaw would remove an operator's binding together with the agent.
        if !model.bindings(ofAgent: item.agentID.text).isEmpty || model.broadcast.names(item.agentID.normalised) {
            throw Problem(
                .notReady, "agent \(item.agentID.text) is still named by a binding or by broadcast of openclaw.json",
                hint: "take it out there by hand, then run this again")
        }
        let entry = model.agent(item.agentID.text)?.node.value(maxDepth: 512)
        let folders = folders(item.agentID)
        let place: String?
        do throws(SystemError) { place = try trash.place(for: item.agentID, entry: entry, at: workplace.clock.now, folders: folders) } catch {
            throw Problem(error)
        }
        guard let place else { return }
        try record.write { (r) throws(Problem) in
            _ = try r.authorise(item.phone, item.agentID.text, fence: item.fence, undo: true)
            do throws(SystemError) { try trash.take(folders, into: place) } catch { throw Problem(error) }
        }
        item.additions["trash"] = .string(place)
        item.additions["agentRemoved"] = true
        try driver.delete(item)
    }

    /// Erases the trash of every agent that the phone ever had.
    public func purge(_ items: [StepItem]) {
        for item in items.live { item.attempt { () throws(Problem) in try purge(item.phone) } }
    }

    /// The same for a phone of which nothing is there, if that is so.
    /// - Throws: `committed`, `busy`.
    public func purgeAbsent(_ phone: PhoneNumber) throws(Problem) {
        if try record.claim(for: phone) != nil { throw Problem(.busy, "\(Redaction.phone(phone.e164)) has a claim: it is not absent") }
        if try record.liveRow(for: phone) != nil { throw Problem(.committed, "\(Redaction.phone(phone.e164)) is committed: it is not absent") }
        try purge(phone)
    }

    private func purge(_ phone: PhoneNumber) throws(Problem) {
        let agents = try record.agents(everOf: phone).compactMap(AgentID.init)
        do throws(SystemError) { try Trash(workplace.paths).erase(agents) } catch { throw Problem(error) }
    }

    func folders(_ agentID: AgentID) -> [(from: String, name: String)] {
        [(workplace.paths.workspace(for: agentID), "workspace"), (workplace.paths.agentFolder(for: agentID), "agent")]
    }
}
