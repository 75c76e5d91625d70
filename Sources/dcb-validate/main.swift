import CommandKit

let command = Command.begin(
    CommandSpec(
        "dcb-validate", summary: "check who wants to be onboarded; bring the phone into E.164",
        usage: ["[OPTIONS] < DOCUMENTS", "[OPTIONS] PHONE"],
        options: [OptionSpec("strict", "take only exact E.164")],
        operandLimit: 1, schema: Schemas.validate))

let step = Validate(strict: command.arguments.has("strict"))
command.runStream(phoneOperand: command.arguments.operands.first) { documents throws(Problem) in
    for document in documents {
        do throws(Problem) { command.console.answer(try step.validated(document)) } catch { command.refuse(document, error) }
    }
}
