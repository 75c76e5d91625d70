import JSON
import Platform
import TestSupport
import Testing

/// Who may do what to whom: the record decides, never the document.
@Suite struct AuthorityTests {
    static let steps: [(String, [String])] = [
        ("dcb-create-agent", []), ("dcb-bind", []), ("dcb-state", ["commit"]), ("dcb-bind", ["--undo"]), ("dcb-create-agent", ["--undo"]),
        ("dcb-create-agent", ["--undo", "--purge"]), ("dcb-state", ["release"]),
    ]

    /// What a document may claim of itself.
    static func forgeries(_ fenceOfA: Value, _ fenceOfB: Value) -> [Object] {
        var found: [Object] = []
        let lies: [Object] = [
            [:], ["claim": "existing", "status": "active"], ["claim": "new"], ["claim": "resumed"], ["claim": "removal"],
            ["agentCreated": true, "bound": true, "allowlisted": true],
        ]
        for fence in [fenceOfA, fenceOfB, "0000000000000000", nil] as [Value?] {
            for lie in lies { found.append(fence.map { lie.with(["fence": $0]) } ?? lie) }
        }
        return found
    }

    enum Stage: CaseIterable { case nothing, claimed, made, bound, committed, removing }

    private func bring(_ scratch: Scratch, _ phone: String, to stage: Stage) throws -> Object {
        switch stage {
        case .nothing: return ["phone": .string(phone), "fence": "0000000000000000"]
        case .claimed: return try scratch.claimed(phone)
        case .made: return try scratch.made(phone)
        case .bound: return try scratch.bound(phone)
        case .committed: return ["phone": .string(phone), "agentId": .string(try scratch.onboarded(phone)), "fence": "0000000000000000"]
        case .removing:
            try scratch.onboarded(phone)
            return try scratch.only(try scratch.step("dcb-state", ["claim", "--removal"], [["phone": .string(phone)]]))
        }
    }

    @Test(arguments: Stage.allCases.dropFirst())
    func aPhoneNeverGetsAnothersAgent(_ stageOfB: Stage) throws {
        for stageOfA in [Stage.nothing, .bound, .committed] {
            let scratch = try Scratch()
            let a = try bring(scratch, Scratch.phone(1), to: stageOfA)
            let b = try bring(scratch, Scratch.phone(2), to: stageOfB)
            let before = try scratch.picture()
            let forged = AuthorityTests.forgeries(a["fence"] ?? .null, b["fence"] ?? .null).map {
                $0.with(["phone": a["phone"] ?? .null, "agentId": b["agentId"] ?? .null])
            }
            for (command, arguments) in AuthorityTests.steps {
                // `claim: existing` is what commit passes through: of its own phone it must be true.
                let output = try scratch.step(command, arguments, forged)
                #expect(output.documents.isEmpty, "\(command) \(arguments), \(stageOfA) and \(stageOfB): \(output.out)")
                #expect(output.problems.count == forged.count)
                for problem in output.problems {
                    #expect(problem.text("problem") == "agent-belongs-elsewhere", "\(command) \(arguments), \(stageOfA) and \(stageOfB): \(problem)")
                }
                #expect(output.code == 65)
            }
            #expect(try scratch.picture() == before, "\(stageOfA) and \(stageOfB)")
        }
    }

    /// A claim is made for the phone; an agent that the document names has no say.
    @Test func aClaimTakesNoAgentFromTheDocument() throws {
        let scratch = try Scratch()
        let b = try scratch.onboarded(Scratch.phone(2))
        let output = try scratch.step(
            "dcb-state", ["claim"], [["phone": .string(Scratch.phone(1)), "agentId": .string(b), "fence": "00", "claim": "existing"]])
        if output.code == 0 { #expect(output.document.text("agentId") != b) }
        #expect(output.code == 0 || output.problem == "agent-belongs-elsewhere")
    }

    /// `claim: absent` passes: nothing is done for it, whatever it says.
    @Test func absentDoesNothing() throws {
        let scratch = try Scratch()
        let b = try scratch.onboarded(Scratch.phone(2))
        let a = try scratch.bound(Scratch.phone(1))
        let before = try scratch.picture()
        for (command, arguments) in AuthorityTests.steps {
            for agent in [Value.string(b), a["agentId"] ?? .null] {
                try scratch.step(command, arguments, [a.with(["claim": "absent", "agentId": agent])])
                #expect(try scratch.picture() == before, "\(command) \(arguments)")
            }
        }
    }

    /// Purging is for who is gone: not while the phone has a user or a claim, however the document calls itself.
    @Test func absentPurgesNothingOfOneWhoIsThere() throws {
        let scratch = try Scratch()
        let phone = Scratch.phone(1)
        let document: Object = ["phone": .string(phone), "claim": "absent"]
        try scratch.onboarded(phone)
        try scratch.only(try scratch.step("dcb-onboard", ["--undo"], [["phone": .string(phone)]]))
        try scratch.onboarded(phone)
        #expect(try Files.list(scratch.state + "/trash").count == 1)
        let committed = try scratch.step("dcb-create-agent", ["--undo", "--purge"], [document])
        #expect(committed.code == 75)
        #expect(try Files.list(scratch.state + "/trash").count == 1)
        let removing = try scratch.only(try scratch.step("dcb-state", ["claim", "--removal"], [["phone": .string(phone)]]))
        try scratch.step("dcb-bind", ["--undo"], [removing])
        try scratch.step("dcb-create-agent", ["--undo"], [removing])
        let claimed = try scratch.step("dcb-create-agent", ["--undo", "--purge"], [document])
        #expect(claimed.code == 75)
        #expect(try Files.list(scratch.state + "/trash").count == 2)
        try scratch.only(try scratch.step("dcb-state", ["commit"], [removing]))
        let gone = try scratch.step("dcb-create-agent", ["--undo", "--purge"], [document])
        #expect(gone.code == 0)
        #expect(try Files.list(scratch.state + "/trash").isEmpty)
    }

    @Test(arguments: [Stage.claimed, .made, .bound])
    func aLateOwnerCanDoNothing(_ stage: Stage) throws {
        for takesForRemoval in [false, true] {
            let scratch = try Scratch()
            let phone = Scratch.phone(1)
            let short = try scratch.only(try scratch.step("dcb-state", ["claim", "--lease", "1s"], [["phone": .string(phone)]]))
            if stage != .claimed { try scratch.only(try scratch.step("dcb-create-agent", [], [short])) }
            if stage == .bound { try scratch.only(try scratch.step("dcb-bind", [], [short])) }
            let taken = try scratch.only(
                try scratch.step(
                    "dcb-state", ["claim", "--lease", "10m", "--wait", "60s"] + (takesForRemoval ? ["--removal"] : []), [["phone": .string(phone)]]))
            #expect(taken.text("agentId") == short.text("agentId"))
            #expect(taken.text("fence") != short.text("fence"))
            let before = try scratch.picture()
            for (command, arguments) in AuthorityTests.steps {
                for document in [short, short.without("fence"), short.with(["claim": "existing"]), short.with(["claim": "removal"])] {
                    let output = try scratch.step(command, arguments, [document])
                    #expect(output.code == 75, "\(command) \(arguments): \(output.err)\(output.out)")
                    #expect(output.problem == "claim-lost", "\(command) \(arguments)")
                }
            }
            #expect(try scratch.picture() == before)
        }
    }

    @Test func anUndoNeverTouchesACommittedUser() throws {
        let scratch = try Scratch()
        let bound = try scratch.bound(Scratch.phone(1))
        try scratch.only(try scratch.step("dcb-state", ["commit"], [bound]))
        let before = try scratch.picture()
        for (command, arguments) in AuthorityTests.steps where arguments.contains("--undo") || arguments == ["release"] {
            for document in [bound, bound.without("fence"), bound.with(["claim": "removal"]), bound.with(["claim": "existing"]), bound.with(["fence": "00"])] {
                let output = try scratch.step(command, arguments, [document])
                #expect(output.code == 75)
                #expect(output.problem == "committed", "\(command) \(arguments): \(output.err)")
            }
        }
        #expect(try scratch.picture() == before)
    }

    @Test func withoutAnyClaimNothingIsMade() throws {
        let scratch = try Scratch()
        try scratch.run("dcb-state", ["init"])
        let document: Object = ["phone": .string(Scratch.phone(1)), "agentId": "user_0123456789abcdef", "fence": "0123456789abcdef", "claim": "new"]
        let before = try scratch.picture()
        for (command, arguments) in AuthorityTests.steps.prefix(3) {
            let output = try scratch.step(command, arguments, [document])
            #expect(output.problem == "claim-lost", "\(command)")
        }
        // To undo what was never done succeeds, and says so.
        #expect(try scratch.step("dcb-bind", ["--undo"], [document]).document["unbound"]?.boolValue == false)
        #expect(try scratch.step("dcb-create-agent", ["--undo"], [document]).document["agentRemoved"]?.boolValue == false)
        #expect(try scratch.picture() == before)
    }

    /// Two documents of one group, one of them forged: it costs only itself.
    @Test func aForgedOneCostsOnlyItself() throws {
        let scratch = try Scratch()
        let b = try scratch.onboarded(Scratch.phone(9))
        let good = try (1...3).map { try scratch.claimed(Scratch.phone($0)) }
        let forged = good[1].with(["agentId": .string(b), "requestId": "forged"])
        let made = try scratch.step("dcb-create-agent", [], [good[0], forged, good[2]])
        #expect(made.documents.count == 2)
        #expect(made.code == 65)
        #expect(made.problems.count == 1)
        #expect(made.problems.first?["line"]?.intValue == 2)
        #expect(made.problems.first?.text("requestId") == "forged")
        let bound = try scratch.step("dcb-bind", [], made.documents + [forged])
        #expect(bound.documents.count == 2)
        #expect(bound.problem == "agent-belongs-elsewhere")
    }
}
