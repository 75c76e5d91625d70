import CommandKit
import Platform

/// Waits until the running gateway has applied what openclaw.json says of some people, and nudges it once when it does not.
///
/// One `config.get` answers for all of them. It changes nothing that they depend on: not confirmed is not undone.
public struct Confirmation {
    /// What is asked for: this phone goes to this agent.
    public struct Route: Sendable, Hashable {
        /// E.164.
        public let phone: String
        public let agentID: String

        public init(phone: String, agentID: String) {
            self.phone = phone
            self.agentID = agentID
        }
    }

    /// How it went.
    public struct Outcome: Sendable {
        /// What the gateway was seen to have.
        public internal(set) var applied: Set<Route> = []
        /// The agent that the gateway sends each phone to; a phone of which that is not known is not in it.
        public internal(set) var agents: [String: String] = [:]
        /// Why something is not applied; a sentence, and what to do.
        public internal(set) var detail = ""
        public internal(set) var hint = ""
        public internal(set) var asked = 0
        public internal(set) var wasNudged = false
    }

    /// What a nudge and the questions after it may take beyond the wait.
    public static let graceMilliseconds = 8000

    let rpc: AdminRPC
    let config: String
    let ownLock: String
    let channel: String

    /// - Parameters:
    ///   - config: openclaw.json as it is named; a symbolic link unresolved.
    ///   - ownLock: `.dcb/config.lock`.
    ///   - channel: the policy's.
    public init(_ rpc: AdminRPC, config: String, ownLock: String, channel: String) {
        self.rpc = rpc
        self.config = config
        self.ownLock = ownLock
        self.channel = channel
    }

    /// Asks with growing pauses until all is applied or the wait is over.
    /// - Parameters:
    ///   - waitMilliseconds: 0 asks once, and nudges nobody.
    ///   - nudges: whether the gateway may be nudged.
    public func run(_ routes: Set<Route>, waitMilliseconds: Int, nudges: Bool) -> Outcome {
        var run = Run(confirmation: self, routes: routes, waitMilliseconds: waitMilliseconds, nudges: nudges && waitMilliseconds > 0)
        run.toTheEnd()
        return run.outcome
    }
}

extension Confirmation {
    /// One confirmation under way.
    struct Run {
        private let confirmation: Confirmation
        private let routes: Set<Route>
        private let phones: Set<String>
        private let waitMilliseconds: Int
        private let nudges: Bool
        private var deadline: Deadline
        private let end: Deadline
        private(set) var outcome = Outcome()
        /// What each revision that was seen holds: a busy file is ahead of the gateway all the time, which then applies an earlier one.
        private var held: [String: Set<Route>] = [:]
        /// The config that runs, and since when that was seen to be so.
        private var standing: (hash: String?, sinceMilliseconds: Int64)?
        /// Why the gateway could not be nudged.
        private var obstacle: Nudge.Obstacle?
        private var pause = Run.shortestPause

        private static let shortestPause = 500
        private static let longestPause = 4000

        init(confirmation: Confirmation, routes: Set<Route>, waitMilliseconds: Int, nudges: Bool) {
            self.confirmation = confirmation
            self.routes = routes
            phones = Set(routes.map(\.phone))
            self.waitMilliseconds = waitMilliseconds
            self.nudges = nudges
            deadline = Deadline(in: waitMilliseconds)
            end = Deadline(in: waitMilliseconds + Confirmation.graceMilliseconds)
        }

        mutating func toTheEnd() {
            var mayNudge = nudges
            while !routes.isEmpty {
                var wait = pause
                do throws(AdminRPCError) {
                    let answer = try confirmation.rpc.configGet(deadline: end)
                    outcome.asked += 1
                    if try take(answer) { return }
                    if mayNudge, isBlind(answer) {
                        mayNudge = try !nudge()
                        if outcome.applied == routes { return }
                        wait = pause
                    }
                } catch {
                    say(error.detail, error.hint)
                    guard error.mayPass else { return }
                    if case .limited(let milliseconds) = error { wait = max(wait, milliseconds) }
                }
                // A pause that the gateway asks for and that the wait does not allow is the end of it.
                if deadline.remainingMilliseconds <= (wait > Run.longestPause ? wait : 0) || isInterrupted { return }
                sleep(milliseconds: min(wait, deadline.remainingMilliseconds))
                pause = min(pause * 2, Run.longestPause)
            }
        }

        /// What an answer shows.
        /// - Returns: whether all is applied.
        private mutating func take(_ answer: GatewayConfig) throws(AdminRPCError) -> Bool {
            let glance = answer.glance(channel: confirmation.channel)
            let agents = glance.agents(ofPhones: phones)
            var holds = routes.filter { glance.agentIDs.contains(AgentKey.normalise($0.agentID)) && agents[$0.phone] == AgentKey.normalise($0.agentID) }
            let running = answer.appliedHash
            if standing == nil || standing?.hash != running { standing = (running, Clock.monotonicMilliseconds) }
            if let revision = answer.revisionHash, let running {
                held[revision] = holds
                outcome.applied.formUnion(held[running] ?? [])
                if revision == running { outcome.agents = agents }
            } else {
                // Before 2026.8: which agents are loaded is all that can be asked; the bindings are the file's.
                let loaded = try confirmation.rpc.agentsList(deadline: end)
                holds = holds.filter { loaded.contains(AgentKey.normalise($0.agentID)) }
                outcome.applied.formUnion(holds)
                outcome.agents = agents.filter { loaded.contains($0.value) }
            }
            for route in outcome.applied { outcome.agents[route.phone] = AgentKey.normalise(route.agentID) }
            if outcome.applied == routes { return true }
            if !answer.isValid {
                say(Nudge.Obstacle.invalid.detail, Nudge.Obstacle.invalid.hint)
            } else if answer.isApplied == true {
                say("the gateway's openclaw.json does not have it", "check --gateway and --state-dir: the gateway may use another file")
            } else if outcome.wasNudged {
                say("the gateway was told to load openclaw.json and has not done it yet", "ask again later, or restart the gateway")
            } else {
                say("the gateway has not loaded the present openclaw.json yet", "ask again later, or restart the gateway")
            }
            return false
        }

        /// Whether an idle gateway would have seen the file by now.
        private func isBlind(_ answer: GatewayConfig) -> Bool {
            let agents = answer.glance(channel: confirmation.channel).agentIDs.count
            if GatewayState.isOld(confirmation.config, agents: agents) { return true }
            let patience = ReloadTime.patienceMilliseconds(agents: agents)
            guard let standing else { return false }
            return Clock.monotonicMilliseconds - standing.sinceMilliseconds >= Int64(min(patience, waitMilliseconds / 3 * 2))
        }

        /// - Returns: whether it is done with: nudged, or not to be tried again.
        private mutating func nudge() throws(AdminRPCError) -> Bool {
            let nudge = Nudge(rpc: confirmation.rpc, config: confirmation.config, ownLock: confirmation.ownLock, channel: confirmation.channel)
            var run = self
            defer { self = run }
            do throws(Nudge.Obstacle) {
                guard try nudge.run(deadline: end, isNeeded: { (answer) throws(AdminRPCError) in try !run.take(answer) }) else { return false }
                run.outcome.wasNudged = true
                run.deadline = end
            } catch {
                if case .call(let failure) = error {
                    if case .limited = failure { throw failure }
                    // Whether it came to a reload is not known: the questions that follow show it.
                    if failure.mayPass { run.outcome.wasNudged = true }
                }
                if error == .busy { return false }
                run.obstacle = error
                run.say(error.detail, error.hint)
            }
            run.pause = Run.shortestPause
            return true
        }

        private var isInterrupted: Bool {
            guard let interrupt = confirmation.rpc.interrupt else { return false }
            return (try? Wait.readable(interrupt, milliseconds: 0)) ?? true
        }

        private func sleep(milliseconds: Int) {
            guard let interrupt = confirmation.rpc.interrupt else { return Clock.sleep(milliseconds: milliseconds) }
            _ = try? Wait.readable(interrupt, milliseconds: milliseconds)
        }

        private mutating func say(_ detail: String, _ hint: String) {
            outcome.detail = obstacle?.detail ?? detail
            outcome.hint = obstacle?.hint ?? hint
        }
    }
}
