/// The members that each version knows, at the places that dcb writes or reads: from the schemas that 2026.7.1, 2026.8.1 and 2026.9.6 print, and
/// from verdicts.jsonl for the two older ones.
struct KnownMembers: Sendable {
    var root: Set<String>
    var agents: Set<String>
    var entry: Set<String>
    var defaults: Set<String>
    var sandbox: Set<String>
    var docker: Set<String>
    var binding: Set<String>
    var match: Set<String>
    var whatsapp: Set<String>
    var account: Set<String>?
    var commands: Set<String>
    var meta: Set<String>?
    var session: Set<String>?
    var gateway: Set<String>?
    var reload: Set<String>?
    var logging: Set<String>?

    /// The same as sets of `Name`s, for the places of which there are many.
    struct Many: Sendable {
        let entry: NameSet
        let sandbox: NameSet
        let docker: NameSet
        let binding: NameSet
        let match: NameSet

        init(_ known: KnownMembers) {
            entry = NameSet(known.entry)
            sandbox = NameSet(known.sandbox)
            docker = NameSet(known.docker)
            binding = NameSet(known.binding)
            match = NameSet(known.match)
        }
    }

    static func both(_ version: OpenClawVersion) -> (KnownMembers, Many) {
        let known = of(version)
        return (known, Many(known))
    }

    static func of(_ version: OpenClawVersion) -> KnownMembers {
        switch version.observed {
        case OpenClawVersion(2026, 1, 30): v2026_1_30
        case OpenClawVersion(2026, 2, 9): v2026_2_9
        case OpenClawVersion(2026, 7, 1): v2026_7_1
        case OpenClawVersion(2026, 8, 1): v2026_8_1
        default: v2026_9_6
        }
    }

    private static func words(_ text: String) -> Set<String> {
        Set(text.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }.map { String(Substring($0)) })
    }

    private static let v2026_1_30 = KnownMembers(
        root: words(
            """
            meta env wizard diagnostics logging update browser ui auth models nodeHost agents tools bindings broadcast audio media messages commands
            approvals session cron hooks web channels discovery canvasHost talk gateway skills plugins memory
            """),
        agents: ["defaults", "list"],
        entry: words("id default name workspace agentDir model memorySearch humanDelay heartbeat identity groupChat subagents sandbox tools"),
        defaults: words(
            """
            model imageModel models workspace repoRoot skipBootstrap bootstrapMaxChars userTimezone timeFormat envelopeTimezone envelopeTimestamp
            envelopeElapsed contextTokens cliBackends memorySearch contextPruning compaction thinkingDefault verboseDefault elevatedDefault
            blockStreamingDefault blockStreamingBreak blockStreamingChunk blockStreamingCoalesce humanDelay timeoutSeconds mediaMaxMb
            typingIntervalSeconds typingMode heartbeat maxConcurrent subagents sandbox
            """),
        sandbox: words("mode workspaceAccess sessionToolsVisibility scope perSession workspaceRoot docker browser prune"),
        docker: words(
            """
            image containerPrefix workdir readOnlyRoot tmpfs network user capDrop env setupCommand pidsLimit memory memorySwap cpus ulimits
            seccompProfile apparmorProfile dns extraHosts binds
            """),
        binding: ["agentId", "match"],
        match: ["channel", "accountId", "peer", "guildId", "teamId"],
        whatsapp: words(
            """
            accounts capabilities markdown configWrites enabled sendReadReceipts dmPolicy selfChatMode allowFrom groupAllowFrom groupPolicy historyLimit
            dmHistoryLimit dms textChunkLimit chunkMode mediaMaxMb blockStreaming blockStreamingCoalesce groups ackReaction debounceMs heartbeat
            messagePrefix responsePrefix actions
            """),
        commands: words("native nativeSkills text bash bashForegroundMs config debug restart useAccessGroups"))

    private static let v2026_2_9: KnownMembers = {
        var known = v2026_1_30
        known.entry.insert("skills")
        known.match.insert("roles")
        known.commands.formUnion(["ownerAllowFrom", "allowFrom"])
        return known
    }()

    private static let v2026_7_1 = KnownMembers(
        root: words(
            """
            $schema accessGroups acp agents approvals audio audit auth bindings broadcast browser channels cli commands commitments crestodian cron
            diagnostics discovery env gateway hooks logging marketplaces mcp media memory messages meta models nodeHost plugins proxy secrets security
            session skills surfaces talk tools transcripts tui ui update web wizard
            """),
        agents: ["defaults", "list"],
        entry: words(
            """
            agentDir bootstrapMaxChars bootstrapTotalMaxChars contextInjection contextLimits contextTokens default description embeddedAgent experimental
            fastModeDefault groupChat heartbeat humanDelay id identity memorySearch model models name params reasoningDefault runRetries runtime sandbox
            skills skillsLimits subagents thinkingDefault toolProgressDetail tools tts utilityModel verboseDefault workspace
            """),
        defaults: words(
            """
            blockStreamingBreak blockStreamingChunk blockStreamingCoalesce blockStreamingDefault bootstrapMaxChars bootstrapPromptTruncationWarning
            bootstrapTotalMaxChars cliBackends compaction contextInjection contextLimits contextPruning contextTokens elevatedDefault embeddedAgent
            envelopeElapsed envelopeTimestamp envelopeTimezone experimental heartbeat humanDelay imageGenerationModel imageMaxDimensionPx imageModel
            imageQuality maxConcurrent mediaGenerationAutoProviderFallback mediaMaxMb memorySearch model models musicGenerationModel params pdfMaxBytesMb
            pdfMaxPages pdfModel promptOverlays reasoningDefault repoRoot runRetries sandbox silentReply skills skipBootstrap skipOptionalBootstrapFiles
            startupContext subagents thinkingDefault timeFormat timeoutSeconds toolProgressDetail typingIntervalSeconds typingMode userTimezone
            utilityModel verboseDefault videoGenerationModel voiceModel workspace
            """),
        sandbox: words("backend browser docker mode prune scope sessionToolsVisibility ssh workspaceAccess workspaceRoot"),
        docker: v2026_1_30.docker.union([
            "gpus", "dangerouslyAllowContainerNamespaceJoin", "dangerouslyAllowExternalBindSources", "dangerouslyAllowReservedContainerTargets",
        ]),
        binding: ["agentId", "match", "comment", "session", "type", "acp"],
        match: ["channel", "accountId", "peer", "guildId", "teamId", "roles"],
        whatsapp: whatsapp2026_7_1.union(["accounts", "actions", "defaultAccount"]),
        account: whatsapp2026_7_1.union(["authDir", "name"]),
        commands: words(
            """
            allowFrom bash bashForegroundMs config debug mcp native nativeSkills ownerAllowFrom ownerDisplay ownerDisplaySecret plugins restart text
            useAccessGroups
            """),
        meta: ["lastTouchedAt", "lastTouchedVersion"],
        session: words(
            """
            agentToAgent dmScope identityLinks idleMinutes mainKey maintenance reset resetByChannel resetByType resetTriggers scope sendPolicy store
            threadBindings typingIntervalSeconds typingMode writeLock
            """),
        gateway: words(
            """
            allowRealIpFallback auth bind channelHealthCheckMinutes channelMaxRestartsPerHour channelStaleEventThresholdMinutes controlUi customBindHost
            handshakeTimeoutMs http mode nodes port push reload remote tailscale terminal tls tools trustedProxies
            """),
        reload: ["debounceMs", "deferralTimeoutMs", "mode"],
        logging: words("consoleLevel consoleStyle file level maxFileBytes redactPatterns redactSensitive"))

    private static let whatsapp2026_7_1 = words(
        """
        ackReaction allowFrom blockStreaming blockStreamingCoalesce capabilities chunkMode configWrites contextVisibility debounceMs defaultTo direct
        dmHistoryLimit dmPolicy dms enabled groupAllowFrom groupPolicy groups healthMonitor heartbeat historyLimit markdown mediaMaxMb mentionPatterns
        messagePrefix pluginHooks reactionLevel replyToMode responsePrefix selfChatMode sendReadReceipts textChunkLimit
        """)

    private static let v2026_8_1: KnownMembers = {
        var known = v2026_7_1
        known.root.subtract(words("audio audit cli commitments crestodian marketplaces media tui web"))
        known.root.formUnion(words("attachments cloudWorkers desktop telemetry tts"))
        known.agents = ["defaults", "entries", "ownership"]
        known.entry.subtract(words("contextTokens id memorySearch runRetries"))
        known.entry.formUnion(words("memory modelPolicy typingMode"))
        known.defaults.subtract(
            words(
                """
                bootstrapPromptTruncationWarning cliBackends contextTokens envelopeElapsed envelopeTimestamp envelopeTimezone imageGenerationModel
                mediaGenerationAutoProviderFallback memorySearch musicGenerationModel pdfMaxBytesMb promptOverlays runRetries timeFormat
                videoGenerationModel
                """))
        known.defaults.formUnion(words("authInheritance fastModeDefault mediaModels modelPolicy modelSelectionScope pdfMaxMb sessionStore systemAgent"))
        let gone = words("ackReaction blockStreaming blockStreamingCoalesce chunkMode debounceMs heartbeat messagePrefix")
        known.whatsapp = known.whatsapp.subtracting(gone).union(["heartbeatVisibility", "streaming"])
        known.account = known.account?.subtracting(gone).union(["heartbeatVisibility", "streaming"])
        known.commands.subtract(words("ownerDisplay ownerDisplaySecret useAccessGroups"))
        known.meta = ["lastTouchedVersion", "migrations"]
        known.session = known.session?.subtracting(words("agentToAgent idleMinutes typingIntervalSeconds typingMode writeLock"))
            .union(["groupScope", "sharing"])
        known.gateway = known.gateway?.subtracting(
            words("channelHealthCheckMinutes channelMaxRestartsPerHour channelStaleEventThresholdMinutes handshakeTimeoutMs")
        ).union(["cliAgents", "publicOrigin", "roles"])
        known.reload = ["mode"]
        known.logging = known.logging?.subtracting(["redactSensitive"]).union(["audit"])
        return known
    }()

    private static let v2026_9_6: KnownMembers = {
        var known = v2026_8_1
        known.root.formUnion(["worktreeAcceleration", "worktreeRoot"])
        known.entry.formUnion(["cwd", "decisionModel"])
        known.defaults.formUnion(["cwd", "decisionModel"])
        known.session?.insert("notifyOnCreate")
        known.gateway?.insert("portals")
        return known
    }()
}
