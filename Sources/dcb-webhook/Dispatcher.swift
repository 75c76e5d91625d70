import CommandKit
import JSON
import Platform

/// Gathers documents into groups and gives them to children: one for onboarding at a time, some for the record.
final class Dispatcher {
    /// A group that has run so long no longer makes the next one wait.
    private static let patienceMilliseconds = 10
    private static let retryMilliseconds = 100
    private static let gatherLimitMilliseconds: Int64 = 20

    private struct Queue {
        var waiting: [Work] = []
        var byPhone: [String: Work] = [:]
        var running: [Group] = []
        var lastStart: Int64 = .min / 2
        /// Until then the next group waits for so many: those just answered often ask again at once.
        var gathersUntil: Int64 = 0
        var gathersCount = 0
    }

    private unowned let server: Server
    private var queues = [Queue](repeating: Queue(), count: Lane.allCases.count)
    /// Onboardings that a child works on: the same phone joins.
    private var onboardingNow: [String: Work] = [:]
    private var settledAt: Int64 = 0
    private var pausedUntil: Int64 = 0
    private var alarm: (at: Int64, id: Int)?
    private var number = 0
    private var cap: NewAgentCap

    init(_ server: Server) {
        self.server = server
        cap = NewAgentCap(server.settings.maxNew)
    }

    var waitingCount: Int { queues.reduce(0) { $0 + $1.waiting.count } }
    var isIdle: Bool { queues.allSatisfy { $0.waiting.isEmpty && $0.running.isEmpty } }

    func reload() { cap.setting = server.settings.maxNew }

    // MARK: in

    /// Takes a document; the caller is told later.
    /// - Returns: the answer when it is refused.
    func submit(_ route: Route, _ phone: String, _ members: Object, _ caller: Exchange) -> Answer? {
        var lane = Lane.get
        switch route {
        case .onboarding: lane = .onboarding
        case .update: lane = .update
        case .handover: lane = .handover
        default: break
        }
        var standsIn = false
        if lane == .onboarding {
            if let work = onboardingNow[phone] ?? queues[lane.rawValue].byPhone[phone] {
                work.join(caller)
                return nil
            }
            if cap.isFull(with: onboardingNow.count + queues[lane.rawValue].waiting.count, now: server.loop.now) {
                // Who is there already is no new agent: the record is asked.
                lane = .get
                standsIn = true
            }
        } else if lane == .get || lane == .handover, let work = queues[lane.rawValue].byPhone[phone], !work.standsForOnboarding {
            work.join(caller)
            return nil
        }
        if waitingCount >= server.settings.queue { return .unavailable("queue-full", "too much is waiting; try again") }
        number += 1
        let asked: Object = standsIn ? ["phone": .string(phone)] : members
        let work = Work(lane, phone: phone, members: asked, id: "w\(number)", standsForOnboarding: standsIn, caller: caller)
        queues[lane.rawValue].waiting.append(work)
        if !standsIn, lane != .update { queues[lane.rawValue].byPhone[phone] = work }
        return nil
    }

    // MARK: groups

    /// Starts what can be started: called when all that has come in this round is known, so that it goes together.
    func startGroups() {
        let now = server.loop.now
        if now < pausedUntil { return wake(at: pausedUntil) }
        for lane in Lane.allCases {
            while let count = startable(lane, now) {
                let works = Array(queues[lane.rawValue].waiting.prefix(count))
                if !start(lane, works, now) { return }
            }
        }
    }

    /// How many documents the next group of a lane takes; nil when it has to wait.
    private func startable(_ lane: Lane, _ now: Int64) -> Int? {
        let queue = queues[lane.rawValue]
        if queue.waiting.isEmpty { return nil }
        let count = min(queue.waiting.count, server.settings.group)
        if now < queue.gathersUntil, count < min(queue.gathersCount, server.settings.group) {
            wake(at: queue.gathersUntil)
            return nil
        }
        if lane == .onboarding {
            if queue.running.contains(where: { !$0.isOver }) { return nil }
            if now < settledAt {
                wake(at: settledAt)
                return nil
            }
            return count
        }
        let others = Lane.allCases.reduce(0) { $1 == .onboarding ? $0 : $0 + queues[$1.rawValue].running.count }
        if others >= server.settings.maxRunning { return nil }
        // While one runs the next gathers: few children serve many. Not behind a slow one, though.
        let isBusy = queue.running.contains { !$0.isAnswered }
        if isBusy, count < server.settings.group, now < queue.lastStart + Int64(Dispatcher.patienceMilliseconds) {
            wake(at: queue.lastStart + Int64(Dispatcher.patienceMilliseconds))
            return nil
        }
        return count
    }

    /// - Returns: false when no child can be started just now.
    private func start(_ lane: Lane, _ works: [Work], _ now: Int64) -> Bool {
        let group: Group
        do throws(SystemError) { group = try Group(self, server, lane, works) } catch {
            server.metrics.child(lane.name, "not-started")
            server.log.problem(Problem(error))
            if error.code.isExhaustion {
                pausedUntil = now + Int64(Dispatcher.retryMilliseconds)
                wake(at: pausedUntil)
                return false
            }
            take(lane, works)
            for work in works { finish(work, .failed) }
            return true
        }
        take(lane, works)
        queues[lane.rawValue].running.append(group)
        queues[lane.rawValue].lastStart = now
        if lane == .onboarding { for work in works { onboardingNow[work.phone] = work } }
        return true
    }

    private func take(_ lane: Lane, _ works: [Work]) {
        queues[lane.rawValue].waiting.removeFirst(works.count)
        for work in works where queues[lane.rawValue].byPhone[work.phone] === work { queues[lane.rawValue].byPhone[work.phone] = nil }
    }

    private func wake(at: Int64) {
        if let alarm, alarm.at <= at, alarm.at > server.loop.now { return }
        server.loop.cancel(alarm?.id)
        // What is due is looked at in the end of the round that the timer makes.
        alarm = (at, server.loop.after(Int(max(0, at - server.loop.now))) { [unowned self] in alarm = nil })
    }

    // MARK: out

    func reply(_ work: Work, _ object: Object) -> (Answer, Answer?)? {
        Reply.of(
            work.lane, object, standsForOnboarding: work.standsForOnboarding, whenFull: server.tooMany(.maxNew, cap.retryAfterSeconds(now: server.loop.now)))
    }

    func finish(_ work: Work, _ answer: Answer, others: Answer? = nil) {
        if onboardingNow[work.phone] === work { onboardingNow[work.phone] = nil }
        work.finish(answer, others: others) { server.deliver($0, $1) }
    }

    /// A group has answered everyone: a tenth of its time is well spent on going together with those who come back. One alone has nobody to wait for.
    func answered(_ group: Group) {
        let waiting = queues[group.lane.rawValue].waiting.count
        let now = Clock.monotonicMilliseconds
        queues[group.lane.rawValue].gathersUntil = now + min(Dispatcher.gatherLimitMilliseconds, max(1, (now - group.began) / 10))
        queues[group.lane.rawValue].gathersCount = waiting + group.count
    }

    /// Counted before its caller is told, so that nobody comes in between.
    func madeOne(in group: Group) {
        cap.made(now: server.loop.now)
        if server.settings.commands.knowsGateway { settledAt = group.began + Int64(server.settings.settle) }
    }

    func ended(_ group: Group) {
        queues[group.lane.rawValue].running.removeAll { $0 === group }
        if !group.created.isEmpty, server.settings.commands.knowsGateway { server.confirmation.add(group.created) }
        server.mayHaveDrained()
    }
}
