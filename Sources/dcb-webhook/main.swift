import CommandKit
import Onboarding
import Platform

let command = Command.begin(Settings.spec)
do throws(Problem) {
    CurrentProcess.raiseDescriptorLimit()
    let settings = try Settings(command)
    let token = try Token.load(file: settings.tokenFile, environment: command.context.environment)
    // The sockets first: a low port is root's to open, and root becomes the owner next.
    let acceptors = try Acceptors(command)
    let paths = Paths.resolve(option: command.arguments.value, environment: command.context.environment, home: command.context.home)
        .flatMap { Files.exists($0.stateDir) ? $0 : nil }
    if let paths { try Ownership.enter(stateFolder: paths.stateDir) }
    do throws(SystemError) {
        let isClean = try Server(command, settings, token, acceptors, auditFolder: paths?.audit).run()
        if !isClean { command.console.note(.tempFail) }
    } catch { throw Problem(error) }
} catch { command.console.exit(with: error) }
command.console.exit()
