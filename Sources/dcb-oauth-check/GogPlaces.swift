import OpenClaw
import Platform

/// Where the versions of gog keep their state (GOG.md section 1), as seen from the host.
struct GogPlaces {
    struct Place: Equatable {
        /// A folder of the host that we trust the path of: the workspace, or the source of a bind.
        let base: String
        /// From there on: inside, where the sandbox may have put links.
        let parts: [String]
        /// The agent's settings lead a gog up to 0.18 here.
        var isForOld = false
        /// The agent's settings lead gog 0.19 and later here.
        var isForNew = false

        var isPointedAt: Bool { isForOld || isForNew }
        /// - Parameter version: the least that what is stored here points to.
        func isPointedAt(by version: GogVersion) -> Bool { version == .v19 ? isForNew : isPointedAt }

        var path: String { parts.reduce(base) { Path.join($0, $1) } }
    }

    /// Folders with `keyring/` and `credentials*.json` in them.
    private(set) var roots: [Place] = []
    /// Where a started authorisation and service accounts may be besides.
    private(set) var configs: [Place] = []
    /// A setting leads to a folder that is not on this host.
    private(set) var isOutOfReach = false

    private let workspace: String
    private let settings: SandboxEnvironment

    init(workspace: String, _ settings: SandboxEnvironment) {
        self.workspace = workspace
        self.settings = settings
        let variables = settings.variables
        let home = variables["HOME"] ?? "/workspace"
        // gog up to 0.18.
        let config = variables["XDG_CONFIG_HOME"].map { $0 + "/gogcli" } ?? home + "/.config/gogcli"
        add(config, old: true)
        // gog 0.19 and later; without a folder of its own it takes the older place too, when a keyring is there.
        if let data = variables["GOG_DATA_DIR"] {
            add(data, new: true)
        } else if let gog = variables["GOG_HOME"] {
            add(gog + "/data", new: true)
            if let place = place(gog + "/config") { configs.append(place) }
        } else {
            add(config, new: true)
            add(variables["XDG_DATA_HOME"].map { $0 + "/gogcli" } ?? home + "/.local/share/gogcli", new: true)
        }
        // Where another gog, or another environment, would have put it.
        for path in ["/workspace/.gog/data", "/workspace/.gog-config/gogcli", "/workspace/.gog-data/gogcli"] { add(path) }
        for path in [home + "/.config/gogcli", home + "/.local/share/gogcli"] { add(path) }
    }

    private mutating func add(_ path: String, old: Bool = false, new: Bool = false) {
        guard var place = place(path) else {
            if old || new { isOutOfReach = true }
            return
        }
        if let known = roots.firstIndex(where: { $0.path == place.path }) {
            roots[known].isForOld = roots[known].isForOld || old
            roots[known].isForNew = roots[known].isForNew || new
            return
        }
        place.isForOld = old
        place.isForNew = new
        roots.append(place)
    }

    /// A path in the sandbox as one of the host: below the workspace, or below a bind.
    private func place(_ path: String) -> Place? {
        guard Path.isAbsolute(path) else { return nil }
        let absolute = Path.absolute(path)
        var best: (source: String, target: String)?
        for (source, target) in [(workspace, "/workspace")] + settings.binds where Path.isInside(absolute, target) {
            if target.utf8.count > best?.target.utf8.count ?? -1 { best = (source, target) }
        }
        guard let best, let parts = Path.names(of: absolute, below: best.target) else { return nil }
        return Place(base: best.source, parts: parts)
    }
}
