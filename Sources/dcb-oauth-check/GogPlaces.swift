import OpenClaw
import Platform

/// Where the versions of gog keep their state (GOG.md section 1), as seen from the host.
struct GogPlaces {
    struct Place: Equatable {
        /// A folder of the host that we trust the path of: the workspace, or the source of a bind.
        let base: String
        /// From there on: inside, where the sandbox may have put links.
        let parts: [String]
        /// The agent's settings lead some gog here.
        var isPointedAt: Bool

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
        add(variables["XDG_CONFIG_HOME"].map { $0 + "/gogcli" } ?? home + "/.config/gogcli", pointed: true)
        // gog 0.19 and later.
        if let data = variables["GOG_DATA_DIR"] {
            add(data, pointed: true)
        } else if let gog = variables["GOG_HOME"] {
            add(gog + "/data", pointed: true)
            addConfig(gog + "/config")
        } else {
            add(variables["XDG_DATA_HOME"].map { $0 + "/gogcli" } ?? home + "/.local/share/gogcli", pointed: true)
        }
        // Where another gog, or another environment, would have put it.
        for path in ["/workspace/.gog/data", "/workspace/.gog-config/gogcli", "/workspace/.gog-data/gogcli"] { add(path, pointed: false) }
        for path in [home + "/.config/gogcli", home + "/.local/share/gogcli"] { add(path, pointed: false) }
    }

    private mutating func add(_ path: String, pointed: Bool) {
        guard let place = place(path, pointed: pointed) else {
            if pointed { isOutOfReach = true }
            return
        }
        if roots.contains(where: { $0.path == place.path }) { return }
        roots.append(place)
    }

    private mutating func addConfig(_ path: String) { if let place = place(path, pointed: true) { configs.append(place) } }

    /// A path in the sandbox as one of the host: below the workspace, or below a bind.
    private func place(_ path: String, pointed: Bool) -> Place? {
        guard path.hasPrefix("/") else { return nil }
        let absolute = Path.absolute(path)
        var best: (source: String, target: String)?
        for (source, target) in [(workspace, "/workspace")] + settings.binds where absolute == target || absolute.hasPrefix(target + "/") {
            if target.utf8.count > best?.target.utf8.count ?? -1 { best = (source, target) }
        }
        guard let best else { return nil }
        return Place(base: best.source, parts: absolute.dropFirst(best.target.count).split(separator: "/").map(String.init), isPointedAt: pointed)
    }
}
