import JSON
import Onboarding

/// The edits of a `ConfigEdit`, and the containers and members that come and go with them.
struct EditPlan {
    private let edit: ConfigEdit
    private let model: ConfigModel
    private(set) var edits: JSON.Edits
    /// Pointers of members that were made, or that were made earlier and go.
    private(set) var made: [String] = []
    private(set) var gone: [String] = []

    static let agents = "/agents"
    static let ownership = "/agents/ownership"
    static let bindings = "/bindings"

    init(_ edit: ConfigEdit) {
        self.edit = edit
        model = edit.model
        edits = JSON.Edits(edit.model.document)
        for (_, owner, key, value) in edit.completions { edits.append(key: key, value, to: owner) }
        for (_, node, value) in edit.replacements {
            if let value { edits.replace(node, with: value) } else { edits.remove(node) }
        }
        roster()
        bindings()
        allowList()
        for pointer in edit.membersMade where !isThere(pointer) && !made.contains(pointer) { gone.append(pointer) }
        gone.sort()
    }

    private func wasMade(_ pointer: String) -> Bool { edit.membersMade.contains(pointer) }

    // Somebody else may have taken it out. Elements of the list are named by their id.
    private func isThere(_ pointer: String) -> Bool {
        let list = "/agents/list/"
        guard pointer.hasPrefix(list) else { return model.document.node(at: pointer) != nil }
        let parts = pointer.dropFirst(list.count).split(separator: "/")
        guard model.shape == .list, let id = parts.first, let entry = model.agent(String(id)) else { return false }
        return parts.count == 1 || entry.node[String(parts[1])] != nil
    }

    // MARK: - Roster

    private var rosterPointer: String { model.shape == .entries ? "/agents/entries" : "/agents/list" }
    private var mainPointer: String { rosterPointer + "/main" }

    private mutating func roster() {
        let added = edit.added.compactMap { $0 }
        guard !added.isEmpty || !edit.removed.isEmpty else { return }
        let present = model.places.roster?.count ?? 0
        let rest = present - edit.removed.count
        if added.isEmpty, removeRest(rest) { return }

        var values: [(key: String, value: JSON.Value)] = added.map { ($0.id.text, $0.value(model.shape)) }
        // OpenClaw's own agent is implicit only while there is no other: it stays the one who answers everybody else.
        if rest == 0, !values.isEmpty, edit.removed.isEmpty {
            let main: JSON.Value = model.shape == .entries ? .object([:]) : .object(JSON.Object([("id", "main"), ("default", true)]))
            values.insert(("main", main), at: 0)
            made.append(mainPointer)
        }
        for entry in edit.removed.values { edits.remove(entry.node) }
        let final = rest + values.count
        let ownership = ownershipChange(final)
        let marker = markerChange(final)

        if let container = model.places.roster {
            for (key, value) in values {
                if model.shape == .entries { edits.append(key: key, value, to: container) } else { edits.append(value, to: container) }
            }
        } else if !values.isEmpty {
            let container: JSON.Value = model.shape == .entries ? .object(JSON.Object(values.map { ($0.key, $0.value) })) : .array(values.map { $0.value })
            made.append(rosterPointer)
            let name = model.shape == .entries ? "entries" : "list"
            if let agents = model.places.agents {
                if ownership == .add { edits.append(key: "ownership", "explicit", to: agents) }
                edits.append(key: name, container, to: agents)
            } else {
                made.append(EditPlan.agents)
                var members: [(String, JSON.Value)] = [(name, container)]
                if ownership == .add { members.insert(("ownership", "explicit"), at: 0) }
                edits.append(key: "agents", .object(JSON.Object(members)), to: model.document.root)
            }
            if ownership == .add { made.append(EditPlan.ownership) }
            return
        }
        switch ownership {
        case .none: break
        case .add:
            if let agents = model.places.agents { edits.append(key: "ownership", "explicit", to: agents) }
            made.append(EditPlan.ownership)
        case .remove:
            if let node = model.places.ownership { edits.remove(node) }
            gone.append(EditPlan.ownership)
        }
        switch marker {
        case .none: break
        case .add(let entry):
            edits.append(key: "default", true, to: entry.node)
            made.append(markerPointer(entry))
        case .remove(let entry):
            if let node = entry.node["default"] { edits.remove(node) }
            gone.append(markerPointer(entry))
        }
    }

    private enum OwnershipChange { case none, add, remove }

    private func ownershipChange(_ final: Int) -> OwnershipChange {
        guard model.shape == .entries else { return .none }
        if model.places.ownership != nil { return final <= 1 && wasMade(EditPlan.ownership) ? .remove : .none }
        guard final > 1 else { return .none }
        return model.agents.contains { $0.isDefault && edit.removed[$0.id] == nil } ? .none : .add
    }

    private enum MarkerChange {
        case none
        case add(AgentEntry)
        case remove(AgentEntry)
    }

    private func markerPointer(_ entry: AgentEntry) -> String { rosterPointer + "/" + entry.id + "/default" }

    // From 2026.8 on a list of several needs one default; before, the first one is it, and saying so changes nothing.
    private func markerChange(_ final: Int) -> MarkerChange {
        guard model.shape == .list, model.places.roster != nil else { return .none }
        let kept = model.agents.filter { edit.removed[$0.id] == nil }
        if final <= 1 {
            return kept.first { $0.isDefault && wasMade(markerPointer($0)) }.map { .remove($0) } ?? .none
        }
        // Nobody told the version: the newest, unless several agents stand there already without one.
        let version = model.version ?? model.lastTouched ?? (model.agents.count > 1 ? nil : .newest)
        guard version?.hasEntries == true, !kept.contains(where: { $0.isDefault }) else { return .none }
        guard let owner = kept.first, !owner.isOurs else { return .none }
        return .add(owner)
    }

    /// When the last person's agent goes, and only what dcb made remains: that goes too.
    /// - Returns: whether it did.
    private mutating func removeRest(_ rest: Int) -> Bool {
        guard let container = model.places.roster else { return false }
        let kept = model.agents.filter { edit.removed[$0.id] == nil }
        let mainIsOurs = wasMade(mainPointer) && kept.count == 1 && rest == 1 && kept.first.map(isAsMade) == true
        guard rest == 0 || mainIsOurs else { return false }
        if mainIsOurs { gone.append(mainPointer) }
        if wasMade(EditPlan.ownership), model.places.ownership != nil { gone.append(EditPlan.ownership) }
        let removesContainer = wasMade(rosterPointer)
        if removesContainer { gone.append(rosterPointer) }
        if let agents = model.places.agents, wasMade(EditPlan.agents), removesContainer {
            let left = agents.count - 1 - (gone.contains(EditPlan.ownership) ? 1 : 0)
            if left == 0 {
                edits.remove(agents)
                gone.append(EditPlan.agents)
                return true
            }
        }
        if gone.contains(EditPlan.ownership), let node = model.places.ownership { edits.remove(node) }
        if removesContainer {
            edits.remove(container)
        } else {
            for entry in model.agents where edit.removed[entry.id] != nil || mainIsOurs { edits.remove(entry.node) }
        }
        return true
    }

    private func isAsMade(_ main: AgentEntry) -> Bool {
        guard main.id == "main" else { return false }
        return model.shape == .entries ? main.node.count == 0 : main.node.count == 2 && main.isDefault
    }

    // MARK: - Bindings and allow-list

    private mutating func bindings() {
        let added = edit.bound.compactMap { $0 }.map { edit.bindingValue($0.phone, $0.agent) }
        change(
            model.places.bindings, of: model.document.root, "bindings", at: EditPlan.bindings, removing: Array(edit.unboundNodes.values), adding: added)
    }

    private mutating func allowList() {
        guard let list = model.allowList else { return }
        let added = edit.allowed.compactMap { $0 }.map { JSON.Value.string($0.e164) }
        change(list.node, of: list.owner, "allowFrom", at: list.pointer, removing: Array(edit.disallowed.values), adding: added)
    }

    /// Takes elements out of an array and puts others at its end; the array itself is made when it is not there, and goes when it was made and is empty.
    private mutating func change(
        _ array: JSON.Node?, of owner: JSON.Node, _ key: String, at pointer: String, removing: [JSON.Node], adding: [JSON.Value]
    ) {
        guard let array else {
            if adding.isEmpty { return }
            edits.append(key: key, .array(adding), to: owner)
            made.append(pointer)
            return
        }
        if array.count == removing.count, adding.isEmpty, !removing.isEmpty, wasMade(pointer) {
            edits.remove(array)
            gone.append(pointer)
            return
        }
        for node in removing { edits.remove(node) }
        for value in adding { edits.append(value, to: array) }
    }
}

extension ConfigEdit {
    var plan: EditPlan { EditPlan(self) }
}
