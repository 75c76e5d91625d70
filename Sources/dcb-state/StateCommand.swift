import CommandKit
import JSON
import Onboarding
import Platform
import Provisioning
import Store

/// What every verb of dcb-state works with.
struct StateCommand {
    let command: Command
    let workplace: Workplace

    static let spec = CommandSpec(
        "dcb-state", summary: "the record: claims, users, their status and history",
        usage: [
            "init", "claim [--removal] [--lease TIME] [--wait TIME] [--owner-pid N] [PHONE]", "commit [--purge] < DOCUMENTS", "release < DOCUMENTS",
            "get [PHONE | --agent ID]", "update < DOCUMENTS", "handover | cancel [PHONE]", "history [PHONE]",
            "list [--status S]… [--stale] [--expired] [--limit N] [--after PHONE]", "claims | ledger | jobs", "check [--quick]",
            "audit [--since TIME] [--agent ID]",
        ],
        options: [
            OptionSpec("removal", verbs: ["claim"], "claim to remove, not to provision"),
            OptionSpec("lease", takes: .one("TIME"), verbs: ["claim"], "how long the claim is safe without a sign of life [60s]"),
            OptionSpec("wait", takes: .one("TIME"), verbs: ["claim"], "how long to wait for a busy phone [10s]"),
            OptionSpec("owner-pid", takes: .one("N"), verbs: ["claim"], "the process whose death frees the claim at once"),
            OptionSpec("purge", verbs: ["commit"], "after a removal: erase the person's data in the record"),
            OptionSpec("agent", takes: .one("ID"), verbs: ["get", "audit"], "of this agent"),
            OptionSpec("status", takes: .many("S"), verbs: ["list"], "only these; may be repeated"),
            OptionSpec("stale", verbs: ["list"], "only those before ready_for_handover and older than the policy's staleAfterHours"),
            OptionSpec("expired", verbs: ["list"], "only those whose expiresAt has passed"),
            OptionSpec("limit", takes: .one("N"), verbs: ["list"], "at most so many"),
            OptionSpec("after", takes: .one("PHONE"), verbs: ["list"], "those behind this phone: the next page"),
            OptionSpec("quick", verbs: ["check"], "only whether the tables can be read"),
            OptionSpec("since", takes: .one("TIME"), verbs: ["audit"], "not older than this RFC 3339 time"),
            OptionSpec("dry-run", short: "n", verbs: ["claim", "commit", "release", "update", "handover", "cancel"], "change nothing; answer what would be"),
        ],
        verbs: ["init", "claim", "commit", "release", "get", "list", "update", "handover", "cancel", "history", "claims", "ledger", "check", "jobs", "audit"],
        operandLimit: 1, schema: Schemas.state)

    init(_ command: Command) throws(Problem) {
        self.command = command
        let verb = command.arguments.verb ?? ""
        if !command.arguments.operands.isEmpty, !["get", "history", "handover", "cancel", "claim"].contains(verb) {
            throw Problem(.usage, "\(verb) takes no operand")
        }
        workplace = try Workplace(command, createsStateFolder: verb == "init")
    }

    var console: Console { command.console }
    var isDry: Bool { command.arguments.has("dry-run") }

    /// Runs a verb on groups of documents, or on the phone given as operand.
    func stream(_ run: ([StreamDocument]) throws(Problem) -> Void) throws(Problem) {
        var operand = command.arguments.operands.first
        if let text = operand {
            // A person at a terminal writes numbers as people do.
            do throws(PhoneNumberError) { operand = try PhoneNumber(parsing: text).e164 } catch {
                throw Problem(.invalidPhone, "the operand is no phone number: \(error.reason)")
            }
        }
        command.runStream(phoneOperand: operand) { documents throws(Problem) in try run(documents) }
    }

    /// Each document by itself; what concerns the whole group concerns each.
    func each(_ documents: [StreamDocument], _ body: (StreamDocument) throws(Problem) -> Void) {
        for document in documents { do throws(Problem) { try body(document) } catch { command.refuse(document, error) } }
    }

    /// A write of one group: a savepoint a document, one commit, and answers only after it.
    /// - Returns: whether it was committed; when not, every document is refused.
    @discardableResult
    func write(_ documents: [StreamDocument], record: Record, _ body: (StreamDocument, Record) throws(Problem) -> Object?) -> Bool {
        var answers: [Object] = []
        var refusals: [(StreamDocument, Problem)] = []
        func all(_ r: Record) throws(Problem) {
            for document in documents {
                do throws(Problem) {
                    if let answer = try r.savepoint({ (r) throws(Problem) in try body(document, r) }) { answers.append(answer) }
                } catch { refusals.append((document, error)) }
            }
        }
        do throws(Problem) { isDry ? try record.rehearse(all) : try record.write(all) } catch {
            for document in documents { command.refuse(document, error) }
            return false
        }
        for (document, problem) in refusals { command.refuse(document, problem) }
        for answer in answers { console.answer(answer) }
        return true
    }

    /// `{"found":false,"phone":…}`, and 1.
    func notFound(_ document: StreamDocument) -> Object {
        console.note(.negative)
        var answer: Object = ["found": false, "phone": document.members["phone"] ?? .null]
        answer["requestId"] = document.members["requestId"]
        return answer
    }

    func keepFlushing() throws(Problem) { if console.pendingBytes > 65536 { try console.flush() } }
}
