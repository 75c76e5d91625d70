import Platform

/// Why something was refused or failed: one sentence, an exit code, and what to do next.
public struct Problem: Error, Sendable, Equatable {
    public var kind: Kind
    /// One sentence: what failed, on what, why. No capital, no full stop; never a full phone, an e-mail or a secret.
    public var detail: String
    /// What the caller does next.
    public var hint: String
    /// A newer command's name of it, which this one does not know.
    var foreignName: String?

    /// The name that scripts rely on.
    public var name: String { foreignName ?? kind.rawValue }

    public init(_ kind: Kind, _ detail: String, hint: String? = nil) {
        self.kind = kind
        self.detail = detail
        self.hint = hint ?? kind.defaultHint
    }

    /// The problem that a failed system call is.
    public init(_ error: SystemError) {
        // A program that is there, and no means to start it.
        let isExhausted = error.operation == "run" && error.code.isExhaustion
        let kind: Kind =
            if error.code.isNoSpace, error.operation != "read" {
                .noSpace
            } else if error.operation.hasPrefix("create") {
                .cannotCreate
            } else if error.operation == "rename" {
                .cannotReplace
            } else if error.operation == "run", !isExhausted {
                .helperMissing
            } else if error.code == .denied || error.code == .notPermitted {
                .notPermitted
            } else {
                .io
            }
        self.init(kind, error.description, hint: isExhausted ? "raise the limits of open files and processes, or give it less at once" : nil)
    }

    /// Runs system calls; the error of one becomes the problem that it is.
    public static func catching<T>(_ body: () throws(SystemError) -> T) throws(Problem) -> T {
        do throws(SystemError) { return try body() } catch { throw Problem(error) }
    }

    /// The names that scripts rely on.
    public enum Kind: String, Sendable, CaseIterable {
        case usage
        case notJSON = "not-json"
        case tooLarge = "too-large"
        case unknownMember = "unknown-member"
        case missingMember = "missing-member"
        case invalidMember = "invalid-member"
        case invalidPhone = "invalid-phone"
        case invalidName = "invalid-name"
        case invalidEmail = "invalid-email"
        case invalidTime = "invalid-time"
        case invalidStatus = "invalid-status"
        case invalidLanguage = "invalid-language"
        case illegalTransition = "illegal-transition"
        case agentBelongsElsewhere = "agent-belongs-elsewhere"
        case phoneBoundElsewhere = "phone-bound-elsewhere"
        case cancelled
        case notReady = "not-ready"
        case archiveDamaged = "archive-damaged"
        case openclawMissing = "openclaw-missing"
        case openclawFailed = "openclaw-failed"
        case gogMissing = "gog-missing"
        case dockerMissing = "docker-missing"
        case gatewayUnreachable = "gateway-unreachable"
        case helperMissing = "helper-missing"
        case internalError = "internal"
        case cannotCreate = "cannot-create"
        case cannotReplace = "cannot-replace"
        case io
        case outputLost = "output-lost"
        case recordDamaged = "record-damaged"
        case noSpace = "no-space"
        case busy
        case configLocked = "config-locked"
        case recordLocked = "record-locked"
        case claimLost = "claim-lost"
        case committed
        case changedMeanwhile = "changed-meanwhile"
        case timeout
        case interrupted
        case unfinished
        case notApplied = "not-applied"
        case notOwner = "not-owner"
        case notPermitted = "not-permitted"
        case configMissing = "config-missing"
        case configInvalid = "config-invalid"
        case configShape = "config-shape"
        case configInclude = "config-include"
        case settingsInvalid = "settings-invalid"
        case noSuchAgent = "no-such-agent"
        case agentNotSandboxed = "agent-not-sandboxed"
        case channelDisabled = "channel-disabled"
        case templateMissing = "template-missing"
        case keyringPasswordLost = "keyring-password-lost"
        case massRemoval = "mass-removal"
        case recordOlder = "record-older"
        case recordEmpty = "record-empty"
        case recordUnreadable = "record-unreadable"
        case weakToken = "weak-token"
        case networkFilesystem = "network-filesystem"

        public var exit: ExitCode {
            switch self {
            case .usage: .usage
            case .notJSON, .tooLarge, .unknownMember, .missingMember, .invalidMember, .invalidPhone, .invalidName, .invalidEmail, .invalidTime,
                .invalidStatus, .invalidLanguage, .illegalTransition, .agentBelongsElsewhere, .phoneBoundElsewhere, .cancelled, .notReady,
                .archiveDamaged:
                .data
            case .openclawMissing, .openclawFailed, .gogMissing, .dockerMissing, .gatewayUnreachable, .helperMissing: .unavailable
            case .internalError: .software
            case .cannotCreate, .cannotReplace: .cannotCreate
            case .io, .outputLost, .recordDamaged, .noSpace: .io
            case .busy, .configLocked, .recordLocked, .claimLost, .committed, .changedMeanwhile, .timeout, .interrupted, .unfinished, .notApplied: .tempFail
            case .notOwner, .notPermitted: .noPermission
            case .configMissing, .configInvalid, .configShape, .configInclude, .settingsInvalid, .noSuchAgent, .agentNotSandboxed, .channelDisabled,
                .templateMissing, .keyringPasswordLost, .massRemoval, .recordOlder, .recordEmpty, .recordUnreadable, .weakToken, .networkFilesystem:
                .config
            }
        }

        var defaultHint: String {
            switch self {
            case .usage: "see --help"
            case .notJSON: "send one JSON object a line"
            case .tooLarge: "send at most 1 MiB a document"
            case .unknownMember, .missingMember, .invalidMember: "see --schema input"
            case .invalidPhone: "write the number with + and country code, such as +15551234567"
            case .invalidName: "use 1 to 200 characters on one line"
            case .invalidEmail: "use an address such as name@example.com"
            case .invalidTime: "use RFC 3339, such as 2026-02-01T03:00:00Z"
            case .invalidStatus: "see the status table in dcb-state(1)"
            case .invalidLanguage: "use a language tag such as en or pt-BR"
            case .illegalTransition: "look at the present status with dcb-state get"
            case .agentBelongsElsewhere: "use the agentId that dcb-state claim gave for this phone"
            case .phoneBoundElsewhere: "remove the other binding from openclaw.json first"
            case .cancelled: "onboard the phone again with dcb-onboard"
            case .notReady: "run the steps before it first, see dcb(7)"
            case .archiveDamaged: "use another archive; dcb-backup list shows which were verified"
            case .openclawMissing: "install openclaw, or use --driver file"
            case .openclawFailed: "run the openclaw command by hand to see why"
            case .gogMissing: "install gog in the sandbox image"
            case .dockerMissing: "install docker"
            case .gatewayUnreachable: "start the gateway, or check --gateway"
            case .helperMissing: "install all dcb commands in one folder"
            case .internalError: "report this with the command line and the version"
            case .cannotCreate, .cannotReplace: "check the folder's owner, mode and mount, then run again"
            case .io: "run again; when it repeats, check the disk"
            case .outputLost: "run again with a standard output that can be written"
            case .recordDamaged: "run dcb-state check, then restore a backup"
            case .noSpace: "free some space, then run again"
            case .busy: "another run works on this phone: try again"
            case .configLocked, .recordLocked, .changedMeanwhile: "try again"
            case .claimLost: "claim the phone again with dcb-state claim"
            case .committed: "the user exists; to remove it run dcb-onboard --undo"
            case .timeout: "try again, or give more --timeout"
            case .interrupted: "run it again"
            case .unfinished: "run the same command again for this phone"
            case .notApplied: "ask again later, or restart the gateway"
            case .notOwner: "run as the owner of the state folder"
            case .notPermitted: "check owner and mode"
            case .configMissing: "check --state-dir and --config, or set OpenClaw up first"
            case .configInvalid, .configShape: "mend openclaw.json; openclaw config validate names the place"
            case .configInclude: "move this part back into openclaw.json"
            case .settingsInvalid: "mend dcb.json; see --schema settings"
            case .noSuchAgent: "run dcb-create-agent first"
            case .agentNotSandboxed: "run dcb-create-agent for it, or mend its sandbox in openclaw.json"
            case .channelDisabled: "set channels.whatsapp.dmPolicy to pairing or allowlist"
            case .templateMissing: "put the file back, or drop --templates"
            case .keyringPasswordLost: "restore entry.json from trash, or use --new-keyring"
            case .massRemoval: "look at the plan, then raise --max-removals"
            case .recordOlder, .recordEmpty: "restore the newest backup, or run dcb-reconcile --adopt"
            case .recordUnreadable: "restore the newest backup; nothing is removed until then"
            case .weakToken: "use at least 16 random bytes"
            case .networkFilesystem: "keep the state folder on a local disk"
            }
        }
    }
}
